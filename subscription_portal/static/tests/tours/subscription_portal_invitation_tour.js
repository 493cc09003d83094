import {goOn, seeThePageFits} from "./portal_steps";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("subscription_portal_invitation", {
    steps: () => [
        seeThePageFits("form.oe_signup_form"),
        {
            content: "A password",
            trigger: "input[name='password']",
            run: "edit a-good-password",
        },
        {
            content: "Once more",
            trigger: "input[name='confirm_password']",
            run: "edit a-good-password",
        },
        goOn("Sign up", ".oe_login_buttons button[type='submit']"),
        seeThePageFits("#wrap.o_portal_wrap"),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_invitation_payment", {
    steps: () => [seeThePageFits("h1:contains(Pay)")],
});
