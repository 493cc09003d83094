import {
    addLine,
    agree,
    choose,
    pick,
    pressSmartButton,
    previewAndConfirm,
    seeStatus,
} from "./tour_steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const signUp = () => [
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
        content: "Twice a month",
        trigger: ".o_selected_row .o_field_widget[name='quantity'] input",
        run: "edit 2",
    },
    {
        content: "Confirm",
        trigger: "button[name='action_confirm']",
        run: "click",
    },
    seeStatus("Active"),
    {
        content: "The period costs two visits and their tax",
        trigger: ".o_field_widget[name='amount_total']:contains(230.00)",
    },
];

const billNow = () => [
    {
        content: "Bill now",
        trigger: "button[name='action_bill_now']",
        run: "click",
    },
    agree("Invoice what is due now?"),
    {
        content: "The invoice is posted",
        trigger: ".o_field_widget[name='name']:contains(INV/)",
    },
    seeStatus("Posted"),
    {
        content: "Its line says which days it bills",
        trigger:
            ".o_field_widget[name='invoice_line_ids'] .o_data_row" +
            ":contains(/[0-9]{2}.[0-9]{2}.[0-9]{4} to [0-9]{2}.[0-9]{2}.[0-9]{4}/)",
    },
];

const goBackAndForth = () => [
    ...pressSmartButton("action_view_subscriptions"),
    {
        content: "The invoice leads to its subscription",
        trigger: ".o_field_widget[name='plan_id']:contains(Monthly care)",
    },
    ...pressSmartButton("action_view_invoices"),
    {
        content: "The subscription leads to its invoice",
        trigger: ".o_field_widget[name='name']:contains(INV/)",
    },
    ...pressSmartButton("action_view_subscriptions"),
    seeStatus("Active"),
];

const closeAndReactivate = () => [
    {
        content: "Close",
        trigger: "button[name='action_close']",
        run: "click",
    },
    pick("timing", "Now"),
    pick("close_reason_id", "Too dear"),
    {
        content: "Write down what the customer said",
        trigger: ".modal .o_field_widget[name='note'] textarea",
        run: "edit Half the price elsewhere",
    },
    ...previewAndConfirm("Nothing more will be invoiced"),
    seeStatus("Closed"),
    {
        content: "The reason is kept",
        trigger: ".o_field_widget[name='close_reason_id']:contains(Too dear)",
    },
    {
        content: "The customer comes back",
        trigger: "button[name='action_reactivate']",
        run: "click",
    },
    agree("Take this subscription up again?"),
    seeStatus("Active"),
];

registry.category("web_tour.tours").add("subscription_life", {
    steps: () => [
        ...stepUtils.goToAppSteps("subscription_billing.subscription_menu_root"),
        ...signUp(),
        ...billNow(),
        ...goBackAndForth(),
        ...closeAndReactivate(),
    ],
});
