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
