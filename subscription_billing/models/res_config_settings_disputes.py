from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    subscription_dispute_journal_id = fields.Many2one(
        related="company_id.subscription_dispute_journal_id", readonly=False
    )
    subscription_dispute_account_id = fields.Many2one(
        related="company_id.subscription_dispute_account_id", readonly=False
    )
    subscription_dispute_loss_account_id = fields.Many2one(
        related="company_id.subscription_dispute_loss_account_id", readonly=False
    )
    subscription_dispute_fee_account_id = fields.Many2one(
        related="company_id.subscription_dispute_fee_account_id", readonly=False
    )
    subscription_dispute_loss = fields.Selection(
        related="company_id.subscription_dispute_loss", readonly=False
    )
    subscription_dispute_hold = fields.Selection(
        related="company_id.subscription_dispute_hold", readonly=False
    )
    subscription_fraud_warning = fields.Selection(
        related="company_id.subscription_fraud_warning", readonly=False
    )
    subscription_dispute_user_id = fields.Many2one(
        related="company_id.subscription_dispute_user_id", readonly=False
    )
    subscription_refund_policy = fields.Text(
        related="company_id.subscription_refund_policy", readonly=False
    )
    subscription_cancellation_policy = fields.Text(
        related="company_id.subscription_cancellation_policy", readonly=False
    )

    def action_create_dispute_accounts(self):
        """Create the accounts of disputes that are not chosen yet."""
        self.ensure_one()
        self.company_id._create_dispute_accounts()
        return {"type": "ir.actions.client", "tag": "reload"}
