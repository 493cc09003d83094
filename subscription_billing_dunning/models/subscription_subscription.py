from odoo import models


class SubscriptionSubscription(models.Model):
    """A subscription is past due while its invoices are, and active when they are
    paid."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _follow_payment(self, grace_days):
        """Go to past due, or back to active, as the invoices are unpaid or paid.

        :param int grace_days: days after the due date on which it is not past due yet
        """
        for subscription in self.sudo():
            unpaid = subscription.invoice_ids.filtered(
                lambda move: (
                    move.move_type == "out_invoice"
                    and move._is_unpaid()
                    and move._is_overdue()
                )
            )
            if not unpaid and subscription.state in ("past_due", "suspended"):
                subscription._update_state("active")
            elif subscription.state == "active" and any(
                move._is_past_grace(grace_days) for move in unpaid
            ):
                subscription._update_state("past_due")

    def _suspend(self):
        """Stop serving what is not paid for."""
        serving = self.filtered(lambda each: each.state in ("active", "past_due"))
        serving._update_state("past_due")
        serving._update_state("suspended")
        return serving
