from odoo import models

from .derived import DEFERRED


class SubscriptionChange(models.Model):
    """Included services change with plan and lines, on the day of the change."""

    _inherit = "subscription.change"

    # === BUSINESS METHODS === #

    def _apply_modify(self):
        """Exchange the services once plan and lines are as they should be."""
        deferred = self.with_context(subscription_entitlements=DEFERRED)
        result = super(SubscriptionChange, deferred)._apply_modify()
        subscription = self.subscription_id
        if self.plan_id:
            subscription._exchange_entitlements(self.date)
        subscription._follow_lines(
            subscription.line_ids.filtered(lambda line: line.date_start == self.date),
            self.date,
        )
        return result
