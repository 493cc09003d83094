"""Which step of a policy is due on which day, beside the oracle cases."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.decision import (
    Conditions,
    Decision,
    Due,
    Facts,
    Invoice,
    Step,
    decide,
)

DUE = date(2026, 3, 1)
A = Invoice(1, Decimal(100), DUE)
B = Invoice(2, Decimal(50), date(2026, 3, 8))
FRIENDLY = Step(1, days=3, is_contact=True)
FIRM = Step(2, days=10, grace_days=3, is_contact=True)
SUSPEND = Step(3, days=20, grace_days=7)
STEPS = (FRIENDLY, FIRM, SUSPEND)


def on(day, *invoices, steps=STEPS, **facts):
    """Return what is decided on a day of March 2026."""
    return decide(steps, Facts(date(2026, 3, day), invoices or (A,), **facts))


def live(steps, invoices, days, **facts):
    """Work day by day; return which step was done for which invoices, and when."""
    done, story = {}, []
    for day in days:
        decision = decide(steps, Facts(day, invoices, done=done, **facts))
        for due in decision.due:
            story.append((day, due.step, due.invoices))
            done |= {(due.step, id_): day for id_ in due.invoices}
        assert decision.date_next is None or decision.date_next >= day
    return story


def days(first, count):
    return [first + timedelta(days=n) for n in range(count)]


# === CASES === #


def test_h4_states_follow_30_40_and_50_days_after_the_earliest_unpaid_invoice():
    steps = [Step(n, days=n) for n in (30, 40, 50)]
    invoice = Invoice(1, Decimal(100), date(2012, 5, 31))
    assert not decide(steps, Facts(date(2012, 6, 24), (invoice,))).due
    assert live(steps, (invoice,), days(date(2012, 6, 1), 60)) == [
        (date(2012, 6, 30), 30, (1,)),
        (date(2012, 7, 10), 40, (1,)),
        (date(2012, 7, 20), 50, (1,)),
    ]


@pytest.mark.parametrize(("amount", "is_due"), [("149", False), ("150", True)])
def test_h6_nothing_is_done_below_the_threshold(amount, is_due):
    step = Step(1, days=3, conditions=Conditions(min_amount=Decimal(150)))
    decision = on(20, replace(A, amount=Decimal(amount)), steps=[step])
    assert bool(decision.due) == is_due


def test_h7_an_invoice_is_overdue_on_the_day_after_its_due_date():
    invoice = Invoice(1, Decimal(100), date(2025, 1, 3))
    assert not Facts(date(2025, 1, 3), (invoice,)).is_overdue(invoice)
    assert Facts(date(2025, 1, 4), (invoice,)).is_overdue(invoice)


def test_h16_15_days_after_the_1st_is_the_16th():
    close = [Step(1, days=15)]
    assert not on(15, steps=close).due
    assert on(16, steps=close).due


def test_steps_are_due_on_their_days():
    assert live(STEPS, (A,), days(DUE, 40)) == [
        (date(2026, 3, 4), 1, (1,)),
        (date(2026, 3, 11), 2, (1,)),
        (date(2026, 3, 21), 3, (1,)),
    ]


def test_what_was_missed_is_caught_up_one_after_the_other():
    old = replace(A, date_due=date(2025, 12, 1))
    assert live(STEPS, (old,), days(DUE, 40)) == [
        (date(2026, 3, 1), 1, (1,)),
        (date(2026, 3, 4), 2, (1,)),
        (date(2026, 3, 11), 3, (1,)),
    ]


def test_a_reminder_speaks_of_all_that_is_overdue():
    assert on(11, A, B, done={(1, 1): date(2026, 3, 4)}).due == (Due(2, (1, 2)),)


def test_another_invoice_does_not_begin_with_the_friendly_one():
    done = {(step, 1): date(2026, 3, 4) for step in (1, 2)}
    assert on(12, A, B, done=done).due == ()
    assert on(18, A, B, done=done).due == (Due(2, (2,)),)
    assert on(12, B, done=done).due == (Due(1, (2,)),)


def test_a_fee_is_for_each_invoice_apart():
    fee = Step(9, days=5, is_single=True)
    assert on(9, A, B, steps=[fee]).due == (Due(9, (1,)),)
    assert on(13, A, B, steps=[fee], done={(9, 1): DUE}).due == (Due(9, (2,)),)


def test_a_reminder_before_the_due_date_is_not_sent_after_it():
    ahead = Step(4, days=-3)
    early = replace(A, date_due=date(2026, 3, 10))
    assert on(6, early, steps=[ahead]) == Decision((), date(2026, 3, 7))
    assert on(7, early, steps=[ahead]).due == (Due(4, (1,)),)
    assert on(10, early, steps=[ahead]).due == (Due(4, (1,)),)
    assert on(11, early, steps=[ahead]) == Decision(())


def test_days_count_from_the_failed_charge():
    step = Step(5, timing="failure", days=2)
    assert on(5, steps=[step]) == Decision(())
    failed = replace(A, date_failed=date(2026, 3, 4))
    assert on(5, failed, steps=[step]) == Decision((), date(2026, 3, 6))
    assert on(6, failed, steps=[step]).due == (Due(5, (1,)),)


def test_days_count_from_the_step_before():
    steps = [FRIENDLY, Step(6, timing="previous", days=4)]
    assert [day.day for day, *_rest in live(steps, (A,), days(DUE, 20))] == [4, 8]


def test_what_is_stopped_is_left_alone():
    disputed = replace(A, is_stopped=True)
    assert on(30, disputed) == Decision((), date(2026, 3, 31))
    assert on(11, disputed, B).due == (Due(1, (2,)),)
    assert on(30, disputed, B, done={(1, 2): DUE, (2, 2): DUE}).due == (Due(3, (2,)),)


def test_a_contact_waits_for_working_hours_and_nothing_overtakes_it():
    steps = (replace(FRIENDLY, days=20), replace(SUSPEND, grace_days=0))
    decision = on(21, steps=steps, is_working=False)
    assert decision == Decision((), date(2026, 3, 21), is_waiting_for_hours=True)
    assert [due.step for due in on(21, steps=steps).due] == [1, 3]


@pytest.mark.parametrize(
    ("conditions", "is_due"),
    [
        ({"min_age": 19}, True),
        ({"min_age": 20}, False),
        ({"min_invoices": 2}, True),
        ({"min_invoices": 3}, False),
        ({"min_amount": Decimal(150)}, True),
        ({"min_amount": Decimal("150.01")}, False),
        ({"categories": frozenset({"retry"})}, True),
        ({"categories": frozenset({"never"})}, False),
        ({"tags": frozenset({7, 8})}, True),
        ({"tags": frozenset({8})}, False),
        ({"min_risk": 60}, True),
        ({"min_risk": 61}, False),
        ({"min_age": 19, "min_invoices": 3}, False),
    ],
)
def test_all_conditions_have_to_hold(conditions, is_due):
    step = Step(1, days=3, conditions=Conditions(**conditions))
    failed = replace(A, category="retry")
    decision = on(20, failed, B, steps=[step], tags=frozenset({7}), risk=60)
    assert bool(decision.due) == is_due
    assert is_due or decision.date_next == date(2026, 3, 21)


# === PROPERTIES === #

steps_ = st.lists(
    st.builds(
        Step,
        id=st.integers(1, 99),
        timing=st.sampled_from(["due", "failure", "previous"]),
        days=st.integers(-5, 30),
        grace_days=st.integers(0, 5),
        is_single=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda step: step.id,
)
invoices_ = st.lists(
    st.builds(
        Invoice,
        id=st.integers(1, 99),
        amount=st.decimals(1, 1000, places=2),
        date_due=st.dates(date(2026, 2, 1), date(2026, 4, 1)),
        date_failed=st.none() | st.dates(date(2026, 2, 1), date(2026, 3, 1)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda invoice: invoice.id,
).map(tuple)


@given(steps_, invoices_)
def test_nothing_is_done_twice(steps, invoices):
    story = live(steps, invoices, days(DUE, 90))
    done = [(step, id_) for _day, step, ids in story for id_ in ids]
    assert len(done) == len(set(done))


@given(steps_, invoices_)
def test_nothing_happens_before_the_day_to_look_again(steps, invoices):
    """To skip the days in between changes nothing."""
    done, story, day = {}, [], DUE
    while day and day < DUE + timedelta(days=90):
        decision = decide(steps, Facts(day, invoices, done=done))
        for due in decision.due:
            story.append((day, due.step, due.invoices))
            done |= {(due.step, id_): day for id_ in due.invoices}
        day = decision.date_next
    assert story == live(steps, invoices, days(DUE, 90))


@given(steps_, invoices_)
def test_days_of_grace_are_kept(steps, invoices):
    story = live(steps, invoices, days(DUE, 90))
    order = [step.id for step in steps]
    by_id = {step.id: step for step in steps}
    for number, (day, id_, _ids) in enumerate(story):
        earlier = {s for s in order[: order.index(id_)]}
        last = max((d for d, s, _i in story[:number] if s in earlier), default=None)
        assert last is None or (day - last).days >= by_id[id_].grace_days


@given(steps_, invoices_)
def test_running_again_on_the_same_day_does_nothing(steps, invoices):
    done = {}
    for day in days(DUE, 30):
        for due in decide(steps, Facts(day, invoices, done=done)).due:
            done |= {(due.step, id_): day for id_ in due.invoices}
        assert not decide(steps, Facts(day, invoices, done=done)).due
