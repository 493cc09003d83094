from odoo import models


class SubscriptionSubscription(models.Model):
    """A subscription is past due while its invoices are, and active when they are
    paid."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _filter_past_due(self, grace_days):
        """Return those that are active and should be past due.

        :param int grace_days: days after the due date on which it is not past due yet
        """
        return self.sudo().filtered(
            lambda each: (
                each.state == "active"
                and any(move._is_past_grace(grace_days) for move in each._get_overdue())
            )
        )

    def _filter_paid(self):
        """Return those that are past due or suspended, and owe nothing overdue."""
        return self.sudo().filtered(
            lambda each: each.state in ("past_due", "suspended") and not each._owes()
        )

    def _owes(self):
        """Return whether something that was due is not paid; what is written off is
        not, unless it is forgiven."""
        self.ensure_one()
        lost = self.invoice_ids.filtered(lambda move: move._is_lost())
        return bool(self._get_overdue() or lost)

    def _get_overdue(self):
        """Return the invoices that were not paid in time, or could not be charged."""
        self.ensure_one()
        return self.invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move._is_unpaid()
                and move._is_overdue()
            )
        )

    def _serve_again(self):
        """Serve again who has paid; credit the days lost where the plan says so."""
        lost = self.filtered(
            lambda each: (
                each.state == "suspended" and each.plan_id.is_suspension_credited
            )
        )
        self._update_state("active")
        for subscription in lost:
            subscription._credit_last_pause()

    def _credit_last_pause(self):
        """Give back, with the next invoice, what was billed for the days without
        service that have just ended."""
        self.ensure_one()
        pause = self.pause_ids.sorted("date_start")[-1:].sudo()
        pause.policy = "credit"
        if pause.date_start < self._get_billed_end():
            self._mark_unsettled(pause.date_start)

    def _suspend(self):
        """Stop serving what is not paid for."""
        serving = self.filtered(lambda each: each.state in ("active", "past_due"))
        serving._update_state("past_due")
        serving._update_state("suspended")
        return serving
