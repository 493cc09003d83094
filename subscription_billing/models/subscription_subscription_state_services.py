from odoo import models

from .derived import DEFERRED


class SubscriptionSubscription(models.Model):
    """What a change of state or plan means for the included services."""

    _inherit = "subscription.subscription"

    # === CRUD METHODS === #

    def write(self, vals):
        """Exchange the included services with the plan."""
        moving = self.filtered(
            lambda each: "plan_id" in vals and each.plan_id.id != vals["plan_id"]
        )
        result = super().write(vals)
        # A change exchanges them itself, on its own day.
        if self.env.context.get("subscription_entitlements") is not DEFERRED:
            for company, subscriptions in moving.grouped("company_id").items():
                subscriptions._exchange_entitlements(company._get_subscription_today())
        return result

    # === BUSINESS METHODS === #

    def _update_state(self, target, **vals):
        """Begin the services with the subscription; plan no visits after its end."""
        starting = self.filtered(
            lambda each: each.state == "draft" and target in ("trial", "active")
        )
        moved = super()._update_state(target, **vals)
        (starting & moved)._start_entitlements()
        if target == "closed":
            moved.entitlement_ids._cancel_visits()
        return moved
