from odoo import fields, models


class SubscriptionCloseReason(models.Model):
    _inherit = "subscription.close.reason"

    # === FIELDS === #

    is_portal = fields.Boolean(
        string="Offered to Customers",
        default=True,
        help="Customers choose from these when they cancel.",
    )
