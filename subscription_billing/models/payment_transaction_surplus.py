from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.refund import NO_PAYMENT


class PaymentTransaction(models.Model):
    """Paid twice: money that arrived for an invoice which did not ask for it any more.

    It is in the books, for it has moved, but it is nobody's credit before a person has
    decided: it goes back, or the customer has agreed that it is kept.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    surplus_state = fields.Selection(
        selection=[
            ("open", "To Decide"),
            ("refunding", "Being Paid Back"),
            ("refunded", "Paid Back"),
            ("kept", "Kept as Credit"),
            ("other", "Settled in Another Way"),
        ],
        string="Paid Twice",
        readonly=True,
        copy=False,
        help="This payment arrived when its invoice was paid already, or was more than "
        "the invoice asked for. The surplus pays nothing before somebody has decided.",
    )
    surplus_amount = fields.Monetary(
        string="Surplus",
        readonly=True,
        copy=False,
        help="What was paid and not owed when the payment arrived.",
    )
    surplus_note = fields.Text(
        string="Customer's Agreement",
        copy=False,
        help="Who has agreed, when and how, that the money is kept as credit.",
    )
    surplus_other_ids = fields.Many2many(
        "payment.transaction",
        string="Other Payments",
        compute="_compute_surplus_other_ids",
        help="What else has paid the same invoice.",
    )

    _surplus_index = models.Index(
        "(surplus_state, partner_id) WHERE surplus_state IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    @api.depends("invoice_ids.transaction_ids.state")
    def _compute_surplus_other_ids(self):
        for charge in self:
            charge.surplus_other_ids = charge.invoice_ids.transaction_ids.filtered(
                lambda tx, charge=charge: tx.state == "done" and tx != charge
            )

    # === ACTIONS === #

    def action_refund_surplus(self):
        """Pay what was paid twice back to the payment method it came from."""
        self.check_access("write")
        reason = self.env.ref("subscription_billing.refund_reason_duplicate")
        for charge in self.sudo():
            charge._check_surplus_open()
            charge._check_surplus_not_disputed()
            amount = charge._get_surplus_left()
            if not charge._can_be_refunded() or not amount:
                raise UserError(
                    self.env._(
                        "%(charge)s cannot be paid back: its provider does not do so, "
                        "or nothing of it is left. Keep it as credit, or settle it in "
                        "another way.",
                        charge=charge.reference,
                    )
                )
            charge._create_refund(amount, reason)
            charge._close_surplus("refunding")
        self.env["subscription.collection"]._trigger_cron()

    def action_ask_to_keep_surplus(self):
        """Ask for the customer's agreement, and keep the surplus as credit."""
        self.ensure_one()
        view = self.env.ref("subscription_billing.payment_transaction_view_form_keep")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Keep as Credit"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_keep_surplus(self):
        """Make what was paid twice credit that pays the customer's next invoices."""
        self.check_access("write")
        for charge in self.sudo():
            charge._check_surplus_open()
            charge._check_surplus_not_disputed()
            if not (charge.surplus_note or "").strip():
                raise UserError(
                    self.env._(
                        "Fill in Customer's Agreement: who has agreed, when and how."
                    )
                )
            charge._close_surplus("kept", charge.surplus_note)
            charge.invoice_ids._offset_subscription_credits()
        return {"type": "ir.actions.act_window_close"}

    def action_settle_surplus(self):
        """Leave what was paid twice to the accountant, to match or pay by hand."""
        self.check_access("write")
        for charge in self.sudo():
            charge._check_surplus_open()
            charge._close_surplus("other")

    def action_view_surplus_invoice(self):
        """Open the invoice that was paid twice."""
        self.ensure_one()
        return self.invoice_ids._get_records_action(context={"create": False})

    # === BUSINESS METHODS: DETECTION === #

    def _set_done(self, *, state_message=None, extra_allowed_states=()):
        """Take a late success for a fact, even of a charge that was given up."""
        if all(tx._get_paid_invoice().subscription_ids for tx in self):
            extra_allowed_states = (*extra_allowed_states, "cancel")
        return super()._set_done(
            state_message=state_message, extra_allowed_states=extra_allowed_states
        )

    def _post_process(self):
        result = super()._post_process()
        self._detect_surplus()
        return result

    def _detect_surplus(self):
        """Raise the alarm for payments that found nothing to pay, or not enough."""
        paid = self.filtered(
            lambda tx: (
                tx.state == "done"
                and tx.payment_id
                and tx.invoice_ids
                and not tx.surplus_state
                and tx.operation not in NO_PAYMENT
            )
        )
        entries = paid.payment_id.move_id
        unmatched = self.env["account.move.line"].search(
            [
                ("move_id", "in", entries.ids),
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
            ]
        )
        for charge in paid.filtered(
            lambda tx: tx.payment_id.move_id in unmatched.move_id
        ):
            if charge.invoice_ids.subscription_ids:
                charge._raise_surplus()

    def _raise_surplus(self):
        """Show that an invoice was paid twice, and ask a person to decide."""
        self.ensure_one()
        amount = float(self._get_surplus_left())
        self.write({"surplus_state": "open", "surplus_amount": amount})
        others = self.surplus_other_ids.mapped("reference")
        message = self.env._(
            "Paid twice: %(amount)s of %(charge)s was not owed any more. Other "
            "payments: %(others)s. Pay it back, or keep it as credit if the customer "
            "agrees.",
            amount=self.currency_id.format(amount),
            charge=self.reference,
            others=", ".join(others) or self.env._("none"),
        )
        invoice = self._get_paid_invoice()
        invoice._message_log(body=message)
        invoice._schedule_refund_activity(message)
        self._get_subscription()._message_log(body=message)

    # === BUSINESS METHODS: DECISIONS === #

    def _get_surplus_left(self):
        """Return what of this payment still pays nothing.

        :rtype: Decimal
        """
        self.ensure_one()
        return self.payment_id._get_open_amount() if self.payment_id else Decimal(0)

    def _check_surplus_open(self):
        """Refuse a second decision.

        :raises UserError: there is nothing to decide
        """
        self.ensure_one()
        if self.surplus_state != "open":
            raise UserError(
                self.env._(
                    "There is nothing left to decide about %(charge)s.",
                    charge=self.reference,
                )
            )

    def _check_surplus_not_disputed(self):
        """Refuse to give what the bank gives back, or may, a second time.

        :raises UserError: the payment is disputed, or was lost and written off
        """
        self.ensure_one()
        if self._get_withholding():
            raise UserError(self._get_withholding_text())

    def _close_surplus(self, state, note=""):
        """Write down what a person has decided.

        :param str note: what else is to be known of it
        """
        self.ensure_one()
        self.surplus_state = state
        invoice = self._get_paid_invoice()
        label = dict(self._fields["surplus_state"]._description_selection(self.env))
        body = self.env._(
            "%(amount)s that was paid twice: %(decision)s. %(note)s",
            amount=self.currency_id.format(self.surplus_amount),
            decision=label[state],
            note=note,
        )
        invoice._message_log(body=body)
        invoice._clear_refund_activities()

    def _update_surplus(self):
        """Follow the refund of what was paid twice: it was paid, or has to be decided
        again."""
        for charge in self.filtered(
            lambda tx: tx.surplus_state in ("open", "refunding", "refunded")
        ):
            is_open = bool(charge._get_surplus_left())
            under_way = charge.child_transaction_ids.filtered(
                lambda tx: tx.operation == "refund" and tx.state in ("draft", "pending")
            )
            if not is_open:
                charge.surplus_state = "refunded"
            elif not under_way:
                charge.surplus_state = "open"
