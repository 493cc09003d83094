"""The oracle: what the best billing systems answer to the same questions.

Facts and numbers from the test suites and the documentation of those systems, as data.
The class of a case says what is asked (``oracle_kinds``), and one test runs each class,
with the numbers of its cases as ids. Numbers run with gaps; rows of one number are told
apart by a label. Days are half-open spans, as in the addon.

Where ours answers otherwise than the source, ``theirs`` is the source's answer and
``differs`` says why; everywhere else the expected answer is the source's.
"""

from decimal import Decimal
from fractions import Fraction

import pytest

from .oracle_kinds import (
    HALF_YEAR,
    MONTH,
    QUARTER,
    THIRTY_DAYS,
    TWO_MONTHS,
    WEEK,
    YEAR,
    AccountCredit,
    BilledPeriod,
    Boundaries,
    CarriedOver,
    Case,
    Credit,
    CustomerChurn,
    FirstAnchor,
    InvoiceDate,
    LastAnchor,
    LastDays,
    LocalDate,
    LocalPeriod,
    Mrr,
    NewPrice,
    NextBoundary,
    NextPeriod,
    Package,
    PaidAtOnce,
    Percentage,
    Position,
    PriceChange,
    Refused,
    RevenueChurn,
    SteadyDay,
    Stub,
    StubPrice,
    SummerTime,
    ThirtyDayMonths,
    Tiered,
    TieredParts,
    UsageInvoice,
    UsageWindow,
    WholePeriods,
    Worth,
    WrongDays,
    amounts,
    band,
    d,
    days,
    money,
    span,
    utc,
)

# === SOURCES === #

#: who is meant by the first word of a source
PREFIXES = {
    "KB": "repository killbill/killbill",
    "LG": "repository getlago/lago-api",
    "OCA": "repository OCA/contract, branch 17.0",
    "ST": "docs.stripe.com and support.stripe.com",
    "OD": "repository odoo/documentation",
    "killbill-docs": "repository killbill/killbill-docs",
}
_KB = "invoice/src/test/java/org/killbill/billing/invoice"
#: the file that is meant by the first word of a source
PATHS = {
    "KB-prorate-utils": f"{_KB}/generator/"
    "TestInvoiceDateUtils{Without,With}FixedProration.java",
    "KB-interval": f"{_KB}/generator/TestInAdvanceBillingIntervalDetail.java",
    "KB-pr-monthly": f"{_KB}/proRations/inAdvance/monthly/*.java",
    "KB-pr-quarterly": f"{_KB}/proRations/inAdvance/quarterly/*.java",
    "KB-pr-annual": f"{_KB}/proRations/inAdvance/annual/*.java",
    "KB-bcd-util": "util/src/test/java/org/killbill/billing/util/bcd/"
    "TestBillCycleDayCalculator.java",
    "KB-beatrix": "beatrix/src/test/java/org/killbill/billing/beatrix/integration/"
    "<Test>.java",
    "KB-usage": f"{_KB}/usage/TestContiguousIntervalConsumableInArrear.java",
    "LG-dates": "spec/services/subscriptions/dates/"
    "{monthly,quarterly,yearly}_service_spec.rb",
    "LG-charge": "spec/services/charge_models/*_service_spec.rb",
    "OCA-test": "contract/tests/test_contract.py",
}


# === A. ANCHORING AND NEXT BILLING DATE === #

_CYCLE = "ST /billing/subscriptions/billing-cycle"
_127 = "KB-interval, https://github.com/killbill/killbill/issues/127"
_OVERDUE = "KB-beatrix TestOverdueIntegration"
_DRIFT = "OCA contract/models/contract_recurrency_mixin.py"

ANCHORING = [
    Boundaries(
        "A1",
        _CYCLE,
        d("2026-01-31"),
        MONTH,
        days("2026-01-31 2026-02-28 2026-03-31 2026-04-30"),
    ),
    Boundaries(
        "A1",
        _CYCLE,
        d("2024-01-31"),
        MONTH,
        days("2024-01-31 2024-02-29 2024-03-31 2024-04-30"),
        label="leap year",
    ),
    SteadyDay("A2", _CYCLE, d("2022-09-02"), MONTH, 2),
    SteadyDay("A3", _CYCLE, d("2022-06-03"), WEEK, 4),
    FirstAnchor("A4", "KB-interval", d("2012-01-16"), 17, MONTH, d("2012-01-17")),
    FirstAnchor("A5", "KB-interval", d("2012-01-16"), 17, YEAR, d("2012-01-17")),
    FirstAnchor("A6", "KB-interval", d("2012-01-16"), 17, THIRTY_DAYS, d("2012-01-16")),
    FirstAnchor("A7", "KB-interval", d("2012-02-16"), 30, MONTH, d("2012-02-29")),
    FirstAnchor("A8", "KB-interval", d("2012-01-31"), 30, MONTH, d("2012-02-29")),
    FirstAnchor(
        "A10", "KB-interval", d("2012-02-16"), 14, MONTH, d("2012-03-14"), label="month"
    ),
    FirstAnchor(
        "A10", "KB-interval", d("2012-02-16"), 14, YEAR, d("2013-02-14"), label="year"
    ),
    FirstAnchor("A11", "KB-interval", d("2012-07-16"), 15, MONTH, d("2012-08-15")),
    FirstAnchor("A12", "KB-interval", d("2012-03-03"), 3, MONTH, d("2012-03-03")),
    FirstAnchor("A13", "KB-interval", d("2012-03-04"), 3, MONTH, d("2012-04-03")),
    WholePeriods(
        "A14",
        "KB-interval",
        d("2012-04-30"),
        31,
        d("2012-04-30"),
        days("2012-04-30 2012-05-31"),
    ),
    WholePeriods(
        "A15",
        _127,
        d("2017-01-31"),
        31,
        d("2017-03-31"),
        days("2017-01-31 2017-02-28 2017-03-31 2017-04-30"),
    ),
    WholePeriods(
        "A16",
        "KB-interval",
        d("2012-07-16"),
        16,
        d("2012-08-16"),
        days("2012-07-16 2012-08-16 2012-09-16"),
    ),
    LastAnchor(
        "A17",
        "KB-interval",
        d("2012-07-16"),
        16,
        MONTH,
        d("2012-09-15"),
        d("2012-08-16"),
    ),
    FirstAnchor("A19", "KB-bcd-util", d("2022-02-19"), 31, MONTH, d("2022-02-28")),
    NextBoundary(
        "A20", "KB-bcd-util", d("2022-02-02"), WEEK, d("2022-02-19"), d("2022-02-23")
    ),
    NextBoundary(
        "A22", "KB-bcd-util", d("2022-02-18"), WEEK, d("2022-02-25"), d("2022-02-25")
    ),
    BilledPeriod(
        "A23",
        "LG-dates monthly",
        d("2021-03-31"),
        MONTH,
        "advance",
        d("2021-04-30"),
        date_start=d("2021-04-30"),
    ),
    BilledPeriod(
        "A24",
        "LG-dates monthly",
        d("2020-01-31"),
        MONTH,
        "advance",
        d("2020-02-29"),
        date_start=d("2020-02-29"),
    ),
    BilledPeriod(
        "A25",
        "LG-dates monthly",
        d("2021-03-31"),
        MONTH,
        "arrears",
        d("2021-04-30"),
        date_start=d("2021-03-31"),
    ),
    BilledPeriod(
        "A27",
        "LG-dates monthly",
        d("2022-01-31"),
        MONTH,
        "arrears",
        d("2022-02-28"),
        date_end=d("2022-02-28"),
    ),
    BilledPeriod(
        "A28",
        "LG-dates quarterly",
        d("2021-01-31"),
        QUARTER,
        "advance",
        d("2021-04-30"),
        date_start=d("2021-04-30"),
    ),
    BilledPeriod(
        "A29",
        "LG-dates quarterly",
        d("2021-11-30"),
        QUARTER,
        "arrears",
        d("2022-03-01"),
        date_end=d("2022-02-28"),
    ),
    BilledPeriod(
        "A32",
        "LG-dates yearly",
        d("2020-02-29"),
        YEAR,
        "arrears",
        d("2022-03-01"),
        date_end=d("2022-02-28"),
    ),
    WholePeriods(
        "A33",
        _OVERDUE,
        d("2012-05-01"),
        0,
        d("2012-07-31"),
        days("2012-05-31 2012-06-30 2012-07-31 2012-08-31"),
        trial_days=30,
        price=money("249.95"),
    ),
    LastDays(
        "A34",
        _DRIFT,
        d("2026-01-31"),
        MONTH,
        days("2026-02-27 2026-03-30 2026-04-29"),
        theirs=days("2026-02-27 2026-03-27 2026-04-27"),
        differs="they count each period from the end of the one before, and drift",
    ),
]

# === B. NEXT INVOICE, IN ADVANCE AND IN ARREARS === #

_LAST_DAY = (
    "they invoice on the last day of the month, before it is over; ours is invoiced "
    "on the day after, and no offset goes back into the period"
)

NEXT_INVOICE = [
    InvoiceDate("B1", "OCA-test", d("2018-01-01"), MONTH, "advance", d("2018-01-01")),
    Refused("B2", "OCA-test", d("2018-01-16"), d("2018-01-16")),
    InvoiceDate("B3", "OCA-test", d("2018-01-01"), MONTH, "arrears", d("2018-02-01")),
    InvoiceDate(
        "B5", "OCA-test", d("2018-01-01"), TWO_MONTHS, "arrears", d("2018-03-01")
    ),
    InvoiceDate(
        "B6",
        "OCA-test",
        d("2018-01-05"),
        MONTH,
        "arrears",
        d("2018-02-01"),
        day=1,
        theirs=d("2018-01-31"),
        differs=_LAST_DAY,
    ),
    InvoiceDate(
        "B7",
        "OCA-test",
        d("2018-01-05"),
        TWO_MONTHS,
        "arrears",
        d("2018-03-01"),
        day=1,
        theirs=d("2018-02-28"),
        differs=_LAST_DAY,
    ),
    InvoiceDate("B8", "OCA-test", d("2018-01-05"), YEAR, "arrears", d("2019-01-05")),
    NextPeriod(
        "B10", "OCA-test", d("2018-02-22"), QUARTER, d("2018-05-21"), d("2018-05-22")
    ),
    NextPeriod(
        "B11", "OCA-test", d("2018-02-22"), HALF_YEAR, d("2018-08-21"), d("2018-08-22")
    ),
]

# === C. TIME ZONES === #

_EVENING = utc("2012-07-16T21:17:03")

TIME_ZONES = [
    LocalDate(
        "C1",
        "KB-bcd-util",
        _EVENING,
        "Pacific/Honolulu",
        d("2012-07-16"),
        label="HST",
    ),
    LocalDate(
        "C1", "KB-bcd-util", _EVENING, "Europe/Paris", d("2012-07-16"), label="Paris"
    ),
    LocalDate("C1", "KB-bcd-util", _EVENING, "UTC", d("2012-07-16"), label="UTC"),
    LocalDate(
        "C2", "KB-bcd-util", _EVENING, "Etc/GMT-3", d("2012-07-17"), label="+03:00"
    ),
    LocalDate(
        "C2", "KB-bcd-util", _EVENING, "Asia/Tokyo", d("2012-07-17"), label="Tokyo"
    ),
    SummerTime(
        "C3",
        "KB-beatrix TestWithTimeZones",
        "America/Juneau",
        utc("2015-09-01T08:01:01"),
        1,
        19,
        money("249.95"),
    ),
    LocalPeriod(
        "C4",
        "LG-dates monthly",
        "America/New_York",
        MONTH,
        utc("2022-03-01T00:00:00"),
        start=utc("2022-01-01T05:00:00"),
        last_second=utc("2022-02-01T04:59:59"),
    ),
    LocalPeriod(
        "C5",
        "LG-dates yearly",
        "America/New_York",
        YEAR,
        utc("2022-01-01T00:00:00"),
        start=utc("2020-01-01T05:00:00"),
    ),
    UsageWindow(
        "C7",
        "LG-dates monthly",
        "America/Los_Angeles",
        span("2022-01-01 2022-02-01"),
        span("2022-02-01 2022-03-01"),
        counted_until=utc("2022-02-01T00:00:00"),
        expected=utc("2022-02-01T00:00:00"),
    ),
]

# === D. STUB FACTORS === #

_BACKDATING = "ST /billing/subscriptions/backdating"
_COMMITMENT = (
    "LG spec/services/commitments/calculate_prorated_coefficient_service_spec.rb"
)
_UTILS = "KB-prorate-utils"
_MAY = span("2023-05-23 2023-06-15")
_JUNE = span("2023-06-23 2023-07-15")
_FEBRUARY = span("2023-02-23 2023-03-15")
_LEAP_YEAR = span("2024-02-23 2024-03-15")
_22_DAYS = Fraction(22, 30), Decimal("0.733333333")
_8_DAYS = Fraction(8, 30), Decimal("0.266666667")

STUBS = [
    Stub("D1", _UTILS, _MAY, 15, Fraction(23, 31), Decimal("0.741935484")),
    Stub("D2", _UTILS, _JUNE, 15, *_22_DAYS),
    Stub("D3", _UTILS, _FEBRUARY, 15, Fraction(20, 28), Decimal("0.714285714")),
    Stub("D4", _UTILS, _LEAP_YEAR, 15, Fraction(21, 29), Decimal("0.724137931")),
    Stub("D5", _UTILS, _MAY, 15, *_22_DAYS, basis="thirty", label="of D1"),
    Stub("D5", _UTILS, _JUNE, 15, *_22_DAYS, basis="thirty", label="of D2"),
    Stub("D5", _UTILS, _FEBRUARY, 15, *_22_DAYS, basis="thirty", label="of D3"),
    Stub("D5", _UTILS, _LEAP_YEAR, 15, *_22_DAYS, basis="thirty", label="of D4"),
    Stub(
        "D6",
        _UTILS,
        span("2023-05-15 2023-05-23"),
        15,
        *_8_DAYS,
        basis="thirty",
        label="May",
    ),
    Stub(
        "D6",
        _UTILS,
        span("2023-06-15 2023-06-23"),
        15,
        *_8_DAYS,
        basis="thirty",
        label="June",
    ),
    ThirtyDayMonths("D7", _UTILS, _MAY, 15, 22),
    Stub(
        "D8",
        "KB-pr-monthly TestLeadingProRation",
        span("2011-02-01 2011-02-13"),
        13,
        Fraction(12, 31),
    ),
    Stub(
        "D10",
        "KB-pr-monthly TestLeadingProRation",
        span("2011-02-01 2011-04-13"),
        13,
        Fraction(12, 31) + 2,
    ),
    Stub(
        "D11",
        "KB-pr-quarterly",
        span("2011-02-01 2011-02-13"),
        13,
        Fraction(12, 92),
        interval=QUARTER,
    ),
    Stub(
        "D12",
        "KB-pr-annual",
        span("2011-01-31 2012-01-15"),
        15,
        Fraction(349, 365),
        interval=YEAR,
    ),
    Stub(
        "D15",
        "KB-pr-monthly TestTrailingProRation",
        span("2010-06-17 2010-07-25"),
        17,
        1 + Fraction(8, 31),
    ),
    Stub(
        "D16",
        "KB-pr-monthly TestProRation",
        span("2012-02-01 2012-02-15"),
        1,
        Fraction(14, 29),
    ),
    Stub(
        "D18",
        "KB-pr-monthly TestProRation",
        span("2011-02-07 2011-02-15"),
        7,
        Fraction(8, 28),
    ),
    Stub(
        "D19",
        _BACKDATING,
        span("2026-02-15 2026-03-01"),
        1,
        Fraction(1, 2),
        basis="start",
    ),
    Stub(
        "D20",
        _BACKDATING,
        span("2026-01-15 2026-02-01"),
        1,
        Fraction(17, 31),
        Decimal("0.548"),
        basis="start",
    ),
    Stub(
        "D21",
        _COMMITMENT,
        span("2024-01-15 2024-02-01"),
        1,
        Fraction(17, 31),
        Decimal("0.5483870967741935"),
    ),
    Refused(
        "D22",
        "KB inAdvance/TestValidationProRation",
        d("2011-02-01"),
        d("2011-01-31"),
        label="target before start",
    ),
    Refused(
        "D22",
        "KB inAdvance/TestValidationProRation",
        d("2011-02-01"),
        d("2011-01-30"),
        label="end before start",
    ),
]

# === E. MONEY PRORATION === #

_FIXED = "KB-beatrix TestInvoiceFixedProration"
_BCD = "KB-beatrix TestWithBCDUpdate"
_UPGRADE = "LG spec/scenarios/subscriptions/upgrade_proration_spec.rb"
_QUARTER_DAYS = span("2024-05-20 2024-06-21")

PRORATION = [
    StubPrice(
        "E1",
        _FIXED,
        money("19.95"),
        span("2023-05-15 2023-05-23"),
        15,
        money("5.32"),
        basis="thirty",
    ),
    StubPrice(
        "E2",
        _FIXED,
        money("19.95"),
        span("2023-05-23 2023-06-15"),
        15,
        money("14.63"),
        basis="thirty",
    ),
    Credit(
        "E3",
        _FIXED,
        money("19.95"),
        span("2023-04-23 2023-05-23"),
        span("2023-05-15 2023-05-23"),
        money("5.32"),
        basis="thirty",
    ),
    StubPrice(
        "E4", _BCD, money("249.95"), span("2016-05-01 2016-05-15"), 15, money("116.64")
    ),
    StubPrice(
        "E5", _BCD, money("249.95"), span("2016-06-01 2016-06-15"), 15, money("112.88")
    ),
    PriceChange(
        "E7",
        _BCD,
        span("2016-05-01 2016-06-01"),
        d("2016-05-05"),
        money("249.95"),
        money("599.95"),
        credit=money("217.70"),
        debit=money("522.54"),
    ),
    StubPrice(
        "E9", _BCD, money("599.95"), span("2016-06-01 2016-06-10"), 10, money("174.18")
    ),
    StubPrice(
        "E11", _BCD, money("1999.95"), span("2016-07-01 2016-07-04"), 4, money("200.00")
    ),
    StubPrice(
        "E12", _BCD, money("19.95"), span("2018-06-21 2018-07-15"), 15, money("15.96")
    ),
    StubPrice(
        "E14", _BCD, money("599.95"), span("2012-03-02 2012-03-03"), 3, money("20.69")
    ),
    Credit(
        "E17",
        _BCD,
        money("249.95"),
        span("2012-03-02 2012-04-02"),
        span("2012-03-05 2012-04-02"),
        money("225.76"),
    ),
    Credit(
        "E18",
        _OVERDUE,
        money("249.95"),
        span("2012-06-30 2012-07-31"),
        span("2012-07-10 2012-07-20"),
        money("80.63"),
        next_invoice=money("169.32"),
    ),
    PriceChange(
        "E19",
        "ST /billing/subscriptions/prorations",
        span("2026-04-01 2026-05-01"),
        d("2026-04-16"),
        money("10"),
        money("20"),
        credit=money("5"),
        debit=money("10"),
    ),
    PriceChange(
        "E20",
        "exchangetuts.com/how-does-stripes-prorating-work",
        span("2026-05-01 2026-06-01"),
        d("2026-05-15"),
        money("10"),
        money("20"),
        credit=money("5.48"),
        debit=money("10.97"),
        next_invoice=money("25.49"),
        theirs=money("25"),
        differs="the page reckons 15 May as the middle of the month; to the day it is "
        "17/31",
    ),
    StubPrice(
        "E21",
        _UPGRADE,
        money("910.00"),
        _QUARTER_DAYS,
        15,
        money("320.00"),
        interval=QUARTER,
        since=d("2024-01-15"),
    ),
    WrongDays(
        "E23",
        "https://github.com/getlago/lago-api/pull/6194",
        money("910.00"),
        _QUARTER_DAYS,
        d("2024-01-15"),
        15,
        87,
        label="anniversary",
    ),
    WrongDays(
        "E23",
        "https://github.com/getlago/lago-api/pull/6194",
        money("910.00"),
        _QUARTER_DAYS,
        d("2024-01-01"),
        1,
        42,
        label="calendar",
    ),
    Stub(
        "E24",
        "OD content/applications/sales/subscriptions.rst",
        span("2026-07-15 2026-09-01"),
        1,
        Fraction(17, 31) + 1,
    ),
    PriceChange(
        "E25",
        "https://docs.useautumn.com/documentation/modelling-pricing/proration",
        span("2026-04-01 2026-05-01"),
        d("2026-04-16"),
        money("20"),
        money("50"),
        credit=money("10"),
        debit=money("25"),
    ),
]

# === F. TIERS, PACKAGES, PERCENTAGE === #

_GRADUATED = (band("10", "10", "2"), band("20", "5", "3"), band("", "5", "3"))
_VOLUME = (band("100", "2", "10"), band("200", "1"), band("", "0.5", "50"))
_SIZES = (band("10", "1.5"), band("110", "1.0"), band("", "0.5"))
_TUTORIAL = "killbill-docs userguide/tutorials/consumable_in_arrear.adoc"
_CROSS = "LG spec/scenarios/recurring_graduated_prorated_cross_period_spec.rb"

PRICING = [
    Tiered(
        "F1",
        "LG-charge",
        "graduated",
        _GRADUATED,
        amounts("0 2", "1 12", "10 102", "11 110", "12 115", "21 163"),
    ),
    Tiered(
        "F2", "LG-charge", "graduated", (band("0.01", "0"), *_GRADUATED), amounts("0 0")
    ),
    Tiered("F3", "LG-charge", "volume", _VOLUME, amounts("0 10", "1 12", "100 210")),
    Tiered(
        "F4",
        "LG-charge",
        "volume",
        _VOLUME,
        amounts("100.5 100.5", "101 101", "200 200"),
    ),
    Tiered("F5", "LG-charge", "volume", _VOLUME, amounts("210 155", "300 200")),
    Package(
        "F7",
        "LG-charge",
        price=money("100"),
        size=Decimal(10),
        free=Decimal(0),
        quantity=Decimal(121),
        expected=money("1300"),
    ),
    Package(
        "F9",
        "LG-charge",
        price=money("100"),
        size=Decimal(10),
        free=Decimal(200),
        quantity=Decimal(121),
        expected=money("0"),
    ),
    Percentage(
        "F10",
        "LG-charge",
        percent=Decimal("1.3"),
        fixed=money("2.00"),
        free_volume=money("0"),
        free_events=0,
        volume=money("800"),
        events=4,
        expected=money("18.40"),
    ),
    Percentage(
        "F11",
        "LG-charge",
        percent=Decimal("1.3"),
        fixed=money("2.00"),
        free_volume=money("250"),
        free_events=2,
        volume=money("800"),
        events=4,
        expected=money("11.15"),
    ),
    Tiered(
        "F12",
        "LG-charge",
        "graduated_percentage",
        (band("10", "1", "200"), band("20", "2", "300"), band("", "3", "400")),
        amounts("1 200.01", "10 200.10", "11 500.12", "12 500.14"),
    ),
    Tiered(
        "F14",
        "ST /subscriptions/pricing-models/tiered-pricing",
        "volume",
        (band("5", "7"), band("10", "6.5"), band("", "6")),
        amounts("5 35", "6 39"),
    ),
    Tiered(
        "F15",
        "docs.useautumn.com graduated-pricing",
        "graduated",
        (band("1000", "0.01"), band("10000", "0.008"), band("", "0.005")),
        amounts("15000 107"),
    ),
    TieredParts(
        "F17",
        "KB-usage",
        _SIZES,
        Decimal(111),
        (money("15.0"), money("100.0"), money("0.5")),
        total=money("115.5"),
    ),
    Tiered("F18", "KB-usage", "volume", _SIZES, amounts("111 55.5")),
    TieredParts(
        "F19",
        "KB-usage",
        (band("1000", "1", block="100"), band("", "1", block="1000")),
        Decimal(5325),
        (money("10"), money("5")),
        total=money("15"),
    ),
    UsageInvoice(
        "F21",
        _TUTORIAL,
        price=money("30"),
        bands=(band("5", "2"), band("", "1")),
        quantity=Decimal(13),
        usage=money("18"),
        expected=money("48"),
    ),
    CarriedOver(
        "F22",
        _CROSS,
        counted=(Decimal(-3), Decimal(4)),
        bands=(band("2", "0"), band("", "1")),
        quantity=Decimal(1),
        expected=money("0"),
    ),
]

# === G. CREDITS AND BALANCES === #

_INVOICES = "killbill-docs userguide/tutorials/invoice_examples.adoc"
_CATALOG = "killbill-docs userguide/tutorials/catalog-examples.adoc"

ACCOUNTS = [
    AccountCredit(
        "G1",
        _INVOICES,
        credit=money("20"),
        charge=money("100"),
        used=money("20"),
        balance=money("80"),
    ),
    PaidAtOnce(
        "G3", _INVOICES, money("24.95"), charged=money("24.95"), balance=money("0")
    ),
    NewPrice(
        "G4",
        _CATALOG,
        before=money("30"),
        after=money("60"),
        effective=d("2021-03-01"),
        expected={d("2021-02-01"): money("30"), d("2021-03-01"): money("60")},
    ),
]

# === I. MRR AND CHURN === #

_ANALYTICS = "ST support billing-analytics"
_CHURN = "ST support churn article"

BOOK = [
    Mrr("I1", _ANALYTICS, (Position(1, money("1200"), YEAR),), money("100")),
    Mrr(
        "I2",
        "ST analytics/glossary",
        (Position(100, money("100"), MONTH), Position(50, money("600"), YEAR)),
        money("12500"),
    ),
    Mrr(
        "I3", _ANALYTICS, (Position(1, money("100"), MONTH, money("50")),), money("50")
    ),
    Worth("I5", _ANALYTICS, "trial", money("100"), money("0"), label="trialing"),
    Worth(
        "I5",
        _ANALYTICS,
        "active",
        money("100"),
        money("100"),
        tax=Decimal(15),
        label="taxes",
    ),
    Worth(
        "I5",
        _ANALYTICS,
        "active",
        money("100"),
        money("0"),
        is_metered=True,
        label="metered part",
    ),
    Worth(
        "I6", _CHURN, "past_due", money("100"), money("100"), label="unpaid at first"
    ),
    Worth("I6", _CHURN, "suspended", money("100"), money("0"), label="given up"),
    Worth("I6", _CHURN, "closed", money("100"), money("0"), label="cancelled"),
    CustomerChurn(
        "I8", _CHURN, lost=1, at_start=0, new=1, expected=Decimal(100), label="alone"
    ),
    CustomerChurn("I8", _CHURN, lost=3, at_start=20, new=5, expected=Decimal(12)),
    CustomerChurn(
        "I9", "OD 16.0 reports", lost=3, at_start=20, new=0, expected=Decimal(15)
    ),
    RevenueChurn(
        "I10",
        "OD 16.0 reports",
        lost=money("56"),
        at_start=money("600"),
        expected=Decimal("9.33"),
    ),
    Mrr(
        "I11",
        "LG app/models/analytics/mrr.rb",
        (Position(1, money("3"), WEEK),),
        money("13"),
        theirs=money("12.99"),
        differs="they count a week 4.33 times a month; ours 52/12 times",
    ),
]

CASES: list[Case] = [
    *ANCHORING,
    *NEXT_INVOICE,
    *TIME_ZONES,
    *STUBS,
    *PRORATION,
    *PRICING,
    *ACCOUNTS,
    *BOOK,
]


def of_kind(kind: type[Case]) -> list[Case]:
    """Return the cases that ask one question."""
    return [case for case in CASES if type(case) is kind]


def each(kind: type[Case]) -> pytest.MarkDecorator:
    """Run a test once for each case of a kind."""
    params = [pytest.param(case, id=case.id) for case in of_kind(kind)]
    return pytest.mark.parametrize("case", params)
