from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # === FIELDS === #

    subscription_offer_months = fields.Integer(
        related="company_id.subscription_offer_months", readonly=False
    )
