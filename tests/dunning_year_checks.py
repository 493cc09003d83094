"""What holds on every day of a year of dunning, said again in SQL.

Nothing here asks the product: each query reads columns of the database and returns the
customers for whom something does not hold, and what is there instead.
"""

#: tables that are made anew before each look: what is late by the lines of the books,
#: and which subscriptions that is for
TABLES = {
    "late": """
        SELECT move.id, move.dunning_case_id, move.invoice_date_due AS due,
               COALESCE(move.collection_state, '') AS collection,
               line.amount_residual_currency AS residual
          FROM account_move move
          JOIN account_move_line line
            ON line.move_id = move.id AND line.display_type = 'payment_term'
          LEFT JOIN dunning_fee fee ON fee.fee_move_id = move.id
         WHERE move.move_type = 'out_invoice'
           AND move.state = 'posted'
           AND move.payment_state IN ('not_paid', 'partial')
           AND move.company_id = %(company)s
           AND (move.invoice_date_due < %(today)s
                OR move.collection_state = 'failed'
                OR fee.id IS NOT NULL)
    """,
    "billed": """
        SELECT period.subscription_id AS id,
               bool_or(late.due + %(grace)s < %(today)s
                       AND late.collection NOT IN ('due', 'open')) AS is_past_grace
          FROM late JOIN subscription_period period ON period.move_id = late.id
         GROUP BY period.subscription_id
    """,
}
#: what money does is done at once, before any job
AT_ONCE = {
    "past due or suspended, and nothing is late": """
        SELECT subscription.partner_id, subscription.state
          FROM subscription_subscription subscription
          LEFT JOIN billed ON billed.id = subscription.id
         WHERE subscription.state IN ('past_due', 'suspended') AND billed.id IS NULL
    """,
    "a case is open, and nothing is late": """
        SELECT story.partner_id, story.id
          FROM dunning_case story
         WHERE state = 'open'
           AND NOT EXISTS (SELECT FROM late WHERE late.dunning_case_id = story.id)
    """,
}
DAILY = {
    **AT_ONCE,
    "active, and late beyond grace": """
        SELECT subscription.partner_id, subscription.state
          FROM subscription_subscription subscription
          JOIN billed ON billed.id = subscription.id
         WHERE subscription.state = 'active' AND billed.is_past_grace
    """,
    "late, and in no open case": """
        SELECT move.commercial_partner_id, move.name, late.residual
          FROM late
          JOIN account_move move ON move.id = late.id
          LEFT JOIN dunning_case story ON story.id = late.dunning_case_id
         WHERE late.collection NOT IN ('due', 'open')
           AND story.state IS DISTINCT FROM 'open'
    """,
    "a case is closed, and something of it is late": """
        SELECT story.partner_id, late.residual
          FROM late JOIN dunning_case story ON story.id = late.dunning_case_id
         WHERE story.state = 'closed'
    """,
    "what a case says is overdue is not what the books say": """
        SELECT story.partner_id, story.amount_overdue, story.invoice_count,
               sums.residual, sums.count
          FROM dunning_case story
          LEFT JOIN (SELECT dunning_case_id, SUM(residual) AS residual, COUNT(*)
                       FROM late GROUP BY dunning_case_id) sums
            ON sums.dunning_case_id = story.id
         WHERE story.amount_overdue != COALESCE(sums.residual, 0)
            OR story.invoice_count != COALESCE(sums.count, 0)
    """,
    "something was due before, and the job has left it": """
        SELECT partner_id, id, date_next
          FROM dunning_case
         WHERE state != 'closed' AND error IS NULL AND date_next <= %(now)s
    """,
    "a step was done twice for an invoice": """
        SELECT story.partner_id, action.step_id, action.move_id
          FROM dunning_action action
          JOIN dunning_case story ON story.id = action.case_id
         GROUP BY story.partner_id, action.case_id, action.step_id, action.move_id
        HAVING COUNT(*) > 1
    """,
    "a step was written about twice on one day": """
        SELECT partner_id, step_id, date
          FROM dunning_action
         WHERE mail_message_id IS NOT NULL AND date = %(today)s
         GROUP BY case_id, partner_id, step_id, date
        HAVING COUNT(DISTINCT mail_message_id) > 1
    """,
    "there are mails that no step has sent, or two of them": """
        SELECT story.partner_id, COUNT(mail.id), COUNT(DISTINCT action.mail_message_id)
          FROM dunning_case story
          JOIN mail_message message
            ON message.model = 'dunning.case' AND message.res_id = story.id
          JOIN mail_mail mail ON mail.mail_message_id = message.id
          LEFT JOIN dunning_action action ON action.mail_message_id = message.id
         WHERE message.date >= %(today)s
           AND message.subject != 'Thank you, all is settled'
         GROUP BY story.partner_id, story.id, message.id
        HAVING COUNT(DISTINCT mail.id) != 1 OR COUNT(action.id) = 0
    """,
    "somebody was thanked twice, or who has not paid": """
        SELECT story.partner_id, COUNT(message.id), story.state, story.outcome
          FROM dunning_case story
          JOIN mail_message message
            ON message.model = 'dunning.case' AND message.res_id = story.id
           AND message.subject = 'Thank you, all is settled'
         GROUP BY story.id
        HAVING COUNT(message.id) > 1 OR story.state != 'closed'
            OR story.outcome IS DISTINCT FROM 'paid'
    """,
    "a fee was booked twice, or without an invoice of its amount": """
        SELECT fee.partner_id, fee.id
          FROM dunning_fee fee
          LEFT JOIN account_move move
            ON move.id = fee.fee_move_id AND move.state = 'posted'
          LEFT JOIN dunning_fee other
            ON other.move_id = fee.move_id AND other.step_id = fee.step_id
           AND other.id != fee.id
         WHERE move.amount_untaxed IS DISTINCT FROM fee.amount
            OR other.id IS NOT NULL
    """,
}
AT_THE_END = {
    "an open case has neither a day to come nor a person": """
        SELECT story.partner_id, story.id, story.error
          FROM dunning_case story
          LEFT JOIN mail_activity activity
            ON activity.res_model = 'dunning.case' AND activity.res_id = story.id
         WHERE story.state != 'closed'
           AND activity.id IS NULL
           AND (story.error IS NOT NULL OR story.date_next IS NULL
                OR story.date_next <= %(now)s)
    """,
    "the ledger and the books differ on what was open": """
        SELECT action.partner_id, action.id, action.amount, books.open
          FROM dunning_action action
          JOIN account_move move ON move.id = action.move_id
          JOIN LATERAL (
               SELECT move.amount_total - COALESCE(SUM(part.debit_amount_currency), 0)
                      AS open
                 FROM account_move_line line
                 JOIN account_partial_reconcile part
                   ON part.debit_move_id = line.id AND part.max_date <= action.date
                WHERE line.move_id = move.id) books ON TRUE
         WHERE ABS(action.amount - books.open) > 0.001
    """,
    "a waived fee was not credited, or another one was": """
        SELECT fee.partner_id, fee.state, note.amount_untaxed
          FROM dunning_fee fee
          LEFT JOIN account_move note
            ON note.id = fee.credit_move_id AND note.state = 'posted'
         WHERE (fee.state = 'waived') != (note.amount_untaxed IS NOT NULL
                                          AND note.amount_untaxed = fee.amount)
    """,
    "the lines of the books do not add up to what is owed": """
        SELECT line.partner_id, SUM(line.amount_currency) AS booked,
               SUM(line.amount_residual_currency) AS residual
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type = 'asset_receivable'
           AND line.parent_state = 'posted'
           AND line.company_id = %(company)s
         GROUP BY line.partner_id, line.currency_id
        HAVING SUM(line.amount_currency) != SUM(line.amount_residual_currency)
    """,
}


def find_wrong(env, checks, **values):
    """Return what does not hold.

    :param dict checks: queries by what is wrong with whom they find
    :param values: the company's id and grace, today and now
    :rtype: list[tuple[str, tuple]]
    """
    wrong = []
    # PostgreSQL has no statistics of what is not committed, and takes it for nothing.
    env.cr.execute("SET LOCAL enable_nestloop = off")
    for name, query in TABLES.items():
        env.cr.execute(f"DROP TABLE IF EXISTS {name}")
        env.cr.execute(f"CREATE TEMP TABLE {name} AS {query}", values)
    for words, query in checks.items():
        env.cr.execute(query, values)
        wrong += [(words, row) for row in env.cr.fetchall()]
    env.cr.execute("SET LOCAL enable_nestloop = on")
    return wrong
