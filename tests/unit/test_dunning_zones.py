"""No step is a day early or late, wherever the company is and whenever the job runs."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.decision import (
    Facts,
    Invoice,
    Step,
    decide,
)

from odoo.addons.subscription_billing.tools.clock import day_bounds, local_date

ZONES = [
    "UTC", "Pacific/Kiritimati", "Asia/Tokyo", "America/Los_Angeles",
    "Pacific/Pago_Pago", "Europe/Paris", "America/Havana", "Australia/Lord_Howe",
]  # fmt: skip
SECOND = timedelta(seconds=1)

zones = st.sampled_from(ZONES)
dates = st.dates(date(2015, 1, 1), date(2035, 12, 31))
counts = st.integers(0, 60)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31)).map(
    lambda moment: moment.replace(tzinfo=timezone.utc)
)


def is_due(count, due, moment, tz):
    """Return whether a step of so many days is due at a moment."""
    invoice = Invoice(1, Decimal(100), due)
    facts = Facts(local_date(moment, tz), (invoice,))
    return bool(decide([Step(1, days=count)], facts).due)


@given(counts, dates, zones)
def test_a_step_is_due_from_the_first_second_of_its_day(count, due, tz):
    begins, _ends = day_bounds(due + timedelta(days=count), tz)
    assert is_due(count, due, begins, tz)
    assert not is_due(count, due, begins - SECOND, tz)


@given(counts, moments, zones, st.integers(-3, 3))
def test_a_step_is_due_when_the_calendar_on_the_wall_says_so(count, moment, tz, off):
    """Said again without our clock: by the date that the wall shows."""
    there = moment.astimezone(ZoneInfo(tz)).date()
    due = there - timedelta(days=count + off)
    assert is_due(count, due, moment, tz) == (off >= 0)


@given(dates, zones)
def test_what_is_due_on_a_day_is_overdue_from_the_first_second_of_the_next(due, tz):
    invoice = Invoice(1, Decimal(100), due)
    _begins, ends = day_bounds(due, tz)
    for moment, is_overdue in ((ends - SECOND, False), (ends, True)):
        facts = Facts(local_date(moment, tz), (invoice,))
        assert facts.is_overdue(invoice) == is_overdue
