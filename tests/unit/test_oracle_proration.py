"""The oracle's cases of proration: shares of periods, and the money they make."""

from decimal import Decimal
from fractions import Fraction

from odoo.addons.subscription_billing.tools.proration import share
from odoo.addons.subscription_billing.tools.recurrence import (
    AnchorRule,
    Period,
    Recurrence,
)

from . import oracle_kinds as kinds
from .oracle_cases import each
from .oracle_money import credit_of, price_of, rounded

# === SHARES === #


@each(kinds.Stub)
def test_a_stub_is_a_share_of_its_period(case):
    recurrence = AnchorRule(day=case.day).align(case.span.date_start, case.interval)
    found = share(case.span, recurrence, case.basis)
    assert found == case.expected
    if case.printed:
        decimal = Decimal(found.numerator) / found.denominator
        assert rounded(decimal, case.printed) == case.printed


@each(kinds.ThirtyDayMonths)
def test_months_have_thirty_days(case):
    recurrence = AnchorRule(day=case.day).align(case.span.date_start, kinds.MONTH)
    assert share(case.span, recurrence, "thirty") == Fraction(case.expected, 30)


# === MONEY === #


@each(kinds.StubPrice)
def test_a_stub_costs_its_share(case):
    start = case.since or case.span.date_start
    recurrence = AnchorRule(day=case.day).align(start, case.interval)
    found = price_of(case.price, case.span, recurrence, case.basis)
    assert found == case.expected


@each(kinds.WrongDays)
def test_a_share_is_measured_against_the_whole_period(case):
    recurrence = AnchorRule(day=case.day).align(case.since, kinds.QUARTER)
    found = price_of(case.price, case.span, recurrence)
    assert recurrence.period_containing(case.span.date_start).days != case.wrong
    assert found != rounded(case.price * case.span.days / case.wrong)


@each(kinds.Credit)
def test_days_not_served_are_given_back(case):
    given_back = credit_of(case.price, case.unserved, case.period, case.basis)
    assert given_back == case.expected
    assert case.next_invoice in (None, case.price - given_back)


@each(kinds.PriceChange)
def test_a_change_gives_back_the_old_and_bills_the_new(case):
    rest = Period(case.day, case.period.date_end)
    recurrence = Recurrence(case.period.date_start, kinds.MONTH)
    given_back = credit_of(case.before, rest, case.period)
    billed = price_of(case.after, rest, recurrence)
    assert (given_back, billed) == (case.credit, case.debit)
    assert case.next_invoice in (None, case.after + billed - given_back)
