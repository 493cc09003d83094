import {pick, previewAndConfirm} from "./tour_steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** Refuse what is wider than the phone, so that one would have to pan or miss it. */
function seeItFits(what, trigger) {
    return {
        content: `The ${what} fits on a phone`,
        trigger,
        run() {
            for (let box = this.anchor; box; box = box.parentElement) {
                const hides = getComputedStyle(box).overflowX !== "visible";
                if (hides && box.scrollWidth > box.clientWidth) {
                    const name = `${box.tagName}.${box.className}`;
                    throw new Error(
                        `The ${what} needs ${box.scrollWidth} px in ${name}, ` +
                            `which has ${box.clientWidth} px`
                    );
                }
            }
        },
    };
}

const walkThroughTheViews = () => [
    {
        content: "A phone shows cards first",
        trigger: ".o_kanban_view .o_kanban_record:contains(Ada Lovelace)",
    },
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
    {
        content: "Open the subscription",
        trigger: ".o_data_row:contains(Ada Lovelace) td[name='partner_id']",
        run: "click",
    },
    {
        content: "Its lines are cards",
        trigger:
            ".o_field_widget[name='line_ids'] .o_kanban_record:contains(Maintenance)",
    },
    seeItFits("form", ".o_form_view .o_field_widget[name='amount_total']"),
];

const closeIt = () => [
    ...stepUtils.statusbarButtonsSteps("Close"),
    seeItFits("dialog", ".modal .o_field_widget[name='close_reason_id']"),
    pick("timing", "Now"),
    pick("close_reason_id", "Too dear"),
    ...previewAndConfirm("Nothing more will be invoiced"),
    {
        content: "It is closed",
        trigger: ".o_form_view .ribbon:contains(Closed)",
    },
];

registry.category("web_tour.tours").add("subscription_phone", {
    steps: () => [...walkThroughTheViews(), ...closeIt()],
});
