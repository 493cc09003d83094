"""The oracle's cases of usage: what is counted, and in which window."""

from datetime import timedelta
from decimal import Decimal

from odoo.addons.subscription_billing.tools.clock import local_date
from odoo.addons.subscription_billing.tools.metering import Count, Meter, measure
from odoo.addons.subscription_billing.tools.pricing.rating import rate
from odoo.addons.subscription_billing.tools.recurrence import Recurrence

from . import oracle_kinds as kinds
from .oracle_cases import each
from .oracle_money import band_terms

FIRST = kinds.d("2026-01-01")


@each(kinds.UsageWindow)
def test_another_time_zone_counts_nothing_twice(case):
    around = [case.counted_until + timedelta(seconds=n) for n in range(-2, 3)]
    counts = [
        Count(
            id=position,
            time=instant,
            day=local_date(instant, case.tz),
            quantity=Decimal(1),
            is_billed=instant < case.counted_until,
        )
        for position, instant in enumerate(around)
    ]
    usage = measure(Meter("sum"), counts, case.window, billed=[case.counted])
    assert usage.quantity == sum(instant >= case.expected for instant in around)


@each(kinds.CarriedOver)
def test_a_running_meter_goes_on_from_the_period_before(case):
    recurrence = Recurrence(FIRST, kinds.MONTH)
    last = recurrence.boundary(len(case.counted) - 1)
    counts = [
        Count(
            id=n,
            time=kinds.utc(f"{recurrence.boundary(n)}T12:00:00"),
            day=recurrence.boundary(n),
            quantity=quantity,
            is_billed=recurrence.boundary(n) < last,
        )
        for n, quantity in enumerate(case.counted)
    ]
    meter = Meter("sum", carries_over=True)
    usage = measure(meter, counts, recurrence.period_containing(last))
    assert usage.quantity == case.quantity
    assert rate("graduated", usage.quantity, band_terms(case.bands)).amount == (
        case.expected
    )
