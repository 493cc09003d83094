import {goOn, seeTheMessages, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

const FIRST = "ol > li[id^='method_']:first-child";
const LAST = "ol > li[id^='method_']:last-child";

const see = (content, trigger) => ({content, trigger});

const save = (number) => [
    {
        content: "Fill in the payment details",
        trigger: "#o_payment_form #customer_input",
        run: `edit ${number}`,
    },
    {
        content: "Save them",
        trigger: "button[name='o_payment_submit_button']:enabled",
        run: "click",
        expectUnloadPage: true,
    },
];

registry.category("web_tour.tours").add("subscription_portal_methods", {
    steps: () => [
        goOn("Payment methods", "main a[href='/my/subscriptions/methods']"),
        see("None yet", "p:contains(No payment method is saved yet.)"),
        ...save("4111111111111111"),
        see("It is saved", "[role='status']:contains(The payment method was saved.)"),
        seeThePageFits(`${FIRST}:contains(1111) .badge:contains(Default)`),
        goOn("Pay with it", `${FIRST} button:contains(Agree and use it)`),
        see("It pays", `${FIRST}:contains(Pays):has(a[href^='/my/subscriptions/'])`),
        goOn("Remove it", `${FIRST} button:contains(Remove)`),
        see("It is needed", "[role='alert']:contains(only)"),
        ...save("4222222222222222"),
        seeThePageFits(`${FIRST}:contains(2222) .badge:contains(Default)`),
        goOn(
            "Charge the old one first",
            `${LAST} button:contains(Make it the default)`
        ),
        see("The order is another", `${FIRST}:contains(1111)`),
        goOn("Move it down", `${FIRST} button:contains(Move down)`),
        see("It was moved", `${LAST}:contains(1111)`),
        goOn("Pay with the new one", `${FIRST} button:contains(Agree and use it)`),
        see("The old one pays nothing", `${LAST}:contains(Pays nothing)`),
        goOn("Remove it", `${LAST} button:contains(Remove)`),
        see("It is gone", "[role='status']:contains(was removed)"),
        seeThePageFits("ol:not(:has(li:nth-child(2))) > li:contains(2222)"),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_automatic", {
    steps: () => [
        seeThePageFits("h1:contains(Pay automatically)"),
        see("What one agrees to", "p[name='consent']:contains(you agree)"),
        ...save("4111111111111111"),
        see("It is done", "[role='status']:contains(From now on, invoices are paid)"),
        seeTheMessages(),
    ],
});
