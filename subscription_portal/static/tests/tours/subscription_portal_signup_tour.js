import {goOn, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

const fill = (name, value) => ({
    content: `Tell the ${name}`,
    trigger: `[name='${name}']`,
    run: `edit ${value}`,
});

registry.category("web_tour.tours").add("subscription_portal_signup", {
    steps: () => [
        seeThePageFits("h1:contains(Subscribe to)"),
        goOn("Choose", "a:contains(Choose)"),
        seeThePageFits("label:contains(Country)"),
        fill("name", "Grace Hopper"),
        fill("email", "grace@example.com"),
        fill("street", "1 Navy Way"),
        fill("city", "Arlington"),
        {
            content: "Tell the country",
            trigger: "select[name='country_id']",
            run: "selectByLabel United States",
        },
        fill("quantity", "2"),
        goOn("See what it costs", "button:contains(See what it costs)"),
        seeThePageFits("h2:contains(What you pay)"),
        {content: "Agree", trigger: "#signup_agree", run: "click"},
        goOn("Order", "button:contains(Order with the obligation to pay)"),
        {
            content: "It has begun",
            trigger: "[role='status']:contains(Your subscription has begun.)",
        },
        seeThePageFits("a:contains(See your subscription)"),
    ],
});
