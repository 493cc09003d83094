import {choose, openMenu, openTab, save, seeStatus} from "./tour_steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const readTheReason = () => [
    ...openMenu("subscription_menu", "subscription_subscription_menu_to_fix"),
    {
        content: "The reason can be read in the list",
        trigger: ".o_data_row:contains(Ada Lovelace):contains(archived journal)",
    },
    {
        content: "Open the subscription",
        trigger: ".o_data_row:contains(Ada Lovelace) td[name='partner_id']",
        run: "click",
    },
    {
        content: "The reason can be read on the form",
        trigger:
            ".alert-danger:contains(could not be invoiced):contains(archived journal)",
    },
];

const mendThePlan = () => [
    ...openMenu("subscription_menu_product", "subscription_plan_menu"),
    {
        content: "Open the plan",
        trigger: ".o_data_row td:contains(Monthly care)",
        run: "click",
    },
    openTab("invoices"),
    ...choose("journal_id", "Living journal"),
    ...save(),
];

const retry = () => [
    ...openMenu("subscription_menu", "subscription_subscription_menu_to_fix"),
    {
        content: "Retry",
        trigger:
            ".o_data_row:contains(Ada Lovelace) button[name='action_retry_billing']",
        run: "click",
    },
    {
        content: "The invoice is made, in the other journal",
        trigger: ".o_field_widget[name='name']:contains(LIVE/)",
    },
    seeStatus("Posted"),
    ...openMenu("subscription_menu", "subscription_subscription_menu_to_fix"),
    {
        content: "There is nothing left to fix",
        trigger: ".o_view_nocontent:contains(nothing to fix)",
    },
];

registry.category("web_tour.tours").add("subscription_to_fix", {
    steps: () => [
        ...stepUtils.goToAppSteps("subscription_billing.subscription_menu_root"),
        ...readTheReason(),
        ...mendThePlan(),
        ...retry(),
    ],
});
