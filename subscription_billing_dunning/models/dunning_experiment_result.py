from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import day_of, select_today

from ..tools.experiment import FEWEST, Difference, compare_means, compare_rates
from .dunning_churn_report import CLOSING_ACTIONS

#: joins whether a step has closed subscriptions in time, as ``churn.is_churned``
CHURNED = SQL(
    """
              JOIN LATERAL (
                   SELECT EXISTS (
                          SELECT FROM dunning_action done
                           WHERE done.case_id = dunning.id
                             AND done.state = 'done'
                             AND done.action IN %s
                             -- The end of a period is called off by a payment.
                             AND (done.action = 'close'
                                  OR dunning.outcome IS DISTINCT FROM 'paid')
                             AND done.date <= began.date + test.days) AS is_churned
                   ) churn ON TRUE
    """,
    CLOSING_ACTIONS,
)


def join_early(report):
    """Return what joins the money that came in before a case had opened, as
    ``early.amount``.

    :param report: the model ``dunning.recovery.report``
    """
    return SQL(
        """
         LEFT JOIN LATERAL (
                   SELECT SUM(came.amount_company) AS amount
                     FROM (%s) came
                    WHERE came.case_id = dunning.id
                      AND dunning.date_opened IS NULL
                      AND came.kind = 'recovered'
                      AND came.date <= began.date + test.days) early ON TRUE
        """,
        report._select_money(SQL("'-infinity'::date")),
    )


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What had become of a case when the days of its test were over.

    :param recovered: in the currency of the company
    :param days: from its beginning until it was paid, None when it was not
    """

    is_paid: bool
    is_churned: bool
    recovered: float
    days: int | None


class DunningExperiment(models.Model):
    """How the versions of a test have done."""

    _inherit = "dunning.experiment"

    # === FIELDS === #

    case_count = fields.Integer(
        string="Cases That Count", compute="_compute_result", compute_sudo=True
    )
    verdict = fields.Text(compute="_compute_result", compute_sudo=True)
    result_html = fields.Html(
        string="Result", compute="_compute_result", compute_sudo=True, sanitize=False
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "days", "case_ids.state")
    @api.depends_context("lang")
    def _compute_result(self):
        results = self._map_results()
        for test in self:
            mine = results[test._origin.id]
            test.case_count = len(mine["a"]) + len(mine["b"])
            compared = test._compare(mine["a"], mine["b"])
            test.verdict = test._describe(compared["paid"])
            test.result_html = self.env["ir.qweb"]._render(
                "subscription_billing_dunning.dunning_experiment_result",
                {"rows": test._prepare_rows(compared)},
                minimal_qcontext=True,
            )

    # === BUSINESS METHODS === #

    def _map_results(self):
        """Return what became of the cases of these tests.

        :rtype: dict[int, dict[str, list[CaseResult]]], by test and version
        """
        results = defaultdict(lambda: {"a": [], "b": []})
        if self.ids:
            self.env.flush_all()
            for test, version, *result in self.env.execute_query(
                self._select_results()
            ):
                results[test][version].append(CaseResult(*result))
        return results

    def _select_results(self):
        """Return the query of the first case of each customer, where it began long
        enough ago: chance has drawn customers, and later cases depend on the first.

        Paid in time, before a case has opened, is paid too.
        """
        report = self.env["dunning.recovery.report"]
        return SQL(
            """
            SELECT dunning.experiment_id, dunning.version,
                   COALESCE(paid.is_paid, FALSE), churn.is_churned,
                   COALESCE(money.amount, early.amount, 0)::float,
                   CASE WHEN paid.is_paid THEN dunning.date_closed - began.date END
              FROM (SELECT DISTINCT ON (experiment_id, partner_id) *
                      FROM dunning_case
                     WHERE experiment_id IN %(tests)s
                     ORDER BY experiment_id, partner_id, id) dunning
              JOIN dunning_experiment test ON test.id = dunning.experiment_id
              JOIN (%(today)s) today ON today.company_id = dunning.company_id
              JOIN LATERAL (SELECT %(began)s AS date) began ON TRUE
                   %(early)s
              JOIN LATERAL (
                   SELECT dunning.state = 'closed'
                      AND (dunning.outcome = 'paid' OR early.amount > 0)
                      AND dunning.date_closed <= began.date + test.days AS is_paid
                   ) paid ON TRUE
                   %(churned)s
         LEFT JOIN LATERAL (
                   SELECT SUM(report.amount_recovered_company) AS amount
                     FROM (%(money)s) report
                    WHERE report.case_id = dunning.id
                      AND report.date <= began.date + test.days) money ON TRUE
             WHERE began.date + test.days < today.date
            """,
            today=select_today(self.env),
            early=join_early(report),
            began=day_of("dunning.create_date"),
            churned=CHURNED,
            money=report._table_query,
            tests=tuple(self.ids),
        )

    @api.model
    def _compare(self, a, b):
        """Return how the versions differ in each respect.

        :param list[CaseResult] a: of version A
        :rtype: dict[str, tools.experiment.Difference]
        """

        def count(name):
            hits = [sum(getattr(case, name) for case in cases) for cases in (a, b)]
            return compare_rates(hits[0], len(a), hits[1], len(b))

        def average(name):
            values = [
                [value for case in cases if (value := getattr(case, name)) is not None]
                for cases in (a, b)
            ]
            return compare_means(*values)

        return {
            "paid": count("is_paid"),
            "recovered": average("recovered"),
            "days": average("days"),
            "churned": count("is_churned"),
        }

    def _describe(self, paid: Difference):
        """Return in a sentence what the test has shown of who has paid."""
        self.ensure_one()
        if not paid.has_enough:
            return self.env._(
                "There are not enough cases yet: %(a)s with A and %(b)s with B of "
                "%(needed)s each that began more than %(days)s days ago.",
                a=paid.count_a,
                b=paid.count_b,
                needed=FEWEST,
                days=self.days,
            )
        figures = {
            "a": round(100 * paid.a),
            "b": round(100 * paid.b),
            "days": self.days,
            "low": f"{100 * paid.low:+.0f}",
            "high": f"{100 * paid.high:+.0f}",
        }
        seen = self.env._(
            "With A, %(a)s in 100 cases were paid within %(days)s days, with B "
            "%(b)s. With B there are between %(low)s and %(high)s more in 100: so it "
            "is in 95 of 100 such tests.",
            **figures,
        )
        return f"{seen} {self._conclude(paid)}"

    def _conclude(self, paid):
        """Return which version is better, if one is, once the test is over: who looks
        each day sees a winner too often."""
        self.ensure_one()
        if not self._is_over():
            return self.env._(
                "Decide when the test is over: until then, chance may be ahead."
            )
        if not paid.is_telling:
            return self.env._("Neither is shown to be better.")
        return (
            self.env._("B is better.") if paid.value > 0 else self.env._("A is better.")
        )

    def _is_over(self):
        """Return whether all that takes part has been looked at."""
        self.ensure_one()
        if self.state != "ended":
            return False
        last = fields.Date.add(self.date_end, days=self.days)
        return last < self.company_id._get_subscription_today()

    def _prepare_rows(self, compared):
        """Return the rows of the table: name, A, B, difference and its interval."""
        self.ensure_one()

        def percent(value):
            return f"{100 * value:.1f} %"

        def amount(value):
            return self.company_id.currency_id.format(value)

        def days(value):
            return f"{value:.1f}"

        rows = (
            ("paid", self.env._("Paid within %(days)s days", days=self.days), percent),
            ("recovered", self.env._("Recovered per case"), amount),
            ("days", self.env._("Days until paid, of those who paid"), days),
            ("churned", self.env._("Subscriptions closed"), percent),
        )
        counts = compared["paid"]
        return [
            (self.env._("Cases"), counts.count_a, counts.count_b, "", ""),
            *(
                (label, *self._word_difference(compared[name], write))
                for name, label, write in rows
            ),
        ]

    @api.model
    def _word_difference(self, difference, write):
        """Return the cells of a row, empty where nothing can be said.

        :param write: what makes a text of a number
        """
        a, b, value, low, high = (
            "" if number is None else write(number)
            for number in (
                difference.a,
                difference.b,
                difference.value,
                difference.low,
                difference.high,
            )
        )
        return (
            a,
            b,
            value,
            low and self.env._("%(low)s to %(high)s", low=low, high=high),
        )
