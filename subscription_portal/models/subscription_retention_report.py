from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import (
    day_of,
    rate_of,
    select_today,
)

#: after how many days it is looked at who has stayed
SPANS = (30, 90)


def stayed(days):
    """Return the query of whether a customer has stayed for so many days since he was
    about to cancel, as a part of a query: 1 or 0, empty before it can be told.

    Who has cancelled has not stayed, even while what is paid for is still served.

    :param int days: since the day ``asked.date``
    """
    return SQL(
        """
        CASE WHEN asked.date + %(days)s < today.date THEN
             (NOT EXISTS (
                     SELECT FROM subscription_change change
                      WHERE change.subscription_id = cancellation.subscription_id
                        AND change.kind = 'close'
                        AND change.state IN ('scheduled', 'applied')
                        AND %(cancelled)s BETWEEN asked.date AND asked.date + %(days)s)
              AND COALESCE((
                     SELECT event.state_after != 'closed'
                       FROM subscription_event event
                      WHERE event.subscription_id = cancellation.subscription_id
                        AND event.date <= asked.date + %(days)s
                      ORDER BY event.date DESC, event.id DESC
                      LIMIT 1), TRUE))::int
        END
        """,
        days=days,
        cancelled=day_of("change.create_date"),
    )


def mrr_after(days):
    """Return the query of what a subscription brings so many days after its customer
    was about to cancel, as a part of a query.

    :param int days: since the day ``asked.date``
    """
    return SQL(
        """
        (SELECT event.mrr_after
           FROM subscription_event event
          WHERE event.subscription_id = cancellation.subscription_id
            AND event.date <= asked.date + %s
          ORDER BY event.date DESC, event.id DESC
          LIMIT 1)
        """,
        days,
    )


class SubscriptionRetentionReport(models.Model):
    """What became of customers who were about to cancel: offered something, held out,
    or neither.

    Who was held out tells how many would have stayed anyway.
    """

    _name = "subscription.retention.report"
    _description = "Retention"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "subscription_id"
    _depends = {
        "res.company": ["currency_id", "parent_path"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "subscription.cancellation": [
            "close_reason_id",
            "company_id",
            "date",
            "is_held_out",
            "mrr",
            "offer_id",
            "partner_id",
            "plan_id",
            "state",
            "subscription_id",
        ],
        "subscription.change": ["kind", "state", "subscription_id"],
        "subscription.event": ["date", "mrr_after", "state_after", "subscription_id"],
        "subscription.subscription": ["currency_id"],
    }

    # === FIELDS === #

    subscription_id = fields.Many2one("subscription.subscription", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    plan_id = fields.Many2one("subscription.plan", readonly=True)
    close_reason_id = fields.Many2one(
        "subscription.close.reason", string="Reason", readonly=True
    )
    offer_id = fields.Many2one("subscription.retention.offer", readonly=True)
    date = fields.Date(string="Asked On", readonly=True)
    group = fields.Selection(
        selection=[
            ("offered", "Offered"),
            ("held_out", "Held Out"),
            ("none", "Without an Offer"),
        ],
        string="Who",
        readonly=True,
        help="Held Out: chance has decided that they see no offer, so that one knows "
        "how many stay without it.",
    )
    accepted_rate = fields.Float(
        string="Took It (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Of those to whom it was offered.",
    )
    stayed_30_rate = fields.Float(
        string="Stayed 30 Days (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Still there 30 days later, and not cancelled. Counted once the days are "
        "over.",
    )
    stayed_90_rate = fields.Float(
        string="Stayed 90 Days (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Still there 90 days later, and not cancelled. Counted once the days are "
        "over.",
    )
    mrr = fields.Monetary(
        string="MRR at Risk",
        currency_field="company_currency_id",
        readonly=True,
        help="What the subscriptions brought when their customers were about to "
        "cancel, at the rate of that day.",
    )
    mrr_saved = fields.Monetary(
        string="MRR Saved",
        currency_field="company_currency_id",
        readonly=True,
        help="What the subscriptions of those who took the offer, and stayed, bring 90 "
        "days later; at the rate of the day on which they took it.",
    )

    # === BUSINESS METHODS === #

    @property
    def _table_query(self):
        """Return a row for each customer who was about to cancel."""
        return SQL(
            """
            SELECT cancellation.id, cancellation.subscription_id,
                   cancellation.partner_id, cancellation.company_id,
                   cancellation.plan_id, cancellation.close_reason_id,
                   cancellation.offer_id, asked.date,
                   CASE WHEN cancellation.offer_id IS NULL THEN 'none'
                        WHEN cancellation.is_held_out THEN 'held_out'
                        ELSE 'offered' END AS "group",
                   CASE WHEN cancellation.offer_id IS NOT NULL
                         AND NOT COALESCE(cancellation.is_held_out, FALSE)
                        THEN 100 * (cancellation.state = 'kept')::int END
                   AS accepted_rate,
                   100 * %(stayed_30)s AS stayed_30_rate,
                   100 * later.stayed AS stayed_90_rate,
                   cancellation.mrr * rate.factor AS mrr,
                   CASE WHEN cancellation.state = 'kept' AND later.stayed = 1
                        THEN COALESCE(later.mrr, 0) * rate.factor ELSE 0 END
                   AS mrr_saved
              FROM subscription_cancellation cancellation
              JOIN subscription_subscription subscription
                ON subscription.id = cancellation.subscription_id
              JOIN res_company company ON company.id = cancellation.company_id
              JOIN (%(today)s) today ON today.company_id = cancellation.company_id
              JOIN LATERAL (SELECT %(asked)s AS date) asked ON TRUE
              JOIN LATERAL (SELECT %(to)s / %(of)s AS factor) rate ON TRUE
              JOIN LATERAL (
                   SELECT %(stayed_90)s AS stayed, %(mrr)s AS mrr) later ON TRUE
            """,
            asked=day_of("cancellation.date"),
            today=select_today(self.env),
            stayed_30=stayed(SPANS[0]),
            stayed_90=stayed(SPANS[1]),
            mrr=mrr_after(SPANS[1]),
            to=rate_of("company.currency_id", "company", "asked.date"),
            of=rate_of("subscription.currency_id", "company", "asked.date"),
        )
