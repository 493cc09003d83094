import {addLine, choose, openMenu, pressSmartButton, save} from "./tour_steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const createPlan = () => [
    ...openMenu("subscription_menu_product", "subscription_plan_menu"),
    {
        content: "The plans are listed",
        trigger: ".o_breadcrumb:contains(Plans)",
    },
    {
        content: "Create a plan",
        trigger: ".o_list_button_add",
        run: "click",
    },
    {
        content: "Name it",
        trigger: ".o_field_widget[name='name'] input",
        run: "edit Quarterly care",
    },
    {
        content: "A period has three months",
        trigger: ".o_field_widget[name='interval_count'] input",
        run: "edit 3",
    },
    ...addLine("price_ids"),
    ...choose("product_tmpl_id", "Maintenance", ".o_selected_row"),
    {
        content: "Set the price of a period",
        trigger: ".o_selected_row .o_field_widget[name='price_unit'] input",
        run: "edit 270",
    },
    ...save(),
];

const openProduct = () => [
    ...openMenu("subscription_menu_product", "product_template_menu"),
    {
        content: "Open the product",
        trigger: ".o_kanban_record:contains(Maintenance)",
        run: "click",
    },
    {
        content: "Open its page of prices",
        trigger: ".o_notebook .nav-link[name='subscription_prices']",
        run: "click",
    },
    {
        content: "The plan's price is there",
        trigger:
            ".o_field_widget[name='subscription_price_ids']" +
            " .o_data_row:contains(Quarterly care):contains(270.00)",
    },
];

const openCustomer = () => [
    ...openMenu("subscription_menu", "res_partner_menu"),
    {
        content: "Open the customer",
        trigger: ".o_data_row .o_data_cell:contains(Ada Lovelace)",
        run: "click",
    },
    {
        content: "The button counts the subscriptions and what they bring",
        trigger: ".o-form-buttonbox button[name='action_view_subscriptions']",
    },
    ...pressSmartButton("action_view_subscriptions"),
    {
        content: "The customer's subscription is listed",
        trigger:
            ".o_list_view .o_data_row:contains(Ada Lovelace):contains(Monthly care)",
    },
];

registry.category("web_tour.tours").add("subscription_manager", {
    steps: () => [
        ...stepUtils.goToAppSteps("subscription_billing.subscription_menu_root"),
        ...createPlan(),
        ...openProduct(),
        ...openCustomer(),
    ],
});
