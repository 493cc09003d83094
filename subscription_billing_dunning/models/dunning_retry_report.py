from odoo import fields, models
from odoo.tools import SQL

from .dunning_fields import CATEGORIES, RETRY_KINDS


class DunningRetryReport(models.Model):
    """How retries end, by how their time was chosen.

    A retry is a charge that followed a decline of the same invoice on the same method.
    """

    _name = "dunning.retry.report"
    _description = "Outcome of Retries"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "move_id"
    _depends = {
        "account.move": [
            "amount_total",
            "amount_total_signed",
            "commercial_partner_id",
            "dunning_case_id",
        ],
        "dunning.case": ["policy_id"],
        "dunning.policy": ["schedule_id"],
        "payment.transaction": [
            "amount",
            "collection_invoice_id",
            "date_sent",
            "decline_category",
            "decline_code",
            "retry_kind",
            "retry_probability",
            "state",
            "token_id",
        ],
    }

    # === FIELDS === #

    transaction_id = fields.Many2one(
        "payment.transaction", string="Charge", readonly=True
    )
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    policy_id = fields.Many2one("dunning.policy", readonly=True)
    schedule_id = fields.Many2one("dunning.schedule", readonly=True)
    kind = fields.Selection(
        selection=RETRY_KINDS,
        string="Time Chosen",
        readonly=True,
        help="Best Hour: what was learnt. Random Hour: drawn, so that it goes on "
        "learning. Fixed Days: by a schedule that does not look at the hour. Other: by "
        "a person, without a schedule, or as soon as the limits of the card or its "
        "provider allowed it.",
    )
    date = fields.Datetime(string="Charged On", readonly=True)
    decline_category = fields.Selection(
        selection=CATEGORIES,
        string="Declined Before Because",
        readonly=True,
    )
    decline_code = fields.Char(string="Declined Before With", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount = fields.Monetary(string="Amount (Currency)", readonly=True, aggregator=None)
    amount_company = fields.Monetary(
        string="Amount",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate of the invoice.",
    )
    amount_done = fields.Monetary(
        string="Collected", currency_field="company_currency_id", readonly=True
    )
    success_rate = fields.Float(
        string="Succeeded (%)", readonly=True, aggregator="avg", digits=(16, 1)
    )
    expected_rate = fields.Float(
        string="Expected (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="What was expected of the hour when it was chosen.",
    )

    # === BUSINESS METHODS === #

    @property
    def _table_query(self):
        """Return the retries whose outcome is known."""
        return SQL(
            """
            SELECT tx.id, tx.id AS transaction_id, move.id AS move_id,
                   move.commercial_partner_id AS partner_id, tx.company_id,
                   tx.currency_id, dunning.policy_id, policy.schedule_id,
                   tx.date_sent AS date,
                   before.decline_category, before.decline_code,
                   COALESCE(tx.retry_kind, 'other') AS kind,
                   tx.amount, amount.company AS amount_company,
                   CASE tx.state WHEN 'done' THEN amount.company ELSE 0 END
                   AS amount_done,
                   CASE tx.state WHEN 'done' THEN 100.0 ELSE 0.0 END AS success_rate,
                   CASE WHEN tx.retry_probability > 0
                        THEN 100 * tx.retry_probability END AS expected_rate
              FROM payment_transaction tx
              JOIN account_move move ON move.id = tx.collection_invoice_id
              JOIN LATERAL (
                   SELECT last.decline_category, last.decline_code
                     FROM payment_transaction last
                    WHERE last.collection_invoice_id = tx.collection_invoice_id
                      AND last.token_id = tx.token_id
                      AND last.state = 'error'
                      AND last.date_sent IS NOT NULL
                      AND last.id < tx.id
                    ORDER BY last.id DESC
                    LIMIT 1) before ON TRUE
              JOIN LATERAL (
                   SELECT tx.amount * move.amount_total_signed
                          / NULLIF(move.amount_total, 0) AS company) amount ON TRUE
         LEFT JOIN dunning_case dunning ON dunning.id = move.dunning_case_id
         LEFT JOIN dunning_policy policy ON policy.id = dunning.policy_id
             WHERE tx.state IN ('done', 'error')
               AND tx.date_sent IS NOT NULL
            """
        )
