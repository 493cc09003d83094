"""Usage is billed after its period, beside the recurring part, to the cent."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import tagged

from .test_changes import ChangeCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-13")
class TestMetered(ChangeCase):
    def setUp(self):
        super().setUp()
        self.meter = self._create_meter("videos")
        self.videos = self.env["product.product"].create(
            {
                "name": "Videos",
                "type": "service",
                "taxes_id": [Command.set(self.tax.ids)],
            }
        )
        self.env["subscription.price"].create(
            {
                "plan_id": self.plan.id,
                "product_tmpl_id": self.videos.product_tmpl_id.id,
                "pricing_model": "graduated",
                "tier_ids": [
                    Command.create({"quantity_last": 5, "price_unit": 2}),
                    Command.create({"price_unit": 1}),
                ],
            }
        )
        self.subscription = self._create_subscription(
            [
                {"price_unit": 30},
                {"product_id": self.videos.id, "meter_id": self.meter.id},
            ]
        )

    def _create_meter(self, code, **vals):
        return self.env["subscription.meter"].create(
            {"name": code.title(), "code": code, "aggregation": "sum", **vals}
        )

    def _record(self, quantity, day, key, meter="videos"):
        with freeze_time(day):
            return self._send(quantity, day, key, meter)

    def _send(self, quantity, day, key, meter="videos"):
        """Record what was used on ``day``; return what became of the event."""
        [result] = self.env["subscription.usage"].record(
            [
                {
                    "subscription": self.subscription.name,
                    "meter": meter,
                    "key": key,
                    "quantity": quantity,
                    "time": f"{day} 00:00:00",
                }
            ]
        )
        return result["result"]

    def test_usage_is_billed_beside_the_next_period(self):
        """Kill Bill: 30 a month and 13 videos, 5 at 2 and then at 1: 48 (F21)."""
        self.assertEqual(self._bill(self.subscription, "2026-03-13").amount_untaxed, 30)
        self.assertEqual(self._record(13, "2026-03-20", "a"), "accepted")
        invoice = self._bill(self.subscription, "2026-04-13")
        self.assertEqual(sorted(self._get_amounts(invoice)), [18, 30])
        self.assertEqual(self._bill(self.subscription, "2026-05-13").amount_untaxed, 30)

    def test_an_event_is_billed_once(self):
        self._bill(self.subscription, "2026-03-13")
        self._record(4, "2026-03-20", "a")
        self.assertEqual(self._record(4, "2026-03-21", "a"), "duplicate")
        self._bill(self.subscription, "2026-04-13")
        self._run_renewal()
        claims = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertEqual(claims.amount, 8)
        self.assertEqual(claims.quantity, 4)

    def test_a_late_event_is_on_the_next_invoice(self):
        self._bill(self.subscription, "2026-03-13")
        self._bill(self.subscription, "2026-04-13")
        with freeze_time("2026-04-14"):
            self._send(2, "2026-04-12", "late")
        invoice = self._bill(self.subscription, "2026-05-13")
        self.assertEqual(sorted(self._get_amounts(invoice)), [4, 30])

    def test_usage_counts_nothing_in_the_revenue(self):
        self.assertEqual(self.subscription.mrr, 30)

    def test_the_last_usage_is_billed_when_the_subscription_ends(self):
        self._bill(self.subscription, "2026-03-13")
        self._record(3, "2026-03-20", "a")
        with freeze_time("2026-03-23"):
            self._change(self.subscription, kind="close", timing="now").action_confirm()
        last = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(self._get_amounts(last), [6])

    def test_what_was_used_before_a_pause_is_billed(self):
        """Also when nothing has been billed for the line before."""
        self._bill(self.subscription, "2026-03-13")
        self._record(3, "2026-03-20", "a")
        with freeze_time("2026-03-25"):
            self._change(self.subscription, kind="pause").action_confirm()
        self._bill(self.subscription, "2026-05-25")
        with freeze_time("2026-05-25"):
            self.subscription.action_resume()
        self._bill(self.subscription, "2026-05-25")
        usage = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertEqual(usage.amount, 6)

    def test_a_book_taken_over_bills_what_was_used_in_the_period_before(self):
        self.subscription = self._create_subscription(
            [
                {"price_unit": 30},
                {"product_id": self.videos.id, "meter_id": self.meter.id},
            ],
            date_start="2025-01-13",
            date_next_invoice="2026-04-13",
        )
        with freeze_time("2026-03-31"):
            self._send(3, "2026-03-12", "billed elsewhere")
            self._send(4, "2026-03-13", "billed here")
        self._bill(self.subscription, "2026-04-13")
        usage = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertRecordValues(
            usage, [{"date_start": date(2026, 3, 13), "quantity": 4, "amount": 8}]
        )

    def test_what_was_taken_back_is_taken_off_the_next_period(self):
        """3, then 2 less than nothing, then 4: 5 videos, not 7."""
        self._bill(self.subscription, "2026-03-13")
        self._record(3, "2026-03-20", "a")
        self._bill(self.subscription, "2026-04-13")
        self._record(-3, "2026-04-20", "b")
        self._record(1, "2026-04-21", "c")
        self.assertEqual(self._bill(self.subscription, "2026-05-13").amount_untaxed, 30)
        self._record(4, "2026-05-20", "d")
        self._bill(self.subscription, "2026-06-13")
        usage = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertEqual(usage.sorted("date_start").mapped("quantity"), [3, 2])
        self.assertEqual(sum(usage.mapped("amount")), 10)
        events = self.env["subscription.usage"].search([])
        self.assertFalse(events.filtered(lambda event: not event.period_id))

    def test_what_was_taken_back_is_taken_off_the_line_that_follows(self):
        self._bill(self.subscription, "2026-03-13")
        self._record(3, "2026-03-20", "a")
        self._bill(self.subscription, "2026-04-13")
        self._record(-2, "2026-04-14", "b")
        line = self.subscription.line_ids.filtered("meter_id")
        line.date_end = date(2026, 4, 20)
        line.copy({"date_start": date(2026, 4, 21), "date_end": False})
        self._record(4, "2026-04-22", "c")
        self._bill(self.subscription, "2026-05-13")
        usage = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertEqual(usage.sorted("id").mapped("quantity"), [3, 2])
        self._bill(self.subscription, "2026-06-13")
        usage = self.subscription.period_ids.filtered(lambda p: p.kind == "usage")
        self.assertEqual(sum(usage.mapped("quantity")), 5)

    def test_a_preview_bills_no_usage(self):
        self._bill(self.subscription, "2026-03-13")
        self._record(3, "2026-03-20", "a")
        forecast = self.env["subscription.forecast"]._preview(
            self.subscription, count=2
        )
        self.assertEqual([each.amount_untaxed for each in forecast], [36, 30])
        invoice = self._bill(self.subscription, "2026-04-13")
        self.assertEqual(invoice.amount_untaxed, 36)

    def test_a_counted_quantity_changes_its_line_with_proration(self):
        self._create_meter("seats", aggregation="last", carries_over=True)
        self.subscription = self._create_subscription([{"price_unit": 31}])
        seats = self.env["subscription.meter"].search([("code", "=", "seats")])
        self.subscription.line_ids.quantity_meter_id = seats
        self._pay(self._bill(self.subscription, "2026-03-13"))
        self._record(4, "2026-03-23", "a", meter="seats")
        with freeze_time("2026-03-23"):
            self._run_renewal()
            self._run_renewal()
        self.assertEqual(self.subscription.mrr, 124)
        invoice = self._bill(self.subscription, "2026-04-13")
        # 21 of 31 days
        self.assertEqual(self._get_amounts(invoice), [-21, 84, 124])
        self.assertEqual(
            self.subscription.line_ids.mapped("date_start"),
            [False, date(2026, 3, 23)],
        )

    def test_counted_seats_are_scheduled_once_where_changes_wait(self):
        self.plan.proration = "period_end"
        seats = self._create_meter("seats", aggregation="last", carries_over=True)
        subscription = self._create_subscription(
            [{"price_unit": 10, "quantity_meter_id": seats.id}]
        )
        self.subscription = subscription
        self._bill(subscription, "2026-03-13")
        self._record(5, "2026-03-20", "seats-1", meter="seats")
        for _run in range(3):
            self._bill(subscription, "2026-03-21")
        self.assertEqual(subscription.change_ids.mapped("state"), ["scheduled"])
        self._record(7, "2026-03-22", "seats-2", meter="seats")
        self._bill(subscription, "2026-03-23")
        changes = subscription.change_ids.sorted("id")
        self.assertEqual(changes.mapped("state"), ["cancelled", "scheduled"])
        invoice = self._bill(subscription, "2026-04-13")
        self.assertEqual(self._get_amounts(invoice), [70])
