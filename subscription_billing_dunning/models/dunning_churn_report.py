from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import rate_of

#: the steps that end subscriptions
CLOSING_ACTIONS = ("close", "close_period")
#: joins what a subscription brought last before an event, as ``last.mrr_after``
BROUGHT = SQL(
    """
         LEFT JOIN LATERAL (
                   SELECT earlier.mrr_after
                     FROM subscription_event earlier
                    WHERE earlier.subscription_id = event.subscription_id
                      AND earlier.id < event.id
                      AND earlier.state_after IN ('active', 'past_due')
                    ORDER BY earlier.id DESC
                    LIMIT 1) last ON TRUE
    """
)
#: whether an end, as ``event``, is the one that a case had planned
PLANNED = SQL(
    """
                       EXISTS (
                          SELECT FROM subscription_change change
                           WHERE change.subscription_id = event.subscription_id
                             AND change.dunning_case_id IS NOT NULL
                             AND change.kind = 'close'
                             AND change.state != 'cancelled'
                             AND change.date <= event.date
                             -- It came back, and ended once more.
                             AND NOT EXISTS (
                                 SELECT FROM subscription_event earlier
                                  WHERE earlier.subscription_id = event.subscription_id
                                    AND earlier.state_after = 'closed'
                                    AND earlier.id < event.id
                                    AND earlier.date >= change.date))
    """
)


class DunningChurnReport(models.Model):
    """Subscriptions that ended because they were not paid: closed by a dunning step.

    The revenue that is lost is what the subscription last brought: a suspended one has
    brought nothing for a while when it is closed.
    """

    _name = "dunning.churn.report"
    _description = "Involuntary Churn"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "subscription_id"
    _depends = {
        "dunning.action": [
            "action",
            "case_id",
            "date",
            "move_id",
            "policy_id",
            "state",
            "step_id",
        ],
        "res.company": ["currency_id", "parent_path"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "subscription.change": [
            "date",
            "dunning_case_id",
            "kind",
            "state",
            "subscription_id",
        ],
        "subscription.event": [
            "close_reason_id",
            "date",
            "mrr_after",
            "state_after",
            "state_before",
            "subscription_id",
        ],
        "subscription.item": ["move_id", "subscription_id"],
        "subscription.period": ["move_id", "subscription_id"],
    }

    # === FIELDS === #

    subscription_id = fields.Many2one("subscription.subscription", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    plan_id = fields.Many2one("subscription.plan", readonly=True)
    date = fields.Date(string="Closed On", readonly=True)
    close_reason_id = fields.Many2one("subscription.close.reason", readonly=True)
    case_id = fields.Many2one("dunning.case", readonly=True)
    policy_id = fields.Many2one("dunning.policy", readonly=True)
    step_id = fields.Many2one("dunning.step", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    mrr_lost = fields.Monetary(
        string="MRR Lost (Currency)", readonly=True, aggregator=None
    )
    mrr_lost_company = fields.Monetary(
        string="MRR Lost",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate of the day on which it was closed.",
    )

    # === BUSINESS METHODS === #

    @property
    def _table_query(self):
        """Return the closings that followed a step, with what was lost by them."""
        return SQL(
            """
            SELECT event.id, event.subscription_id, event.partner_id, event.company_id,
                   event.plan_id, event.date, event.close_reason_id, event.currency_id,
                   ended.case_id, ended.policy_id, ended.step_id,
                   COALESCE(last.mrr_after, 0) AS mrr_lost,
                   COALESCE(last.mrr_after, 0) * %s / %s AS mrr_lost_company
              FROM subscription_event event
              JOIN res_company company ON company.id = event.company_id
              JOIN LATERAL (
                   SELECT done.case_id, done.step_id, done.policy_id
                     FROM dunning_action done
                    WHERE done.move_id IN (
                          SELECT move_id FROM subscription_period
                           WHERE subscription_id = event.subscription_id
                           UNION
                          SELECT move_id FROM subscription_item
                           WHERE subscription_id = event.subscription_id)
                      AND done.state = 'done'
                      AND done.date <= event.date
                      AND (done.action = 'close' AND done.date = event.date
                           OR done.action = 'close_period' AND %s)
                    ORDER BY done.id DESC
                    LIMIT 1) ended ON TRUE
                   %s
             WHERE event.state_after = 'closed'
               AND event.state_before != 'closed'
            """,
            rate_of("company.currency_id", "company", "event.date"),
            rate_of("event.currency_id", "company", "event.date"),
            PLANNED,
            BROUGHT,
        )
