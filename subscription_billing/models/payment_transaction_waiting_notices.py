from odoo import api, fields, models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """The way of customers to the charges that wait for them."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    is_confirmation_awaited = fields.Boolean(
        string="Customer Has to Confirm",
        compute="_compute_confirmation",
        compute_sudo=True,
        help="The bank wants the customer to confirm this very charge.",
    )
    confirmation_url = fields.Char(
        string="Confirmation Link",
        compute="_compute_confirmation",
        compute_sudo=True,
        groups="account.group_account_invoice",
        help="The page on which the customer confirms the charge. Whoever has this "
        "link sees the amount, and can pay.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "decline_code", "collection_invoice_id.payment_state")
    def _compute_confirmation(self):
        for charge in self:
            is_awaited = charge._awaits_customer()
            charge.is_confirmation_awaited = is_awaited
            charge.confirmation_url = is_awaited and charge._get_confirmation_url()

    # === ACTIONS === #

    def action_send_confirmation_link(self):
        """Send the customer the link to confirm this charge, again."""
        self.ensure_one()
        self.check_access("read")
        return (
            self.sudo()
            .collection_invoice_id.with_env(self.env)
            .action_send_confirmation_link()
        )

    # === BUSINESS METHODS === #

    def _send_confirmation_link(self):
        """Have an e-mail with the link written.

        :raises UserError: no notice rule asks for it
        """
        self.ensure_one()
        notices = self.env["subscription.notifier"]._notify_of_confirmation(
            self, is_again=True
        )
        if not notices:
            raise UserError(
                self.env._(
                    "No notice rule tells %(customer)s of payments to confirm. "
                    "Activate “Payments to confirm” in Subscriptions > Configuration > "
                    "Notice Rules, or copy the confirmation link.",
                    customer=self.partner_id.display_name,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The link is sent to %(customer)s in a minute or so.",
                    customer=self.partner_id.display_name,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
