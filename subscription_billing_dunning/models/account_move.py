from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import decision

#: what cases and retries keep; runs and buttons write it with all rights
KEPT_FIELDS = {
    "date_retry",
    "dunning_case_id",
    "dunning_date_opened",
    "dunning_written_off_case_id",
    "retry_after_id",
    "retry_kind",
    "retry_probability",
}


class AccountMove(models.Model):
    """What an unpaid invoice tells of itself, and whom its payment concerns."""

    _inherit = "account.move"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    dunning_date_opened = fields.Date(
        copy=False,
        readonly=True,
        help="Since when a case was open for this invoice, where that is another day "
        "than that of the case: cases of customers who were merged.",
    )
    dunning_action_ids = fields.One2many(
        "dunning.action", "move_id", string="Dunning", readonly=True
    )

    _dunning_index = models.Index(
        "(company_id, invoice_date_due, id) WHERE move_type = 'out_invoice'"
        " AND state = 'posted' AND payment_state IN ('not_paid', 'partial')"
    )

    _customer_index = models.Index(
        "(commercial_partner_id, company_id) WHERE move_type = 'out_invoice'"
        " AND state = 'posted'"
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_kept(self):
        """Keep the cases of invoices, and when they are tried again."""
        way = self.env._("Use the buttons of the dunning case.")
        return {**super()._get_kept(), way: KEPT_FIELDS}

    # === BUSINESS METHODS: FACTS === #

    def _get_day_due(self):
        """Return the last day on which this invoice can be paid in time."""
        self.ensure_one()
        return self.invoice_date_due or self.invoice_date

    def _is_overdue(self):
        """Return whether this unpaid invoice was due, or could not be charged."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        return self._get_day_due() < today or self.collection_state == "failed"

    def _is_past_grace(self, grace_days):
        """Return whether this unpaid invoice was due more than some days ago, and is
        not being charged."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        late = fields.Date.add(self._get_day_due(), days=grace_days) < today
        return late and not self._is_being_charged()

    def _is_being_credited(self):
        """Return whether somebody is writing a credit note of this invoice."""
        self.ensure_one()
        return any(note.state == "draft" for note in self.reversal_move_ids)

    def _is_being_charged(self):
        """Return whether this invoice is in line for a charge, or has one under way:
        a bank may take days to answer."""
        self.ensure_one()
        return self.collection_state in ("due", "open")

    def _get_dunning_invoice(self, facts):
        """Return what a decision has to know of this invoice.

        :param facts: a ``DunningFacts`` of billing
        :rtype: tools.decision.Invoice
        """
        self.ensure_one()
        decline = facts.last_decline
        return decision.Invoice(
            id=self.id,
            amount=facts.amount_due,
            date_due=self._get_day_due(),
            date_failed=self._get_day_failed(),
            category=decline.category if decline else None,
            is_stopped=bool(facts.block)
            or self._is_being_charged()
            or self._is_being_credited(),
        )

    def _get_day_failed(self):
        """Return the company's day of the first charge that was declined, or None."""
        self.ensure_one()
        if self.collection_state != "failed":
            return None
        declined = self._get_sent_charges().filtered(lambda tx: tx.state == "error")
        if not declined:
            return self.company_id._get_subscription_today()
        return fields.Datetime.context_timestamp(
            self.with_context(tz=self.company_id.subscription_tz or "UTC"),
            declined[:1].date_sent,
        ).date()

    # === BUSINESS METHODS: CASES === #

    @api.model
    def _get_dunning_domain(self, company, day):
        """Return the domain of unpaid invoices that have to be in a case, and are not.

        :param datetime.date day: those that were due before it
        """
        case = Domain("dunning_case_id", "=", False) | Domain(
            "dunning_case_id.state", "=", "closed"
        )
        # What is being charged is left alone: a bank may take days to answer.
        overdue = Domain("invoice_date_due", "<", day) & Domain(
            "collection_state", "not in", ("due", "open")
        )
        failed = Domain("collection_state", "=", "failed")
        items = self.env["subscription.item"].sudo()._search([("move_id", "!=", False)])
        ours = (
            Domain("subscription_period_ids", "!=", False)
            | Domain("id", "in", items.subselect("move_id"))
            | Domain("dunning_fee_ids", "!=", False)
        )
        return (
            Domain("company_id", "=", company.id)
            & Domain("move_type", "=", "out_invoice")
            & self.env["dunning.case"]._get_unpaid_domain()
            & case
            & (overdue | failed)
            & ours
            & Domain("commercial_partner_id.is_dunning_off", "=", False)
        )

    @api.model
    def _get_due_since_domain(self, day):
        """Return the domain of invoices whose ``_get_day_due`` is a day or later."""
        undated = Domain("invoice_date_due", "=", False)
        return Domain("invoice_date_due", ">=", day) | (
            undated & Domain("invoice_date", ">=", day)
        )

    def _without_line_checks(self):
        """Return these invoices, to write what concerns none of their lines."""
        return self.with_context(skip_invoice_sync=True, check_move_validity=False)

    def _update_cases(self):
        """Bring the open cases of these invoices to what is owed now."""
        cases = self.sudo().dunning_case_id.filtered(lambda c: c.state != "closed")
        if cases:
            cases._update()
