import {goOn, seeTheMessages, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("subscription_portal_stay", {
    steps: () => [
        seeTheMessages(),
        goOn("Cancel", "a:contains(Cancel subscription)"),
        goOn("Go on", "button:contains(Continue)"),
        seeThePageFits("section:contains(Have a rest) details"),
        goOn("Stay", "button:contains(Stay, and take the offer)"),
        {
            content: "It is paused",
            trigger: "[role='status']:contains(We are glad that you stay.)",
        },
        seeThePageFits(".badge:contains(Paused)"),
        seeTheMessages(),
    ],
});
