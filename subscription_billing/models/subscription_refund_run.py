from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

#: refunds of subscriptions that no run has sent yet
UNSENT = [
    ("operation", "=", "refund"),
    ("subscription_id", "!=", False),
    ("state", "=", "draft"),
    ("date_sent", "=", False),
    ("is_post_processed", "=", True),
]


class SubscriptionCollection(models.AbstractModel):
    """The collection run also pays money back.

    As with charges, a refund is committed before the provider is asked for it, and its
    answer before anything else. What was sent is never sent again: no answer leaves it
    unknown, until the provider or a person has said what became of it.
    """

    _inherit = "subscription.collection"

    # === SCHEDULED ACTION === #

    @api.model
    def _collect(self):
        """Pay back first: what was paid twice should not wait for new charges."""
        own = [("subscription_id.company_id", "=", self.env.company.id)]
        refunds = self.env["payment.transaction"].search([*own, *UNSENT], order="id")
        refunds._send_one_by_one()
        yield from super()._collect()

    @api.model
    def _count_due(self):
        """Count the refunds that wait, too."""
        return super()._count_due() + self.env["payment.transaction"].search_count(
            UNSENT
        )


class PaymentTransaction(models.Model):
    """How one refund is sent."""

    _inherit = "payment.transaction"

    def _is_still_owed(self):
        """Return whether the customer is still owed what a refund pays back.

        Somebody may have used or cancelled the credit note since.
        """
        self.ensure_one()
        if self.operation != "refund":
            return super()._is_still_owed()
        note, source = self.refund_move_id, self.source_transaction_id
        owed = note.amount_residual if note else float(source._get_surplus_left())
        is_posted = not note or note.state == "posted"
        return is_posted and self.currency_id.compare_amounts(owed, -self.amount) >= 0

    def _may_be_sent(self):
        """Send back what is still owed to the customer, and no bank gives back."""
        if self.operation != "refund":
            return super()._may_be_sent()
        return self._is_still_owed() and not self._is_disputed_since()

    def _is_disputed_since(self):
        """Return whether a dispute has left too little of the payment for this."""
        self.ensure_one()
        source = self.source_transaction_id
        left = source._get_amount_left(besides=self)
        return bool(source._get_amount_disputed() and left < Decimal(str(-self.amount)))

    def _withdraw(self):
        """Call off a refund that is no longer owed; ask about one that is disputed."""
        if self.operation != "refund":
            return super()._withdraw()
        if self._is_still_owed():
            source = self.source_transaction_id
            return self._set_unsendable(source._get_withholding_text())
        self._set_canceled(self.env._("It is no longer owed."))
        self.is_post_processed = True
        self.source_transaction_id._update_surplus()
        return None

    def _call_provider(self):
        """Ask to pay back what is a refund; a plain refusal is a failure."""
        if self.operation != "refund":
            super()._call_provider()
            return
        try:
            self._ensure_provider_is_not_disabled()
        except UserError as error:
            self._set_error(str(error))
            return
        try:
            with self.env.cr.savepoint():
                self._send_refund_request()
        except ValidationError as error:
            self._set_error(str(error))
            return
        if self.state == "draft" and not self.is_outcome_unknown:
            self._set_unknown(self.env._("the provider did not say what became of it"))
