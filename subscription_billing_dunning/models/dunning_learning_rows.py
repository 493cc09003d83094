"""What there is to learn from: rows of the database, never more than fit in memory."""

from datetime import timedelta

from odoo import fields
from odoo.tools import SQL, split_every

from odoo.addons.subscription_billing.tools.outcome import Decline

from ..tools.history import facts_on, is_late, known_on
from ..tools.timing import Observed, Retry, attempt_at
from .dunning_case_hours import to_utc

#: how far back is learnt from
DAYS = 730
#: the latest retries, and customers drawn at random, that are learnt from
MOST_RETRIES = 50_000
MOST_CUSTOMERS = 5_000
#: the latest invoices of each customer
MOST_INVOICES = 12
#: an invoice that is paid later than so many days after its due date is late
DAYS_MINDED = 7
BATCH = 500


# === RETRIES === #


def find_usual_amounts(env, company):
    """Return the median amount of a company's charges in the last year.

    :rtype: dict[int, float], by the id of the currency
    """
    env.flush_all()
    rows = env.execute_query(
        SQL(
            """
            SELECT currency_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)
              FROM payment_transaction
             WHERE company_id = %s
               AND collection_invoice_id IS NOT NULL
               AND date_sent > %s
               AND amount > 0
             GROUP BY currency_id
            """,
            company.id,
            fields.Datetime.now() - timedelta(days=365),
        )
    )
    return {currency: float(amount) for currency, amount in rows}


def find_retries(env, company, usual):
    """Return the latest retries of a company, on their customers' clocks.

    :param dict usual: the median amount by the id of the currency
    :rtype: list[tools.timing.Observed]
    """
    rows = env.execute_query(_select_retries(company))
    return [
        observed
        for batch in split_every(BATCH, rows, list)
        for observed in _observe(env, company, batch, usual)
    ]


def _select_retries(company):
    """Return the query of the charges that followed a decline of the same invoice on
    the same method, with that decline."""
    return SQL(
        """
        SELECT partner_id, date_sent, state = 'done', number, amount, currency_id,
               category, code, network_code, advice
          FROM (SELECT tx.id, tx.date_sent, tx.state, tx.amount, tx.currency_id,
                       move.commercial_partner_id AS partner_id,
                       LAG(tx.state) OVER tries AS before,
                       LAG(tx.decline_category) OVER tries AS category,
                       LAG(tx.decline_code) OVER tries AS code,
                       LAG(tx.decline_network_code) OVER tries AS network_code,
                       LAG(tx.decline_advice) OVER tries AS advice,
                       ROW_NUMBER() OVER tries - 1 AS number
                  FROM payment_transaction tx
                  JOIN account_move move ON move.id = tx.collection_invoice_id
                 WHERE tx.company_id = %s
                   AND tx.state IN ('done', 'error')
                   AND tx.date_sent > %s
                WINDOW tries AS (PARTITION BY tx.collection_invoice_id, tx.token_id
                                 ORDER BY tx.date_sent, tx.id)) tries
         WHERE before = 'error'
         ORDER BY id DESC
         LIMIT %s
        """,
        company.id,
        fields.Datetime.now() - timedelta(days=DAYS),
        MOST_RETRIES,
    )


def _observe(env, company, rows, usual):
    """Yield some retries as what is learnt from."""
    partners = env["res.partner"].sudo().browse({row[0] for row in rows})
    zones = {partner.id: partner._get_dunning_tz(company) for partner in partners}
    for partner, date, is_done, number, amount, currency, *decline in rows:
        ratio = float(amount) / usual[currency] if usual.get(currency) else 1.0
        retry = Retry(_read_decline(*decline), number, ratio if ratio > 0 else 1.0)
        yield Observed(attempt_at(retry, to_utc(date), zones[partner]), is_done)


def _read_decline(category, code, network_code, advice):
    return Decline(category or "unknown", code or "", network_code or "", advice or "")


# === INVOICES === #


def find_payments(env, company):
    """Return invoices whose end is known, with what was known of their customers then.

    :return: tuples of a ``tools.risk.CustomerFacts``, whether it was paid late, and the
        id of the customer
    """
    env.flush_all()
    today = company._get_subscription_today()
    rows = env.execute_query(_select_customers(company, today))
    return [
        payment
        for ids in split_every(BATCH, [id_ for (id_,) in rows], list)
        for payment in _read_payments(env, company, ids, today)
    ]


def _select_customers(company, today):
    """Return the query of customers, in an order that has nothing to do with them."""
    return SQL(
        """
        SELECT commercial_partner_id
          FROM account_move
         WHERE company_id = %s
           AND move_type = 'out_invoice'
           AND state = 'posted'
           AND invoice_date > %s
         GROUP BY commercial_partner_id
         ORDER BY hashint4(commercial_partner_id), commercial_partner_id
         LIMIT %s
        """,
        company.id,
        today - timedelta(days=DAYS),
        MOST_CUSTOMERS,
    )


def _read_payments(env, company, ids, today):
    """Yield the latest invoices of some customers."""
    partners = env["res.partner"].sudo().browse(ids)
    histories = partners._map_histories(company, is_archived_too=True)
    for partner, history in histories.items():
        latest = sorted(history.invoices, key=lambda each: each.date)[-MOST_INVOICES:]
        for invoice in latest:
            late = is_late(invoice, today, DAYS_MINDED)
            if late is not None and invoice.date > today - timedelta(days=DAYS):
                known = known_on(history, invoice.date)
                yield facts_on(known, invoice.date), late, partner
