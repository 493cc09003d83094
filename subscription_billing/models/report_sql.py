"""Parts of queries that several reports share: days, and rates of currencies."""

from odoo.tools import SQL

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
