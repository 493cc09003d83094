import {addLine, agree, choose, openMenu} from "./tour_steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const TIER = ".o_field_widget[name='tier_ids'] .o_selected_row";

const type = (field, value) => ({
    content: `Type ${value} into ${field}`,
    trigger: `${TIER} .o_field_widget[name='${field}'] input`,
    run: `edit ${value} && press Tab`,
});

const definePrice = () => [
    ...openMenu("subscription_menu_product", "subscription_price_menu"),
    {
        content: "The prices are listed",
        trigger: ".o_breadcrumb:contains(Prices)",
    },
    {
        content: "Create a price",
        trigger: ".o_list_button_add",
        run: "click",
    },
    ...choose("product_tmpl_id", "Maintenance"),
    ...choose("plan_id", "Monthly care"),
    {
        content: "Price it by tiers",
        trigger: ".o_field_widget[name='pricing_model'] input",
        run: "click",
    },
    {
        content: "All units at the price of the tier that is reached",
        trigger: ".o_select_menu_item:contains(Volume)",
        run: "click",
    },
    {
        content: "The form says what is missing",
        trigger: ".alert-warning:contains(add at least one tier)",
    },
    ...addLine("tier_ids"),
    type("quantity_last", "10"),
    type("price_unit", "12"),
    ...addLine("tier_ids"),
    {
        content: "The last tier has no end",
        trigger: `${TIER}:contains(11 and above)`,
    },
    type("price_unit", "9"),
    {
        content: "The examples show what it comes to",
        trigger:
            ".o_field_widget[name='price_hint']" +
            ":contains(1 → 12.00, 10 → 120.00, 11 → 99.00)",
    },
    {
        content: "And a warning where more units cost less",
        trigger: ".alert-warning:contains(The amount falls when the quantity rises)",
    },
    {
        content: "Save",
        trigger: ".o_form_button_save:enabled",
        run: "click",
    },
    {
        content: "The tiers have their names",
        trigger: ".o_form_saved .o_data_row:contains(11 and above):contains(and above)",
    },
];

const sell = () => [
    ...openMenu("subscription_menu", "subscription_subscription_menu"),
    {
        content: "The subscriptions are listed",
        trigger: ".o_breadcrumb:contains(Subscriptions)",
    },
    {
        content: "Sign a customer up",
        trigger: ".o_list_button_add",
        run: "click",
    },
    ...choose("partner_id", "Ada Lovelace"),
    ...choose("plan_id", "Monthly care"),
    ...addLine("line_ids"),
    ...choose("product_id", "Maintenance", ".o_selected_row"),
    {
        content: "Eleven of them",
        trigger: ".o_selected_row .o_field_widget[name='quantity'] input",
        run: "edit 11",
    },
    {
        content: "Confirm",
        trigger: "button[name='action_confirm']",
        run: "click",
    },
    {
        content: "Ask how the amount is worked out",
        trigger: ".o_data_row:contains(Volume):contains(99.00) [name='action_explain']",
        run: "click",
    },
    {
        content: "The explanation names the tier",
        trigger:
            ".modal .o_field_widget[name='explanation']" +
            ":contains(/11 and above: 11 × .*9.00 = .*99.00/)",
    },
    {
        content: "Close the explanation",
        trigger: ".modal-footer .btn-primary",
        run: "click",
    },
    {
        content: "It is closed",
        trigger: "body:not(:has(.modal))",
    },
];

const makeVersion = () => [
    ...openMenu("subscription_menu_product", "subscription_price_menu"),
    {
        content: "Open the price",
        trigger: ".o_data_row:contains(Volume) .o_data_cell:contains(Maintenance)",
        run: "click",
    },
    {
        content: "Its amounts are kept",
        trigger: ".alert-info:contains(make a new version)",
    },
    {
        content: "Make a new version",
        trigger: "button[name='action_new_version']",
        run: "click",
    },
    agree("End this price today"),
    {
        content: "The new version is open, and may change",
        trigger: ".o_last_breadcrumb_item:contains(from)",
    },
    {
        content: "Raise its minimum",
        trigger: ".o_field_widget[name='amount_minimum'] input",
        run: "edit 50",
    },
    {
        content: "Save",
        trigger: ".o_form_button_save:enabled",
        run: "click",
    },
    {
        content: "It is saved",
        trigger: ".o_form_saved .o_field_widget[name='price_hint']:contains(1 → 50.00)",
    },
];

registry.category("web_tour.tours").add("subscription_price", {
    steps: () => [
        ...stepUtils.goToAppSteps("subscription_billing.subscription_menu_root"),
        ...definePrice(),
        ...sell(),
        ...makeVersion(),
    ],
});
