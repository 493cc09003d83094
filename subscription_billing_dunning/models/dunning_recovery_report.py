from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.query import Query

from odoo.addons.subscription_billing.models.report_sql import day_of, select_today

from .dunning_fields import ACTIONS, CATEGORIES, CUSTOMER_TYPES, MONEY_KINDS

#: what was done last before the money came, and why the last charge was declined
BEFORE = SQL(
    """
         LEFT JOIN LATERAL (
                   SELECT done.step_id, done.action, done.policy_id
                     FROM dunning_action done
                    WHERE done.case_id = money.case_id
                      AND done.state = 'done'
                      AND done.date <= money.date
                    ORDER BY done.id DESC
                    LIMIT 1) step ON TRUE
         LEFT JOIN LATERAL (
                   SELECT tx.decline_code, tx.decline_category
                     FROM payment_transaction tx
                    WHERE tx.collection_invoice_id = money.move_id
                      AND tx.state = 'error'
                      AND %s <= money.date
                    ORDER BY tx.date_sent DESC, tx.id DESC
                    LIMIT 1) decline ON TRUE
    """,
    day_of("tx.date_sent"),
)

#: from which day on money for an invoice, as ``move``, was recovered by its case
OPENED = SQL("COALESCE(move.dunning_date_opened, dunning.date_opened)")


class DunningRecoveryReport(models.Model):
    """What became of what was owed in cases, by the books: a row for each amount that
    was settled from the day on which its case opened.

    Recovered is money: what payments and lines of bank statements have settled. Lost is
    what the entry that gives a debt up has settled. What credit notes and other entries
    have settled was taken back, and is neither. An invoice that counts as paid while
    its payment is not in the books yet is recovered on the day of the payment.

    This is the only place that says so; cases read from here what became of them.
    """

    _name = "dunning.recovery.report"
    _description = "Recovered and Lost"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "case_id"
    _depends = {
        "account.move": [
            "amount_residual",
            "amount_residual_signed",
            "dunning_case_id",
            "dunning_date_opened",
            "dunning_written_off_case_id",
            "origin_payment_id",
            "payment_state",
            "statement_line_id",
        ],
        "account.move.line": ["date", "display_type", "move_id"],
        "account.partial.reconcile": [
            "amount",
            "credit_move_id",
            "debit_amount_currency",
            "debit_move_id",
        ],
        "account.payment": ["date", "payment_transaction_id"],
        "dunning.action": [
            "action",
            "case_id",
            "date",
            "policy_id",
            "state",
            "step_id",
        ],
        "dunning.case": ["company_id", "currency_id", "date_opened", "policy_id"],
        "payment.transaction": [
            "collection_invoice_id",
            "date_sent",
            "decline_category",
            "decline_code",
            "state",
        ],
        "res.partner": ["country_id", "is_company"],
    }

    # === FIELDS === #

    case_id = fields.Many2one("dunning.case", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    customer_type = fields.Selection(
        selection=CUSTOMER_TYPES, string="Kind of Customer", readonly=True
    )
    tag_ids = fields.Many2many(
        related="partner_id.category_id",
        string="Customer Tags",
        help="An amount counts in each tag of the customer.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    policy_id = fields.Many2one(
        "dunning.policy",
        readonly=True,
        help="The policy of the last step; that of the case where nothing was done.",
    )
    step_id = fields.Many2one(
        "dunning.step",
        string="Last Step",
        readonly=True,
        help="What was last done in the case until that day.",
    )
    action = fields.Selection(selection=ACTIONS, string="Channel", readonly=True)
    decline_category = fields.Selection(
        selection=CATEGORIES,
        string="Declined Because",
        readonly=True,
        help="Why the last charge of the invoice before that day was declined.",
    )
    decline_code = fields.Char(readonly=True)
    date = fields.Date(readonly=True, help="The day in the books.")
    kind = fields.Selection(selection=MONEY_KINDS, readonly=True)
    is_charged = fields.Boolean(
        string="By a Charge",
        readonly=True,
        help="The saved payment method was charged; otherwise the customer has paid.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_recovered = fields.Monetary(
        string="Recovered (Currency)", readonly=True, aggregator=None
    )
    amount_lost = fields.Monetary(
        string="Lost (Currency)", readonly=True, aggregator=None
    )
    amount_recovered_company = fields.Monetary(
        string="Recovered", currency_field="company_currency_id", readonly=True
    )
    amount_lost_company = fields.Monetary(
        string="Lost", currency_field="company_currency_id", readonly=True
    )
    amount_credited_company = fields.Monetary(
        string="Credited", currency_field="company_currency_id", readonly=True
    )
    recovery_rate = fields.Float(
        string="Recovered (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Of all that was recovered or lost. What is still owed counts in neither.",
    )
    days = fields.Float(
        string="Days to Recover",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="From the day on which the case opened until the money came.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _read_group_select(self, aggregate_spec, query: Query):
        """Weigh the rate with the amounts."""
        if aggregate_spec != "recovery_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        names = ("amount_recovered_company", "amount_lost_company")
        recovered, lost = (
            self._field_to_sql(self._table, name, query) for name in names
        )
        return SQL(
            "100 * SUM(%(recovered)s) / NULLIF(SUM(%(recovered)s + %(lost)s), 0)",
            recovered=recovered,
            lost=lost,
        )

    @property
    def _table_query(self):
        """Return what was settled in cases, with what was known on its day."""
        return SQL(
            """
            SELECT money.id, money.move_id, money.date, money.kind, money.is_charged,
                   money.case_id, money.company_id, money.currency_id,
                   money.partner_id, partner.country_id,
                   COALESCE(step.policy_id, money.policy_id) AS policy_id,
                   CASE WHEN partner.is_company THEN 'company' ELSE 'person' END
                   AS customer_type,
                   step.step_id, step.action,
                   decline.decline_code, decline.decline_category,
                   CASE kind WHEN 'recovered' THEN amount ELSE 0 END
                   AS amount_recovered,
                   CASE kind WHEN 'lost' THEN amount ELSE 0 END AS amount_lost,
                   CASE kind WHEN 'recovered' THEN amount_company ELSE 0 END
                   AS amount_recovered_company,
                   CASE kind WHEN 'lost' THEN amount_company ELSE 0 END
                   AS amount_lost_company,
                   CASE kind WHEN 'credited' THEN amount_company ELSE 0 END
                   AS amount_credited_company,
                   CASE kind WHEN 'recovered' THEN 100.0 WHEN 'lost' THEN 0.0 END
                   AS recovery_rate,
                   CASE kind WHEN 'recovered' THEN money.date - money.date_opened END
                   AS days
              FROM (%s) money
              JOIN res_partner partner ON partner.id = money.partner_id
              JOIN (%s) today ON today.company_id = money.company_id
                   %s
            """,
            self._select_money(OPENED),
            select_today(self.env),
            BEFORE,
        )

    @api.model
    def _select_money(self, since):
        """Return the query of what was settled of the invoices in cases.

        :param SQL since: from which day on it counts, told of ``dunning`` and ``move``
        """
        return SQL(
            "%s UNION ALL %s", self._select_booked(since), self._select_unbooked(since)
        )

    @api.model
    def _select_booked(self, since):
        """Return the query of what other entries have settled of invoices."""
        return SQL(
            """
            SELECT partial.id, move.id AS move_id, line.date,
                   CASE WHEN entry.dunning_written_off_case_id IS NOT NULL THEN 'lost'
                        WHEN COALESCE(entry.origin_payment_id, entry.statement_line_id)
                             IS NOT NULL THEN 'recovered'
                        ELSE 'credited' END AS kind,
                   tx.collection_invoice_id IS NOT NULL AS is_charged,
                   partial.debit_amount_currency AS amount,
                   partial.amount AS amount_company,
                   dunning.id AS case_id, dunning.company_id, dunning.policy_id,
                   dunning.currency_id, dunning.partner_id,
                   %(since)s AS date_opened
              FROM dunning_case dunning
              JOIN account_move move ON move.dunning_case_id = dunning.id
              JOIN account_move_line owed
                ON owed.move_id = move.id AND owed.display_type = 'payment_term'
              JOIN account_partial_reconcile partial ON partial.debit_move_id = owed.id
              JOIN account_move_line line ON line.id = partial.credit_move_id
              JOIN account_move entry ON entry.id = line.move_id
         LEFT JOIN account_payment payment ON payment.id = entry.origin_payment_id
         LEFT JOIN payment_transaction tx ON tx.id = payment.payment_transaction_id
             WHERE line.date >= %(since)s
               AND partial.debit_amount_currency > 0
            """,
            since=since,
        )

    @api.model
    def _select_unbooked(self, since):
        """Return the query of invoices that count as paid by payments that wait for
        their bank statement."""
        return SQL(
            """
            SELECT -move.id, move.id, paid.date, 'recovered', paid.is_charged,
                   move.amount_residual, move.amount_residual_signed,
                   dunning.id, dunning.company_id, dunning.policy_id,
                   dunning.currency_id, dunning.partner_id, %(since)s
              FROM dunning_case dunning
              JOIN account_move move ON move.dunning_case_id = dunning.id
              JOIN LATERAL (
                   SELECT MAX(payment.date) AS date,
                          BOOL_OR(tx.collection_invoice_id IS NOT NULL) AS is_charged
                     FROM account_move__account_payment link
                     JOIN account_payment payment ON payment.id = link.payment_id
                LEFT JOIN payment_transaction tx
                       ON tx.id = payment.payment_transaction_id
                    WHERE link.invoice_id = move.id) paid ON TRUE
             WHERE move.payment_state IN ('in_payment', 'paid')
               AND move.amount_residual > 0
               AND paid.date >= %(since)s
            """,
            since=since,
        )
