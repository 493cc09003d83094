"""What coupons and discounts take off the invoices, period by period, to the cent."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.recurrence import Period

START = date(2026, 1, 10)


class DiscountCase(SubscriptionCommon):
    """100 a month from 10 January 2026, with 15 % tax on top."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(START))
        cls.hotline = cls.env["product.product"].create(
            {
                "name": "Hotline",
                "type": "service",
                "list_price": 50,
                "taxes_id": [Command.set(cls.tax.ids)],
            }
        )

    @classmethod
    def _create_subscription(cls, lines=None, **vals):
        return super()._create_subscription(lines, **{"date_start": START, **vals})

    @classmethod
    def _create_coupon(cls, **vals):
        """Create a coupon, 20 % once unless ``vals`` say otherwise."""
        return cls.env["subscription.coupon"].create(
            {"name": "Welcome", "code": "WELCOME20", "percentage": 20, **vals}
        )

    @classmethod
    def _grant(cls, subscription, **vals):
        """Grant a discount without a coupon, 20 % once unless ``vals`` differ."""
        return cls.env["subscription.discount"].create(
            {
                "name": "Goodwill",
                "subscription_id": subscription.id,
                "percentage": 20,
                **vals,
            }
        )

    def _bill(self, subscription, count=1):
        """Bill further periods; return what each came to, before and with taxes.

        A period without an invoice comes to nothing.
        """
        billed = []
        for _period in range(count):
            before = subscription.invoice_ids
            subscription.action_bill_now()
            invoice = subscription.invoice_ids - before
            billed.append((invoice.amount_untaxed, invoice.amount_total))
        return billed

    def _bill_untaxed(self, subscription, count=1):
        """Bill further periods; return what each came to before taxes."""
        return [untaxed for untaxed, _total in self._bill(subscription, count)]


@tagged("standard", "post_install", "-at_install")
class TestDurations(DiscountCase):
    def test_once(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon())
        self.assertEqual(
            self._bill(subscription, 3), [(80, 92), (100, 115), (100, 115)]
        )
        self.assertRecordValues(
            discount,
            [
                {
                    "state": "used_up",
                    "periods_used": 1,
                    "periods_left": 0,
                    "amount_taken": 20,
                }
            ],
        )
        self.assertRecordValues(
            discount.use_ids,
            [
                {
                    "date_start": START,
                    "date_last": date(2026, 2, 9),
                    "amount": 20,
                    "subscription_id": subscription.id,
                    "company_id": self.company.id,
                }
            ],
        )

    def test_several_periods(self):
        subscription = self._create_subscription()
        coupon = self._create_coupon(duration="repeating", period_count=3)
        discount = subscription._add_coupon(coupon)
        self.assertEqual(
            self._bill(subscription, 4), [(80, 92), (80, 92), (80, 92), (100, 115)]
        )
        self.assertEqual(discount.amount_taken, 60)

    def test_forever(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon(duration="forever"))
        self.assertEqual(self._bill(subscription, 5), [(80, 92)] * 5)
        self.assertRecordValues(
            discount, [{"state": "running", "periods_used": 5, "periods_left": 0}]
        )

    def test_amounts_of_each_duration(self):
        for duration, expected in (
            ("once", [(87.5, 100.63), (100, 115), (100, 115)]),
            ("repeating", [(87.5, 100.63), (87.5, 100.63), (100, 115)]),
            ("forever", [(87.5, 100.63)] * 3),
        ):
            subscription = self._create_subscription()
            self._grant(
                subscription,
                kind="amount",
                amount=12.5,
                duration=duration,
                period_count=2,
            )
            with self.subTest(duration):
                self.assertEqual(self._bill(subscription, 3), expected)

    def test_added_in_the_middle_it_begins_with_the_next_period(self):
        subscription = self._create_subscription()
        self._bill(subscription, 2)
        discount = subscription._add_coupon(self._create_coupon())
        self.assertEqual(discount.date_start, date(2026, 3, 10))
        self.assertEqual(self._bill_untaxed(subscription, 2), [80, 100])

    def test_an_introductory_price_is_a_percentage_for_some_periods(self):
        subscription = self._create_subscription()
        self._grant(subscription, percentage=100, duration="repeating", period_count=2)
        self.assertEqual(self._bill(subscription, 3), [(0, 0), (0, 0), (100, 115)])
        self.assertEqual(len(subscription.period_ids), 3, "free periods are claimed")
        self.assertEqual(subscription.discount_ids.amount_taken, 200)

    def test_a_period_from_which_nothing_was_taken_does_not_count(self):
        subscription = self._create_subscription([{"date_start": date(2026, 2, 10)}])
        subscription._add_coupon(self._create_coupon())
        self.assertEqual(self._bill_untaxed(subscription, 3), [0, 80, 100])

    def test_running_again_counts_nothing_twice(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon(duration="forever"))
        for _run in range(3):
            self._run_renewal()
        self.assertEqual(subscription.invoice_ids.mapped("amount_untaxed"), [80])
        self.assertEqual(discount.periods_used, 1)

    def test_missed_periods_are_reduced_one_by_one(self):
        subscription = self._create_subscription()
        subscription._add_coupon(self._create_coupon())
        with freeze_time("2026-03-15"):
            self._run_renewal()
        amounts = subscription.invoice_ids.mapped("amount_untaxed")
        self.assertEqual(sorted(amounts), [80, 100, 100])

    @mute_logger("odoo.sql_db")
    def test_the_database_counts_a_period_once(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon(duration="forever"))
        self._bill(subscription)
        with (
            self.assertRaisesRegex(IntegrityError, "counted_once"),
            self.env.cr.savepoint(),
        ):
            discount.use_ids.copy()

    def test_a_rolled_back_preview_leaves_no_trace(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon())
        savepoint = self.env.cr.savepoint(flush=True)
        self.assertEqual(self._bill_untaxed(subscription, 2), [80, 100])
        self.assertEqual(discount.state, "used_up")
        savepoint.close(rollback=True)
        self.assertRecordValues(discount, [{"state": "running", "periods_used": 0}])
        self.assertEqual(subscription.amount_untaxed, 80)
        self.assertEqual(self._bill_untaxed(subscription, 2), [80, 100])


@tagged("standard", "post_install", "-at_install")
class TestOrder(DiscountCase):
    def test_own_percentage_then_percentages_then_amounts(self):
        subscription = self._create_subscription([{"discount": 10}])
        self._grant(subscription, name="C", kind="amount", amount=5, sequence=1)
        self._grant(subscription, name="B", percentage=50, sequence=3)
        self._grant(subscription, name="A", percentage=20, sequence=2)
        # 100 → 90 → 72 → 36 → 31
        self.assertEqual(subscription.amount_untaxed, 31)
        self.assertEqual(self._bill(subscription), [(31, 35.65)])
        self.assertEqual(
            subscription.invoice_ids.invoice_line_ids.name.splitlines()[2:],
            ["A: −18.00", "B: −36.00", "C: −5.00"],
        )

    def test_nothing_is_ever_below_zero(self):
        subscription = self._create_subscription()
        first = self._grant(subscription, kind="amount", amount=70)
        second = self._grant(subscription, kind="amount", amount=70)
        self.assertRecordValues(
            subscription, [{"amount_untaxed": 0, "amount_total": 0}]
        )
        self.assertEqual(self._bill(subscription, 2), [(0, 0), (100, 115)])
        self.assertEqual((first | second).mapped("amount_taken"), [70, 30])

    def test_less_than_a_cent_is_not_invoiced(self):
        subscription = self._create_subscription([{"price_unit": 10}])
        self._grant(subscription, percentage=99.99)
        subscription.action_bill_now()
        self.assertFalse(subscription.invoice_ids)
        self.assertEqual(subscription.discount_ids.state, "used_up")

    def test_who_finds_nothing_left_waits_for_the_next_period(self):
        subscription = self._create_subscription()
        free = self._grant(subscription, percentage=100, sequence=1)
        later = self._grant(subscription, percentage=50, sequence=2)
        self.assertEqual(self._bill_untaxed(subscription, 3), [0, 50, 100])
        self.assertEqual(free.use_ids.date_start, START)
        self.assertEqual(later.use_ids.date_start, date(2026, 2, 10))

    def test_an_amount_is_taken_off_to_the_cent(self):
        """Each line is rounded apart; the invoice is 10.00 less all the same."""
        subscription = self._create_subscription([{"price_unit": 33.33}] * 3)
        self._grant(subscription, kind="amount", amount=10)
        self.assertEqual(subscription.amount_untaxed, 89.99)
        self.assertEqual(self._bill(subscription), [(89.99, 103.49)])
        lines = subscription.invoice_ids.invoice_line_ids
        self.assertEqual(sorted(lines.mapped("price_subtotal")), [29.99, 30.0, 30.0])

    def test_what_is_told_on_a_line_adds_up(self):
        subscription = self._create_subscription([{"price_unit": 9.99}])
        self._grant(subscription, name="A", percentage=33.33, sequence=1)
        self._grant(subscription, name="B", percentage=33.33, sequence=2)
        # 9.99 − 3.329667 − 2.219889… = 4.440444…
        self.assertEqual(self._bill_untaxed(subscription), [4.44])
        self.assertEqual(
            subscription.invoice_ids.invoice_line_ids.name.splitlines()[2:],
            ["A: −3.33", "B: −2.22"],
        )

    def test_a_price_with_a_quantity_and_an_own_percentage(self):
        subscription = self._create_subscription(
            [{"quantity": 7, "price_unit": 14.29, "discount": 12.5}]
        )
        self._grant(subscription, kind="amount", amount=1)
        # 7 × 14.29 × 0.875 = 87.52625
        self.assertEqual(self._bill_untaxed(subscription, 2), [86.53, 87.53])
        line = subscription.invoice_ids.sorted("id")[0].invoice_line_ids
        self.assertRecordValues(line, [{"quantity": 7, "discount": 12.5}])

    def test_a_price_that_includes_the_tax(self):
        self.tax.price_include_override = "tax_included"
        subscription = self._create_subscription([{"price_unit": 115}])
        self._grant(subscription, kind="amount", amount=23, duration="forever")
        self.assertRecordValues(
            subscription,
            [
                {
                    "amount_untaxed": 80,
                    "amount_discount": 20,
                    "amount_total": 92,
                    "mrr": 80,
                }
            ],
        )
        self.assertEqual(self._bill(subscription), [(80, 92)])

    def test_a_currency_without_cents(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        subscription = self._create_subscription(
            [{"price_unit": 1000}] * 3, currency_id=yen.id
        )
        self._grant(subscription, kind="amount", amount=100)
        self._bill(subscription)
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 2900)
        self.assertEqual(
            sorted(subscription.invoice_ids.invoice_line_ids.mapped("price_subtotal")),
            [966, 967, 967],
        )

    def test_a_discount_is_told_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        subscription = self._create_subscription([{"price_unit": 10000}])
        coupon = self._create_coupon(code=False)
        coupon.with_context(lang="fr_FR").name = "Bienvenue"
        subscription._add_coupon(coupon)
        self._bill(subscription)
        self.assertEqual(
            subscription.invoice_ids.invoice_line_ids.name.splitlines()[-1],
            "Bienvenue: −2\xa0000,00",
        )


@tagged("standard", "post_install", "-at_install")
class TestScope(DiscountCase):
    def _create_two(self, **vals):
        """Create a subscription of 100 for maintenance and 50 for the hotline."""
        return self._create_subscription(
            [{"sequence": 1}, {"product_id": self.hotline.id, "sequence": 2}], **vals
        )

    def test_only_the_products_in_scope_are_reduced(self):
        subscription = self._create_two()
        self._grant(subscription, product_ids=self.hotline.ids, percentage=50)
        self.assertEqual(subscription.amount_untaxed, 125)
        self.assertEqual(self._bill(subscription), [(125, 143.75)])

    def test_an_amount_does_not_leave_its_scope(self):
        subscription = self._create_two()
        self._grant(
            subscription, product_ids=self.hotline.ids, kind="amount", amount=70
        )
        self.assertEqual(self._bill_untaxed(subscription), [100])

    def test_a_bundle_is_reduced_while_it_is_complete(self):
        subscription = self._create_two()
        coupon = self._create_coupon(
            kind="amount",
            amount=30,
            duration="forever",
            bundle_product_ids=(self.product | self.hotline).ids,
        )
        subscription._add_coupon(coupon)
        self.assertEqual(subscription.mrr, 120)
        self.assertEqual(self._bill(subscription), [(120, 138)])
        subscription.line_ids[1].date_end = date(2026, 2, 9)
        self.assertRecordValues(subscription, [{"amount_untaxed": 100, "mrr": 100}])
        self.assertEqual(self._bill_untaxed(subscription), [100])
        subscription.line_ids[1].date_end = False
        self.assertEqual(self._bill_untaxed(subscription), [120])

    def test_a_bundle_with_nothing_of_a_product_is_not_complete(self):
        subscription = self._create_two()
        self._grant(subscription, bundle_product_ids=(self.product | self.hotline).ids)
        subscription.line_ids[1].quantity = 0
        self.assertEqual(self._bill_untaxed(subscription), [100])

    def test_a_minimum_of_products_counts_those_in_scope(self):
        subscription = self._create_two()
        self._grant(subscription, product_count_min=2, duration="forever")
        narrow = self._grant(
            subscription, product_count_min=2, product_ids=self.hotline.ids
        )
        self.assertEqual(self._bill_untaxed(subscription), [120])
        self.assertFalse(narrow.use_ids)

    def test_another_plan_is_not_reduced(self):
        subscription = self._create_subscription()
        self._grant(subscription, plan_ids=self.plan.ids, duration="forever")
        self.assertEqual(subscription.amount_untaxed, 80)
        subscription.plan_id = self._create_plan(name="Other")
        self.assertRecordValues(subscription, [{"amount_untaxed": 100, "mrr": 100}])
        self.assertEqual(self._bill_untaxed(subscription), [100])

    def test_a_rebate_line_is_not_reduced_and_does_not_lead_below_zero(self):
        subscription = self._create_subscription(
            [{"price_unit": 100}, {"price_unit": -40}]
        )
        self._grant(subscription, percentage=50, duration="forever", sequence=1)
        self._grant(subscription, kind="amount", amount=70, duration="forever")
        self.assertRecordValues(subscription, [{"amount_untaxed": 0, "mrr": 0}])

    def test_usage_is_reduced_where_the_terms_say_so(self):
        subscription = self._create_subscription()
        period = subscription._get_next_period()
        recurring = subscription.line_ids._get_charge(period, Fraction(1))
        before = Period(date(2025, 12, 10), START)
        usage = replace(recurring, kind="usage", period=before, gross=Decimal(40))
        credit = replace(recurring, kind="credit", period=before)
        charges = [recurring, usage, credit]
        discount = self._grant(subscription)

        def reduce():
            return [c.amount for c in subscription._apply_discounts(charges)]

        self.assertEqual(reduce(), [80, 40, 100])
        discount.applies_to_usage = True
        self.assertEqual(reduce(), [80, 32, 100])


@tagged("standard", "post_install", "-at_install")
class TestLoyalty(DiscountCase):
    def test_it_begins_after_some_periods(self):
        subscription = self._create_subscription()
        coupon = self._create_coupon(duration="forever", start_after_periods=2)
        discount = subscription._add_coupon(coupon)
        self.assertRecordValues(
            discount, [{"state": "waiting", "date_start": date(2026, 3, 10)}]
        )
        self.assertEqual(subscription.mrr, 100)
        self.assertEqual(self._bill_untaxed(subscription, 2), [100, 100])
        self.assertEqual(discount.state, "running")
        self.assertEqual(subscription.mrr, 80)
        self.assertEqual(self._bill_untaxed(subscription, 2), [80, 80])
        events = subscription.event_ids.sorted("id")
        self.assertEqual(events.mapped("movement"), ["new", "contraction"])
        self.assertEqual(events.mapped("mrr_delta"), [100, -20])

    def test_the_years_elsewhere_count(self):
        """A book that was taken over keeps the loyalty of its customers."""
        subscription = self._create_subscription(
            date_start=date(2025, 6, 10), date_next_invoice=date(2026, 2, 10)
        )
        coupon = self._create_coupon(start_after_periods=9)
        discount = subscription._add_coupon(coupon)
        self.assertEqual(discount.date_start, date(2026, 3, 10))
        self.assertEqual(self._bill_untaxed(subscription, 3), [100, 80, 100])

    def test_it_does_not_reach_back(self):
        subscription = self._create_subscription()
        self._bill(subscription, 3)
        coupon = self._create_coupon(start_after_periods=2)
        subscription._add_coupon(coupon)
        self.assertEqual(self._bill_untaxed(subscription), [80])

    def test_it_follows_a_draft_that_starts_later(self):
        draft = self._create_subscription(state="draft")
        self._grant(draft, start_after_periods=1)
        draft.date_start = date(2026, 3, 31)
        self.assertEqual(draft.discount_ids.date_start, date(2026, 4, 30))
        draft.action_confirm()
        self.assertEqual(self._bill_untaxed(draft, 2), [100, 80])

    def test_at_the_end_of_the_month(self):
        subscription = self._create_subscription(date_start=date(2026, 1, 31))
        discount = self._grant(subscription, start_after_periods=1)
        self.assertEqual(discount.date_start, date(2026, 2, 28))
        self.assertEqual(self._bill_untaxed(subscription, 3), [100, 80, 100])


@tagged("standard", "post_install", "-at_install")
class TestEnds(DiscountCase):
    def test_a_removed_discount_reduces_no_further_period(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon(duration="forever"))
        self._bill(subscription)
        discount.action_remove()
        self.assertRecordValues(
            discount, [{"state": "removed", "date_removed": START, "amount_taken": 20}]
        )
        self.assertEqual(self._bill_untaxed(subscription), [100])
        self.assertIn(
            "Discount removed: WELCOME20", str(subscription.message_ids.mapped("body"))
        )

    def test_a_period_that_had_begun_is_still_reduced(self):
        """Billed late, the customer gets for February what February was promised."""
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self._create_coupon(duration="forever"))
        self._bill(subscription)
        with freeze_time("2026-03-01"):
            discount.action_remove()
            self.assertEqual(discount.state, "running")
        with freeze_time("2026-03-15"):
            self._run_renewal()
        self.assertEqual(
            subscription.invoice_ids.sorted("id").mapped("amount_untaxed"),
            [80, 80, 100],
        )
        self.assertEqual(discount.state, "removed")
        self.assertEqual(subscription.mrr, 100)

    def test_a_discount_that_was_never_used_disappears(self):
        subscription = self._create_subscription()
        subscription._add_coupon(self._create_coupon()).action_remove()
        self.assertFalse(subscription.discount_ids)
        self.assertEqual(self._bill_untaxed(subscription), [100])

    def test_a_used_discount_is_kept(self):
        subscription = self._create_subscription()
        discount = self._grant(subscription)
        self._bill(subscription)
        with self.assertRaisesRegex(UserError, "has been taken off an invoice"):
            discount.unlink()
        with self.assertRaisesRegex(UserError, "kept for good"):
            discount.use_ids.unlink()

    def test_a_draft_is_deleted_with_its_discounts(self):
        draft = self._create_subscription(state="draft")
        discount = self._grant(draft)
        draft.unlink()
        self.assertFalse(discount.exists())

    def test_a_copy_has_no_discounts(self):
        subscription = self._create_subscription()
        subscription._add_coupon(self._create_coupon(duration="forever"))
        self._bill(subscription)
        copy = subscription.copy()
        self.assertFalse(copy.discount_ids)
        self.assertEqual(copy.amount_untaxed, 100)

    def test_what_is_left_goes_on_after_a_reactivation(self):
        subscription = self._create_subscription()
        subscription._add_coupon(
            self._create_coupon(duration="repeating", period_count=3)
        )
        self._bill(subscription)
        subscription._close()
        with freeze_time("2026-06-01"):
            subscription.action_reactivate()
            self.assertEqual(self._bill_untaxed(subscription, 3), [80, 80, 100])

    def test_a_forever_discount_comes_back_with_the_revenue(self):
        subscription = self._create_subscription()
        self._grant(subscription, duration="forever")
        subscription._close()
        subscription.action_reactivate()
        self.assertEqual(
            subscription.event_ids.sorted("id").mapped("mrr_delta"),
            [100, -20, -80, 80],
        )


@tagged("standard", "post_install", "-at_install")
class TestAmounts(DiscountCase):
    def test_oracle_i3_a_forever_coupon_lowers_the_revenue(self):
        """50 % for ever on 100 a month: an MRR of 50."""
        subscription = self._create_subscription()
        coupon = self._create_coupon(percentage=50, duration="forever")
        discount = subscription._add_coupon(coupon)
        self.assertEqual(subscription.mrr, 50)
        self._bill(subscription)
        discount.action_remove()
        self.assertEqual(subscription.mrr, 100)
        events = subscription.event_ids.sorted("id")
        self.assertEqual(events.mapped("movement"), ["new", "contraction", "expansion"])
        self.assertEqual(events.mapped("mrr_delta"), [100, -50, 50])

    def test_once_and_several_periods_do_not(self):
        subscription = self._create_subscription()
        self._grant(subscription)
        self._grant(subscription, duration="repeating")
        self._bill(subscription, 2)
        self.assertEqual(subscription.mrr, 100)
        self.assertEqual(subscription.event_ids.mapped("mrr_delta"), [100])

    def test_the_revenue_is_by_the_month(self):
        year = self._create_plan(name="Yearly", interval_unit="year")
        subscription = self._create_subscription(
            [{"price_unit": 1200}], plan_id=year.id
        )
        self._grant(subscription, kind="amount", amount=120, duration="forever")
        self.assertEqual(subscription.mrr, 90)

    def test_a_coupon_on_a_draft_counts_from_its_confirmation(self):
        draft = self._create_subscription(state="draft")
        self._grant(draft, duration="forever")
        self.assertEqual(draft.mrr, 0)
        draft.action_confirm()
        self.assertEqual(draft.event_ids.mapped("mrr_delta"), [80])

    def test_the_amounts_are_those_of_the_next_period(self):
        subscription = self._create_subscription()
        self._grant(subscription)
        reduced = {
            "amount_discount": 20,
            "amount_untaxed": 80,
            "amount_tax": 12,
            "amount_total": 92,
        }
        full = {
            "amount_discount": 0,
            "amount_untaxed": 100,
            "amount_tax": 15,
            "amount_total": 115,
        }
        self.assertRecordValues(subscription, [reduced])
        self._bill(subscription)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(subscription, [full])

    def test_the_amounts_are_what_is_billed_next(self):
        """Whatever is waiting, ending or used up, period after period."""
        subscription = self._create_subscription(
            [{"price_unit": 33.33, "quantity": 3}, {"price_unit": 0.99}]
        )
        self._grant(subscription, duration="repeating", period_count=2)
        self._grant(subscription, kind="amount", amount=7, start_after_periods=1)
        self._grant(
            subscription, percentage=5, duration="forever", start_after_periods=3
        )
        for _period in range(5):
            expected = (subscription.amount_untaxed, subscription.amount_total)
            self.assertEqual(self._bill(subscription), [expected])
        self.assertEqual(
            sum(subscription.event_ids.mapped("mrr_delta")), subscription.mrr
        )

    def test_a_person_grants_a_discount_in_the_form(self):
        subscription = self._create_subscription()
        form = Form(subscription)
        with form.discount_ids.new() as discount:
            discount.name = "Goodwill"
            discount.percentage = 10
            discount.duration = "repeating"
            discount.period_count = 3
        self.assertEqual(form.amount_untaxed, 90)
        form.save()
        self.assertEqual(self._bill_untaxed(subscription, 4), [90, 90, 90, 100])

    def test_an_unfinished_discount_does_not_disturb_the_form(self):
        form = Form(self._create_subscription(state="draft"))
        with form.discount_ids.new() as discount:
            discount.name = "Later"
            discount.percentage = 0
        self.assertEqual(form.amount_untaxed, 100)


@tagged("standard", "post_install", "-at_install")
class TestMisuse(DiscountCase):
    def test_the_terms_of_a_coupon_are_its_own(self):
        subscription = self._create_subscription()
        coupon = self._create_coupon()
        with self.assertRaisesRegex(UserError, "terms of a coupon are its own"):
            self._grant(subscription, coupon_id=coupon.id, percentage=90)

    def test_what_was_agreed_is_not_changed(self):
        subscription = self._create_subscription()
        redeemed = subscription._add_coupon(self._create_coupon())
        granted = self._grant(subscription)
        granted.percentage = 10
        self._bill(subscription)
        for discount in redeemed | granted:
            for vals in ({"percentage": 90}, {"duration": "forever"}):
                with self.assertRaisesRegex(UserError, "agreed and cannot be changed"):
                    discount.write(vals)

    def test_a_discount_stays_what_and_where_it_is(self):
        subscription = self._create_subscription()
        granted = self._grant(subscription)
        for vals in (
            {"coupon_id": self._create_coupon().id},
            {"subscription_id": subscription.copy().id},
            {"date_removed": False},
            {"date_added": START - timedelta(days=1)},
        ):
            with self.assertRaisesRegex(UserError, "stays with its subscription"):
                granted.write(vals)

    def test_nobody_sets_what_is_worked_out(self):
        granted = self._grant(self._create_subscription())
        for name, value in (
            ("state", "running"),
            ("periods_used", 0),
            ("date_start", START),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, "worked out"):
                granted[name] = value


@tagged("standard", "post_install", "-at_install")
class TestImport(DiscountCase):
    """A book that is taken over brings what is left of its discounts."""

    COLUMNS = (
        "partner_id",
        "plan_id",
        "state",
        "date_start",
        "date_next_invoice",
        "line_ids/product_id",
        "discount_ids/name",
        "discount_ids/percentage",
        "discount_ids/duration",
        "discount_ids/period_count",
        "discount_ids/coupon_id",
    )

    def _load(self, *discount):
        """Import one subscription with the cells of a discount."""
        row = [
            "Ada Lovelace",
            "Monthly",
            "Active",
            "2024-01-10",
            "2026-02-10",
            "Maintenance",
            *discount,
        ]
        return self.env["subscription.subscription"].load(
            list(self.COLUMNS), [row, [""] * 5 + ["Hotline"] + [""] * 5]
        )

    def test_a_discount_comes_with_the_periods_that_are_left(self):
        result = self._load("Old offer", "25", "Several periods", "2", "")
        self.assertFalse(result["messages"])
        subscription = self.env["subscription.subscription"].browse(result["ids"])
        self.assertEqual(len(subscription.discount_ids), 1)
        self.assertEqual(self._bill_untaxed(subscription, 3), [112.5, 112.5, 150])

    def test_a_coupon_is_redeemed_by_its_code(self):
        self._create_coupon()
        result = self._load("", "", "", "", "WELCOME20")
        self.assertFalse(result["messages"])
        subscription = self.env["subscription.subscription"].browse(result["ids"])
        self.assertRecordValues(
            subscription.discount_ids, [{"name": "WELCOME20", "percentage": 20}]
        )
        self.assertEqual(self._bill_untaxed(subscription, 2), [120, 150])

    @mute_logger("odoo.sql_db")
    def test_a_bad_row_is_refused_with_its_reason(self):
        self._create_coupon(date_end=date(2025, 12, 31))
        for cells, reason in (
            (("", "", "", "", "WELCOME20"), "could be redeemed until 2025-12-31"),
            (("", "", "", "", "OTHER"), "No matching record found for name 'OTHER'"),
            (("Old", "250", "Forever", "", ""), "Percentage must be above 0"),
            (("Old", "25", "Several periods", "0", ""), "Number of Periods must be"),
        ):
            with self.subTest(reason):
                result = self._load(*cells)
                self.assertFalse(result["ids"])
                self.assertIn(reason, result["messages"][0]["message"])
