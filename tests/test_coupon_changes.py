"""Discounts of a period in the middle of which something changes, to the cent."""

from datetime import date

from freezegun import freeze_time
from odoo.tests import tagged

from .test_changes import ChangeCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestCouponChanges(ChangeCase):
    """10 a day in May: 310, and 210 for the rest of it from 11 May on."""

    def _create_discounted(self, **terms):
        """Return a subscription of 310 with a discount, May billed and paid."""
        subscription = self._create_subscription([{"price_unit": 310}])
        self._grant(subscription, **terms)
        # Not by the scheduler: its cursor counts the invoices' numbers on its own.
        subscription.action_bill_now()
        self._pay(subscription.invoice_ids)
        return subscription

    def _grant(self, subscription, **terms):
        """Grant a discount without a coupon."""
        return self.env["subscription.discount"].create(
            {"name": "Goodwill", "subscription_id": subscription.id, **terms}
        )

    def _change_price(self, subscription, price, day):
        """Change the price at once on ``day``; return the amounts of the lines.

        What is given back is negative, also on a credit note.
        """
        with freeze_time(day):
            before = subscription.invoice_ids
            self._change(
                subscription,
                [(subscription._get_running_lines(), {"price_unit": price})],
                proration="invoice_now",
            ).action_confirm()
            moves = subscription.invoice_ids - before
            self._pay(moves.filtered(lambda move: move.move_type == "out_invoice"))
            return [-line.balance for line in moves.invoice_line_ids]

    def test_what_is_added_gets_the_percentage_that_the_period_got(self):
        """Else the upgrade would cost more than the difference of the prices."""
        subscription = self._create_discounted(percentage=50)
        self.assertEqual(subscription.discount_ids.state, "used_up")
        amounts = self._change_price(subscription, 620, "2026-05-11")
        self.assertEqual(amounts, [-105, 210])
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 620)

    def test_what_is_added_is_no_other_use(self):
        subscription = self._create_discounted(percentage=50, duration="repeating")
        self._change_price(subscription, 620, "2026-05-11")
        discount = subscription.discount_ids
        self.assertRecordValues(discount, [{"periods_used": 1, "periods_left": 2}])
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 310)
        self.assertRecordValues(discount, [{"periods_used": 2, "periods_left": 1}])

    def test_a_discount_that_came_later_does_not_reach_back(self):
        subscription = self._create_discounted(percentage=10)
        self._grant(subscription, percentage=50, duration="forever")
        amounts = self._change_price(subscription, 620, "2026-05-11")
        self.assertEqual(amounts, [-189, 378])
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 310)

    def test_a_fixed_amount_is_taken_off_once_and_whole(self):
        """May at two prices costs 100 + 420, less 31."""
        subscription = self._create_discounted(kind="amount", amount=31)
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 279)
        amounts = self._change_price(subscription, 620, "2026-05-11")
        self.assertEqual(amounts, [-189, 399])
        self.assertEqual(279 + sum(amounts), 100 + 420 - 31)
        line = subscription.invoice_ids.sorted("id")[-1].invoice_line_ids[-1]
        self.assertEqual(line.name.splitlines()[-1], "Goodwill: −21.00")

    def test_it_stays_whole_however_often_the_price_changes(self):
        subscription = self._create_discounted(
            kind="amount", amount=31, duration="forever"
        )
        first = self._change_price(subscription, 620, "2026-05-11")
        second = self._change_price(subscription, 310, "2026-05-21")
        self.assertEqual(second, [-209, 99])
        self.assertEqual(279 + sum(first + second), 100 + 200 + 110 - 31)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 279)
        self.assertEqual(subscription.discount_ids.periods_used, 2)

    def test_the_order_of_two_changes_on_one_day_does_not_change_the_sum(self):
        sums = []
        for first, second in ((620, 930), (155, 930)):
            subscription = self._create_discounted(kind="amount", amount=31)
            amounts = self._change_price(subscription, first, "2026-05-11")
            amounts += self._change_price(subscription, second, "2026-05-11")
            sums.append(279 + sum(amounts))
        self.assertEqual(sums, [100 + 630 - 31] * 2)

    def test_a_change_never_leads_below_zero(self):
        subscription = self._create_discounted(kind="amount", amount=500)
        self.assertFalse(subscription.invoice_ids)
        with freeze_time("2026-05-11"):
            self._change(
                subscription,
                [(subscription.line_ids, {"price_unit": 310 / 21 * 31})],
            ).action_confirm()
        invoice = self._bill(subscription, "2026-06-01")
        for line in invoice.invoice_line_ids:
            self.assertGreaterEqual(line.price_subtotal, 0)

    def test_the_last_days_in_arrears_are_reduced_and_counted(self):
        arrears = self._create_plan(name="Arrears", billing_timing="arrears")
        subscription = self._create_subscription(
            [{"price_unit": 310}], plan_id=arrears.id
        )
        self._grant(subscription, percentage=50, duration="repeating")
        with freeze_time("2026-05-11"):
            self._change(subscription, kind="close", timing="now").action_confirm()
        self.assertEqual(subscription.state, "closed")
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 50)
        self.assertRecordValues(
            subscription.discount_ids.use_ids,
            [{"date_start": date(2026, 5, 1), "date_last": date(2026, 5, 10)}],
        )

    def test_a_percentage_follows_a_first_period_that_is_shorter(self):
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        for terms, amount in (
            ({"percentage": 50}, 105),
            ({"kind": "amount", "amount": 31}, 179),
            ({"kind": "amount", "amount": 310}, 0),
        ):
            subscription = self._create_subscription(
                [{"price_unit": 310}], date_start=date(2026, 5, 11)
            )
            self._grant(subscription, **terms)
            billed = self._bill(subscription, "2026-05-11")
            self.assertEqual(sum(billed.mapped("amount_untaxed")), amount)
            self.assertEqual(subscription.discount_ids.state, "used_up")
