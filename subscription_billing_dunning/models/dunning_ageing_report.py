from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import select_today

from .dunning_fields import AGES
from .dunning_sql import IS_OURS, IS_UNPAID


class DunningAgeingReport(models.Model):
    """What customers of subscriptions owe, by how long it is overdue."""

    _name = "dunning.ageing.report"
    _description = "Ageing of Unpaid Invoices"
    _auto = False
    _order = "date_due, id"
    _rec_name = "move_id"
    _depends = {
        "account.move": [
            "amount_residual",
            "amount_residual_signed",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "dunning_case_id",
            "invoice_date",
            "invoice_date_due",
            "move_type",
            "payment_state",
            "state",
        ],
        "dunning.case": ["date_hold_until", "policy_id", "state"],
        "dunning.fee": ["fee_move_id"],
        "subscription.item": ["move_id"],
        "subscription.period": ["move_id"],
    }

    # === FIELDS === #

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days = fields.Integer(
        string="Days Overdue",
        readonly=True,
        aggregator="max",
        help="Negative: so many days are left.",
    )
    age = fields.Selection(selection=AGES, readonly=True)
    case_id = fields.Many2one("dunning.case", string="Open Case", readonly=True)
    case_state = fields.Selection(
        selection=[
            ("none", "No Case"),
            ("upcoming", "Before the Due Date"),
            ("open", "Open"),
            ("held", "On Hold"),
        ],
        string="Case",
        readonly=True,
    )
    policy_id = fields.Many2one("dunning.policy", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount = fields.Monetary(string="Owed (Currency)", readonly=True, aggregator=None)
    amount_company = fields.Monetary(
        string="Owed", currency_field="company_currency_id", readonly=True
    )

    # === BUSINESS METHODS === #

    @property
    def _table_query(self):
        """Return the unpaid invoices of subscriptions, with their age today."""
        return SQL(
            """
            SELECT owed.*,
                   CASE WHEN days <= 0 THEN '00_not_due'
                        WHEN days <= 30 THEN '01_30'
                        WHEN days <= 60 THEN '31_60'
                        WHEN days <= 90 THEN '61_90'
                        ELSE '91_more' END AS age
              FROM (
                SELECT move.id, move.id AS move_id, move.company_id, move.currency_id,
                       move.commercial_partner_id AS partner_id,
                       COALESCE(move.invoice_date_due, move.invoice_date) AS date_due,
                       today.date - COALESCE(move.invoice_date_due, move.invoice_date)
                       AS days,
                       dunning.id AS case_id, dunning.policy_id,
                       CASE WHEN dunning.id IS NULL THEN 'none'
                            WHEN dunning.date_hold_until > today.date THEN 'held'
                            ELSE dunning.state END AS case_state,
                       move.amount_residual AS amount,
                       move.amount_residual_signed AS amount_company
                  FROM account_move move
                  JOIN (%s) today ON today.company_id = move.company_id
             LEFT JOIN dunning_case dunning
                    ON dunning.id = move.dunning_case_id AND dunning.state != 'closed'
                 WHERE %s AND %s
              ) owed
            """,
            select_today(self.env),
            IS_UNPAID,
            IS_OURS,
        )
