from odoo import fields, models


class SubscriptionPlan(models.Model):
    """What a plan says about days on which the service was suspended."""

    _inherit = "subscription.plan"

    # === FIELDS === #

    is_suspension_credited = fields.Boolean(
        string="Credit Days of Suspension",
        tracking=True,
        help="When a customer has paid and is served again, the days on which the "
        "service was suspended are given back with the next invoice.",
    )
