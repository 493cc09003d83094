import {goOn, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("subscription_portal_cancel_request", {
    steps: () => [
        goOn("No login", "a:contains(Cancel a contract)"),
        seeThePageFits("h1:contains(Cancel a contract)"),
        {
            content: "Who",
            trigger: "input[name='customer_name']",
            run: "edit Ada Lovelace",
        },
        {
            content: "What",
            trigger: "input[name='contract_number']",
            run: "edit SUB-TOUR",
        },
        {
            content: "Where to",
            trigger: "input[name='email']",
            run: "edit ada@example.com",
        },
        goOn("Send it", "button:contains(Confirm cancellation)"),
        seeThePageFits("dl:contains(SUB-TOUR)"),
        {
            content: "It can be kept",
            trigger: "a:contains(Save as a file)",
        },
    ],
});

registry.category("web_tour.tours").add("subscription_portal_confirm_request", {
    steps: () => [
        seeThePageFits("dl:contains(Last day)"),
        goOn("Confirm", "button:contains(Confirm cancellation)"),
        seeThePageFits("[role='status']:contains(It is carried out.)"),
    ],
});
