"""The oracle's cases of the whole book: what it is worth a month, and who leaves it."""

from decimal import Decimal

from odoo.addons.subscription_billing.tools.charge import Charge
from odoo.addons.subscription_billing.tools.recurrence import Recurrence
from odoo.addons.subscription_billing.tools.revenue import (
    churn_rate,
    monthly_amount,
    revenue_churn_rate,
)

from . import oracle_kinds as kinds
from .oracle_cases import each
from .oracle_money import rounded

FIRST = kinds.d("2026-01-01")


def mrr(position):
    """Return what all subscriptions of one price are worth a month."""
    charge = Charge(
        line_id=1,
        kind="recurring",
        period=Recurrence(FIRST, position.interval).period_containing(FIRST),
        quantity=Decimal(1),
        gross=position.price,
        discount=position.discount,
    )
    return position.count * monthly_amount(charge.amount, position.interval)


def percentage(part):
    """Return a part of one as it is read."""
    return rounded(Decimal(100 * part.numerator) / part.denominator)


@each(kinds.Mrr)
def test_a_book_is_worth_its_prices_a_month(case):
    assert sum(mrr(position) for position in case.book) == case.expected


@each(kinds.CustomerChurn)
def test_customers_who_came_and_left_count_twice(case):
    found = churn_rate(case.lost, case.at_start, case.new)
    assert percentage(found) == case.expected


@each(kinds.RevenueChurn)
def test_revenue_that_has_gone_is_a_part_of_the_start(case):
    assert percentage(revenue_churn_rate(case.lost, case.at_start)) == case.expected
