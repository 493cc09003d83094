import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** Refuse a view that is wider than the phone, so that one would have to pan. */
function seeItFits(view, trigger) {
    return {
        content: `The ${view} fits on a phone`,
        trigger,
        run() {
            const {scrollWidth, clientWidth} = document.documentElement;
            if (scrollWidth > clientWidth) {
                throw new Error(`${view}: ${scrollWidth} px on ${clientWidth} px`);
            }
        },
    };
}

registry.category("web_tour.tours").add("subscription_phone", {
    steps: () => [
        seeItFits("kanban", ".o_kanban_view .o_kanban_record:contains(Ada Lovelace)"),
        {
            content: "Open the choice of views",
            trigger: ".o_cp_switch_buttons button",
            run: "click",
        },
        {
            content: "Choose the list",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(List)",
            run: "click",
        },
        seeItFits("list", ".o_list_view .o_data_row:contains(Ada Lovelace)"),
        {
            content: "Open the subscription",
            trigger: ".o_data_row td[name='partner_id']",
            run: "click",
        },
        {
            content: "Its lines are cards",
            trigger:
                ".o_field_widget[name='line_ids'] .o_kanban_record:contains(Maintenance)",
        },
        seeItFits("form", ".o_form_view .o_field_widget[name='amount_total']"),
        ...stepUtils.statusbarButtonsSteps("Close"),
        seeItFits("wizard", ".modal .o_field_widget[name='reason_id']"),
        {
            content: "The customer left for the price",
            trigger: ".modal .o_field_widget[name='reason_id'] label:contains(Too dear)",
            run: "click",
        },
        {
            content: "Close for good",
            trigger: ".modal-footer button[name='action_close']",
            run: "click",
        },
        {
            content: "It is closed",
            trigger: ".o_form_view .ribbon:contains(Closed)",
        },
    ],
});
