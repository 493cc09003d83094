from odoo import fields, models
from odoo.tools import SQL

from ..tools.dispute import LOST, WON
from .dispute_fields import KINDS, REASONS, STATES


class SubscriptionDisputeReport(models.Model):
    """How disputes end, by reason: what was won and lost, and what they cost.

    What is not decided counts in no rate.
    """

    _name = "subscription.dispute.report"
    _description = "Outcome of Disputes"
    _auto = False
    _order = "date_opened desc"
    _rec_name = "dispute_id"

    # === FIELDS === #

    dispute_id = fields.Many2one("subscription.dispute", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    provider_id = fields.Many2one("payment.provider", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    kind = fields.Selection(selection=KINDS, readonly=True)
    reason = fields.Selection(selection=REASONS, readonly=True)
    state = fields.Selection(selection=STATES, string="Status", readonly=True)
    outcome = fields.Selection(
        selection=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], readonly=True
    )
    date_opened = fields.Datetime(string="Opened", readonly=True)
    amount = fields.Monetary(string="Disputed", readonly=True)
    amount_won = fields.Monetary(string="Won", readonly=True)
    amount_lost = fields.Monetary(string="Lost", readonly=True)
    amount_fee = fields.Monetary(string="Fees", readonly=True)
    win_rate = fields.Float(
        string="Won (%)",
        readonly=True,
        aggregator="avg",
        help="Of the disputes that are decided.",
    )
    days = fields.Float(
        string="Days to Decision", readonly=True, aggregator="avg", digits=(16, 1)
    )

    # === BUSINESS METHODS === #

    @property
    def _table_query(self):
        """Return the decided and the open disputes, with NULL for what is not known."""
        return SQL(
            """
            SELECT id, id AS dispute_id, company_id, provider_id, partner_id, kind,
                   reason, state, date_opened, outcome,
                   amount_company AS amount,
                   CASE WHEN outcome = 'won' THEN amount_company ELSE 0 END
                   AS amount_won,
                   CASE WHEN outcome = 'lost' THEN amount_company ELSE 0 END
                   AS amount_lost,
                   COALESCE(amount_fee, 0) AS amount_fee,
                   CASE outcome WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END
                   AS win_rate,
                   EXTRACT(EPOCH FROM date_closed - date_opened) / 86400.0 AS days
              FROM (
                SELECT *,
                       CASE WHEN state IN %s THEN 'won'
                            WHEN state IN %s THEN 'lost'
                            ELSE 'open' END AS outcome
                  FROM subscription_dispute
              ) dispute
            """,
            tuple(sorted(WON)),
            tuple(sorted(LOST)),
        )
