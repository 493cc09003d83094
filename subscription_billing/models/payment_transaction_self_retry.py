from odoo import fields, models


class PaymentTransaction(models.Model):
    """Charges that the provider itself tries again: only one side may."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    date_provider_retry_until = fields.Datetime(
        string="Provider Tries Until",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Until then the payment provider itself tries this refused charge again. "
        "Its invoice is not charged in another way before, or both could take the "
        "money.",
    )

    # === BUSINESS METHODS === #

    def _is_retried_by_provider(self):
        """Return whether the provider still tries this charge by itself."""
        self.ensure_one()
        date = self.date_provider_retry_until
        return self.state == "error" and bool(date and date > fields.Datetime.now())

    def _begin_provider_retries(self, date):
        """Leave these refused charges to their provider until a moment.

        :param datetime.datetime date: when it has given up at the latest
        """
        new = self.filtered(lambda charge: not charge.date_provider_retry_until)
        new.date_provider_retry_until = date

    def _end_provider_retries(self):
        """Note that the provider does not try these charges any more."""
        retried = self.filtered("date_provider_retry_until")
        if retried:
            retried.date_provider_retry_until = False

    def _update_state(self, allowed_states, target_state, state_message):
        """What has an outcome, or is under way, is not tried again."""
        changed = super()._update_state(allowed_states, target_state, state_message)
        if target_state != "error":
            changed._end_provider_retries()
        return changed

    def _is_declined(self):
        """Try no other method while the provider may still succeed with this one."""
        return super()._is_declined() and not self._is_retried_by_provider()
