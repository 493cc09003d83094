"""When a charge that failed is tried again."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.budgets import (
    OURS,
    Budget,
    card_budgets,
    earliest,
)
from odoo.addons.subscription_billing_dunning.tools.retries import (
    PRESETS,
    Backoff,
    Retry,
    Schedule,
    Smart,
    Try,
    next_retry,
)

from odoo.addons.subscription_billing.tools.dunning import PAUSES
from odoo.addons.subscription_billing.tools.outcome import Decline

FIRST = datetime(2012, 5, 31, 9, 30)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PASSING = Decline("retry", "insufficient_funds")
KILL_BILL = PRESETS["every_8_days"]
EVERY_2_DAYS = Schedule(days=(2,) * 30)

schedules = st.sampled_from([*PRESETS.values(), EVERY_2_DAYS, Schedule(days=(1, 5))])
declines = st.builds(
    Decline,
    st.sampled_from(["retry", "unknown", "customer", "never"]),
    advice=st.sampled_from(["", "try_again_later", "26", "30", "03", "whatever"]),
)
passing = st.sampled_from([PASSING, Decline("unknown"), Decline("retry", advice="27")])
delays = st.timedeltas(timedelta(0), 4 * DAY)
some_budgets = st.sampled_from(
    [(), (OURS,), card_budgets("Visa"), (Budget(2, 10 * DAY), Budget(1, DAY))]
)


def after(*days, errors=()):
    """Return tries so many days after the first failure, some of them errors."""
    return [Try(FIRST + day * DAY, is_error=day in errors) for day in days]


def retry(schedule, tries, decline=PASSING, *, now=FIRST, budgets=(), **kwargs):
    """Return the next try of a card that nothing else is charged with."""
    kwargs.setdefault("card_tries", [each.date for each in tries])
    return next_retry(schedule, tries, decline, now=now, budgets=budgets, **kwargs)


def run(schedule, *, budgets=(), decline=PASSING, late=lambda: timedelta(0), **kwargs):
    """Return the tries of a debt that is declined each time, and the last answer.

    :param late: by how much a try comes later than its date
    """
    tries, now = after(0), FIRST
    while True:
        found = retry(schedule, tries, decline, now=now, budgets=budgets, **kwargs)
        if found.date is None:
            return tries, found
        now = found.date + late()
        tries.append(Try(now))


def days_of(tries):
    """Return how many days after the first failure each further try came."""
    return [(each.date - FIRST) / DAY for each in tries[1:]]


# === SCHEDULES === #


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(
            (8,) * 6,
            ["06-08", "06-16", "06-24", "07-02", "07-10", "07-18"],
            id="H1",
        ),
        pytest.param(KILL_BILL.days, ["06-08", "06-16", "06-24"], id="H2"),
    ],
)
def test_fixed_days_count_from_try_to_try_and_end(days, expected):
    tries, end = run(Schedule(days=days), budgets=(OURS,))
    found = [each.date.date() for each in tries[1:]]
    assert found == [date.fromisoformat(f"2012-{day}") for day in expected]
    assert end == Retry(None, "used_up")


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        # Lago waits for more than two days; its job runs daily, ours at any hour, so
        # ours is due at 2.0 days exactly.
        pytest.param(FIRST + 2 * DAY, True, id="H10"),
        pytest.param(FIRST + 2 * DAY - SECOND, False, id="H10-before"),
        pytest.param(FIRST + 2 * DAY + SECOND, True, id="H10-later"),
    ],
)
def test_a_try_is_due_at_its_instant_and_not_before(now, is_due):
    assert (retry(EVERY_2_DAYS, after(0), now=now).date <= now) is is_due


@pytest.mark.parametrize(
    ("key", "count", "days"),
    [
        pytest.param("smart_4_in_21_days", 4, 21, id="H11"),
        pytest.param("smart_8_in_14_days", 8, 14, id="H12"),
    ],
)
def test_smart_tries_are_spread_over_their_days_unless_somebody_chooses(
    key, count, days
):
    tries, end = run(PRESETS[key], budgets=card_budgets(""))
    assert days_of(tries) == [days / count * (n + 1) for n in range(count)]
    assert end == Retry(None, "used_up")


@pytest.mark.parametrize(
    ("schedule", "tries", "reason"),
    [
        pytest.param("until_7_declines", after(*range(7)), "declines", id="H13"),
        pytest.param(
            "until_7_declines",
            after(*range(20), errors=range(1, 15)),
            "attempts",
            id="H13-attempts",
        ),
        pytest.param("until_7_declines", after(0, 58), "days", id="H13-days"),
        pytest.param("three_tries", after(0, 3, 8, 15), "used_up", id="vtiger"),
    ],
)
def test_rules_stop_a_schedule(schedule, tries, reason):
    assert retry(PRESETS[schedule], tries) == Retry(None, reason)
    assert retry(PRESETS[schedule], tries[:-1]).date


def test_the_last_day_of_a_rule_is_still_tried():
    schedule = PRESETS["until_7_declines"]
    last = FIRST + 60 * DAY
    assert retry(schedule, after(0, 57)) == Retry(last, "schedule")
    assert retry(schedule, after(0, 57), now=last).date == last
    assert retry(schedule, after(0, 57), now=last + SECOND) == Retry(None, "days")


def test_a_try_that_was_missed_is_made_up_at_once_and_the_next_keeps_its_distance():
    now = FIRST + 30 * DAY
    assert retry(KILL_BILL, after(0), now=now).date == now
    assert retry(KILL_BILL, after(0, 30), now=now).date == now + 8 * DAY


def test_without_a_schedule_nothing_is_tried_again():
    assert retry(Schedule(), after(0)) == Retry(None, "used_up")


# === SMART === #


@pytest.mark.parametrize(
    ("choose", "expected"),
    [
        (lambda first, last: first, [1, 2, 3, 4]),
        (lambda first, last: last, [5.25, 10.5, 15.75, 21]),
        (lambda first, last: first - 9 * DAY, [1, 2, 3, 4]),
        (lambda first, last: last + 9 * DAY, [5.25, 10.5, 15.75, 21]),
    ],
)
def test_the_choice_stays_in_its_share_of_the_time(choose, expected):
    tries, _end = run(PRESETS["smart_4_in_21_days"], choose=choose)
    assert days_of(tries) == expected


def test_smart_tries_end_with_their_days():
    schedule, tries = PRESETS["smart_4_in_21_days"], after(0)
    last = FIRST + 21 * DAY
    assert retry(schedule, tries, now=last) == Retry(last, "schedule")
    assert retry(schedule, tries, now=last + SECOND) == Retry(None, "used_up")


# === WHAT THE DECLINE SAYS === #


@pytest.mark.parametrize(
    ("category", "advice", "expected"),
    [
        ("never", "", "never"),
        ("customer", "", "customer"),
        ("retry", "do_not_try_again", "never"),
        ("retry", "confirm_card_data", "customer"),
        ("unknown", "confirm_card_data", "customer"),
        ("customer", "do_not_try_again", "never"),
        ("never", "confirm_card_data", "never"),
        pytest.param("retry", "03", "never", id="H15-advice-03"),
        pytest.param("retry", "21", "never", id="H15-advice-21"),
        # the network's rule, and what only the customer can confirm, have come before
        ("never", "try_again_later", "never"),
        ("customer", "try_again_later", "customer"),
    ],
)
def test_some_declines_are_never_tried_again(category, advice, expected):
    decline = Decline(category, advice=advice)
    assert retry(EVERY_2_DAYS, after(0), decline) == Retry(None, expected)


@pytest.mark.parametrize(
    ("advice", "days"), [("", 2), ("24", 2), ("26", 2), ("27", 4), ("30", 10)]
)
def test_the_issuer_may_ask_for_more_time(advice, days):
    decline = Decline("retry", advice=advice)
    assert retry(EVERY_2_DAYS, after(0), decline).date == FIRST + days * DAY


def test_unclear_declines_are_tried_few_times_and_three_days_apart():
    tries, end = run(EVERY_2_DAYS, decline=Decline())
    assert days_of(tries) == [3, 6]
    assert end == Retry(None, "unknown")
    tries, end = run(replace(EVERY_2_DAYS, unknown_tries=1), decline=Decline())
    assert (tries, end) == (after(0), Retry(None, "unknown"))


def test_no_reason_is_an_unclear_one():
    assert retry(EVERY_2_DAYS, after(0), None) == retry(
        EVERY_2_DAYS, after(0), Decline()
    )


def test_advice_to_try_later_makes_an_unclear_decline_a_passing_one():
    advised = Decline("unknown", advice="try_again_later")
    assert run(KILL_BILL, decline=advised) == run(KILL_BILL)


# === THE CUSTOMER HAS ACTED === #


@pytest.mark.parametrize("category", ["retry", "unknown", "customer", "never"])
@pytest.mark.parametrize("schedule", [Schedule(), KILL_BILL])
def test_a_new_or_updated_method_gets_one_try_at_once(category, schedule):
    decline, now = Decline(category), FIRST + 2 * DAY
    changed = {"now": now, "date_method_changed": now - SECOND}
    assert retry(schedule, after(0), decline, **changed) == Retry(now, "method")
    tried = after(0, 2)
    assert retry(schedule, tried, decline, **changed) == retry(
        schedule, tried, decline, now=now
    )


def test_a_method_that_was_changed_before_the_last_try_has_had_it():
    at = {"now": FIRST, "date_method_changed": FIRST}
    assert retry(KILL_BILL, after(0), Decline("never"), **at).reason == "never"


def test_not_even_a_new_method_is_tried_above_its_budget():
    now = FIRST + DAY
    found = retry(
        KILL_BILL,
        after(0),
        now=now,
        budgets=(OURS,),
        card_tries=[now] * OURS.count,
        date_method_changed=now,
    )
    assert found == Retry(now + OURS.within, "method")


# === ERRORS OF THE PROVIDER === #


def test_errors_are_waited_for_in_minutes_that_double_and_then_by_the_schedule():
    tries, waits = after(0), []
    for _error in range(9):
        tries[-1] = replace(tries[-1], is_error=True)
        found = retry(KILL_BILL, tries, None, now=tries[-1].date)
        waits.append(found.date - tries[-1].date)
        tries.append(Try(found.date))
    assert waits[:8] == [timedelta(seconds=300 * 2**n) for n in range(8)]
    assert waits[8] == 8 * DAY


def test_errors_use_up_nothing_of_the_schedule():
    tries = after(0, 8, 9, 10, errors=(8, 9))
    assert retry(KILL_BILL, tries) == Retry(FIRST + 18 * DAY, "schedule")
    assert retry(KILL_BILL, after(0, 8, 16, 24, 25, errors=(24,))).date is None


def test_errors_are_waited_for_as_the_schedule_says():
    schedule = Schedule(days=(8,), backoff=Backoff(timedelta(minutes=1), 3, 1))
    found = retry(schedule, after(0, errors=(0,)))
    assert found == Retry(FIRST + timedelta(minutes=1), "error")
    found = retry(schedule, after(0, 1, errors=(0, 1)))
    assert found == Retry(FIRST + 9 * DAY, "schedule")


def test_an_error_says_nothing_of_the_card():
    stale = Decline("never")
    assert retry(KILL_BILL, after(0, errors=(0,)), stale).reason == "error"


# === PROPERTIES === #


@given(schedules, some_budgets, passing, st.randoms(use_true_random=False))
def test_tries_keep_their_distance_and_every_budget(schedule, budgets, decline, luck):
    tries, end = run(
        schedule,
        budgets=budgets,
        decline=decline,
        late=lambda: luck.choice([0, 0, 1, 50]) * timedelta(hours=1),
        choose=lambda first, last: first + luck.random() * (last - first),
    )
    dates = [each.date for each in tries]
    gaps = [later - sooner for sooner, later in pairwise(dates)]
    least = [days * DAY for days in schedule.days] or [PAUSES[decline.category]] * 99
    assert all(gap >= wait for gap, wait in zip(gaps, least, strict=False))
    assert all(gap >= PAUSES[decline.category] for gap in gaps)
    for budget in budgets:
        for start in dates:
            held = [each for each in dates if start <= each < start + budget.within]
            assert len(held) <= budget.count
    assert end.date is None
    assert len(gaps) <= len(schedule.days or range(schedule.smart.tries))


@given(schedules, some_budgets, declines, st.lists(delays, min_size=1), delays, delays)
def test_a_later_day_never_brings_a_try_forward(
    schedule, budgets, decline, steps, now, later
):
    tries = [Try(FIRST + sum(steps[:n], timedelta(0))) for n in range(len(steps))]
    asked = tries[-1].date + now
    found = retry(schedule, tries, decline, now=asked, budgets=budgets)
    again = retry(schedule, tries[::-1], decline, now=asked, budgets=budgets)
    assert found == again
    afterwards = retry(schedule, tries, decline, now=asked + later, budgets=budgets)
    if found.date is None:
        assert afterwards == found
    else:
        assert found.date >= earliest(budgets, [each.date for each in tries], asked)
        assert afterwards.date is None or afterwards.date >= found.date


@given(schedules, passing, st.integers(0, 7), st.integers(0, 20))
def test_other_charges_of_the_card_only_make_it_later(schedule, decline, count, ago):
    tries = after(0)
    others = [FIRST - ago * DAY] * count
    alone = retry(schedule, tries, decline, budgets=(OURS,))
    shared = retry(
        schedule, tries, decline, budgets=(OURS,), card_tries=[FIRST, *others]
    )
    if shared != alone:
        assert shared.date is None or shared.date > alone.date
        assert shared.reason in ("budget", "used_up")


def test_a_budget_is_named_when_it_makes_a_try_later():
    others = [FIRST] * OURS.count
    found = retry(KILL_BILL, after(0), budgets=(OURS,), card_tries=others)
    assert found == Retry(FIRST + OURS.within, "budget")
    smart = PRESETS["smart_4_in_21_days"]
    assert retry(smart, after(0), budgets=(OURS,), card_tries=others) == found
    short = (Budget(1, 3 * DAY),)
    assert retry(smart, after(0), budgets=short) == retry(smart, after(0))
    chosen = retry(smart, after(0), budgets=short, choose=lambda first, last: first)
    assert chosen == Retry(FIRST + 3 * DAY, "schedule")


# === WHAT CANNOT BE === #


def test_what_was_never_tried_is_not_tried_again():
    with pytest.raises(ValueError, match="never tried"):
        retry(KILL_BILL, [])


@pytest.mark.parametrize(
    "kwargs", [{"days": (8, 0)}, {"days": (8,), "smart": Smart(4, 21)}]
)
def test_a_schedule_does_not_contradict_itself(kwargs):
    with pytest.raises(ValueError, match="follow"):
        Schedule(**kwargs)


@pytest.mark.parametrize(("tries", "days"), [(0, 14), (4, 0)])
def test_smart_tries_need_time(tries, days):
    with pytest.raises(ValueError, match="Smart tries"):
        Smart(tries, days)
