from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.refund import FAILED
from .activity import schedule_once
from .batch import keep_others_away

ACTIVITY = "subscription_billing.mail_activity_type_refund"


class AccountMove(models.Model):
    """Refunds of subscription invoices, and payments that arrived twice."""

    _inherit = "account.move"

    # === FIELDS === #

    refund_method = fields.Selection(
        selection=[
            ("card", "To the Payment Method"),
            ("credit", "As Credit"),
            ("other", "In Another Way"),
        ],
        string="Paid Back",
        readonly=True,
        copy=False,
        tracking=True,
        help="How this credit note gives the customer its money back. Credit pays the "
        "customer's next subscription invoices.",
    )
    refund_reason_id = fields.Many2one(
        "subscription.refund.reason",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        groups="base.group_user",
    )
    refund_note = fields.Text(readonly=True, copy=False, groups="base.group_user")
    refund_transaction_ids = fields.One2many(
        "payment.transaction", "refund_move_id", string="Refunds", readonly=True
    )
    refund_state = fields.Selection(
        selection=[
            ("open", "Under Way"),
            ("unknown", "Outcome Unknown"),
            ("failed", "Failed"),
            ("done", "Paid Back"),
        ],
        compute="_compute_refund_state",
        compute_sudo=True,
        help="What became of the money that goes back to the payment method.",
    )
    refund_error = fields.Text(
        compute="_compute_refund_state", compute_sudo=True, groups="base.group_user"
    )
    surplus_label = fields.Char(
        compute="_compute_surplus_label",
        compute_sudo=True,
        groups="base.group_user",
        help="What was paid for this invoice and not owed, and waits for a decision.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "refund_method",
        "amount_residual",
        "refund_transaction_ids.state",
        "refund_transaction_ids.state_message",
        "refund_transaction_ids.is_outcome_unknown",
    )
    def _compute_refund_state(self):
        self.refund_state = False
        self.refund_error = False
        for note in self.filtered(lambda move: move.refund_method == "card"):
            refunds = note.refund_transaction_ids
            under_way = refunds.filtered(lambda tx: tx.state in ("draft", "pending"))
            failed = refunds.filtered(lambda tx: tx.state in FAILED).sorted("id")
            if unknown := under_way.filtered("is_outcome_unknown"):
                note.refund_state = "unknown"
                note.refund_error = unknown[0].state_message
            elif under_way:
                note.refund_state = "open"
            elif note.amount_residual:
                note.refund_state = "failed"
                note.refund_error = failed[-1:].state_message
            else:
                note.refund_state = "done"

    @api.depends("transaction_ids.surplus_state")
    def _compute_surplus_label(self):
        for move in self:
            charges = move._get_open_surplus()
            move.surplus_label = ", ".join(
                f"{charge.currency_id.format(charge.surplus_amount)} "
                f"({charge.reference})"
                for charge in charges
            )

    # === ACTIONS === #

    def action_refund(self):
        """Ask how much of an invoice to refund, why, and where the money goes."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refund"),
            "res_model": "subscription.refund",
            "view_mode": "form",
            "target": "new",
            "context": {"default_invoice_id": self.id},
        }

    def action_refund_again(self):
        """Send what could not be paid back again: a new attempt with a key of its own.

        :raises UserError: a refund is under way, or nothing is left to pay back
        """
        self._check_refund_open()
        self.sudo()._pay_back()
        self._clear_refund_activities()

    def action_keep_refund(self):
        """Make what could not be paid back credit for the customer's next invoices."""
        self._check_refund_open()
        note = self.sudo()
        invoice = note.reversed_entry_id
        if invoice._get_standing_amount() < invoice._get_withheld_amount():
            raise UserError(invoice._get_withheld_text())
        note.refund_method = "credit"
        note._message_log(body=self.env._("Kept as credit instead of paid back."))
        note._offset_subscription_credits()
        self._clear_refund_activities()

    def action_refund_surplus(self):
        """Pay what was paid twice for this invoice back."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._get_open_surplus().with_env(self.env).action_refund_surplus()

    def action_ask_to_keep_surplus(self):
        """Keep what was paid twice for this invoice as credit."""
        self.ensure_one()
        charge = self.sudo()._get_open_surplus()[:1].with_env(self.env)
        return charge.action_ask_to_keep_surplus()

    def js_assign_outstanding_line(self, line_id):
        """Let nobody use what was paid twice before it was decided about."""
        line = self.env["account.move.line"].browse(line_id)
        charge = line.sudo().move_id.origin_payment_id.payment_transaction_id
        if charge.surplus_state in ("open", "refunding"):
            raise UserError(
                self.env._(
                    "%(charge)s was paid twice. Decide first, on %(invoice)s: pay it "
                    "back, or keep it as credit if the customer agrees.",
                    charge=charge.reference,
                    invoice=charge._get_paid_invoice().display_name,
                )
            )
        return super().js_assign_outstanding_line(line_id)

    # === BUSINESS METHODS === #

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Reverse no invoice whose charge is open."""
        self._check_no_money_under_way()
        return super()._reverse_moves(default_values_list, cancel)

    def button_cancel(self):
        """Cancel no invoice whose charge is open."""
        self._check_no_money_under_way()
        return super().button_cancel()

    def button_draft(self):
        """Reset no invoice whose charge is open."""
        self._check_no_money_under_way()
        return super().button_draft()

    def _check_refund_open(self):
        """Check that this credit note waits for a new decision.

        :raises UserError: a refund is under way, or nothing is left to pay back
        """
        self.ensure_one()
        self.check_access("write")
        keep_others_away(self)
        if self.refund_state != "failed":
            raise UserError(
                self.env._(
                    "%(note)s has no refund that failed: there is nothing to decide.",
                    note=self.display_name,
                )
            )

    def _get_open_surplus(self):
        """Return the payments of this invoice that arrived twice, and wait."""
        self.ensure_one()
        return self.transaction_ids.filtered(lambda tx: tx.surplus_state == "open")

    def _search_kept_surplus(self):
        """Return the entries of payments that these customers may use up.

        They arrived twice, and the customers have agreed that they are kept.
        """
        entries = (
            self.env["account.move.line"]
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("parent_state", "=", "posted"),
                    ("account_type", "=", "asset_receivable"),
                    ("reconciled", "=", False),
                    (
                        "move_id.origin_payment_id.payment_transaction_id.surplus_state",
                        "=",
                        "kept",
                    ),
                ]
            )
            .move_id
        )
        return entries.filtered(
            lambda entry: (
                not entry.origin_payment_id.payment_transaction_id._get_withholding()
            )
        )

    def _schedule_refund_activity(self, message):
        """Ask the salesperson to decide about money, once for a document."""
        for document in self:
            subscription = document._get_collection_subscription()
            users = subscription.user_id + document.invoice_user_id
            schedule_once(document, ACTIVITY, message, users)

    def _clear_refund_activities(self):
        """Remove the requests to decide: somebody has."""
        self.activity_unlink([ACTIVITY])

    def _log_refund(self, amount):
        """Tell the invoice and its subscriptions of this credit note.

        :param Decimal amount: what it gives back, including taxes
        """
        self.ensure_one()
        method = dict(self._fields["refund_method"]._description_selection(self.env))
        body = self.env._(
            "Refund of %(amount)s, %(reason)s: %(note)s. Paid back: %(method)s.",
            amount=self.currency_id.format(float(amount)),
            reason=self.refund_reason_id.name,
            note=self._get_html_link(),
            method=method[self.refund_method],
        )
        self.reversed_entry_id._message_log(body=body)
        for subscription in self.reversed_entry_id.subscription_ids:
            subscription._message_log(body=body)
