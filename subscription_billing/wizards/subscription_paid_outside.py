from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionPaidOutside(models.TransientModel):
    _name = "subscription.paid.outside"
    _description = "Mark as Paid Outside"
    _check_company_auto = True

    # === FIELDS === #

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Where the money came in, such as the bank account or the till.",
    )
    date = fields.Date(
        required=True, default=fields.Date.context_today, help="When it came in."
    )
    reference = fields.Char(
        help="What identifies the payment, such as the number of a cheque."
    )

    # === COMPUTE METHODS === #

    @api.depends("move_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.move_ids.company_id[:1] or self.env.company

    @api.depends("company_id")
    def _compute_journal_id(self):
        Journal = self.env["account.journal"]
        for wizard in self:
            domain = [
                *Journal._check_company_domain(wizard.company_id),
                ("type", "in", ("bank", "cash", "credit")),
            ]
            wizard.journal_id = Journal.search(domain, limit=1)

    # === ACTIONS === #

    def action_record(self):
        """Record the payments, and charge the saved methods no more for them."""
        self.ensure_one()
        self.env["account.payment"].check_access("create")
        moves = self.move_ids
        if len(moves.company_id) > 1:
            raise UserError(
                self.env._("Choose invoices of one company: they share one journal.")
            )
        moves._check_no_obstacle()
        moves._cancel_unsent_charges(self.env._("It was paid in another way."))
        self._create_payments()
        moves.sudo()._write_collection(
            {"collection_state": False, "collection_error": False}
        )
        moves._message_log_batch(bodies=dict.fromkeys(moves.ids, self._get_log()))
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _create_payments(self):
        """Register a payment of each invoice in full, as core does by hand."""
        method_line = self._get_manual_line()
        for move in self.move_ids:
            vals = {
                "journal_id": self.journal_id.id,
                "payment_method_line_id": method_line.id,
                "payment_date": self.date,
                "communication": self.reference or move.payment_reference or move.name,
            }
            # Its amount comes from what is still owed, not from a default of ours.
            register = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            )
            register.create(vals).action_create_payments()

    def _get_manual_line(self):
        """Return the way to receive money in the journal that no provider handles.

        :raises UserError: the journal has none, and a provider would be charged
        """
        lines = self.journal_id._get_available_payment_method_lines("inbound")
        manual = lines.filtered(lambda line: line.code == "manual")
        if not manual:
            raise UserError(
                self.env._(
                    "%(journal)s has no manual way to receive payments. Add Manual "
                    "Payment to its Incoming Payments, or choose another journal.",
                    journal=self.journal_id.display_name,
                )
            )
        return manual[0]

    def _get_log(self):
        """Return the line for the chatter of the invoices."""
        parts = [
            self.env._(
                "Marked as paid outside by %(user)s: %(journal)s, %(date)s",
                user=self.env.user.name,
                journal=self.journal_id.display_name,
                date=self.date,
            ),
            self.reference,
        ]
        return ", ".join(filter(None, parts))
