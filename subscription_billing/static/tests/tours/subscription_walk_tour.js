import {
    addLine,
    agree,
    choose,
    openTab,
    pick,
    pressSmartButton,
    previewAndConfirm,
    seeStatus,
} from "./tour_steps";
import {registry} from "@web/core/registry";

/** The days of one maintenance package, as a person works on each of them. */
const days = {
    sell: () => [
        ...choose("partner_id", "Ada Lovelace"),
        ...choose("plan_id", "Gold"),
        ...addLine("line_ids"),
        ...choose("product_id", "Maintenance", ".o_selected_row"),
        ...addLine("line_ids"),
        ...choose("product_id", "Alarm calls", ".o_selected_row"),
        {
            content: "Confirm",
            trigger: "button[name='action_confirm']",
            run: "click",
        },
        seeStatus("Active"),
        {
            content: "Bill now",
            trigger: "button[name='action_bill_now']",
            run: "click",
        },
        agree("Invoice what is due now?"),
        {
            content: "21 of 31 days, with tax",
            trigger: ".o_field_widget[name='tax_totals']:contains(241.50)",
        },
        {
            content: "The invoice says which days it bills",
            trigger:
                ".o_field_widget[name='invoice_line_ids'] .o_data_row:contains(05/11/2026 to 05/31/2026)",
        },
    ],
    upgrade: () => [
        {
            content: "Change",
            trigger: "button[name='action_change']",
            run: "click",
        },
        openTab("plan"),
        ...choose("plan_id", "Platinum", ".modal"),
        ...previewAndConfirm("775.00"),
        {
            content: "It is on the new plan",
            trigger: ".o_field_widget[name='plan_id']:contains(Platinum)",
        },
    ],
    pause: () => [
        {
            content: "Pause",
            trigger: "button[name='action_pause']",
            run: "click",
        },
        ...previewAndConfirm("given back with the first invoice after it"),
        seeStatus("Paused"),
    ],
    resume: () => [
        {
            content: "Resume",
            trigger: "button[name='action_resume']",
            run: "click",
        },
        agree("Serve and bill this subscription again"),
        seeStatus("Active"),
    ],
    use: () => [
        ...pressSmartButton("action_view_entitlements"),
        {
            content: "Nothing is left of the visits",
            trigger: ".o_data_row:contains(Visit) td[name='quantity_left']:contains(0)",
        },
        {
            content: "Record another one",
            trigger: ".o_data_row:contains(Visit) button[name='action_record']",
            run: "click",
        },
        {
            content: "The dialog says what it costs",
            trigger: ".modal .alert-warning:contains(80.00)",
        },
        {
            content: "Record it",
            trigger: ".modal-footer button[name='action_record']",
            run: "click",
        },
        {
            content: "The dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
    close: () => [
        {
            content: "Close",
            trigger: "button[name='action_close']",
            run: "click",
        },
        pick("close_reason_id", "Too dear"),
        // What was called in its last month is still to be paid.
        ...previewAndConfirm("4.00"),
        {
            content: "The form says when it ends",
            trigger: ".alert-info:contains(Ends on):contains(Sep 30)",
        },
    ],
    reactivate: () => [
        seeStatus("Closed"),
        {
            content: "The customer comes back",
            trigger: "button[name='action_reactivate']",
            run: "click",
        },
        agree("Take this subscription up again?"),
        seeStatus("Active"),
    ],
};

for (const [name, steps] of Object.entries(days)) {
    registry.category("web_tour.tours").add(`subscription_walk_${name}`, {steps});
}
