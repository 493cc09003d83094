from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # === FIELDS === #

    is_subscription_signup = fields.Boolean(
        related="company_id.is_subscription_signup", readonly=False
    )
    subscription_offer_months = fields.Integer(
        related="company_id.subscription_offer_months", readonly=False
    )
    is_subscription_cancel_page = fields.Boolean(
        related="company_id.is_subscription_cancel_page", readonly=False
    )
    subscription_invitation_days = fields.Integer(
        related="company_id.subscription_invitation_days", readonly=False
    )
    subscription_withdrawal_days = fields.Integer(
        related="company_id.subscription_withdrawal_days", readonly=False
    )
    is_subscription_mfa_customer = fields.Boolean(
        related="company_id.is_subscription_mfa_customer", readonly=False
    )
    is_subscription_mfa_manager = fields.Boolean(
        related="company_id.is_subscription_mfa_manager", readonly=False
    )
