"""The questions that the oracle answers, each a kind of case with typed fields.

The words that the cases are told in stand first.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from odoo.addons.subscription_billing.tools.proration import Basis
from odoo.addons.subscription_billing.tools.recurrence import Interval, Period, Timing

# === WORDS === #

THIRTY_DAYS = Interval(30, "day")
WEEK = Interval(1, "week")
MONTH = Interval(1, "month")
TWO_MONTHS = Interval(2, "month")
QUARTER = Interval(1, "quarter")
HALF_YEAR = Interval(6, "month")
YEAR = Interval(1, "year")


def d(text: str) -> date:
    """Return the day."""
    return date.fromisoformat(text)


def days(text: str) -> tuple[date, ...]:
    """Return the days, told with spaces between them."""
    return tuple(map(d, text.split()))


def span(text: str) -> Period:
    """Return the days from the first to the one before the second."""
    return Period(*days(text))


def utc(text: str) -> datetime:
    """Return the instant, told in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


def money(text: str) -> Decimal:
    """Return the amount."""
    return Decimal(text)


@dataclass(frozen=True)
class Case:
    """A row of the oracle: its number, who says so, and what tells it apart.

    :param theirs: what the source says, where ours answers otherwise
    :param differs: why it does
    """

    number: str
    source: str
    label: str = field(default="", kw_only=True)
    theirs: object = field(default=None, kw_only=True)
    differs: str = field(default="", kw_only=True)

    @property
    def id(self) -> str:
        """Return what a test calls this row."""
        return f"{self.number} {self.label}".strip()


# === WHEN === #


@dataclass(frozen=True)
class Boundaries(Case):
    """When do the periods start that are counted from an anchor?"""

    anchor: date
    interval: Interval
    expected: tuple[date, ...]


@dataclass(frozen=True)
class SteadyDay(Case):
    """Which day of the month or of the week (0 for Monday) is it always?"""

    anchor: date
    interval: Interval
    expected: int


@dataclass(frozen=True)
class LastDays(Case):
    """What are the last days of the first periods?"""

    anchor: date
    interval: Interval
    expected: tuple[date, ...]


@dataclass(frozen=True)
class FirstAnchor(Case):
    """When does the first whole period start, given a day of the month to bill on?"""

    start: date
    day: int
    interval: Interval
    expected: date


@dataclass(frozen=True)
class LastAnchor(Case):
    """When does the last period start that begins before the end?"""

    start: date
    day: int
    interval: Interval
    end: date
    expected: date


@dataclass(frozen=True)
class NextBoundary(Case):
    """Which is the first boundary on a day or after it?"""

    anchor: date
    interval: Interval
    day: date
    expected: date


@dataclass(frozen=True)
class WholePeriods(Case):
    """Which whole months have been billed in advance on a day? Told by their bounds.

    :param day: the day of the month to bill on; 0 for the day of the start
    """

    start: date
    day: int
    today: date
    expected: tuple[date, ...]
    trial_days: int = 0
    price: Decimal = Decimal(1)


@dataclass(frozen=True)
class BilledPeriod(Case):
    """Which is the last period billed on a day? The source tells one end of it."""

    start: date
    interval: Interval
    timing: Timing
    today: date
    date_start: date | None = None
    date_end: date | None = None


@dataclass(frozen=True)
class InvoiceDate(Case):
    """When is the first period invoiced?"""

    start: date
    interval: Interval
    timing: Timing
    expected: date
    day: int = 0
    offset_days: int = 0


@dataclass(frozen=True)
class NextPeriod(Case):
    """Through which day is the first period billed, and when does the next start?"""

    start: date
    interval: Interval
    date_last: date
    date_next: date


@dataclass(frozen=True)
class Refused(Case):
    """Which days have no price, but an error?"""

    start: date
    end: date


# === WHERE === #


@dataclass(frozen=True)
class LocalDate(Case):
    """Which day is it there?"""

    instant: datetime
    tz: str
    expected: date


@dataclass(frozen=True)
class LocalPeriod(Case):
    """Which instants bound the calendar period last billed in arrears?"""

    tz: str
    interval: Interval
    now: datetime
    start: datetime
    last_second: datetime | None = None


@dataclass(frozen=True)
class SummerTime(Case):
    """How many months after each other start on their day, at the full price?"""

    tz: str
    start: datetime
    day: int
    count: int
    price: Decimal


@dataclass(frozen=True)
class UsageWindow(Case):
    """From when is usage counted after the time zone has changed?

    :param tz: the new one
    :param counted_until: the end of what has been counted, in the old one
    """

    tz: str
    counted: Period
    window: Period
    counted_until: datetime
    expected: datetime


# === HOW MUCH OF A PERIOD === #


@dataclass(frozen=True)
class Stub(Case):
    """How many periods' prices do some days cost?

    :param day: the day of the month to bill on
    :param printed: the answer as the source prints it
    """

    span: Period
    day: int
    expected: Fraction
    printed: Decimal | None = None
    interval: Interval = MONTH
    basis: Basis = "natural"


@dataclass(frozen=True)
class ThirtyDayMonths(Case):
    """How many days are it where every month has thirty?"""

    span: Period
    day: int
    expected: int


@dataclass(frozen=True)
class StubPrice(Case):
    """What do some days cost?

    :param since: the start of the agreement, where it is older
    """

    price: Decimal
    span: Period
    day: int
    expected: Decimal
    interval: Interval = MONTH
    basis: Basis = "natural"
    since: date | None = None


@dataclass(frozen=True)
class WrongDays(Case):
    """Against how many days must the price of a quarter not be measured?"""

    price: Decimal
    span: Period
    since: date
    day: int
    wrong: int


@dataclass(frozen=True)
class Credit(Case):
    """What of a period's price is given back, and what is left of the next one?"""

    price: Decimal
    period: Period
    unserved: Period
    expected: Decimal
    basis: Basis = "natural"
    next_invoice: Decimal | None = None


@dataclass(frozen=True)
class PriceChange(Case):
    """What is given back of the old price, and what is billed of the new one?

    :param next_invoice: both, and the next whole period
    """

    period: Period
    day: date
    before: Decimal
    after: Decimal
    credit: Decimal
    debit: Decimal
    next_invoice: Decimal | None = None


# === HOW MUCH FOR SO MANY === #


@dataclass(frozen=True)
class Band:
    """A band of a price: up to a quantity, per unit, and once.

    :param up_to: the last quantity inside; None for no end
    :param block: units that are sold together, a part of them as a whole
    """

    up_to: Decimal | None
    price: Decimal
    flat: Decimal
    block: Decimal | None


def band(up_to: str, price: str, flat: str = "0", block: str = "") -> Band:
    """Return the band, told in words: an empty ``up_to`` for no end."""
    return Band(
        up_to=Decimal(up_to) if up_to else None,
        price=Decimal(price),
        flat=Decimal(flat),
        block=Decimal(block) if block else None,
    )


def amounts(*texts: str) -> dict[Decimal, Decimal]:
    """Return amounts by quantity, each told as a pair with a space between."""
    return {Decimal(first): Decimal(last) for first, last in map(str.split, texts)}


@dataclass(frozen=True)
class Tiered(Case):
    """What do so many units cost?"""

    model: Literal["graduated", "volume", "graduated_percentage"]
    bands: tuple[Band, ...]
    expected: dict[Decimal, Decimal]


@dataclass(frozen=True)
class TieredParts(Case):
    """What do the bands add to the amount?"""

    bands: tuple[Band, ...]
    quantity: Decimal
    expected: tuple[Decimal, ...]
    total: Decimal


@dataclass(frozen=True)
class Package(Case):
    """What do the packages cost into which so many units go?"""

    price: Decimal
    size: Decimal
    free: Decimal
    quantity: Decimal
    expected: Decimal


@dataclass(frozen=True)
class Percentage(Case):
    """What does a percentage of a volume cost, with a fixed amount for each event?"""

    percent: Decimal
    fixed: Decimal
    free_volume: Decimal
    free_events: int
    volume: Decimal
    events: int
    expected: Decimal


@dataclass(frozen=True)
class UsageInvoice(Case):
    """What does an invoice ask for the month ahead and the usage of the one past?"""

    price: Decimal
    bands: tuple[Band, ...]
    quantity: Decimal
    usage: Decimal
    expected: Decimal


@dataclass(frozen=True)
class CarriedOver(Case):
    """What is counted and owed where a meter goes on into the next period?"""

    counted: tuple[Decimal, ...]
    bands: tuple[Band, ...]
    quantity: Decimal
    expected: Decimal


# === THE ACCOUNT === #


@dataclass(frozen=True)
class AccountCredit(Case):
    """What is left to pay of a charge where there is credit?"""

    credit: Decimal
    charge: Decimal
    used: Decimal
    balance: Decimal


@dataclass(frozen=True)
class PaidAtOnce(Case):
    """What is left to pay where the saved payment method is charged?"""

    price: Decimal
    charged: Decimal
    balance: Decimal


@dataclass(frozen=True)
class NewPrice(Case):
    """What do the months cost around a price change for running subscriptions?"""

    before: Decimal
    after: Decimal
    effective: date
    expected: dict[date, Decimal]


# === THE BOOK === #


@dataclass(frozen=True)
class Position:
    """So many subscriptions of a price and interval, with a discount for ever.

    :param discount: percentage off the price
    """

    count: int
    price: Decimal
    interval: Interval
    discount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Mrr(Case):
    """What is a book worth a month?"""

    book: tuple[Position, ...]
    expected: Decimal


@dataclass(frozen=True)
class Worth(Case):
    """What does one subscription add to the MRR?

    :param tax: percentage on top of the price
    :param is_metered: whether the price is for what is used
    """

    state: str
    price: Decimal
    expected: Decimal
    tax: Decimal = Decimal(0)
    is_metered: bool = False


@dataclass(frozen=True)
class CustomerChurn(Case):
    """Which percentage of the customers has left?"""

    lost: int
    at_start: int
    new: int
    expected: Decimal


@dataclass(frozen=True)
class RevenueChurn(Case):
    """Which percentage of the MRR has gone?"""

    lost: Decimal
    at_start: Decimal
    expected: Decimal
