"""Coupons: what is offered, who may redeem it, and that a limit holds."""

import re
from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


class CouponCase(SubscriptionCommon):
    """A coupon for 20 % once, and a subscription of 100 a month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coupon = cls._create_coupon()
        cls.other_product = cls.env["product.product"].create(
            {
                "name": "Hotline",
                "type": "service",
                "list_price": 50,
                "taxes_id": [Command.set(cls.tax.ids)],
            }
        )

    @classmethod
    def _create_coupon(cls, **vals):
        """Create a coupon, 20 % once unless ``vals`` say otherwise."""
        return cls.env["subscription.coupon"].create(
            {"name": "Welcome", "percentage": 20, **vals}
        )

    @classmethod
    def _create_discount(cls, subscription, **vals):
        """Grant a discount without a coupon."""
        return cls.env["subscription.discount"].create(
            {"name": "Goodwill", "subscription_id": subscription.id, **vals}
        )

    def _create_draft(self, lines=None, **vals):
        """Create a subscription that can still change."""
        return self._create_subscription(lines, **{"state": "draft", **vals})


@tagged("standard", "post_install", "-at_install")
class TestCoupon(CouponCase):
    def test_a_person_defines_a_coupon(self):
        form = Form(self.env["subscription.coupon"])
        form.name = "Spring"
        form.code = " spring5 "
        form.kind = "amount"
        form.amount = 5
        form.duration = "repeating"
        form.period_count = 6
        coupon = form.save()
        self.assertRecordValues(
            coupon,
            [
                {
                    "code": "SPRING5",
                    "display_name": "[SPRING5] Spring",
                    "terms_label": "$\xa05.00 off 6 periods",
                    "currency_id": self.company.currency_id.id,
                    "limit_per_customer": 1,
                    "redemption_count": 0,
                }
            ],
        )

    def test_the_terms_are_told_in_words(self):
        for vals, label in (
            ({}, "20% off one period"),
            ({"percentage": 7.5, "duration": "forever"}, "7.5% off every period"),
            (
                {"duration": "forever", "start_after_periods": 12},
                "20% off every period, after the first 12",
            ),
        ):
            self.assertEqual(self._create_coupon(**vals).terms_label, label)

    def test_bad_input_is_refused_by_the_name_of_its_field(self):
        for vals, reason in (
            ({"percentage": 0}, "Percentage must be above 0"),
            ({"percentage": 101}, "Percentage must be above 0 and at most 100"),
            ({"kind": "amount"}, "Amount must be above 0"),
            ({"kind": "amount", "amount": -5}, "Amount must be above 0"),
            ({"percentage": False}, "Percentage must be above 0"),
            ({"duration": "repeating", "period_count": 0}, "Number of Periods must be"),
            ({"start_after_periods": -1}, "Starts After must be 0 or more"),
            ({"product_count_min": -1}, "Minimum Products must be 0 or more"),
            ({"limit_total": -1}, "Redemptions at Most must be 0"),
            ({"limit_per_customer": -1}, "Per Customer at Most must be 0"),
            (
                {"date_start": date(2026, 2, 1), "date_end": date(2026, 1, 1)},
                "Offered Until must not be before Offered From",
            ),
        ):
            with self.subTest(vals=vals):
                self._assert_refused_by_database(
                    reason, lambda vals=vals: self._create_coupon(**vals)
                )

    @mute_logger("odoo.sql_db")
    def _assert_refused_by_database(self, reason, change):
        """Check the words in which the database refuses a change."""
        with self.assertRaises(IntegrityError) as caught, self.env.cr.savepoint():
            change()
            self.env.flush_all()
        message = self.coupon._sql_error_to_message(caught.exception)
        self.assertIn(reason, message)

    def test_a_code_is_unique_whatever_its_capitals(self):
        self.coupon.code = "Welcome20"
        reason = "Another coupon has this Code"
        self._assert_refused_by_database(
            reason, lambda: self._create_coupon(code="welcome20")
        )
        self.coupon.active = False
        self.env.flush_all()
        self.assertTrue(self._create_coupon(code="welcome20"))
        self._assert_refused_by_database(
            reason, lambda: self.coupon.write({"active": True})
        )

    def test_a_code_may_be_used_by_two_companies_unless_it_is_shared(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._create_coupon(code="SPRING", company_id=self.company.id)
        theirs = self._create_coupon(code="SPRING", company_id=other.id)
        self.assertEqual(
            self.env["subscription.coupon"]._find_by_code("spring", other), theirs
        )
        with self.assertRaisesRegex(ValidationError, "SPRING is taken"):
            self._create_coupon(code="SPRING")

    def test_coupons_without_a_code_do_not_clash(self):
        self.assertFalse(self._create_coupon(code="  ").code)
        self.assertFalse(self._create_coupon().code)

    def test_a_copy_has_no_code(self):
        self.coupon.code = "WELCOME20"
        copy = self.coupon.copy()
        self.assertRecordValues(
            copy, [{"name": "Welcome (copy)", "code": False, "percentage": 20}]
        )

    def test_a_redeemed_coupon_is_kept(self):
        self._create_coupon().unlink()
        self._create_subscription()._add_coupon(self.coupon)
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.coupon.unlink()

    def test_the_redemptions_are_counted_and_found(self):
        discounts = self.env["subscription.discount"].union(
            *(s._add_coupon(self.coupon) for s in self._create_subscriptions(2))
        )
        self.assertEqual(self.coupon.redemption_count, 2)
        action = self.coupon.action_view_redemptions()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, discounts)


@tagged("standard", "post_install", "-at_install")
class TestRedemption(CouponCase):
    def _assert_refused(self, reason, coupon, subscription=None):
        """Check that a coupon is refused, and leaves nothing behind."""
        subscription = subscription or self._create_draft()
        before = subscription.discount_ids
        with (
            self.assertRaisesRegex(UserError, re.escape(reason)),
            self.env.cr.savepoint(),
        ):
            subscription._add_coupon(coupon)
        self.env.invalidate_all()
        self.assertEqual(subscription.discount_ids, before)

    @freeze_time("2026-01-10")
    def test_a_code_is_redeemed_as_a_customer_types_it(self):
        self.coupon.code = "WELCOME20"
        subscription = self._create_subscription(date_start=date(2026, 1, 10))
        discount = subscription._add_coupon(" Welcome20 ")
        self.assertRecordValues(
            discount,
            [
                {
                    "subscription_id": subscription.id,
                    "coupon_id": self.coupon.id,
                    "name": "WELCOME20",
                    "percentage": 20,
                    "duration": "once",
                    "state": "running",
                    "date_added": date(2026, 1, 10),
                    "date_start": date(2026, 1, 10),
                    "periods_left": 1,
                }
            ],
        )
        self.assertIn(
            "Discount added: WELCOME20 (20% off one period).",
            subscription.message_ids[0].body,
        )

    def test_a_coupon_is_added_with_the_wizard(self):
        subscription = self._create_subscription()
        action = subscription.action_add_coupon()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        form.coupon_id = self.coupon
        self.assertEqual(form.terms_label, "20% off one period")
        form.save().action_add()
        self.assertEqual(subscription.discount_ids.coupon_id, self.coupon)

    def test_an_unknown_code_is_refused(self):
        self._create_coupon(code="WEL_OME%")
        for code in ("WELCOME20", "%", "WELCOMES", "_", "", "  "):
            self._assert_refused("There is no coupon with the code", code)

    def test_an_archived_coupon_is_refused(self):
        self.coupon.write({"code": "OLD", "active": False})
        self._assert_refused("no coupon with the code OLD", "OLD")
        self._assert_refused("is no longer offered", self.coupon)

    @freeze_time("2026-01-10")
    def test_a_coupon_is_redeemed_from_its_first_to_its_last_day(self):
        self.coupon.date_start = date(2026, 1, 11)
        self._assert_refused("can be redeemed from 2026-01-11 on", self.coupon)
        self.coupon.write(
            {"date_start": date(2026, 1, 10), "date_end": date(2026, 1, 10)}
        )
        self._create_draft()._add_coupon(self.coupon)
        self.coupon.write({"date_start": False, "date_end": date(2026, 1, 9)})
        self._assert_refused("could be redeemed until 2026-01-09", self.coupon)

    @freeze_time("2026-01-10 23:30:00")
    def test_the_last_day_is_the_companys(self):
        self.coupon.date_end = date(2026, 1, 10)
        self.company.subscription_tz = "Pacific/Auckland"
        self._assert_refused("could be redeemed until 2026-01-10", self.coupon)

    def test_a_coupon_of_another_company_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.coupon.write({"company_id": other.id, "code": "THEIRS"})
        self._assert_refused("no coupon with the code", "THEIRS")
        self._assert_refused("company", self.coupon)

    def test_another_currency_is_refused(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        coupon = self._create_coupon(kind="amount", amount=5, currency_id=euro.id)
        self._assert_refused("is for subscriptions in EUR", coupon)
        draft = self._create_draft(currency_id=euro.id)
        draft._add_coupon(coupon)
        with self.assertRaisesRegex(UserError, "is for subscriptions in EUR"):
            draft.currency_id = self.company.currency_id

    def test_a_percentage_is_for_any_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        draft = self._create_draft(currency_id=euro.id)
        self.assertTrue(draft._add_coupon(self.coupon))

    def test_another_plan_is_refused(self):
        self.coupon.plan_ids = self._create_plan(name="Yearly", interval_unit="year")
        self._assert_refused("not for the plan Monthly, but for: Yearly", self.coupon)

    def test_other_products_are_refused(self):
        self.coupon.product_ids = self.other_product
        self._assert_refused("needs 1 of its products", self.coupon)

    def test_a_category_is_meant_with_those_below_it(self):
        parent = self.env["product.category"].create({"name": "Services"})
        child = parent.create({"name": "Care", "parent_id": parent.id})
        self.coupon.product_categ_ids = parent
        self._assert_refused("needs 1 of its products", self.coupon)
        self.product.categ_id = child
        self.assertTrue(self._create_draft()._add_coupon(self.coupon))

    def test_an_incomplete_bundle_is_refused(self):
        self.coupon.bundle_product_ids = self.product | self.other_product
        self._assert_refused("The subscription lacks: Hotline", self.coupon)

    def test_too_few_products_are_refused(self):
        self.coupon.product_count_min = 2
        two = [{}, {}]
        self._assert_refused(
            "needs 2 of its products, and the subscription has 1",
            self.coupon,
            self._create_draft(two),
        )
        different = [{}, {"product_id": self.other_product.id}]
        self.assertTrue(self._create_draft(different)._add_coupon(self.coupon))

    def test_a_closed_subscription_is_refused(self):
        subscription = self._create_subscription()
        subscription._close()
        self._assert_refused("is closed", self.coupon, subscription)

    def test_a_coupon_is_not_added_twice(self):
        self.coupon.limit_per_customer = 0
        subscription = self._create_subscription()
        subscription._add_coupon(self.coupon)
        self._assert_refused("already has the coupon", self.coupon, subscription)
        subscription.action_bill_now()
        self.assertEqual(subscription.discount_ids.state, "used_up")
        self.assertTrue(subscription._add_coupon(self.coupon))

    def test_the_limit_of_a_customer_counts_its_contacts(self):
        contact = self.env["res.partner"].create(
            {"name": "Charles", "parent_id": self.partner.id}
        )
        self._create_draft()._add_coupon(self.coupon)
        theirs = self._create_draft(partner_id=contact.id)
        self._assert_refused("as often as one customer can (1)", self.coupon, theirs)
        self.coupon.limit_per_customer = 2
        theirs._add_coupon(self.coupon)
        self._assert_refused("as often as one customer can (2)", self.coupon)

    def test_the_limit_of_all_customers(self):
        self.coupon.limit_total = 2
        drafts = self._create_subscriptions(3, state="draft")
        for draft in drafts[:2]:
            draft._add_coupon(self.coupon)
        self._assert_refused("as often as it can be (2)", self.coupon, drafts[2])
        drafts[0].discount_ids.action_remove()
        self.assertTrue(drafts[2]._add_coupon(self.coupon), "one was not used")

    def test_a_limit_counts_redemptions_made_together(self):
        self.coupon.limit_total = 2
        vals_list = [
            {"subscription_id": draft.id, "coupon_id": self.coupon.id}
            for draft in self._create_subscriptions(3, state="draft")
        ]
        with self.assertRaisesRegex(UserError, "as often as it can be"):
            self.env["subscription.discount"].create(vals_list)

    def test_the_limit_counts_what_other_companies_gave(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_draft(company_id=other.id)
        self.coupon.write({"limit_total": 1, "limit_per_customer": 0})
        theirs._add_coupon(self.coupon)
        self._assert_refused("as often as it can be", self.coupon)

    @freeze_time("2026-01-10")
    def test_only_new_customers_redeem_a_coupon_for_new_customers(self):
        self.coupon.is_first_time_only = True
        reason = "is for new customers, and Ada Lovelace has had"
        draft = self._create_draft()
        draft._add_coupon(self.coupon)
        self._assert_refused("as often as one customer can (1)", self.coupon)
        draft.discount_ids.unlink()
        first = self._create_subscription(date_start=date(2026, 1, 10))
        self._assert_refused(reason, self.coupon)
        first._add_coupon(self.coupon)
        first._close()
        self._assert_refused(reason, self.coupon)

    @freeze_time("2026-01-10")
    def test_who_has_been_billed_is_not_new(self):
        self.coupon.is_first_time_only = True
        reason = "is for new customers"
        billed = self._create_subscription(date_start=date(2026, 1, 10))
        billed.action_bill_now()
        self._assert_refused(reason, self.coupon, billed)
        billed._close()
        partner = self.env["res.partner"].create({"name": "Grace Hopper"})
        taken_over = self._create_subscription(
            partner_id=partner.id,
            date_start=date(2020, 1, 10),
            date_next_invoice=date(2026, 2, 10),
        )
        self._assert_refused(reason, self.coupon, taken_over)

    def test_a_draft_with_a_coupon_is_not_passed_on_to_who_may_not_have_it(self):
        self.coupon.is_first_time_only = True
        self._create_subscription()
        newcomer = self.env["res.partner"].create({"name": "Grace Hopper"})
        draft = self._create_draft(partner_id=newcomer.id)
        draft._add_coupon(self.coupon)
        with self.assertRaisesRegex(UserError, "is for new customers"):
            draft.partner_id = self.partner

    def test_the_terms_are_those_of_the_day_of_redemption(self):
        subscription = self._create_subscription()
        discount = subscription._add_coupon(self.coupon)
        self.coupon.write({"percentage": 50, "duration": "forever", "active": False})
        self.assertRecordValues(discount, [{"percentage": 20, "duration": "once"}])
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 80)

    def test_a_coupon_can_come_with_a_new_subscription(self):
        self.coupon.product_ids = self.product
        subscription = self._create_subscription(
            discount_ids=[Command.create({"coupon_id": self.coupon.id})]
        )
        self.assertEqual(subscription.amount_untaxed, 80)


class TestRedemptionsAtOnce:
    """Two customers, each in a process of its own, want the last one."""

    SETUP = """
product = env["product.product"].create({"name": "Service", "type": "service"})
plan = env["subscription.plan"].create({"name": "Monthly"})
env["subscription.coupon"].create(
    {"name": "Last", "code": "LAST", "percentage": 20, "limit_total": 1}
)
for name in ("Ada", "Grace"):
    env["subscription.subscription"].create({
        "name": name,
        "partner_id": env["res.partner"].create({"name": name}).id,
        "plan_id": plan.id,
        "line_ids": [(0, 0, {"product_id": product.id, "price_unit": 10})],
    })
env.cr.commit()
"""
    # Both have begun to read before either redeems, and see the coupon unused.
    REDEEM = """
import os, time
from pathlib import Path
from odoo.exceptions import UserError
from odoo.addons.subscription_billing.models.batch import retry_on_conflict
name = os.environ["CUSTOMER"]
own = env["subscription.subscription"].search([("name", "=", name)])
assert own.state == "draft"
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
try:
    retry_on_conflict(env, lambda: own._add_coupon("last"))
    env.cr.commit()
    print("redeemed")
except UserError as error:
    env.cr.rollback()
    print(f"refused: {error}")
"""
    COUNT = "SELECT count(*) FROM subscription_discount"

    def test_the_limit_holds(self, live_database, tmp_path):
        live_database.run(self.SETUP)
        processes, go = [], tmp_path / "go"
        for name in ("Ada", "Grace"):
            ready = tmp_path / name
            process = live_database.start(
                self.REDEEM, CUSTOMER=name, READY=str(ready), GO=str(go)
            )
            processes.append(process)
            while not ready.exists():
                assert process.poll() is None, process.stdout.read()
        go.touch()
        told = sorted(
            live_database.finish(process).splitlines()[-1] for process in processes
        )
        assert told[0] == "redeemed"
        assert "as often as it can be" in told[1]
        assert live_database.number(self.COUNT) == 1
