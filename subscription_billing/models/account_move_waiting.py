from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Invoices whose charge waits for the customer's confirmation."""

    _inherit = "account.move"

    # === FIELDS === #

    is_confirmation_awaited = fields.Boolean(
        string="Customer Has to Confirm",
        compute="_compute_confirmation",
        compute_sudo=True,
        help="The bank wants the customer to confirm the charge of this invoice.",
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

    @api.depends(
        "payment_state",
        "collection_charge_ids.state",
        "collection_charge_ids.decline_code",
    )
    def _compute_confirmation(self):
        for move in self:
            charge = move._get_charge_to_confirm()
            move.is_confirmation_awaited = bool(charge)
            move.confirmation_url = charge and charge._get_confirmation_url()

    # === ACTIONS === #

    def action_send_confirmation_link(self):
        """Send the customer the link to confirm the charge of this invoice, again.

        :raises UserError: no charge of it waits for the customer
        """
        self.ensure_one()
        self.check_access("write")
        charge = self._get_charge_to_confirm()
        if not charge:
            raise UserError(
                self.env._(
                    "No charge of %(invoice)s waits for the customer's confirmation "
                    "any more.",
                    invoice=self.display_name,
                )
            )
        return charge._send_confirmation_link()

    def button_draft(self):
        """Have what customers could still confirm called off."""
        result = super().button_draft()
        self._call_off_confirmations()
        return result

    # === BUSINESS METHODS === #

    def _get_charge_to_confirm(self):
        """Return the charge that waits for the customer, if there is one; as sudo."""
        self.ensure_one()
        charge = self._get_last_charge()
        return charge.filtered(lambda tx: tx._awaits_customer())

    def _call_off_confirmations(self):
        """Have the run call off soon what customers could still confirm."""
        left_open = (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("collection_invoice_id", "in", self.ids),
                    ("is_left_open", "=", True),
                ]
            )
        )
        if left_open:
            left_open.date_next_check = False
            self.env["subscription.collection"]._trigger_cron()

    def _invoice_paid_hook(self):
        """Have what customers could still confirm called off."""
        result = super()._invoice_paid_hook()
        self._call_off_confirmations()
        return result
