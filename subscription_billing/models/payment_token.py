from odoo import fields, models


class PaymentToken(models.Model):
    _inherit = "payment.token"

    subscription_ids = fields.One2many(
        "subscription.subscription", "payment_token_id", string="Subscriptions"
    )
