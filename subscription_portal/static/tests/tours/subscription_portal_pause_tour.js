import {goOn, seeTheMessages, seeThePageFits, tellTheDay} from "./portal_steps";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("subscription_portal_pause", {
    steps: () => [
        seeTheMessages(),
        goOn("Plan a pause", "a:contains(Pause)"),
        seeThePageFits("label:contains(Pause from)"),
        tellTheDay("date_start", 5),
        tellTheDay("date_resume", 20),
        goOn("Go on", "button:contains(Continue)"),
        seeThePageFits("h2:contains(What is billed or given back next)"),
        goOn("Confirm", "button:contains(Pause the subscription)"),
        {
            content: "It is planned",
            trigger: "[role='status']:contains(The pause is planned.)",
        },
        seeThePageFits("section:contains(goes on from)"),
        seeTheMessages(),
        goOn("Call it off", "button:contains(Call off the pause)"),
        {
            content: "It is called off",
            trigger: "[role='status']:contains(The pause is called off.)",
        },
        seeTheMessages(),
        goOn("Pause today", "a:contains(Pause)"),
        tellTheDay("date_resume", 20),
        goOn("Go on", "button:contains(Continue)"),
        goOn("Confirm", "button:contains(Pause the subscription)"),
        seeThePageFits(".badge:contains(Paused)"),
        seeTheMessages(),
        goOn("Resume", "button:contains(Resume)"),
        seeThePageFits("h1:contains(Resume Monthly)"),
        goOn("Confirm", "button:contains(Resume the subscription)"),
        {
            content: "It goes on",
            trigger: "[role='status']:contains(The service goes on.)",
        },
        seeTheMessages(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_reactivate", {
    steps: () => [
        seeTheMessages(),
        goOn("Come back", "a:contains(Come back)"),
        seeThePageFits("h2:contains(What is billed next)"),
        goOn("Confirm", "button:contains(Take it up again)"),
        {
            content: "It runs again",
            trigger: "[role='status']:contains(Welcome back.)",
        },
        seeTheMessages(),
    ],
});
