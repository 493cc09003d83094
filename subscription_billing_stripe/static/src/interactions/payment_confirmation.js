/* global Stripe */

import {Interaction} from "@web/public/interaction";
import {_t} from "@web/core/l10n/translation";
import {loadJS} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {rpc} from "@web/core/network/rpc";

/**
 * Lets a customer confirm a payment: our server opens it, Stripe's script asks the
 * bank's question, our server asks Stripe for the outcome, and the page shows it.
 */
export class PaymentConfirmation extends Interaction {
    static selector = ".o_stripe_confirmation";

    dynamicContent = {
        "button[name=confirm]": {
            "t-on-click": this.onConfirm,
            "t-att-disabled": () => this.isBusy,
        },
        "button[name=check]": {
            "t-on-click": this.onCheck,
            "t-att-disabled": () => this.isBusy,
        },
        "a[name=other]": {"t-att-class": () => ({disabled: this.isBusy})},
        "[name=progress]": {"t-out": () => this.progress},
        "[name=problem]": {
            "t-out": () => this.problem,
            "t-att-hidden": () => !this.problem,
        },
    };

    setup() {
        this.isBusy = false;
        this.progress = "";
        this.problem = "";
    }

    async onConfirm() {
        await this.whileBusy(_t("Your bank is being asked…"), async () => {
            await this.waitFor(this.loadStripe());
            const opened = await this.waitFor(this.ask("start"));
            if (opened.is_unavailable) {
                this.problem = _t(
                    "The payment provider cannot be reached. Nothing was charged. " +
                        "Please try again in a few minutes."
                );
                return;
            }
            if (opened.client_secret) {
                await this.waitFor(this.askTheBank(opened));
                this.progress = _t("We are waiting for the answer…");
                this.updateContent();
                await this.waitFor(this.ask("done"));
            }
            this.showOutcome();
        });
    }

    async onCheck() {
        await this.whileBusy(_t("We are asking…"), async () => {
            await this.waitFor(this.ask("done"));
            this.showOutcome();
        });
    }

    /** Do one thing at a time; tell of what goes wrong, for nothing is lost by it. */
    async whileBusy(progress, work) {
        Object.assign(this, {isBusy: true, progress, problem: ""});
        this.updateContent();
        try {
            await work();
        } catch (error) {
            console.warn("The payment could not be confirmed:", error.message);
            this.problem = _t(
                "Something went wrong on the way. Check your connection, then reload " +
                    "this page: it says how the payment stands."
            );
        }
        if (!this.isLeaving) {
            Object.assign(this, {isBusy: false, progress: ""});
            this.updateContent();
        }
    }

    /** Stripe wants its script to come from itself, at the time of use. */
    async loadStripe() {
        if (!window.Stripe) {
            await loadJS(this.el.dataset.scriptUrl);
        }
    }

    /** The outcome is asked of Stripe by our server: what the script says is no proof. */
    async askTheBank({publishable_key, client_secret, payment_method}) {
        const locale = document.documentElement.lang || "auto";
        await Stripe(publishable_key, {locale}).confirmCardPayment(client_secret, {
            payment_method,
        });
    }

    ask(what) {
        const {txId, accessToken} = this.el.dataset;
        return rpc(`/payment/stripe/confirm/${txId}/${what}`, {
            access_token: accessToken,
        });
    }

    showOutcome() {
        this.isLeaving = true;
        window.location.reload();
    }
}

registry
    .category("public.interactions")
    .add("subscription_billing_stripe.payment_confirmation", PaymentConfirmation);
