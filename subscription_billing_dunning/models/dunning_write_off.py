from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.subscription_billing.models.once import insert_once

ACCOUNTING = "account.group_account_invoice"


class DunningWriteOff(models.Model):
    """An invoice of which nobody expects the money any more: who gave it up, and why.

    The row is there before the journal entry is. An invoice is written off once at a
    time; when the money comes after all, the entry is reversed.
    """

    _name = "dunning.write.off"
    _description = "Write-Off"
    _order = "id desc"
    _rec_name = "move_id"

    # === FIELDS === #

    case_id = fields.Many2one(
        "dunning.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    step_id = fields.Many2one(
        "dunning.step",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: by hand.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    entry_id = fields.Many2one(
        "account.move",
        string="Journal Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    reversal_id = fields.Many2one(
        "account.move",
        string="Taken Back With",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        related="case_id.partner_id", string="Customer", store=True
    )
    currency_id = fields.Many2one(related="case_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(
        required=True, readonly=True, help="What was owed, including taxes."
    )
    reason = fields.Text(required=True, readonly=True)
    is_forgiven = fields.Boolean(
        string="Forgiven",
        readonly=True,
        help="The subscriptions go on as if this was paid.",
    )
    state = fields.Selection(
        selection=[("booked", "Booked"), ("taken_back", "Taken Back")],
        string="Status",
        default="booked",
        required=True,
        readonly=True,
    )

    _once = models.UniqueIndex(
        "(move_id) WHERE state = 'booked'", "This invoice is written off already."
    )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._(
                "A write-off tells what was booked, and cannot be deleted. Take it "
                "back."
            )
        )

    # === ACTIONS === #

    def action_take_back(self):
        """Reverse the entries: the invoices are owed again, as when money comes after
        all.

        :raises UserError: one was taken back already
        """
        self._check_may_book()
        write_offs = self.sudo()
        write_offs.lock_for_update()
        for each in write_offs:
            each._check_stands()
        for company, mine in write_offs.grouped("company_id").items():
            mine._reverse(company)
        write_offs.write({"state": "taken_back", "is_forgiven": False})
        for case, mine in write_offs.grouped("case_id").items():
            case._log_by_user(
                self.env._(
                    "The write-off of %(invoices)s is taken back.",
                    invoices=", ".join(mine.move_id.mapped("name")),
                )
            )
            case._reopen(mine.move_id)

    def action_forgive(self):
        """Let the subscriptions go on as if this was paid.

        :raises UserError: one was taken back
        """
        self._check_may_book()
        write_offs = self.sudo()
        for each in write_offs:
            each._check_stands()
        write_offs.is_forgiven = True
        for case, mine in write_offs.grouped("case_id").items():
            case._log_by_user(
                self.env._(
                    "%(invoices)s: forgiven. The subscriptions go on.",
                    invoices=", ".join(mine.move_id.mapped("name")),
                )
            )
        write_offs.case_id._update_subscriptions()

    # === BUSINESS METHODS === #

    def _check_may_book(self):
        """Let only those give up money, or claim it again, who book it.

        :raises AccessError: the user is none of them
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(ACCOUNTING):
            raise AccessError(
                self.env._("Only accountants decide about what is written off.")
            )

    def _check_stands(self):
        """Refuse what is not written off any more.

        :raises UserError: it was taken back, or its entry is not posted any more
        """
        self.ensure_one()
        if self.state != "booked" or self.entry_id.state != "posted":
            raise UserError(
                self.env._(
                    "The write-off of %(invoice)s does not stand in the books any "
                    "more.",
                    invoice=self.move_id.display_name,
                )
            )

    @api.model
    def _claim(self, vals_list):
        """Create the rows of invoices that are not written off; return these.

        :param list[dict] vals_list: values with the same fields each
        """
        self.flush_model(["move_id", "state"])
        claimed = insert_once(self, vals_list)
        self.env["account.move"].invalidate_model(
            ["dunning_write_off_ids"], flush=False
        )
        claimed.modified(["case_id", "move_id", "state", "is_forgiven"])
        return claimed

    def _book(self):
        """Post the entries of these, and match them with the invoices."""
        for company, mine in self.grouped("company_id").items():
            Move = self.env["account.move"].with_company(company)
            entries = Move.create([each._prepare_entry_vals() for each in mine])
            entries.action_post()
            for each, entry in zip(mine, entries, strict=True):
                each.entry_id = entry
                each._match()

    def _prepare_entry_vals(self):
        """Return the values of the journal entry."""
        self.ensure_one()
        company, move = self.company_id, self.move_id
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company._get_write_off_setting(
                "dunning_write_off_journal_id"
            ).id,
            "date": self.date,
            "partner_id": move.commercial_partner_id.id,
            "currency_id": move.currency_id.id,
            "ref": self.env._(
                "Written off: %(invoice)s, %(reason)s",
                invoice=move.name,
                reason=self.reason,
            ),
            "dunning_written_off_case_id": self.case_id.id,
            "line_ids": move.with_company(company)._prepare_write_off_lines(
                company._get_write_off_setting("dunning_write_off_account_id"),
                is_tax_corrected=company.is_dunning_write_off_tax_corrected,
            ),
        }

    def _match(self):
        """Settle the invoice with the entry."""
        self.ensure_one()
        # Taxes that are due with the payment never are, where the entry takes them
        # back.
        corrected = self.company_id.is_dunning_write_off_tax_corrected
        owed = self.move_id._get_owed_lines() | self.entry_id._get_owed_lines()
        for lines in owed.grouped("account_id").values():
            lines.with_context(no_cash_basis=corrected).reconcile()

    def _reverse(self, company):
        """Post the reversals of the entries, all of one company."""
        today = company._get_subscription_today()
        entries = self.entry_id.with_company(company)
        reversals = entries._reverse_moves(
            [
                {
                    "date": today,
                    "ref": self.env._("Taken back: %(entry)s", entry=entry.name),
                }
                for entry in entries
            ],
            cancel=True,
        )
        by_entry = self.grouped("entry_id")
        for reversal in reversals:
            by_entry[reversal.reversed_entry_id].reversal_id = reversal
