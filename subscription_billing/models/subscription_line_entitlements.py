from odoo import api, models

from .derived import DEFERRED


class SubscriptionLine(models.Model):
    """Included services come and leave with the products of the lines."""

    _inherit = "subscription.line"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Bring the services of products that are new to running subscriptions."""
        lines = super().create(vals_list)
        if self.env.context.get("subscription_entitlements") is not DEFERRED:
            for company, owned in lines.grouped("company_id").items():
                owned.subscription_id._follow_lines(
                    owned, company._get_subscription_today()
                )
        return lines
