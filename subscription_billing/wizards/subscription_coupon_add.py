from odoo import fields, models


class SubscriptionCouponAdd(models.TransientModel):
    _name = "subscription.coupon.add"
    _description = "Add a Coupon"

    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, readonly=True
    )
    company_id = fields.Many2one(related="subscription_id.company_id")
    coupon_id = fields.Many2one("subscription.coupon", required=True)
    terms_label = fields.Char(related="coupon_id.terms_label")

    def action_add(self):
        """Redeem the coupon on the subscription."""
        self.ensure_one()
        self.subscription_id._add_coupon(self.coupon_id)
        return {"type": "ir.actions.act_window_close"}
