from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.outcome import Outcome


class SubscriptionChargeSettle(models.TransientModel):
    """What a person has found out about a charge that nobody has answered for."""

    _name = "subscription.charge.settle"
    _description = "Settle a Charge"

    # === FIELDS === #

    transaction_id = fields.Many2one(
        "payment.transaction", string="Charge", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        related="transaction_id.currency_id", related_sudo=False
    )
    amount = fields.Monetary(related="transaction_id.amount", related_sudo=False)
    provider_id = fields.Many2one(
        related="transaction_id.provider_id", related_sudo=False
    )
    date_sent = fields.Datetime(related="transaction_id.date_sent", related_sudo=False)
    idempotency_key = fields.Char(
        related="transaction_id.idempotency_key", related_sudo=False
    )
    is_taken = fields.Selection(
        selection=[
            ("yes", "The money was taken"),
            ("no", "No money was taken, and none will be"),
        ],
        string="What the Provider Says",
        required=True,
        help="As you have read it at the payment provider, or heard from it.",
    )
    provider_reference = fields.Char(
        string="Provider's Reference",
        help="The number that the provider has given to this payment.",
    )
    note = fields.Text(
        required=True, help="Where you looked, or whom you asked: kept on the invoice."
    )

    # === CONSTRAINTS === #

    @api.constrains("transaction_id")
    def _check_transaction(self):
        """Show nobody a charge of another company."""
        # Constraints are checked as superuser.
        self.sudo(False).transaction_id.check_access("read")

    # === ACTIONS === #

    def action_settle(self):
        """Write down what was found out; book it, or let the invoice be charged again.

        :raises UserError: the outcome is known by now
        :raises AccessError: only administrators settle charges
        """
        self.ensure_one()
        if not self.env.user.has_group(
            "subscription_billing.group_subscription_manager"
        ):
            raise AccessError(
                self.env._("Only a subscription administrator can settle a charge.")
            )
        self.transaction_id.check_access("read")
        charge = self.transaction_id.sudo()
        charge._check_is_unresolved()
        if not self.note.strip():
            raise UserError(
                self.env._(
                    "Fill in Note: where you looked, or whom you asked, so that others "
                    "understand it later."
                )
            )
        if self.is_taken == "yes" and not (self.provider_reference or "").strip():
            raise UserError(
                self.env._(
                    "Fill in Provider's Reference: the number by which the payment is "
                    "found at %(provider)s.",
                    provider=charge.provider_id.name,
                )
            )
        charge._apply_outcome(self._get_outcome())
        charge._post_process()
        for invoice in charge._get_paid_invoice():
            invoice.message_post(body=self._get_message())
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _get_outcome(self):
        """Return what was found out in the words of the ledger."""
        return Outcome(
            "done" if self.is_taken == "yes" else "cancelled",
            reference=(self.provider_reference or "").strip(),
            message=self._get_message(),
        )

    def _get_message(self):
        """Return who has settled the charge, how and why, for the chatter."""
        return self.env._(
            "%(user)s settled charge %(reference)s by hand: %(answer)s. %(note)s",
            user=self.env.user.name,
            reference=self.transaction_id.reference,
            answer=dict(self._fields["is_taken"]._description_selection(self.env))[
                self.is_taken
            ],
            note=self.note,
        )
