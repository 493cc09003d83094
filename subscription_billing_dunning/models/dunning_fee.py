from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.once import insert_once

from .dunning_fields import FEE_KINDS


class DunningFee(models.Model):
    """A late fee: why it was booked, for which days, and on which invoice.

    The row is there before the invoice is. Interest is a chain: each booking begins
    with the day on which the last one ended, and two cannot begin with the same.
    """

    _name = "dunning.fee"
    _description = "Late Fee"
    _order = "id desc"
    _rec_name = "fee_move_id"

    # === FIELDS === #

    case_id = fields.Many2one(
        "dunning.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    step_id = fields.Many2one(
        "dunning.step", required=True, readonly=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(
        "account.move",
        string="Overdue Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    fee_move_id = fields.Many2one(
        "account.move",
        string="Fee Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    credit_move_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="With which the fee was waived.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        related="case_id.partner_id", string="Customer", store=True
    )
    currency_id = fields.Many2one(related="case_id.currency_id")
    kind = fields.Selection(selection=FEE_KINDS, required=True, readonly=True)
    date_from = fields.Date(
        string="After",
        required=True,
        readonly=True,
        help="Interest is booked for the days after this one.",
    )
    date_until = fields.Date(
        string="Until",
        required=True,
        readonly=True,
        help="The last day for which interest is booked.",
    )
    amount = fields.Monetary(required=True, readonly=True, help="Before taxes.")
    remainder = fields.Float(
        readonly=True,
        digits=(16, 8),
        help="What rounding has left over, for the next booking of interest.",
    )
    state = fields.Selection(
        selection=[("booked", "Booked"), ("waived", "Waived")],
        string="Status",
        default="booked",
        required=True,
        readonly=True,
    )
    waive_reason = fields.Text(readonly=True)
    waive_user_id = fields.Many2one("res.users", string="Waived By", readonly=True)

    _once = models.UniqueIndex(
        "(step_id, move_id) WHERE kind IN ('fixed', 'percent')",
        "This fee was booked for this invoice already.",
    )
    _once_per_day = models.UniqueIndex(
        "(move_id, date_from) WHERE kind IN ('interest', 'statutory')",
        "Interest was booked for these days already.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_until > date_from)", "A fee is for the days after the due date."
    )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("A fee tells what was booked, and cannot be deleted. Waive it.")
        )

    # === ACTIONS === #

    def action_waive(self):
        """Open the dialog that waives fees."""
        self.case_id.check_access("write")
        booked = self.filtered(lambda fee: fee.state == "booked")
        if not booked:
            raise UserError(self.env._("There is no fee to waive."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Fees"),
            "res_model": "dunning.fee.waive",
            "view_mode": "form",
            "target": "new",
            "context": {"default_fee_ids": booked.ids},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _find_charged(self, moves, policy):
        """Return those of some invoices for which another policy has booked an amount
        that is due once: a case may follow first the one, then the other.

        :param policy: the ``dunning.policy`` that is followed now
        """
        fees = self.sudo().search(
            [
                ("move_id", "in", moves.ids),
                ("kind", "in", ("fixed", "percent", "statutory")),
                ("step_id.policy_id", "!=", policy.id),
            ]
        )
        return fees.move_id

    @api.model
    def _claim(self, vals):
        """Create the row of a fee, unless it was booked already; return it."""
        claimed = insert_once(self, [vals])
        claimed.modified(["case_id", "move_id", "step_id", "kind", "date_until"])
        return claimed

    @api.model
    def _find_last_interest(self, move):
        """Return the last booking of interest for an invoice, if there is one."""
        return self.search(
            [("move_id", "=", move.id), ("kind", "in", ("interest", "statutory"))],
            order="date_until desc, id desc",
            limit=1,
        )

    def _waive(self, reason):
        """Credit the invoices of these fees, and keep who wanted it and why.

        :raises UserError: one was waived or credited already
        """
        self.case_id.check_access("write")
        fees = self.sudo()
        fees.lock_for_update()
        for fee in fees:
            fee._check_waivable()
        for company, mine in fees.grouped("company_id").items():
            mine._credit(company, reason)
        fees.write({"state": "waived", "waive_reason": reason})
        fees.waive_user_id = self.env.user
        for fee in fees:
            fee._log_waived(reason, self.env.user.partner_id)
        fees.case_id.filtered(lambda case: case.state != "closed")._update()

    def _check_waivable(self):
        """Refuse to give the same fee back twice.

        :raises UserError: it was waived, or its invoice was credited by hand
        """
        self.ensure_one()
        credited = self.fee_move_id.reversal_move_ids.filtered(
            lambda move: move.state == "posted"
        )
        if self.state != "booked" or self.fee_move_id.state != "posted" or credited:
            raise UserError(
                self.env._(
                    "%(fee)s does not stand in the books any more: there is nothing "
                    "to waive.",
                    fee=self.fee_move_id.display_name,
                )
            )

    def _credit(self, company, reason):
        """Post the credit notes of these fees, all of one company."""
        today = company._get_subscription_today()
        moves = self.fee_move_id.with_company(company)
        notes = moves._reverse_moves(
            [
                {
                    "invoice_date": today,
                    "date": today,
                    "ref": move.with_context(lang=move.partner_id.lang).env._(
                        "Waived: %(fee)s, %(reason)s", fee=move.name, reason=reason
                    ),
                }
                for move in moves
            ],
            cancel=True,
        )
        by_invoice = self.grouped("fee_move_id")
        for note in notes:
            by_invoice[note.reversed_entry_id].credit_move_id = note

    def _log_waived(self, reason, author):
        """Keep on the case and the invoice who waived this fee."""
        self.ensure_one()
        text = self.env._(
            "The fee %(fee)s on %(invoice)s is waived: %(reason)s",
            fee=self.fee_move_id.name,
            invoice=self.move_id.name,
            reason=reason,
        )
        for record in (self.case_id, self.fee_move_id):
            record.message_post(body=text, author_id=author.id)
