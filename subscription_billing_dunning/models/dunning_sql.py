"""Parts of queries that several reports share."""

from odoo.tools import SQL

#: the moves, as ``move``, that bill subscriptions, or late fees
IS_OURS = SQL(
    """
    (EXISTS (SELECT FROM subscription_period ours WHERE ours.move_id = move.id)
     OR EXISTS (SELECT FROM subscription_item ours WHERE ours.move_id = move.id)
     OR EXISTS (SELECT FROM dunning_fee ours WHERE ours.fee_move_id = move.id))
    """
)
#: the moves, as ``move``, on which something is owed
IS_UNPAID = SQL(
    """
    (move.move_type = 'out_invoice' AND move.state = 'posted'
     AND move.payment_state IN ('not_paid', 'partial'))
    """
)
#: the moves, as ``move``, whose money nobody expects any more: in the books they are
#: settled, but they never were paid
IS_LOST = SQL(
    """
    (EXISTS (SELECT FROM dunning_write_off lost
              WHERE lost.move_id = move.id AND lost.state = 'booked'
                AND NOT lost.is_forgiven))
    """
)
#: joins the day, as ``settled.date``, of the last entry that was matched with a move
JOIN_SETTLED = SQL(
    """
    LEFT JOIN LATERAL (
         SELECT MAX(partial.max_date) AS date
           FROM account_move_line line
           JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
          WHERE line.move_id = move.id
            AND line.display_type = 'payment_term') settled ON TRUE
    """
)
#: joins the day, as ``paid.date``, of the last payment of a move: for what was settled
#: without an entry, as payments without an outstanding account are
JOIN_PAID = SQL(
    """
    LEFT JOIN LATERAL (
         SELECT MAX(payment.date) AS date
           FROM account_move__account_payment link
           JOIN account_payment payment ON payment.id = link.payment_id
          WHERE link.invoice_id = move.id) paid ON TRUE
    """
)
#: the time zone of the company, where ``select_today`` is joined as ``today``
TZ = SQL("today.tz")


def select_today(env):
    """Return the query of the day that it is at each company, and of its time zone; of
    archived ones, too, whose past is reported on."""
    companies = env["res.company"].sudo().with_context(active_test=False).search([])
    return SQL(
        "SELECT * FROM (VALUES %s) today (company_id, date, tz)",
        SQL(", ").join(
            SQL(
                "(%s, %s::date, %s)",
                company.id,
                company._get_subscription_today(),
                company.subscription_tz,
            )
            for company in companies
        ),
    )


def day_of(moment, tz=TZ):
    """Return the day of a moment in a time zone, as a part of a query.

    :param str moment: a column, as this module's callers write it
    :param tz: the name of the zone; by default that of the company, in a query that
        has joined ``select_today`` as ``today``
    """
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", SQL(moment), tz)


def rate_of(currency, company, day):
    """Return the rate of a currency on a day, as a part of a query: how much of it is
    worth one of the company's.

    The rule is that of ``res.currency``: the last rate until that day, else the first.

    :param str currency: the column of its id
    :param str company: the alias of the company's table
    :param str day: the column of the day
    """
    return SQL(
        """
        COALESCE(
            (SELECT rate FROM res_currency_rate rate
              WHERE rate.currency_id = %(currency)s AND rate.name <= %(day)s
                AND (rate.company_id IS NULL OR rate.company_id = %(root)s)
              ORDER BY rate.company_id, rate.name DESC LIMIT 1),
            (SELECT rate FROM res_currency_rate rate
              WHERE rate.currency_id = %(currency)s
                AND (rate.company_id IS NULL OR rate.company_id = %(root)s)
              ORDER BY rate.company_id, rate.name LIMIT 1),
            1)
        """,
        currency=SQL(currency),
        day=SQL(day),
        root=SQL("split_part(%s.parent_path, '/', 1)::int", SQL(company)),
    )
