import {registry} from "@web/core/registry";

const confirmAndSay = (answer) => [
    {
        content: "The amount and the card are told",
        trigger: ".o_stripe_confirmation dl:contains(3184):contains(115.00)",
    },
    {
        content: "Confirm",
        trigger: ".o_stripe_confirmation button[name=confirm]:enabled",
        run: "click",
    },
    {
        content: "Nothing else can be pressed meanwhile",
        trigger: ".o_stripe_confirmation:has(button[name=confirm]:disabled)",
    },
    {
        content: "The bank asks",
        trigger: `.stand-in-authentication button[name=${answer}]`,
        run: "click",
        expectUnloadPage: true,
    },
];

registry.category("web_tour.tours").add("stripe_confirmation_authorize", {
    steps: () => [
        ...confirmAndSay("authorize"),
        {
            content: "It is paid",
            trigger: ".o_stripe_confirmation[data-state=paid] h1:contains(Thank you)",
        },
    ],
});

registry.category("web_tour.tours").add("stripe_confirmation_fail", {
    steps: () => [
        ...confirmAndSay("fail"),
        {
            content: "The page says so, and offers to try again",
            trigger:
                ".o_stripe_confirmation[data-state=open] " +
                ".alert:contains(has not received your confirmation)",
        },
        {
            content: "It can be paid in another way",
            trigger: ".o_stripe_confirmation a[name=other]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The invoice offers to pay",
            trigger: ".o_portal_invoice_sidebar, #o_portal_account_actions, #pay_with",
        },
    ],
});

registry.category("web_tour.tours").add("stripe_confirmation_declined", {
    steps: () => [
        {
            content: "Confirm",
            trigger: ".o_stripe_confirmation button[name=confirm]:enabled",
            run: "click",
        },
        {
            content: "The bank asks",
            trigger: ".stand-in-authentication button[name=authorize]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It did not go through, and there is another way",
            trigger: ".o_stripe_confirmation[data-state=declined]:has(a[name=other])",
        },
    ],
});
