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


def select_today(env):
    """Return the query of the day that it is at each company, and of its time zone."""
    companies = env["res.company"].sudo().search([])
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


def day_of(moment):
    """Return the company's day of a moment, as a part of a query that has joined
    ``select_today`` as ``today``.

    :param str moment: a column, as this module's callers write it
    """
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE today.tz)::date", SQL(moment))
