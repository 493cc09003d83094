from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    subscription_tz = fields.Selection(
        related="company_id.subscription_tz", readonly=False
    )
    subscription_retry_days = fields.Integer(
        related="company_id.subscription_retry_days", readonly=False
    )
    subscription_deposit_account_id = fields.Many2one(
        related="company_id.subscription_deposit_account_id", readonly=False
    )
