from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionSubscription(models.Model):
    """The saved payment method that pays for a subscription."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    payment_token_id = fields.Many2one(
        "payment.token",
        string="Payment Method",
        copy=False,
        tracking=True,
        domain="[('id', 'in', suitable_payment_token_ids)]",
        check_company=True,
        index="btree_not_null",
    )
    suitable_payment_token_ids = fields.Many2many(
        "payment.token", compute="_compute_suitable_payment_token_ids"
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "partner_invoice_id", "company_id")
    def _compute_suitable_payment_token_ids(self):
        for subscription in self:
            subscription.suitable_payment_token_ids = (
                self.env["payment.token"]
                .sudo()
                .search(subscription._get_token_domain())
                .ids
                if subscription.partner_id
                else False
            )

    # === CONSTRAINTS === #

    @api.constrains("payment_token_id", "partner_id", "partner_invoice_id")
    def _check_payment_token(self):
        for subscription in self.filtered("payment_token_id"):
            owner = subscription.payment_token_id.sudo().partner_id
            if owner.commercial_partner_id not in subscription._get_payers():
                raise ValidationError(
                    self.env._(
                        "The payment method %(token)s belongs to %(owner)s and cannot "
                        "pay for %(partner)s. Choose one of the customer's own.",
                        token=subscription.payment_token_id.sudo().display_name,
                        owner=owner.display_name,
                        partner=subscription.partner_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _is_charged(self):
        """Return whether invoices are charged to a saved method by themselves."""
        self.ensure_one()
        payer = self.partner_invoice_id.commercial_partner_id
        return self.collection_method == "automatic" and not payer.is_charging_off

    def _get_payers(self):
        """Return the commercial partners whose payment methods may be charged."""
        partners = self.partner_id | self.partner_invoice_id
        return partners.commercial_partner_id

    def _get_token_domain(self):
        """Return the domain of the saved payment methods of the customer."""
        self.ensure_one()
        return [
            *self.env["payment.token"]._check_company_domain(self.company_id),
            ("partner_id", "child_of", self._get_payers().ids),
            ("provider_id.capture_manually", "=", False),
        ]

    def _queue_failed_collections(self):
        """Collect again what failed, now that there is another payment method."""
        self._forget_missing_methods()
        automatic = self.filtered(lambda s: s._is_charged())
        failed = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("subscription_period_ids.subscription_id", "in", automatic.ids),
                    ("collection_state", "=", "failed"),
                ]
            )
        )
        if failed:
            failed._queue_collection()
            self.env["subscription.collection"]._trigger_cron()
