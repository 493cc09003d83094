import {goOn, seeTheMessages, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

const begin = () => [
    seeThePageFits("h1:contains(Monthly)"),
    seeTheMessages(),
    goOn("Change", "#subscription_actions a:contains(Change)"),
    seeThePageFits("h1:contains(Change Monthly)"),
];

const chooseThePlan = () => [
    {
        content: "The larger plan",
        trigger: "li:contains(Large):contains(345.00):contains(per month) input",
        run: "click",
    },
    goOn("Go on", "button:contains(Continue)"),
    seeThePageFits("li:contains(The plan becomes Large.)"),
];

registry.category("web_tour.tours").add("subscription_portal_change_plan", {
    steps: () => [
        ...begin(),
        ...chooseThePlan(),
        seeThePageFits("dl:contains(Due now):contains(230.00)"),
        goOn("Confirm", "button:contains(Confirm the change)"),
        {
            content: "It is changed, and is to be paid",
            trigger: "[role='status']:contains(The invoice for it is to be paid now.)",
        },
        seeThePageFits("#o_payment_form"),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_change_lines", {
    steps: () => [
        ...begin(),
        {
            content: "More of them",
            trigger: "input[name^='quantity_']",
            run: "edit 3",
        },
        {
            content: "And a product",
            trigger: "li:contains(Backup) input",
            run: "click",
        },
        goOn("Go on", "button:contains(Continue)"),
        seeThePageFits("li:contains(the quantity becomes 3)"),
        {
            content: "Nothing is due now",
            trigger: "dl:contains(Due now):contains(Nothing)",
        },
        goOn("Confirm", "button:contains(Confirm the change)"),
        {
            content: "It is changed",
            trigger: "[role='status']:contains(Your subscription is changed.)",
        },
        seeThePageFits("table:contains(Backup)"),
        seeTheMessages(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_change_back", {
    steps: () => [
        ...begin(),
        ...chooseThePlan(),
        goOn("Confirm", "button:contains(Confirm the change)"),
        {
            content: "It is planned",
            trigger: "[role='status']:contains(Your change is planned.)",
        },
        seeTheMessages(),
        {
            content: "Take it back",
            trigger: "summary:contains(Cancel this change)",
            run: "click",
        },
        seeThePageFits("details[open]:contains(stays as it is)"),
        goOn("Yes", "button:contains(Take it back)"),
        {
            content: "It is taken back",
            trigger: "[role='status']:contains(Your change is taken back.)",
        },
        seeTheMessages(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_coupon", {
    steps: () => [
        seeTheMessages(),
        goOn("Redeem a code", "a:contains(Redeem a code)"),
        seeThePageFits("h1:contains(Redeem a code)"),
        {
            content: "A code that there is none of",
            trigger: "input[name='code']",
            run: "edit WINTER",
        },
        goOn("Redeem", "button:contains(Redeem)"),
        seeThePageFits("[role='alert']:contains(cannot be redeemed here)"),
        {
            content: "The right one",
            trigger: "input[name='code']",
            run: "edit spring",
        },
        goOn("Redeem", "button:contains(Redeem)"),
        {
            content: "It is redeemed",
            trigger: "[role='status']:contains(Your code is redeemed.)",
        },
        seeThePageFits("table:contains(SPRING)"),
        seeTheMessages(),
    ],
});
