import {PaymentForm} from "@payment/interactions/payment_form";
import {patch} from "@web/core/utils/patch";

/** Send along whether the customer agrees to pay automatically from now on. */
patch(PaymentForm.prototype, {
    _prepareTransactionRouteParams() {
        const params = super._prepareTransactionRouteParams();
        const box = this.el.querySelector("input[name='subscription_enrol']");
        if (box) {
            params.enrol = box.checked;
        }
        return params;
    },
});
