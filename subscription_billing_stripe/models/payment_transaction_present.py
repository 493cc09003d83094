from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.batch import trigger_cron
from odoo.addons.subscription_billing.tools.refund import NO_PAYMENT

from ..gateway import GatewayError


class PaymentTransaction(models.Model):
    """Payments as Stripe knows them now, however one heard of a change."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: FINDING === #

    @api.model
    def _find_stripe_payment(self, provider, intent, origin=None):
        """Return the transaction of a payment at Stripe, or none.

        :param provider: a ``payment.provider``, or several
        :param str intent: ``pi_…``
        :param origin: ``gateway.present.Origin``, where it is known
        """
        names = [("provider_reference", intent)]
        if origin:
            names.append(("idempotency_key", origin.uuid))
            names.append(("reference", origin.reference))
        mine = Domain("provider_id", "in", provider.ids) & Domain(
            "operation", "not in", NO_PAYMENT
        )
        for name, value in names:
            if value and (
                found := self.sudo().search(
                    mine & Domain(name, "=", value), order="id", limit=1
                )
            ):
                return found
        return self.browse().sudo()

    def _is_on_stripe_gateway(self):
        """Return whether our gateway has sent this, so that no answer is core's."""
        self.ensure_one()
        return self.provider_code == "stripe" and bool(self.sudo().request_data)

    # === BUSINESS METHODS: TAKING OVER === #

    def _apply_stripe_payment(self, payment):
        """Bring a payment that our gateway has sent to what Stripe says now.

        :param payment: ``gateway.present.PaymentNow``
        :raises ValidationError: Stripe's payment is over other money
        """
        self.ensure_one()
        facts, outcome = payment.facts, payment.outcome
        ours = self._get_stripe_amount(), self.currency_id.name
        if (facts.amount, facts.currency) != ours:
            raise ValidationError(
                self.env._(
                    "%(intent)s is over %(theirs)s in minor units, and %(reference)s "
                    "over %(ours)s. Look it up at Stripe.",
                    intent=facts.id,
                    theirs=f"{facts.amount} {facts.currency}",
                    reference=self.reference,
                    ours=f"{ours[0]} {ours[1]}",
                )
            )
        is_over = self.state in ("error", "cancel")
        if is_over and outcome.status == "pending":
            self._reopen_pending(outcome)
        elif is_over and outcome.status == "cancelled":
            self._end_provider_retries()
        else:
            self._apply_outcome(outcome)
        self._trigger_booking()

    def _reopen_pending(self, outcome):
        """Take money that is on its way after a refusal for open again.

        The customer has confirmed this very payment with another method.
        """
        self._write_facts(outcome)
        self._set_pending(extra_allowed_states=("error", "cancel"))
        self.collection_invoice_id._write_collection(
            {"collection_state": "open", "collection_error": False}
        )

    def _trigger_booking(self):
        """Have what has an outcome booked, by whoever books it."""
        self.ensure_one()
        if self.is_post_processed or self.state not in ("done", "error", "cancel"):
            return
        if self.collection_invoice_id or self.subscription_id:
            self.env["subscription.collection"]._trigger_cron()
        if not self.collection_invoice_id:
            trigger_cron(self.env, "payment.cron_post_process_payment_tx")

    # === BUSINESS METHODS: CORE'S WAYS IN === #

    def _process(self, provider_code, payment_data):
        """Ask Stripe what is so now of what our gateway has sent.

        What core hands over here is of an event or a page: it may be late, and its
        version knows less.

        :raises ValidationError: Stripe cannot be asked
        """
        if provider_code != "stripe" or not self or not self._is_on_stripe_gateway():
            return super()._process(provider_code, payment_data)
        gateway = self.provider_id._get_stripe_gateway()
        try:
            if self.operation == "refund":
                refund = gateway.get_refund(payment_data["refund"]["id"])
                self._apply_stripe_refund(refund)
            else:
                intent = payment_data["payment_intent"]["id"]
                self._apply_stripe_payment(gateway.get_payment(intent))
        except GatewayError as error:
            raise ValidationError(error.message) from error
        return self
