from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import day_of, select_today

from ..models.dunning_sql import (
    IS_LOST,
    IS_OURS,
    IS_UNPAID,
    JOIN_PAID,
    JOIN_SETTLED,
)
from ..tools.forecast import (
    SPAN_ENDS,
    Retry,
    Seen,
    expect,
    learn,
    learn_plans,
)

#: how far is looked ahead, and back, in days
DAYS = 90
DAYS_BACK = 365


class DunningForecastLine(models.TransientModel):
    """What is expected to come in on one day: worked out when a person opens it.

    The rule is in ``tools.forecast``: of the invoices that were unpaid when they came
    to an age, a share was paid before the next; the shares are those of the company's
    own invoices that were due in the last twelve months. Instalments of running payment
    plans come on their days, as often as those of plans that have ended.
    """

    _name = "dunning.forecast.line"
    _description = "Expected Cash"
    _order = "date, id"
    _rec_name = "date"
    _transient_max_hours = 24

    # === FIELDS === #

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    source = fields.Selection(
        selection=[
            ("invoice", "Paid by the Customer"),
            ("retry", "Planned Retry"),
            ("plan", "Payment Plan"),
        ],
        string="From",
        required=True,
        readonly=True,
        help="Invoices that are charged by themselves on their due date are among "
        "those that are paid.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount = fields.Monetary(
        string="Expected (Currency)", readonly=True, aggregator=None
    )
    amount_company = fields.Monetary(
        string="Expected", currency_field="company_currency_id", readonly=True
    )

    # === ACTIONS === #

    @api.model
    def action_open(self):
        """Work the forecast of the chosen companies out anew, and show it."""
        self.env["dunning.case"].check_access("read")
        lines = self.sudo()
        lines.search([("create_uid", "=", self.env.uid)]).unlink()
        lines.create(lines._prepare_vals_list(self.env.companies))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_dunning.dunning_forecast_line_action"
        )
        return {**action, "domain": [("create_uid", "=", self.env.uid)]}

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_vals_list(self, companies):
        """Return the values of a line for each day, currency and source."""
        self.env.flush_all()
        shares = self._learn_shares(companies)
        totals = {}
        for (company, currency, *debt), amount in self._find_debts(companies).items():
            due, day, chance = debt
            today = company._get_subscription_today()
            retry = Retry(day, chance) if day else None
            for date, part in expect(amount, due, shares[company], today, DAYS, retry):
                source = "retry" if retry and date == retry.date else "invoice"
                key = (company, currency, date, source)
                totals[key] = totals.get(key, 0) + part
        for key, part in self._expect_plans(companies):
            totals[key] = totals.get(key, 0) + part
        return [
            self._prepare_vals(*key, float(amount)) for key, amount in totals.items()
        ]

    @api.model
    def _prepare_vals(self, company, currency, date, source, amount):
        """Return the values of one line, at the rate of today."""
        today = company._get_subscription_today()
        return {
            "company_id": company.id,
            "currency_id": currency.id,
            "date": date,
            "source": source,
            "amount": amount,
            "amount_company": currency._convert(
                amount, company.currency_id, company, today, round=False
            ),
        }

    @api.model
    def _find_debts(self, companies):
        """Return what is owed outside of running payment plans.

        :return: amounts by company, currency, due date, and the day and the chance of a
            planned retry, None without one
        """
        rows = self.env.execute_query(self._select_debts(companies))
        Company, Currency = self.env["res.company"], self.env["res.currency"]
        return {
            (
                Company.browse(company),
                Currency.browse(currency),
                due,
                day,
                None if chance is None else float(chance),
            ): Decimal(str(amount))
            for company, currency, due, day, chance, amount in rows
        }

    @api.model
    def _select_debts(self, companies):
        """Return the query of what is owed outside of running payment plans."""
        return SQL(
            """
            SELECT company_id, currency_id, due, retry,
                   CASE WHEN retry IS NOT NULL THEN chance END,
                   SUM(amount_residual)
              FROM (
                SELECT move.company_id, move.currency_id, move.amount_residual,
                       COALESCE(move.invoice_date_due, move.invoice_date) AS due,
                       CASE WHEN move.collection_state = 'failed'
                             AND move.retry_probability > 0
                             AND retry.date >= today.date
                             AND dunning.date_handed_over IS NULL
                             AND partner.is_dunning_off IS NOT TRUE
                             AND (dunning.date_hold_until IS NULL
                                  OR dunning.date_hold_until <= retry.date)
                            THEN retry.date END AS retry,
                       ROUND(move.retry_probability::numeric, 2) AS chance
                  FROM account_move move
                  JOIN (%s) today ON today.company_id = move.company_id
                  JOIN LATERAL (SELECT %s AS date) retry ON TRUE
                  JOIN res_partner partner ON partner.id = move.commercial_partner_id
             LEFT JOIN dunning_case dunning ON dunning.id = move.dunning_case_id
                 WHERE %s AND %s
                   AND move.company_id IN %s
                   AND NOT EXISTS (
                       SELECT FROM account_move_dunning_agreement_rel link
                         JOIN dunning_agreement plan
                           ON plan.id = link.dunning_agreement_id
                        WHERE link.account_move_id = move.id
                          AND plan.state = 'open')) owed
             GROUP BY 1, 2, 3, 4, 5
            """,
            select_today(self.env),
            day_of("move.date_retry"),
            IS_UNPAID,
            IS_OURS,
            companies._ids,
        )

    @api.model
    def _expect_plans(self, companies):
        """Yield what running payment plans are expected to bring, by the key of a
        line."""
        Agreement = self.env["dunning.agreement"]
        ours = [("company_id", "in", companies.ids)]
        counts = {
            (company, state): count
            for company, state, count in Agreement._read_group(
                [*ours, ("state", "in", ("kept", "broken"))],
                groupby=["company_id", "state"],
                aggregates=["__count"],
            )
        }
        for plan in Agreement.search([*ours, ("state", "=", "open")]):
            company = plan.company_id
            kept, broken = (counts.get((company, s), 0) for s in ("kept", "broken"))
            share = Decimal(str(learn_plans(Seen(kept + broken, kept))))
            today = company._get_subscription_today()
            for part in plan._get_status().instalments:
                day = max(part.instalment.date, today)
                if part.amount_open and day < today + timedelta(days=DAYS):
                    key = (company, plan.currency_id, day, "plan")
                    yield key, part.amount_open * share

    @api.model
    def _learn_shares(self, companies):
        """Return the share of invoices that is paid in each span of ages.

        A span counts for an invoice when all of it has passed.

        :rtype: dict[res.company, tuple[float, ...]]
        """
        spans = list(enumerate(zip((None, *SPAN_ENDS), SPAN_ENDS, strict=False)))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT paid.company_id, span.number, COUNT(*),
                       COUNT(*) FILTER (WHERE paid.age <= span.last)
                  FROM (%s) paid
                  JOIN (VALUES %s) span (number, first, last)
                    ON (paid.age > span.first OR span.first IS NULL
                        OR paid.age IS NULL)
                   AND paid.date_due + span.last < paid.today
                 GROUP BY 1, 2
                """,
                self._select_paid(companies),
                SQL(", ").join(
                    SQL("(%s, %s::int, %s)", number, first, last)
                    for number, (first, last) in spans
                ),
            )
        )
        seen = {(company, number): Seen(*counts) for company, number, *counts in rows}
        return {
            company: learn(
                [seen.get((company.id, number), Seen(0, 0)) for number, _ in spans]
            )
            for company in companies
        }

    @api.model
    def _select_paid(self, companies):
        """Return the query of the invoices that were due in the last twelve months, and
        how many days after that they were paid: NULL for those that are not."""
        return SQL(
            """
            SELECT move.company_id, today.date AS today, due.date AS date_due,
                   CASE WHEN NOT %s AND NOT %s
                        THEN COALESCE(settled.date, paid.date, move.invoice_date)
                             - due.date
                        END AS age
              FROM account_move move
              JOIN (%s) today ON today.company_id = move.company_id
              JOIN LATERAL (
                   SELECT COALESCE(move.invoice_date_due, move.invoice_date) AS date
                   ) due ON TRUE
                   %s
                   %s
             WHERE move.company_id IN %s
               AND move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND move.payment_state NOT IN ('reversed', 'invoicing_legacy')
               AND move.amount_total > 0
               AND move.invoice_date_due > today.date - %s::int
               AND move.invoice_date_due < today.date
               AND %s
            """,
            IS_UNPAID,
            IS_LOST,
            select_today(self.env),
            JOIN_SETTLED,
            JOIN_PAID,
            companies._ids,
            DAYS_BACK,
            IS_OURS,
        )
