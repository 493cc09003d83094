from odoo import fields, models


class SubscriptionRefundReason(models.Model):
    _name = "subscription.refund.reason"
    _description = "Refund Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category = fields.Selection(
        selection=[
            ("duplicate", "Duplicate"),
            ("fraudulent", "Fraudulent"),
            ("requested_by_customer", "Requested by Customer"),
        ],
        string="Told to the Provider",
        help="What payment providers that ask for a reason are told. Empty: nothing.",
    )
