from odoo import models
from odoo.exceptions import UserError


class SubscriptionSubscription(models.Model):
    """Refunds, from the subscription."""

    _inherit = "subscription.subscription"

    # === ACTIONS === #

    def action_refund(self):
        """Refund an invoice of this subscription: the latest, or another one.

        :raises UserError: nothing has been invoiced that could be refunded
        """
        self.ensure_one()
        invoices = self.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        refundable = invoices.filtered(lambda move: move.payment_state != "reversed")
        if not refundable:
            raise UserError(
                self.env._(
                    "%(subscription)s has no invoice that could be refunded.",
                    subscription=self.display_name,
                )
            )
        latest = refundable.sorted(lambda move: (move.invoice_date, move.id))[-1]
        return latest.action_refund()
