"""What a customer's past tells of him, today and on any day before."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.history import (
    Billed,
    History,
    Method,
    facts_on,
    is_late,
    known_on,
)
from odoo.addons.subscription_billing_dunning.tools.risk import assess

TODAY = date(2026, 3, 1)


def days_ago(days):
    return TODAY - timedelta(days=days)


def billed(days, *, late=None, amount=100.0):
    """Return an invoice of some days ago, paid late by some days, or never."""
    paid = None if late is None else days_ago(days - late)
    return Billed(
        days_ago(days), days_ago(days), amount, amount if late is None else 0.0, paid
    )


def test_lateness_is_that_of_the_last_year_and_the_unpaid_count_until_today():
    history = History((billed(400, late=90), billed(100, late=10), billed(20)))
    facts = facts_on(history, TODAY)
    assert (facts.days_late_average, facts.days_late_worst) == (15, 20)
    assert (facts.days_known, facts.invoice_paid_count) == (400, 2)


def test_who_pays_early_is_in_time():
    assert facts_on(History((billed(30, late=-5),)), TODAY).days_late_average == 0


def test_amounts_are_multiples_of_the_usual_invoice():
    history = History((billed(60, late=0), billed(30, late=0), billed(9, amount=300)))
    facts = facts_on(history, TODAY)
    assert (facts.amount_ratio, facts.overdue_ratio) == (3, 3)


def test_who_is_new_has_usual_invoices():
    facts = facts_on(History(), TODAY)
    assert (facts.days_known, facts.amount_ratio, facts.overdue_ratio) == (0, 1, 0)
    assert facts_on(History((billed(400),)), TODAY).overdue_ratio == 1


def test_only_what_is_still_owed_is_overdue():
    half = replace(billed(10), owed=50.0)
    assert facts_on(History((half,)), TODAY).overdue_ratio == 0.5


def test_the_method_that_lasts_longest_counts():
    soon = Method(days_ago(50), TODAY + timedelta(days=9))
    gone = Method(days_ago(50), days_ago(3))
    for methods, expected in (
        ((), (False, None)),
        ((gone,), (True, -3)),
        ((gone, soon), (True, 9)),
        ((soon, Method(days_ago(1))), (True, None)),
    ):
        facts = facts_on(History(methods=methods), TODAY)
        assert (facts.has_method, facts.days_to_expiry) == expected


def test_an_invoice_is_late_after_the_days_that_are_minded():
    assert is_late(billed(30, late=7), TODAY, 7) is False
    assert is_late(billed(30, late=8), TODAY, 7) is True
    assert is_late(billed(8), TODAY, 7) is True
    assert is_late(billed(7), TODAY, 7) is None


some_day = st.integers(0, 800).map(days_ago)
histories = st.builds(
    History,
    invoices=st.lists(
        st.builds(
            billed,
            st.integers(0, 800),
            late=st.none() | st.integers(0, 100),
            amount=st.floats(1, 1e6),
        )
    ).map(tuple),
    declines=st.lists(some_day).map(tuple),
    methods=st.lists(st.builds(Method, some_day, st.none() | some_day), max_size=3).map(
        tuple
    ),
)


@given(histories, some_day, histories)
def test_what_comes_later_does_not_change_what_was_known(history, day, later):
    """Nothing is learnt from what nobody could know."""
    more = History(
        history.invoices + tuple(x for x in later.invoices if x.date > day),
        history.declines + tuple(x for x in later.declines if x >= day),
        history.methods + tuple(x for x in later.methods if x.date_saved >= day),
    )
    assert known_on(more, day) == known_on(history, day)


@given(histories, some_day)
def test_what_became_of_invoices_on_that_day_is_not_known(history, day):
    forgotten = replace(
        history,
        invoices=tuple(
            replace(each, date_paid=None, owed=each.amount)
            if each.date_paid and each.date_paid >= day
            else each
            for each in history.invoices
        ),
    )
    assert known_on(forgotten, day) == known_on(history, day)


@given(histories, some_day)
def test_every_history_can_be_assessed(history, day):
    assert 0 <= assess(facts_on(known_on(history, day), day)).score <= 100
