import {goOn, seeTheMessages, seeThePageFits, tellTheDay} from "./portal_steps";
import {registry} from "@web/core/registry";

const DRAFT = "subscription_portal_draft";

registry.category("web_tour.tours").add("subscription_portal_twice", {
    steps: () => [
        goOn("Go on", "button:contains(Continue)"),
        {
            content: "Load what it means again",
            trigger: "h2:contains(What is still billed)",
            run: () => {
                sessionStorage.setItem(DRAFT, location.href);
                location.reload();
            },
            expectUnloadPage: true,
        },
        {
            content: "Confirm in a hurry",
            trigger: "button:contains(Cancel the subscription)",
            run: "dblclick",
            expectUnloadPage: true,
        },
        seeTheMessages(),
        {
            content: "Go to what was confirmed",
            trigger: ".badge:contains(Ends on)",
            run: () => {
                location.href = sessionStorage.getItem(DRAFT);
            },
            expectUnloadPage: true,
        },
        {
            content: "It is not done again",
            trigger: "[role='status']:contains(There is nothing to cancel)",
        },
        seeTheMessages(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_expired", {
    steps: () => [
        {
            content: "The session ends while the page is open",
            trigger: "label:contains(Pause from)",
            run: () => fetch("/web/session/logout"),
        },
        tellTheDay("date_resume", 20),
        goOn("Go on", "button:contains(Continue)"),
        {content: "Who", trigger: "input[name='login']", run: "edit ada"},
        {content: "Secret", trigger: "input[name='password']", run: "edit ada"},
        goOn("Log in", "form.oe_login_form button[type='submit']"),
        seeThePageFits("label:contains(Pause from)"),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_expired_by_link", {
    steps: () => [
        {
            content: "The session ends while the page is open",
            trigger: "h1:contains(Cancel Monthly)",
            run: () => fetch("/web/session/logout"),
        },
        goOn("Go on", "button:contains(Continue)"),
        seeThePageFits("h1:contains(Please open the page once more)"),
        goOn("Open it", "a:contains(Open the page again)"),
        seeThePageFits("h1:contains(Cancel Monthly)"),
    ],
});
