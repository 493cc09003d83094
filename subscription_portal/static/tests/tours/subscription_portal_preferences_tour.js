import {goOn, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

const fill = (name, value) => ({
    content: `Tell the ${name}`,
    trigger: `input[name='${name}']`,
    run: `edit ${value}`,
});

registry.category("web_tour.tours").add("subscription_portal_preferences", {
    steps: () => [
        goOn("Preferences", "a[href='/my/subscriptions/preferences']"),
        seeThePageFits("h1:contains(Preferences)"),
        fill("contact_name", "Bookkeeping"),
        fill("contact_email", "books@example.com"),
        goOn("Add the contact", "button:contains(Send invoices there as well)"),
        {
            content: "It is there",
            trigger: "[role='status']:contains(sent to the new contact)",
        },
        seeThePageFits("li:contains(books@example.com)"),
        goOn("Remove it", "li button:contains(Remove)"),
        {
            content: "It is gone",
            trigger: "[role='status']:contains(not sent there any more)",
        },
        {
            content: "No receipts",
            trigger: "input[value='is_receipt_off']",
            run: "click",
        },
        goOn("Save it", "button:contains(Save what you want)"),
        {
            content: "It is saved",
            trigger: "[role='status']:contains(as you have chosen)",
        },
        seeThePageFits("input[value='is_receipt_off']:not(:checked)"),
    ],
});
