"""Counting in SQL: the same as the arithmetic says, in one query, and billed once."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.metering import (
    Count,
    Usage,
    Window,
    measure,
    measure_level,
)
from odoo.addons.subscription_billing.tools.recurrence import Period

START = date(2026, 1, 1)
AGGREGATIONS = ("sum", "count", "maximum", "last", "unique")


def days(first, end):
    """Return the period between two days, counted from 1 January."""
    return Period(START + timedelta(days=first), START + timedelta(days=end))


JANUARY = days(0, 31)
FEBRUARY = days(31, 59)


class Book(NamedTuple):
    """What has been counted and billed, and what is asked for; days from START."""

    aggregation: str
    carries_over: bool
    #: (day, hour, quantity, value, is billed)
    events: list
    #: billed spans
    claims: list
    #: spans to bill, one after the other
    windows: list
    #: the day on which a quantity is asked for
    day: int


def spans(first, last):
    """Return spans of days that do not overlap, in order."""

    def pair(cuts):
        cuts = sorted(cuts)
        return list(zip(cuts[::2], cuts[1::2], strict=False))

    chosen = st.sampled_from([first, first + 1, *range(first, last + 1, 5), last])
    return st.sets(chosen, max_size=6).map(pair)


#: few, so that events share a day and lie on the edges of the spans
some_days = st.sampled_from((0, 1, 9, 10, 19, 20, 21, 30, 31, 41, 42))
books = st.builds(
    Book,
    st.sampled_from(AGGREGATIONS),
    st.booleans(),
    st.lists(
        st.tuples(
            some_days,
            st.integers(0, 2),
            st.sampled_from(("-2", "-1", "0", "0.1", "1", "2", "3")).map(Decimal),
            st.sampled_from((None, "ada", "bob", "eve")),
            st.booleans(),
        ),
        max_size=12,
    ),
    spans(0, 20),
    spans(20, 42),
    some_days,
)


class CountingCase(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Meter = cls.env["subscription.meter"]
        cls.Usage = cls.env["subscription.usage"]
        cls.meter = cls._create_meter(value_property="user")
        cls.seats = cls._create_meter(code="seats", aggregation="last")
        # Lines take the place of one another; the queries look at claims, not at these.
        cls.subscription = cls._create_subscription(
            [
                {
                    "meter_id": cls.meter.id,
                    "date_start": date(2026 + number, 1, 1),
                    "date_end": date(2026 + number, 12, 31),
                }
                for number in range(4)
            ],
            date_start=START,
        )
        cls.line, *cls.successors = cls.subscription.line_ids.sorted("date_start")

    # === WHAT HAS HAPPENED === #

    def _insert(self, *events, meter=None, subscription=None):
        """Write accepted events as (day, quantity), or with (hour, value, claim)."""
        for event in events:
            day, quantity, hour, value, claim = (*event, 0, None, None)[:5]
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO subscription_usage (company_id, subscription_id,
                        meter_id, key, quantity, value, time, date, state, period_id)
                    VALUES (%s, %s, %s, nextval('subscription_usage_id_seq')::text,
                        %s, %s, %s, %s, 'accepted', %s)
                    """,
                    self.company.id,
                    (subscription or self.subscription).id,
                    (meter or self.meter).id,
                    quantity,
                    value,
                    datetime.combine(START, datetime.min.time())
                    + timedelta(days=day, hours=hour),
                    START + timedelta(days=day),
                    claim and claim.id,
                )
            )

    def _claim(self, line, period):
        """Claim the usage of a period of a line."""
        return self.env["subscription.period"].create(
            {
                "line_id": line.id,
                "subscription_id": line.subscription_id.id,
                "company_id": line.company_id.id,
                "kind": "usage",
                "date_start": period.date_start,
                "date_end": period.date_end,
                "currency_id": line.currency_id.id,
            }
        )

    def _bill(self, *windows):
        """Do with windows what an invoice does; return what was billed, by line id."""
        usage = self.Meter._aggregate(windows)
        lines = self.env["subscription.line"]
        claims = self.env["subscription.period"].union(
            *(self._claim(lines.browse(w.line_id), w.period) for w in windows)
        )
        self.Usage._attach(windows, claims)
        return usage

    def _window(self, period, line=None):
        line = line or self.line
        return Window(line.id, line.meter_id.id, period)


@tagged("standard", "post_install", "-at_install")
class TestSameAsArithmetic(CountingCase):
    """The queries and ``tools/metering.py`` say the same, whatever has happened."""

    @settings(
        deadline=None,
        max_examples=200,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(books)
    def test_any_book_comes_to_the_same(self, book):
        with self.env.cr.savepoint() as savepoint:
            self._write_rules(book)
            self._write_events(book)
            self._compare_windows(book)
            self._compare_levels(book)
            savepoint.rollback()

    def _write_rules(self, book):
        for meter in (self.meter, self.seats):
            self.env.cr.execute(
                "UPDATE subscription_meter SET aggregation = %s, carries_over = %s "
                "WHERE id = %s",
                (book.aggregation, book.carries_over, meter.id),
            )
        self.env.invalidate_all()
        self.rules = self.meter._get_definition()

    def _write_events(self, book):
        claims = [self._claim(self.line, days(*span)) for span in book.claims]
        for day, hour, quantity, value, is_billed in book.events:
            claim = claims[0] if is_billed and claims else None
            event = (day, quantity, hour, value, claim)
            self._insert(event)
            self._insert(event, meter=self.seats)

    def _read_counts(self, meter):
        """Return the events as the arithmetic knows them."""
        self.env.cr.execute(
            "SELECT id, time, date, quantity::text, value, period_id IS NOT NULL "
            "FROM subscription_usage WHERE meter_id = %s ORDER BY random()",
            (meter.id,),
        )
        return [
            Count(id_, time, day, Decimal(quantity), value, is_billed)
            for id_, time, day, quantity, value, is_billed in self.env.cr.fetchall()
        ]

    def _compare_windows(self, book):
        periods = [days(*span) for span in book.windows]
        windows = [
            self._window(period, line)
            for period, line in zip(periods, self.successors, strict=False)
        ]
        counts = self._read_counts(self.meter)
        billed = [days(*span) for span in book.claims]
        expected = {}
        previous_end = None
        for window in windows:
            expected[window.line_id] = measure(
                self.rules,
                counts,
                window.period,
                billed=billed,
                previous_end=previous_end,
            )
            previous_end = window.period.date_end
        self.assertEqual(self._bill(*windows), expected)
        again = self.Meter._aggregate(windows)
        self.assertFalse(any(usage.event_count for usage in again.values()))
        taken = sum(count.is_billed for count in self._read_counts(self.meter)) - sum(
            count.is_billed for count in counts
        )
        self.assertGreaterEqual(taken, sum(u.event_count for u in expected.values()))

    def _compare_levels(self, book):
        line = self.successors[0]
        self.env.cr.execute(
            "UPDATE subscription_line SET quantity_meter_id = %s WHERE id = %s",
            (self.seats.id, line.id),
        )
        self.env.invalidate_all()
        day = START + timedelta(days=book.day)
        found = self.Meter._get_counted_quantities(line, day)
        expected = measure_level(self.rules, self._read_counts(self.seats), day)
        self.assertEqual(found.get(line.id), expected)


@tagged("standard", "post_install", "-at_install")
class TestBilledOnce(CountingCase):
    def test_what_is_used_is_billed_once_in_its_period(self):
        self._insert((0, 1), (30, 2), (31, 4))
        self.assertEqual(
            self._bill(self._window(JANUARY)), {self.line.id: Usage(Decimal(3), 2)}
        )
        self.assertEqual(
            self._bill(self._window(FEBRUARY)), {self.line.id: Usage(Decimal(4), 1)}
        )
        billed = self.Usage.search([], order="date")
        self.assertEqual(
            billed.mapped("period_id.date_start"), [date(2026, 1, 1), date(2026, 2, 1)]
        )
        self.assertEqual(
            [event.period_id.date_start.month for event in billed], [1, 1, 2]
        )

    def test_a_late_event_is_on_the_next_invoice(self):
        self._insert((0, 1))
        self._bill(self._window(JANUARY))
        self._insert((30, 8), (40, 2))
        usage = self._bill(self._window(FEBRUARY))
        self.assertEqual(usage[self.line.id], Usage(Decimal(10), 2))
        late = self.Usage.search([("quantity", "=", 8)])
        self.assertEqual(late.period_id.date_start, FEBRUARY.date_start)

    def test_f22_a_running_meter_goes_on_over_the_period(self):
        """Case F22 of the peers: −3, then +4 in the next period, is 1."""
        self.meter.carries_over = True
        self._insert((10, -3))
        usage = self._bill(self._window(JANUARY))
        self.assertEqual(usage[self.line.id], Usage(Decimal(-3), -1))
        self._insert((40, 4))
        usage = self._bill(self._window(FEBRUARY))
        self.assertEqual(usage[self.line.id], Usage(Decimal(1), 1))

    def test_a_period_without_usage_is_nothing(self):
        usage = self._bill(self._window(JANUARY))
        self.assertEqual(usage, {self.line.id: Usage(Decimal(0), 0)})

    def test_no_window_asks_nothing(self):
        with self.assertQueryCount(0):
            self.assertEqual(self.Meter._aggregate([]), {})
            self.assertEqual(self.Usage._attach([], self.env["subscription.period"]), 0)

    def test_the_line_that_took_the_place_bills_its_own_days(self):
        """A change in the middle of a period: both lines on one invoice."""
        self._insert((0, 1), (13, 2), (14, 4), (30, 8))
        successor = self.successors[0]
        usage = self._bill(
            self._window(days(14, 31), successor), self._window(days(0, 14))
        )
        self.assertEqual(usage[self.line.id], Usage(Decimal(3), 2))
        self.assertEqual(usage[successor.id], Usage(Decimal(12), 2))
        self._insert((5, 16))
        usage = self._bill(self._window(FEBRUARY, successor))
        self.assertEqual(usage[successor.id].quantity, 16, "late, on the line there is")

    def test_refused_and_withdrawn_events_count_for_nothing(self):
        self._insert((0, 1), (1, 2))
        self.Usage.search([("quantity", "=", 2)]).action_withdraw()
        self._record(self.subscription, self.meter, {"quantity": "x"})
        usage = self._bill(self._window(JANUARY))
        self.assertEqual(usage[self.line.id], Usage(Decimal(1), 1))

    def test_other_subscriptions_and_meters_are_told_apart(self):
        other = self._create_metered(self.meter, date_start=START)
        self._insert((0, 1))
        self._insert((0, 2), subscription=other)
        self._insert((0, 4), meter=self.seats)
        usage = self._bill(self._window(JANUARY), self._window(JANUARY, other.line_ids))
        self.assertEqual(usage[self.line.id].quantity, 1)
        self.assertEqual(usage[other.line_ids.id].quantity, 2)

    def test_a_window_without_claim_is_an_error(self):
        """Its events would be billed again."""
        self._insert((0, 1))
        with self.assertRaisesRegex(ValueError, "without a claim"):
            self.Usage._attach([self._window(JANUARY)], self.env["subscription.period"])

    def test_a_sum_is_exact(self):
        self._insert(*((0, "0.1"),) * 10, (1, "999999999999999.999999999"))
        usage = self.Meter._aggregate([self._window(JANUARY)])
        self.assertEqual(
            usage[self.line.id].quantity, Decimal("1000000000000000.999999999")
        )

    def test_an_event_shows_its_invoice(self):
        self._insert((0, 1))
        self._bill(self._window(JANUARY))
        event = self.Usage.search([])
        self.assertEqual(event.period_id.kind, "usage")
        action = event.period_id.action_view_usage()
        self.assertEqual(self.Usage.search(action["domain"]), event)


@tagged("standard", "post_install", "-at_install")
class TestCountedQuantities(CountingCase):
    def _create_counted(self, meter=None):
        """Create a line whose quantity a meter counts."""
        return self._create_subscription(
            [{"quantity": 3, "quantity_meter_id": (meter or self.seats).id}],
            date_start=START,
        ).line_ids

    def _ask(self, lines, day):
        return self.Meter._get_counted_quantities(lines, START + timedelta(days=day))

    def test_a_quantity_stands_until_another_is_counted(self):
        line = self._create_counted()
        self._insert(
            (5, 8),
            (5, 7, 9),
            (20, 4),
            meter=self.seats,
            subscription=line.subscription_id,
        )
        self.assertEqual(self._ask(line, 4), {})
        self.assertEqual(self._ask(line, 5), {line.id: 7})
        self.assertEqual(self._ask(line, 19), {line.id: 7})
        self.assertEqual(self._ask(line, 20), {line.id: 4})

    def test_a_running_total_is_a_quantity(self):
        devices = self._create_meter(code="devices", carries_over=True)
        line = self._create_counted(devices)
        self._insert((1, 5), (9, -2), meter=devices, subscription=line.subscription_id)
        self.assertEqual(self._ask(line, 8), {line.id: 5})
        self.assertEqual(self._ask(line, 30), {line.id: 3})

    def test_many_lines_take_one_query(self):
        lines = self.env["subscription.line"]
        for number in range(20):
            line = self._create_counted()
            self._insert(
                (1, number), meter=self.seats, subscription=line.subscription_id
            )
            lines |= line
        lines |= self.line
        lines.mapped("quantity_meter_id")
        self.env.flush_all()
        with self.assertQueryCount(1):
            found = self._ask(lines, 2)
        self.assertEqual(
            found, {line.id: number for number, line in enumerate(lines[:20])}
        )

    def test_lines_without_such_a_meter_ask_nothing(self):
        self.line.mapped("quantity_meter_id")
        with self.assertQueryCount(0):
            self.assertEqual(self._ask(self.line, 1), {})


@tagged("standard", "post_install", "-at_install")
class TestManyEvents(CountingCase):
    """100,000 events of 500 subscriptions, half of them billed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscriptions = cls._create_subscriptions(
            500,
            date_start=START,
            line_ids=[
                Command.create({"product_id": cls.product.id, "meter_id": cls.meter.id})
            ],
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                """
                INSERT INTO subscription_usage (company_id, subscription_id, meter_id,
                    key, quantity, value, time, date, state)
                SELECT %(company)s, %(first)s + number %% 500, %(meter)s, number,
                       0.25, number %% 7, day, day, 'accepted'
                  FROM generate_series(0, 99999) number,
                       LATERAL (SELECT %(start)s::date + (number / 500) %% 59 AS day) _
                """,
                company=cls.company.id,
                first=min(cls.subscriptions.ids),
                meter=cls.meter.id,
                start=START,
            )
        )
        cls.env.cr.execute("ANALYZE subscription_usage")

    def _get_windows(self, period):
        return [self._window(period, s.line_ids) for s in self.subscriptions]

    def test_they_are_counted_and_attached_in_one_query_each(self):
        windows = self._get_windows(JANUARY)
        claims = self.env["subscription.period"].union(
            *(self._claim(s.line_ids, JANUARY) for s in self.subscriptions)
        )
        claims.mapped("line_id")
        self.env.flush_all()
        with self.assertQueryCount(1):
            usage = self.Meter._aggregate(windows)
        events = sum(each.event_count for each in usage.values())
        total = sum(each.quantity for each in usage.values())
        expected = sum(500 for number in range(200) if number % 59 < 31)
        self.assertEqual((events, total), (expected, Decimal(expected) / 4))
        with self.assertQueryCount(1):
            self.assertEqual(self.Usage._attach(windows, claims), expected)
        again = self.Meter._aggregate(windows)
        self.assertEqual(set(again.values()), {Usage(Decimal(0), 0)})
        rest = self.Meter._aggregate(self._get_windows(FEBRUARY))
        self.assertEqual(
            sum(each.event_count for each in rest.values()), 100_000 - expected
        )

    def test_a_few_subscriptions_are_found_by_the_index(self):
        windows = self._get_windows(JANUARY)[:3]
        query = self.Meter._get_aggregate_sql(windows)
        self.env.flush_all()
        plan = self.env.execute_query(SQL("EXPLAIN %s", query))
        text = "\n".join(line for (line,) in plan)
        self.assertIn("subscription_usage_unbilled_index", text)
        self.assertNotIn("Seq Scan on subscription_usage", text)
