import {agree, openMenu, pick, previewAndConfirm} from "./tour_steps";
import {registry} from "@web/core/registry";

const closeAtTheEnd = () => [
    {
        content: "Close",
        trigger: "button[name='action_close']",
        run: "click",
    },
    {
        content: "The end of the period is proposed",
        trigger: ".modal .o_field_widget[name='date_last']:visible",
    },
    pick("close_reason_id", "Too dear"),
    ...previewAndConfirm("Nothing more will be invoiced"),
];

const undo = () => [
    {
        content: "The form says when it ends",
        trigger: ".alert-info:contains(Ends on)",
    },
    {
        content: "The customer stays",
        trigger: ".alert-info button[name='action_undo_end']",
        run: "click",
    },
    {
        content: "It can be closed again, for it goes on",
        trigger: "body:has(button[name='action_close']):not(:has(.alert-info))",
    },
];

const callOffFromTheList = () => [
    ...closeAtTheEnd(),
    {
        content: "It ends again",
        trigger: ".alert-info:contains(Ends on)",
    },
    ...openMenu("subscription_menu", "subscription_change_menu"),
    {
        content: "Call the scheduled change off",
        trigger: ".o_data_row:contains(Ada Lovelace) button[name='action_cancel']",
        run: "click",
    },
    agree("Call this change off?"),
    {
        content: "Nothing is scheduled any more",
        trigger: ".o_view_nocontent:contains(Nothing is scheduled)",
    },
];

registry.category("web_tour.tours").add("subscription_end", {
    steps: () => [...closeAtTheEnd(), ...undo(), ...callOffFromTheList()],
});
