from odoo import models


class DunningAgreement(models.Model):
    """Instalments that are charged to the saved method on their day."""

    _inherit = "dunning.agreement"

    # === BUSINESS METHODS === #

    def _is_being_charged(self):
        """Return whether money of this plan may be on its way."""
        self.ensure_one()
        return any(move._is_being_charged() for move in self.move_ids)

    def _collect_due(self):
        """Put the instalments that are due in line for the collection run, once each.

        They are taken from the oldest invoice on; while money is under way, they wait
        for that. What cannot be charged waits for the customer: when its grace is over,
        the plan is broken.
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        due = self.instalment_ids.filtered(
            lambda each: each.date <= today and not each.date_collected
        )
        if not self.is_collected or not due or self._is_being_charged():
            return
        left = sum(due.mapped("amount_open"))
        due.date_collected = today
        for move in self.move_ids.sorted(lambda each: (each._get_day_due(), each.id)):
            part = self.currency_id.round(min(left, move.amount_residual))
            if part > 0 and move._can_be_instalments():
                move._queue_collection(is_early=True, amount=part)
                left -= part
        self.env["subscription.collection"]._trigger_cron()

    def _end(self, state, text):
        """Let what is left be tried again, where parts of it were charged."""
        result = super()._end(state, text)
        left = self.filtered("is_collected").move_ids.filtered(
            lambda move: (
                move._is_unpaid()
                and not move.collection_state
                and move._get_collection_subscription()._is_charged()
            )
        )
        left._write_collection({"collection_state": "failed"})
        return result


class AccountMove(models.Model):
    """Invoices that are paid in instalments."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _can_be_instalments(self):
        """Return whether instalments of these invoices can be charged by themselves."""
        return all(
            subscription._is_charged()
            and subscription._get_payment_methods()
            and not move._get_payment_obstacle()
            for move in self.sudo()
            for subscription in move._get_collection_subscription()
        )

    def _queue_collection(self, *args, **options):
        """Let nothing but instalments, and people, charge what is paid as agreed."""
        if options.get("is_early"):
            return super()._queue_collection(*args, **options)
        rest = self - self.sudo().filtered(
            lambda move: move in move.dunning_case_id.agreement_id.move_ids
        )
        return super(AccountMove, rest)._queue_collection(*args, **options)
