import {addLine, choose, previewAndConfirm, pressSmartButton} from "./tour_steps";
import {registry} from "@web/core/registry";

const setQuantity = (quantity) => [
    {
        content: "Edit the line",
        trigger:
            ".modal .o_field_widget[name='line_ids'] .o_data_row:first-child td[name='quantity']",
        run: "click",
    },
    {
        content: `${quantity} visits a month`,
        trigger: ".modal .o_selected_row .o_field_widget[name='quantity'] input",
        run: `edit ${quantity}`,
    },
];

const prepare = () => [
    {
        content: "Running lines are not edited on the form",
        trigger:
            ".o_field_widget[name='line_ids']:not(:has(.o_field_x2many_list_row_add))",
    },
    {
        content: "Change",
        trigger: "button[name='action_change']",
        run: "click",
    },
    {
        content: "The dialog says what the customer has today",
        trigger:
            ".modal .o_field_widget[name='line_ids'] .o_data_row:contains(Maintenance: 1.00)",
    },
    ...setQuantity(5),
    {
        content: "Preview",
        trigger: ".modal-footer button[name='action_preview']",
        run: "click",
    },
    {
        content: "Five visits, less the one that has been paid",
        trigger:
            ".modal .o_field_widget[name='preview']:contains(500.00):contains(100.00)",
    },
    ...setQuantity(3),
    ...addLine("line_ids"),
    {
        content: "What was seen is void once it is edited",
        trigger:
            ".modal-footer:has(button[name='action_preview']):not(:has(button[name='action_confirm_previewed']))",
    },
    ...choose("product_id", "Monitoring", ".modal .o_selected_row"),
];

const lookBack = () => [
    {
        content: "The line of before has ended, two follow it",
        trigger:
            ".o_field_widget[name='line_ids']:has(.o_data_row.text-muted):has(.o_data_row:contains(Monitoring))",
    },
    {
        content: "The period costs three visits and the monitoring, with tax",
        trigger: ".o_field_widget[name='amount_total']:contains(375.00)",
    },
    ...pressSmartButton("action_view_changes"),
    {
        content: "The change is kept",
        trigger: ".o_data_row:contains(Applied)",
    },
];

registry.category("web_tour.tours").add("subscription_change", {
    steps: () => [...prepare(), ...previewAndConfirm("300.00"), ...lookBack()],
});
