from decimal import Decimal

from odoo import fields, models
from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import const as stripe_const
from odoo.exceptions import ValidationError

from odoo.addons.subscription_billing.tools.outcome import NotSentError

from ..gateway import GatewayError
from ..gateway.ledger import KIND, LedgerGateway
from ..tools.amounts import AmountError, to_minor

#: what Stripe takes as a reason for a refund
REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


class PaymentTransaction(models.Model):
    """Charges and refunds by Stripe, on the official SDK."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: REQUESTS === #

    def _prepare_charge_request(self):
        """Return what Stripe is asked for; kept, and the same whenever it is asked."""
        self.ensure_one()
        if self.provider_code != "stripe":
            return super()._prepare_charge_request()
        common = {
            "key": self._get_stripe_key(),
            "uuid": self._get_stripe_key(),
            "reference": self.reference,
            "amount": self._get_stripe_amount(),
            "currency": self.currency_id.name,
            "database": self.provider_id._get_database_id(),
        }
        if self.operation == "refund":
            return {
                KIND: "refund",
                **common,
                "intent": self.source_transaction_id.provider_reference,
                "reason": self._get_stripe_refund_reason(),
            }
        token = self.token_id
        if not token.stripe_payment_method:
            token._stripe_sca_migrate_customer()
        return {
            KIND: "charge",
            **common,
            "customer": token.provider_ref,
            "method": token.stripe_payment_method,
            "method_type": self._get_stripe_method_type(),
            "mandate": token.stripe_mandate or "",
        }

    def _get_stripe_key(self):
        """Return the idempotency key of this attempt.

        A charge of the collection run has its own, which was committed before. What a
        click of a user sends may be sent again by Odoo after a conflict in the
        database, with a new row: its key comes from its reference, as core's does.
        For a refund that key is on its row, where Stripe's events look for it.
        """
        if self.collection_invoice_id or self.operation == "refund":
            return self.idempotency_key
        return payment_utils.generate_idempotency_key(self, scope="payment_intents")

    def _take_key_of_refund(self):
        """Give a refund that no run has sent a key that a new row of it has again.

        The amount is part of it: after a rollback, another one may be asked for.
        """
        is_new = not (self.date_sent or self.sudo().request_data)
        if self.operation == "refund" and is_new:
            self.idempotency_key = payment_utils.generate_idempotency_key(
                self, scope=f"refunds-{self._get_stripe_amount()}"
            )

    def _get_stripe_amount(self):
        """Return the amount in Stripe's minor units, more than 0.

        :raises ValidationError: Stripe has no such amount in this currency
        """
        digits = self.currency_id.decimal_places
        amount = Decimal(f"{abs(self.amount):.{digits}f}")
        try:
            return to_minor(amount, self.currency_id.name)
        except AmountError as error:
            raise ValidationError(str(error)) from error

    def _get_stripe_method_type(self):
        """Return Stripe's name for the kind of the payment method."""
        method = self.payment_method_id
        code = (method.primary_payment_method_id or method).code
        return stripe_const.PAYMENT_METHODS_MAPPING.get(code, code)

    def _get_stripe_refund_reason(self):
        """Return the reason of a refund as Stripe knows it, or nothing."""
        reason = self.refund_reason_id.category
        return reason if reason in REFUND_REASONS else ""

    # === BUSINESS METHODS: SENDING === #

    def _send_payment_request(self):
        """Charge saved methods through the gateway, whoever asks for it.

        Core's own call loses the reason of a decline, and takes no answer for one.
        """
        if self.provider_code != "stripe":
            return super()._send_payment_request()
        return self._send_by_stripe_gateway()

    def _send_refund_request(self):
        """Give money back through the gateway: with a key, and with the facts."""
        if self.provider_code != "stripe":
            return super()._send_refund_request()
        return self._send_by_stripe_gateway()

    def _send_by_stripe_gateway(self):
        """Send this one request within the caller's transaction.

        :raises ValidationError: it could not be sent
        """
        self._take_key_of_refund()
        request = self.sudo().request_data or self._prepare_charge_request()
        # With these, the provider is asked later where it does not answer now.
        self.sudo().write(
            {
                "request_data": request,
                "date_sent": self.date_sent or fields.Datetime.now(),
            }
        )
        gateway = LedgerGateway(self.provider_id._get_stripe_gateway())
        try:
            outcome = gateway.charge(request)
        except NotSentError as error:
            raise ValidationError(str(error)) from error
        self._apply_outcome(outcome)

    # === BUSINESS METHODS: CUSTOMERS === #

    def _stripe_create_customer(self):
        """Return the partner's one customer, where core makes a new one each time."""
        try:
            reference = self.env["stripe.customer"]._get_reference(
                self.provider_id, self.partner_id
            )
        except GatewayError as error:
            raise ValidationError(error.message) from error
        return {"id": reference}
