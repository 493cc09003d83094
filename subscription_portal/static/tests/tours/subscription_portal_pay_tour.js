import {registry} from "@web/core/registry";
import {seeThePageFits} from "./portal_steps";

const chooseOne = () => [
    seeThePageFits("fieldset:contains(Open invoices)"),
    {
        content: "Leave the second invoice for later",
        trigger: "li:nth-child(2) input[name='invoice']:checked",
        run: "click",
    },
    {
        content: "Go on to the payment",
        trigger: "button:contains(Pay what is ticked)",
        run: "click",
        expectUnloadPage: true,
    },
];

const fillIn = (amount) => [
    {
        content: "This much is to be paid",
        trigger: `h1 span[name='amount']:contains(${amount})`,
    },
    seeThePageFits("#o_payment_form #customer_input"),
    {
        content: "Fill in the payment details",
        trigger: "#o_payment_form #customer_input",
        run: "edit 4242424242424242",
    },
];

const pay = () => ({
    content: "Pay",
    trigger: "button[name='o_payment_submit_button']:enabled",
    run: "click",
    expectUnloadPage: true,
});

const payAndAgree = () => [
    ...fillIn("115.00"),
    {
        content: "Agree to pay automatically from now on",
        trigger: "#o_payment_form input[name='subscription_enrol']",
        run: "click",
    },
    pay(),
    {
        content: "The page tells what has happened",
        trigger: "[role='status']:contains(from now on invoices are paid)",
    },
    {
        content: "The other invoice is left to pay",
        trigger: "h1 span[name='amount']:contains(115.00)",
    },
];

const seeTheMethod = () => [
    {
        content: "Go to the list",
        trigger: ".o_portal_submenu a:contains(Subscriptions)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "Go to the payment methods",
        trigger: "main a[href='/my/subscriptions/methods']",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "The new method pays the subscription",
        trigger: "li[id^='method_']:contains(Pays)",
    },
    seeThePageFits("li[id^='method_'] button:contains(Remove)"),
];

registry.category("web_tour.tours").add("subscription_portal_pay", {
    steps: () => [...chooseOne(), ...payAndAgree(), ...seeTheMethod()],
});

registry.category("web_tour.tours").add("subscription_portal_pay_all", {
    steps: () => [
        seeThePageFits("fieldset:has(li:nth-child(30))"),
        {
            content: "Pay all of them",
            trigger: "button:contains(Pay what is ticked)",
            run: "click",
            expectUnloadPage: true,
        },
        ...fillIn("3,450.00"),
        pay(),
        {
            content: "Nothing is left",
            trigger: "p:contains(There is nothing to pay at the moment.)",
        },
    ],
});

registry.category("web_tour.tours").add("subscription_portal_pay_by_link", {
    steps: () => [
        ...fillIn("115.00"),
        pay(),
        {
            content: "It is paid, and tells so without a login",
            trigger: "[role='status']:contains(Thank you)",
        },
    ],
});
