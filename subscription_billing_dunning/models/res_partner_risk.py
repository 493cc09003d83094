import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.subscription_billing.models.derived import refuse_internal
from odoo.addons.subscription_billing.models.report_sql import day_of

from ..tools.history import Billed, History, Method
from .dunning_sql import IS_LOST, JOIN_PAID, JOIN_SETTLED

_lt = LazyTranslate(__name__)

#: the facts that raise a risk, in neutral words for people in the back office
RISK_REASONS = {
    "days_late_average": _lt("Paid %(value)s days late on average in the last year."),
    "days_late_worst": _lt("Paid %(value)s days late once in the last year."),
    "decline_count": _lt("%(value)s charges were declined in the last year."),
    "days_known": _lt("A customer for %(value)s days."),
    "invoice_paid_count": _lt("%(value)s invoices paid so far."),
    "overdue_ratio": _lt("Overdue: %(value)s × the usual invoice."),
    "amount_ratio": _lt("Latest invoice: %(value)s × the usual one."),
    "days_to_expiry": _lt("The payment method expires in %(value)s days."),
    "has_method": _lt("No payment method is saved."),
    "everybody": _lt("Customers like this one often pay late."),
}
EXPIRED = _lt("The payment method has expired.")
#: values that are told with a decimal
RATIOS = ("overdue_ratio", "amount_ratio")
READERS = (
    "subscription_billing.group_subscription_user,account.group_account_invoice,"
    "account.group_account_readonly"
)
INTERNAL = frozenset({"dunning_risk", "dunning_risk_data"})


class ResPartner(models.Model):
    """How likely a customer is to pay late, and why; each company by its own books."""

    _inherit = "res.partner"

    # === FIELDS === #

    dunning_risk = fields.Integer(
        string="Payment Risk",
        company_dependent=True,
        readonly=True,
        copy=False,
        groups=READERS,
        help="How likely this customer is to pay late, from 0 to 100, as of the last "
        "look at an open dunning case. It decides how early customers are contacted, "
        "and denies nobody anything.",
    )
    dunning_risk_data = fields.Text(
        company_dependent=True, readonly=True, copy=False, groups=READERS
    )
    dunning_risk_reasons = fields.Text(
        string="Reasons of the Risk",
        compute="_compute_dunning_risk_reasons",
        groups=READERS,
    )

    # === COMPUTE METHODS === #

    @api.depends("dunning_risk_data")
    @api.depends_context("company", "lang")
    def _compute_dunning_risk_reasons(self):
        for partner in self:
            told = json.loads(partner.dunning_risk_data or "[]")
            partner.dunning_risk_reasons = "\n".join(
                partner._describe_reason(key, value) for key, value in told
            )

    def _describe_reason(self, key, value):
        """Return a fact that raises the risk, in words.

        :param str key: as in ``tools.risk.Reason``
        """
        if key == "days_to_expiry" and value < 0:
            return str(EXPIRED)
        return str(RISK_REASONS[key]) % {
            "value": f"{value:.1f}" if key in RATIOS else round(value)
        }

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let nobody but the dunning run say how risky a customer is."""
        refuse_internal(self, vals_list, self._get_risk_way(), INTERNAL)
        return super().create(vals_list)

    def write(self, vals):
        """Let nobody but the dunning run say how risky a customer is."""
        refuse_internal(self, [vals], self._get_risk_way(), INTERNAL)
        return super().write(vals)

    def _get_risk_way(self):
        """Return where the risk comes from."""
        return self.env._("The dunning run works out how risky a customer is.")

    # === BUSINESS METHODS === #

    def _keep_risk(self, risk):
        """Keep how risky a customer is for the company of the environment.

        :param risk: a ``tools.risk.Risk``
        """
        self.ensure_one()
        told = [(each.key, each.value) for each in risk.reasons]
        vals = {
            "dunning_risk": round(risk.score),
            "dunning_risk_data": json.dumps(told),
        }
        if any(self[name] != value for name, value in vals.items()):
            self.write(vals)

    def _forget_risk(self):
        """Have the next look at these customers assess them anew, in all companies."""
        for company in self.env["res.company"].sudo().search([]):
            risky = self.with_company(company).filtered("dunning_risk")
            risky.write({"dunning_risk": False, "dunning_risk_data": False})

    def _map_histories(self, company, *, is_archived_too=False):
        """Return what happened with these customers, with no query for each.

        :param bool is_archived_too: count methods that are no longer used
        :rtype: dict[int, tools.history.History], by partner
        """
        if not self:
            return {}
        found = {
            "invoices": self._select_invoices(company),
            "declines": self._select_declines(company),
            "methods": self._select_methods(company, is_archived_too),
        }
        parts = {name: self._read_by_partner(query) for name, query in found.items()}
        return {
            partner.id: History(
                invoices=tuple(Billed(*row) for row in parts["invoices"][partner.id]),
                declines=tuple(day for (day,) in parts["declines"][partner.id]),
                methods=tuple(Method(*row) for row in parts["methods"][partner.id]),
            )
            for partner in self
        }

    def _read_by_partner(self, query):
        """Return the rows of a query whose first column is the partner."""
        rows = defaultdict(list)
        for partner, *row in self.env.execute_query(query):
            rows[partner].append(row)
        return rows

    def _select_invoices(self, company):
        """Return the query of invoices, in the currency of the company.

        What is lost was never paid.
        """
        return SQL(
            """
            SELECT move.commercial_partner_id, move.invoice_date,
                   COALESCE(move.invoice_date_due, move.invoice_date),
                   move.amount_total_signed::float,
                   CASE WHEN move.payment_state IN ('not_paid', 'partial')
                        THEN move.amount_residual_signed::float ELSE 0 END,
                   CASE WHEN move.payment_state IN ('not_paid', 'partial')
                             OR %s THEN NULL
                        ELSE COALESCE(settled.date, paid.date, move.invoice_date) END
              FROM account_move move
                   %s
                   %s
             WHERE move.commercial_partner_id IN %s
               AND move.company_id = %s
               AND move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND move.payment_state NOT IN ('reversed', 'invoicing_legacy')
               AND move.amount_total_signed > 0
            """,
            IS_LOST,
            JOIN_SETTLED,
            JOIN_PAID,
            self._ids,
            company.id,
        )

    def _select_declines(self, company):
        """Return the query of the days on which charges were declined."""
        return SQL(
            """
            SELECT move.commercial_partner_id, %s
              FROM account_move move
              JOIN payment_transaction tx ON tx.collection_invoice_id = move.id
             WHERE move.commercial_partner_id IN %s
               AND move.company_id = %s
               AND move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND tx.state = 'error'
               AND tx.date_sent IS NOT NULL
            """,
            day_of("tx.date_sent", company.subscription_tz),
            self._ids,
            company.id,
        )

    def _select_methods(self, company, is_archived_too):
        """Return the query of saved payment methods."""
        return SQL(
            """
            SELECT commercial_partner_id, %s, date_expiry
              FROM payment_token
             WHERE commercial_partner_id IN %s
               AND company_id = %s
               AND (active OR %s)
            """,
            day_of("create_date", company.subscription_tz),
            self._ids,
            company.id,
            is_archived_too,
        )
