from odoo import api, fields, models

from ..tools.outcome import Decline

#: what a provider calls a payment that waits for its customer: the money of this very
#: attempt can still come, so that no other method is charged beside it
AWAITS_CUSTOMER = frozenset({"authentication_required"})


class PaymentTransaction(models.Model):
    """Charges of one round: after a decline the next method of the customer is tried.

    A round begins when an invoice is put in line, by its posting, a person or a new
    method, and ends with its first charge that is not declined.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    collection_round = fields.Integer(
        compute="_compute_collection_round",
        store=True,
        precompute=True,
        help="In which round of its invoice this charge was made.",
    )

    # === COMPUTE METHODS === #

    @api.depends("collection_invoice_id")
    def _compute_collection_round(self):
        for charge in self:
            charge.collection_round = charge.collection_invoice_id.collection_round

    # === BUSINESS METHODS === #

    def _update_collection_state(self):
        """Keep what the outcomes say of the methods themselves, too."""
        for charge in self:
            if charge.state == "error" and charge.decline_category == "never":
                charge.token_id._refuse(charge._get_failure_reason())
        collected = self.filtered(lambda charge: charge.state == "done")
        collected.token_id._forget_refusal()
        return super()._update_collection_state()

    def _go_on_after_failure(self):
        """Let the next method be tried where these charges were declined.

        What was called off, or waits for its customer, is not tried elsewhere; and only
        the last charge of an invoice speaks for it.
        """
        for charge in self:
            invoice = charge.collection_invoice_id
            if charge != invoice._get_last_charge():
                continue
            following = charge._is_declined() and invoice._get_next_payment_method()
            if following:
                invoice._try_next_method(charge, following)
            else:
                invoice._set_collection_failed(charge._get_failure_reason())

    def _is_declined(self):
        """Return whether this charge was refused for good, so that no money can come.

        An unknown outcome is none, nor is a payment that waits for its customer.
        """
        self.ensure_one()
        return self.state == "error" and self.decline_code not in AWAITS_CUSTOMER

    def _get_failure_reason(self):
        """Return why this charge failed, in words."""
        self.ensure_one()
        return self.state_message or self.env._("The payment provider gave no reason.")

    def _get_decline(self):
        """Return why this charge was refused.

        :rtype: tools.outcome.Decline
        """
        self.ensure_one()
        return Decline(
            category=self.decline_category or "unknown",
            code=self.decline_code or "",
            network_code=self.decline_network_code or "",
            advice=self.decline_advice or "",
        )
