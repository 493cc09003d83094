from odoo import fields, models


class SubscriptionPlan(models.Model):
    _inherit = "subscription.plan"

    entitlement_ids = fields.One2many(
        "subscription.plan.entitlement",
        "plan_id",
        string="Included Services",
        copy=True,
    )
