import {goOn, seeTheMessages, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

const cancelAndUndo = () => [
    seeThePageFits("h1:contains(Monthly)"),
    seeTheMessages(),
    goOn("Cancel", "a:contains(Cancel subscription)"),
    seeThePageFits("h1:contains(Cancel Monthly)"),
    {
        content: "Why",
        trigger: ".form-check:first-of-type input[name='reason_id']",
        run: "click",
    },
    {
        content: "A few words",
        trigger: "textarea[name='note']",
        run: "edit We are moving abroad.",
    },
    goOn("Go on", "button:contains(Continue)"),
    seeThePageFits("dl:contains(Last day)"),
    goOn("Confirm", "button:contains(Cancel the subscription)"),
    {
        content: "It is cancelled",
        trigger: "[role='status']:contains(Your subscription is cancelled.)",
    },
    seeThePageFits(".badge:contains(Ends on)"),
    seeTheMessages(),
    goOn("Undo it", "button:contains(Undo the cancellation)"),
    {
        content: "It goes on",
        trigger: "[role='status']:contains(Your subscription goes on.)",
    },
    seeTheMessages(),
];

registry.category("web_tour.tours").add("subscription_portal_cancel", {
    steps: () => [
        goOn("My subscriptions", "a[href='/my/subscriptions']"),
        seeThePageFits("table:contains(Monthly)"),
        goOn("The first one", "tbody tr:first-child th a"),
        ...cancelAndUndo(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_cancel_by_link", {
    steps: () => cancelAndUndo(),
});
