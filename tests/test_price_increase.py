"""Price increases: whose prices rise, to what, from when on, and what comes of it."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.models import batch
from odoo.addons.subscription_billing.tests.common_notices import NoticeCase

from .test_changes import ChangeCase

RUN = "odoo.addons.subscription_billing.models.subscription_increase_run"


class IncreaseCase(NoticeCase, ChangeCase):
    """Customers who pay 30 a month, billed on the first, and are told of new prices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls._create_price(cls.plan, 30)
        cls.rule = cls._create_rule("price_change", days_before=0)

    @classmethod
    def _create_price(cls, plan, price_unit, **vals):
        return cls.env["subscription.price"].create(
            {
                "plan_id": plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "price_unit": price_unit,
                **vals,
            }
        )

    def _list(self, price_unit, day="2026-05-01", **vals):
        """Offer another price from ``day`` on; those who are there keep theirs."""
        day = fields.Date.to_date(day)
        self.price.date_end = fields.Date.subtract(day, days=1)
        self.price = self._create_price(self.plan, price_unit, date_start=day, **vals)
        return self.price

    def _create_increase(self, compute=True, **vals):
        """Prepare a price increase of 10 % with 30 days of notice."""
        increase = self.env["subscription.increase"].create(
            {"name": "New year", "percent": 10, **vals}
        )
        if compute:
            increase.action_compute()
        return increase

    def _announce(self, deliver=True, **vals):
        """Announce a price increase, and send the e-mails; return it."""
        increase = self._create_increase(**vals)
        increase.action_announce()
        if deliver:
            self._deliver()
        return increase

    def _deliver(self):
        """Write the e-mails that wait, and send them, as the schedulers do."""
        self._run()
        queued = [("state", "=", "queued")]
        self._send(self.env["subscription.notice"].search(queued))

    def _run_increases(self):
        """Announce, and call off, as the scheduler does."""
        self._run_cron("subscription_billing.ir_cron_increase")

    def _get_mails(self, subscription):
        """Return the e-mails to the customer that wait in the queue or were sent."""
        return self.env["mail.mail"].search(
            [
                ("model", "=", "subscription.subscription"),
                ("res_id", "=", subscription.id),
            ]
        )

    def _get_line(self, increase, subscription):
        return increase.line_ids.filtered(
            lambda line: line.subscription_id == subscription
        )

    def _get_reasons(self, increase):
        """Return why lines are left out, by subscription; False for the others."""
        return {line.subscription_id: line.reason for line in increase.line_ids}


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestComputing(IncreaseCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()

    def _get_new_price(self, **vals):
        """Return the new price of the one line."""
        return self._create_increase(**vals).line_ids.price_new

    def test_a_percentage_an_amount_and_the_list_price(self):
        self._list(60)
        self.assertEqual(self._get_new_price(percent=3.5), 31.05)
        self.assertEqual(self._get_new_price(method="amount", amount=2.5), 32.5)
        self.assertEqual(self._get_new_price(method="list"), 60)

    def test_rounding_and_caps(self):
        for vals, expected in (
            ({"percent": 3.333}, 31.0),
            ({"percent": 3.3}, 30.99),
            ({"percent": 4, "rounding_step": 0.5}, 31),
            ({"percent": 4, "rounding_step": 0.5, "rounding_direction": "up"}, 31.5),
            ({"percent": 4, "rounding_step": 1, "rounding_ending": 0.99}, 30.99),
            ({"percent": 50, "cap_percent": 7.77}, 32.33),
            ({"percent": 50, "cap_amount": 4}, 34),
            # 30.0999 is not 30.10: the cap is never exceeded.
            ({"percent": 50, "cap_percent": 0.333}, 30.09),
        ):
            with self.subTest(**vals):
                self.assertEqual(self._get_new_price(**vals), expected)

    def test_the_effect_on_the_revenue(self):
        plan = self._create_plan(name="Quarter", interval_unit="quarter")
        quarter = self._create_subscription(
            [{"price_unit": 90, "quantity": 2, "discount": 50}], plan_id=plan.id
        )
        increase = self._create_increase(has_own_prices=True)
        self.assertRecordValues(
            self._get_line(increase, quarter),
            [
                {
                    "price_old": 90,
                    "price_new": 99,
                    "price_delta": 9,
                    "percent": 10,
                    "amount_old": 90,
                    "amount_new": 99,
                    "mrr_old": 30,
                    "mrr_new": 33,
                    "mrr_delta": 3,
                }
            ],
        )
        self.assertRecordValues(
            increase,
            [
                {
                    "line_count": 2,
                    "included_count": 2,
                    "mrr_old": 60,
                    "mrr_delta": 6,
                    "mrr_new": 66,
                }
            ],
        )

    def test_prices_that_include_taxes(self):
        included = self.env["account.tax"].create(
            {
                "name": "15 % incl.",
                "amount": 15,
                "price_include_override": "tax_included",
            }
        )
        self.subscription.line_ids.tax_ids = included
        line = self._create_increase().line_ids
        self.assertEqual((line.price_new, line.amount_old), (33, 26.09))
        self.assertEqual(line.mrr_new, 28.7)

    def test_the_selection(self):
        """Only what is asked for is touched (complaint 15)."""
        other = self.env["product.product"].create(
            {"name": "Monitoring", "type": "service", "list_price": 62}
        )
        tag = self.env["subscription.tag"].create({"name": "VIP"})
        year = self._create_plan(name="Year", interval_unit="year")
        self._create_price(year, 300)
        customer = self.env["res.partner"].create({"name": "Babbage", "email": "b@x.y"})
        child = self.env["res.partner"].create(
            {"name": "Son", "parent_id": customer.id}
        )
        tagged_one = self._create_subscription(
            [{}, {"product_id": other.id}], tag_ids=[Command.set(tag.ids)]
        )
        yearly = self._create_subscription(plan_id=year.id, partner_id=child.id)
        every = self.subscription + tagged_one + yearly
        for vals, expected in (
            ({}, every.line_ids),
            ({"plan_ids": year.ids}, yearly.line_ids),
            ({"product_tmpl_ids": other.product_tmpl_id.ids}, tagged_one.line_ids[1]),
            ({"tag_ids": tag.ids}, tagged_one.line_ids),
            ({"partner_ids": customer.ids}, yearly.line_ids),
            (
                {"domain": "[('subscription_id.mrr', '>', 50)]"},
                tagged_one.line_ids,
            ),
            (
                {"tag_ids": tag.ids, "product_tmpl_ids": other.product_tmpl_id.ids},
                tagged_one.line_ids[1],
            ),
        ):
            vals = {
                name: [Command.set(value)] if name.endswith("_ids") else value
                for name, value in vals.items()
            }
            with self.subTest(**vals):
                increase = self._create_increase(**vals)
                self.assertEqual(increase.line_ids.line_id, expected)

    def test_other_companies_currencies_and_drafts_are_not_looked_at(self):
        company = self.env["res.company"].create({"name": "Other"})
        plan = self._create_plan(company_id=company.id)
        self._create_subscription(company_id=company.id, plan_id=plan.id)
        euro = self.env.ref("base.EUR")
        self._create_subscription(currency_id=euro.id)
        self._create_subscription(state="draft")
        closed = self._create_subscription()
        closed._close()
        increase = self._create_increase(
            domain=f"[('subscription_id', '!=', {closed.id})]"
        )
        self.assertEqual(increase.line_ids.subscription_id, self.subscription)
        self.assertNotIn(euro, increase.line_ids.line_id.currency_id)
        self.assertEqual(increase.line_ids.line_id.company_id, self.company)

    def test_an_individual_price_is_left_alone_unless_asked_for(self):
        own = self._create_subscription([{"price_unit": 25}])
        increase = self._create_increase()
        self.assertEqual(
            self._get_reasons(increase), {self.subscription: False, own: "own"}
        )
        increase = self._create_increase(has_own_prices=True)
        self.assertEqual(
            self._get_reasons(increase), {self.subscription: False, own: False}
        )

    def test_an_earlier_price_of_the_list_is_no_individual_one(self):
        """Who was there first still pays what stood in the list then."""
        self._list(40)
        self.assertFalse(self._create_increase().line_ids.reason)

    def test_the_list_price_is_the_one_of_the_day_it_holds(self):
        """The price list of June is known in May."""
        self._list(40, "2026-06-01")
        line = self._create_increase(method="list", notice_days=10).line_ids
        self.assertRecordValues(
            line, [{"price_new": 40, "date_effective": date(2026, 6, 1)}]
        )

    def test_what_is_free_or_would_not_rise_is_left_out(self):
        free = self._create_subscription([{"price_unit": 0}])
        credit = self._create_subscription([{"price_unit": -5}])
        increase = self._create_increase(method="list", has_own_prices=True)
        self.assertEqual(
            self._get_reasons(increase),
            {self.subscription: "not_higher", free: "free", credit: "free"},
        )

    def test_a_lower_price_only_where_it_is_asked_for_and_without_notice(self):
        self._list(20)
        refused = self._create_increase(method="list")
        self.assertEqual(refused.line_ids.reason, "not_higher")
        increase = self._create_increase(method="list", may_lower=True)
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "state": "included",
                    "price_new": 20,
                    "date_effective": date(2026, 5, 1),
                }
            ],
        )

    # === PRICES THAT ARE NOT PER UNIT === #

    def _create_tiers(self, plan, prices, **vals):
        """Create a graduated price: up to ten units, and the rest."""
        low, high = prices
        return self._create_price(
            plan,
            0,
            pricing_model="graduated",
            tier_ids=[
                Command.create({"quantity_last": 10, "price_unit": low}),
                Command.create({"price_unit": high}),
            ],
            **vals,
        )

    def _create_tiered(self):
        """Create a subscription of 20 units on tiers of which there are newer ones.

        :return: the subscription, its price, and the newer one
        """
        plan = self._create_plan(name="Tiers")
        old = self._create_tiers(plan, (3, 2))
        subscription = self._create_subscription([{"quantity": 20}], plan_id=plan.id)
        old.date_end = date(2026, 5, 1)
        new = self._create_tiers(plan, (3.3, 2.2), date_start=date(2026, 5, 2))
        return subscription, old, new

    def test_tiers_move_to_a_new_version_as_a_whole(self):
        subscription, old, new = self._create_tiered()
        only = {"plan_ids": [Command.set(subscription.plan_id.ids)]}
        self._bill(subscription, "2026-05-01")
        line = self._create_increase(**only).line_ids
        self.assertEqual(line.reason, "rated")
        with self.assertRaisesRegex(UserError, "needs a new version"):
            line.action_include()
        manager = new_test_user(
            self.env, "boss", groups="subscription_billing.group_subscription_manager"
        )
        with self.assertRaisesRegex(UserError, "tiers, packages"):
            line.with_user(manager).price_new = 4
        increase = self._announce(method="list", **only)
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "state": "announced",
                    "price_old_id": old.id,
                    "price_id": new.id,
                    "amount_old": 50,
                    "amount_new": 55,
                    "percent": 10,
                    "mrr_delta": 5,
                }
            ],
        )
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 55)
        self.assertEqual(subscription._get_running_lines().price_id, new)

    def test_tiers_above_the_cap_stay(self):
        subscription, _old, _new = self._create_tiered()
        increase = self._create_increase(
            method="list",
            cap_percent=9,
            plan_ids=[Command.set(subscription.plan_id.ids)],
        )
        self.assertEqual(increase.line_ids.reason, "not_higher")

    def test_a_capped_price_stays_on_its_version(self):
        self._list(60)
        line = self._create_increase(method="list", cap_percent=50).line_ids
        self.assertRecordValues(line, [{"price_new": 45, "price_id": False}])

    def test_parts_of_a_cent_rise_by_their_percentage(self):
        plan = self._create_plan(name="Pieces")
        self._create_price(plan, 0.005)
        subscription = self._create_subscription([{"quantity": 1000}], plan_id=plan.id)
        increase = self._announce(percent=5, plan_ids=[Command.set(plan.ids)])
        self.assertEqual(increase.line_ids.price_new, 0.00525)
        invoices = [
            self._bill(subscription, day) for day in ("2026-05-01", "2026-06-01")
        ]
        self.assertEqual([move.amount_untaxed for move in invoices], [5, 5.25])

    def test_a_price_of_one_customer_is_an_individual_one(self):
        self._create_price(self.plan, 27, partner_id=self.partner.id)
        special = self._create_subscription()
        self.assertEqual(special.line_ids.price_unit, 27)
        self.assertEqual(self._get_reasons(self._create_increase())[special], "own")

    # === GRANDFATHERING === #

    def test_a_guaranteed_price_is_kept(self):
        line_kept, long_over = (self._create_subscription() for _ in range(2))
        self.subscription.date_price_kept_until = date(2026, 7, 31)
        line_kept.line_ids.date_price_kept_until = date(2026, 6, 1)
        long_over.line_ids.date_price_kept_until = date(2026, 5, 31)
        increase = self._create_increase()
        self.assertEqual(
            self._get_reasons(increase),
            {self.subscription: "kept", line_kept: "kept", long_over: False},
        )

    def test_a_guarantee_can_be_waited_for(self):
        self.subscription.date_price_kept_until = date(2026, 7, 10)
        line = self._create_increase(promise_policy="wait").line_ids
        self.assertRecordValues(
            line, [{"state": "included", "date_effective": date(2026, 8, 1)}]
        )

    def test_a_commitment_keeps_its_price(self):
        plan = self._create_plan(term_count=12, term_unit="month")
        self._create_price(plan, 30)
        committed = self._create_subscription(plan_id=plan.id)
        increase = self._create_increase()
        self.assertEqual(self._get_reasons(increase)[committed], "committed")
        increase = self._create_increase(is_commitment_kept=False)
        self.assertFalse(self._get_reasons(increase)[committed])

    def test_a_price_that_is_young_can_be_left_in_peace(self):
        old = self._create_subscription(date_start=date(2025, 1, 1))
        self._change(old, [(old.line_ids, {"quantity": 2})]).action_confirm()
        increase = self._create_increase(date_price_before=date(2026, 1, 1))
        self.assertEqual(increase.line_ids.line_id, old.line_ids[-1])
        repriced = self._create_subscription(date_start=date(2025, 1, 1))
        self._change(
            repriced, [(repriced.line_ids, {"price_unit": 40})]
        ).action_confirm()
        increase = self._create_increase(date_price_before=date(2026, 1, 1))
        self.assertEqual(increase.line_ids.subscription_id, old)

    def test_a_guarantee_goes_with_the_line_that_follows(self):
        line = self.subscription.line_ids
        line.date_price_kept_until = date(2026, 12, 31)
        self._change(self.subscription, [(line, {"quantity": 2})]).action_confirm()
        self.assertEqual(
            self.subscription._get_running_lines().date_price_kept_until,
            date(2026, 12, 31),
        )
        self.assertFalse(self.subscription.copy().line_ids[0].date_price_kept_until)

    def test_what_ends_or_begins_later_is_left_out(self):
        ending = self._create_subscription(date_end=date(2026, 5, 31))
        later = self._create_subscription([{}, {"date_start": date(2026, 8, 1)}])
        increase = self._create_increase()
        self.assertEqual(self._get_reasons(increase)[ending], "ends")
        self.assertEqual(
            self._get_line(increase, later).mapped("reason"), [False, "starts"]
        )

    # === WHAT A PERSON DECIDES === #

    def test_a_line_is_struck_out_and_taken_in_again(self):
        increase = self._create_increase()
        line = increase.line_ids
        line.action_exclude()
        self.assertRecordValues(line, [{"state": "excluded", "reason": "struck"}])
        increase.action_compute()
        self.assertEqual(increase.line_ids.reason, "struck")
        increase.line_ids.action_include()
        increase.action_compute()
        self.assertRecordValues(
            increase.line_ids, [{"state": "included", "reason": False}]
        )

    def test_an_individual_price_is_taken_in_by_hand(self):
        own = self._create_subscription([{"price_unit": 25}])
        increase = self._create_increase()
        self._get_line(increase, own).action_include()
        increase.action_announce()
        self.assertEqual(self._get_line(increase, own).state, "announced")

    def test_a_promise_is_not_overruled(self):
        self.subscription.date_price_kept_until = date(2027, 12, 31)
        line = self._create_increase().line_ids
        with self.assertRaisesRegex(UserError, "Price is guaranteed"):
            line.action_include()

    def test_a_single_price_is_corrected(self):
        manager = new_test_user(
            self.env, "boss", groups="subscription_billing.group_subscription_manager"
        )
        increase = self._create_increase()
        line = increase.line_ids
        line.with_user(manager).price_new = 31.5
        self.assertRecordValues(
            line,
            [{"price_delta": 1.5, "percent": 5, "mrr_new": 31.5, "is_corrected": True}],
        )
        increase.action_draft()
        increase.percent = 20
        increase.action_compute()
        self.assertEqual(increase.line_ids.price_new, 31.5)
        increase.action_announce()
        self._deliver()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(invoice[-1].amount_untaxed, 31.5)

    def test_computing_again_forgets_what_is_no_longer_selected(self):
        other = self._create_subscription()
        increase = self._create_increase()
        self._get_line(increase, other).action_exclude()
        other._close()
        self._create_subscription()
        increase.action_compute()
        self.assertEqual(len(increase.line_ids), 2)
        self.assertNotIn(other, increase.line_ids.subscription_id)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestAnnouncing(IncreaseCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def test_kill_bill_a_new_price_for_those_who_are_there(self):
        """30 a month, 60 for existing customers from 1 March 2021: 30 for February, 60
        for March (G4)."""
        with freeze_time("2021-01-01"):
            subscription = self._create_subscription()
            self._bill(subscription, "2021-01-01")
        with freeze_time("2021-01-20"):
            version = self._list(60, "2021-02-01")
            self._announce(
                method="list",
                notice_days=0,
                date_not_before=date(2021, 3, 1),
                domain=f"[('subscription_id', '=', {subscription.id})]",
            )
        february = self._bill(subscription, "2021-02-01")
        march = self._bill(subscription, "2021-03-01")
        self.assertEqual(self._get_amounts(february), [30])
        self.assertEqual(self._get_amounts(march), [60])
        self.assertEqual(subscription._get_running_lines().price_id, version)

    def test_complaint_15_price_increase_hits_only_chosen_lines(self):
        """Wrong lines rose, by percentages only, with proration in mid-period."""
        monitoring, hotline, storage = self.env["product.product"].create(
            [
                {"name": name, "type": "service", "list_price": price}
                for name, price in (("Monitoring", 62), ("Hotline", 20), ("Disk", 7))
            ]
        )
        price = self._create_price(
            self.plan, 20, product_tmpl_id=hotline.product_tmpl_id.id
        )
        subscription = self._create_subscription(
            [{}, *({"product_id": each.id} for each in monitoring + hotline + storage)]
        )
        self._pay(self._bill(subscription, "2026-05-01"))
        with freeze_time("2026-05-11"):
            version = price.browse(price.action_new_version()["res_id"])
            version.price_unit = 25
            for product, vals in (
                (self.product, {"method": "amount", "amount": 2.5}),
                (hotline, {"method": "list"}),
                (
                    monitoring,
                    {
                        "percent": 10,
                        "rounding_step": 1,
                        "rounding_ending": 0.9,
                        "notice_days": 30,
                    },
                ),
            ):
                self._announce(
                    product_tmpl_ids=[Command.set(product.product_tmpl_id.ids)],
                    **{"notice_days": 10, **vals},
                )
        june = self._bill(subscription, "2026-06-01")
        july = self._bill(subscription, "2026-07-01")
        # No credit, no debit: the new prices begin with periods.
        self.assertEqual(sorted(self._get_amounts(june)), [7, 25, 32.5, 62])
        self.assertEqual(sorted(self._get_amounts(july)), [7, 25, 32.5, 67.9])
        self.assertEqual(self._get_mrr(subscription), 132.4)

    def test_notice_days_are_counted_from_the_announcement(self):
        for day, notice_days, expected in (
            ("2026-05-01", 31, date(2026, 6, 1)),
            ("2026-05-02", 31, date(2026, 7, 1)),
            ("2026-05-02", 0, date(2026, 6, 1)),
            ("2026-05-31", 1, date(2026, 6, 1)),
        ):
            with self.subTest(day=day, notice_days=notice_days), freeze_time(day):
                increase = self._announce(date_notice=day, notice_days=notice_days)
                self.assertEqual(increase.line_ids.date_effective, expected)
                self.assertEqual(increase.line_ids.change_id.date, expected)
                increase.action_cancel()

    def test_a_period_that_is_invoiced_keeps_its_price(self):
        self.plan.billing_offset = 10
        invoice = self._bill(self.subscription, "2026-05-22")
        self.assertEqual(invoice.amount_untaxed, 30)
        with freeze_time("2026-05-25"):
            increase = self._announce(notice_days=0)
        self.assertEqual(increase.line_ids.date_effective, date(2026, 7, 1))
        self.assertEqual(self._bill(self.subscription, "2026-06-21").amount_untaxed, 33)

    def test_in_arrears_the_running_period_keeps_its_price(self):
        plan = self._create_plan(billing_timing="arrears")
        self._create_price(plan, 30)
        subscription = self._create_subscription(plan_id=plan.id)
        with freeze_time("2026-05-10"):
            self._announce(notice_days=0)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 30)
        self.assertEqual(self._bill(subscription, "2026-07-01").amount_untaxed, 33)

    def test_after_a_trial_the_first_period_may_have_the_new_price(self):
        plan = self._create_plan(trial_days=14)
        self._create_price(plan, 30)
        subscription = self._create_subscription(plan_id=plan.id)
        with freeze_time("2026-05-02"):
            self._announce(notice_days=10)
        self.assertEqual(self._bill(subscription, "2026-05-15").amount_untaxed, 33)

    def test_the_customer_reads_it_in_its_language_and_pays_it(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        increase = self._announce(message="Because <diesel> costs more.")
        mail = self._get_mails(self.subscription)
        self.assertRecordValues(
            mail, [{"state": "sent", "recipient_ids": self.partner.ids}]
        )
        self.assertIn("1 juin 2026", mail.body_html)
        self.assertIn("33,00", mail.body_html)
        self.assertIn("Because &lt;diesel&gt; costs more.", mail.body_html)
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "state": "announced",
                    "channel": "email",
                    "date_notified": date(2026, 5, 1),
                    "date_effective": date(2026, 6, 1),
                }
            ],
        )
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 33)

    def test_the_preview_knows_the_new_price(self):
        self._announce()
        forecast = self.env["subscription.forecast"]._preview(
            self.subscription, count=2
        )
        self.assertEqual([each.amount_untaxed for each in forecast], [33, 33])
        self.assertEqual(self.subscription.increase_line_ids.state, "announced")
        self.assertEqual(self.subscription.mrr, 30)

    def test_one_change_for_all_lines_of_a_subscription(self):
        subscription = self._create_subscription([{}, {"quantity": 2}])
        increase = self._announce()
        changes = self._get_line(increase, subscription).change_id
        self.assertRecordValues(
            changes, [{"state": "scheduled", "proration": "none", "kind": "modify"}]
        )
        self.assertEqual(changes.line_ids.line_id, subscription.line_ids)
        self.assertEqual(len(self._get_mails(subscription)), 1)

    def test_lines_with_different_promises_have_different_days(self):
        subscription = self._create_subscription([{}, {"quantity": 2}])
        subscription.line_ids[0].date_price_kept_until = date(2026, 6, 30)
        increase = self._announce(promise_policy="wait")
        lines = self._get_line(increase, subscription)
        self.assertEqual(
            lines.change_id.mapped("date"), [date(2026, 7, 1), date(2026, 6, 1)]
        )
        amounts = [
            self._bill(subscription, day)[-1].amount_untaxed
            for day in ("2026-05-01", "2026-06-01", "2026-07-01")
        ]
        self.assertEqual(amounts, [90, 30 + 66, 99])

    def test_it_is_announced_once(self):
        increase = self._announce()
        increase.action_announce()
        self._run_increases()
        increase.line_ids.action_retry()
        self.assertEqual(len(self.subscription.change_ids), 1)
        self.assertEqual(len(self._get_mails(self.subscription)), 1)
        self.assertEqual(increase.state, "announced")

    def test_the_database_refuses_a_second_announcement(self):
        line = self._announce().line_ids
        other = self._create_increase().line_ids
        self.assertEqual(other.reason, "pending")
        for vals in (
            {"state": "announced"},
            {"change_line_id": line.change_line_id.id},
        ):
            with (
                self.subTest(**vals),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                other.write(vals)
                self.env.flush_all()

    def test_two_campaigns_of_one_time_raise_a_price_once(self):
        first, second = self._create_increase(), self._create_increase()
        first.action_announce()
        second.action_announce()
        self._deliver()
        self.assertEqual(second.line_ids.reason, "pending")
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 33)

    def test_next_years_increase_raises_what_this_years_raised(self):
        """A raised price stands in no price list, and is not an individual one."""
        own = self._create_subscription([{"price_unit": 25}])
        self._announce(has_own_prices=True)
        self._bill(self.subscription + own, "2026-06-01")
        with freeze_time("2026-06-02"):
            reasons = self._get_reasons(self._create_increase())
        self.assertEqual(reasons, {self.subscription: False, own: "own"})

    def test_what_has_changed_since_it_was_computed_is_left_out(self):
        repriced, closed, grown = (self._create_subscription() for _ in range(3))
        increase = self._create_increase()
        self._change(
            repriced, [(repriced.line_ids, {"price_unit": 31})]
        ).action_confirm()
        self._change(grown, [(grown.line_ids, {"quantity": 3})]).action_confirm()
        closed._close()
        increase.action_announce()
        self.assertEqual(
            self._get_reasons(increase),
            {
                self.subscription: False,
                repriced: "changed",
                closed: "closed",
                grown: False,
            },
        )
        self.assertEqual(self._get_line(increase, grown).mrr_delta, 9)

    def test_the_announcement_waits_for_its_day(self):
        increase = self._announce(date_notice=date(2026, 5, 20), notice_days=0)
        self._run_increases()
        self.assertEqual(increase.state, "announcing")
        self.assertFalse(self._get_mails(self.subscription))
        with freeze_time("2026-05-21"):
            self._run_increases()
            self._deliver()
        self.assertEqual(increase.state, "announced")
        self.assertEqual(increase.line_ids.date_notified, date(2026, 5, 21))
        self.assertTrue(self._get_mails(self.subscription))

    # === WHO CANNOT BE TOLD === #

    def test_without_an_address_the_price_stays(self):
        self.partner.email = False
        increase = self._announce()
        self.assertEqual(increase.line_ids.state, "unreached")
        self.assertEqual(increase.unreachable_count, 1)
        self.assertFalse(self.subscription.change_ids)
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)

    def test_a_letter_counts_from_the_day_it_is_noted(self):
        self.partner.email = False
        increase = self._announce()
        with freeze_time("2026-05-10"):
            increase.line_ids.action_told_by_letter()
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "state": "announced",
                    "channel": "letter",
                    "date_notified": date(2026, 5, 10),
                    "date_effective": date(2026, 7, 1),
                }
            ],
        )
        self.assertFalse(self._get_mails(self.subscription))
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)
        self.assertEqual(self._bill(self.subscription, "2026-07-01").amount_untaxed, 33)

    def test_a_letter_can_be_noted_before_the_announcement(self):
        self.partner.email = False
        increase = self._create_increase()
        increase.line_ids.action_told_by_letter()
        increase.action_compute()
        increase.action_announce()
        self.assertEqual(increase.line_ids.state, "announced")
        self.assertFalse(self._get_mails(self.subscription))

    def test_who_gets_an_address_later_can_be_told_then(self):
        self.partner.email = False
        increase = self._announce()
        self.partner.email = "ada@example.com"
        increase.line_ids.action_retry()
        self._deliver()
        self.assertEqual(increase.line_ids.state, "announced")
        self.assertTrue(self._get_mails(self.subscription))

    def test_the_company_is_told_where_a_contact_has_no_address(self):
        office = self.env["res.partner"].create(
            {"name": "Office", "is_company": True, "email": "office@example.com"}
        )
        self.partner.write({"parent_id": office.id, "email": False})
        increase = self._announce()
        self.assertEqual(increase.line_ids.state, "announced")
        self.assertEqual(self._get_mails(self.subscription).recipient_ids, office)

    def test_without_a_rule_for_notices_the_price_stays(self):
        self.rule.active = False
        increase = self._announce()
        self.assertEqual(increase.line_ids.state, "unreached")
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)

    # === MANY === #

    def test_one_that_fails_does_not_stop_the_others(self):
        good = self._create_subscription()
        increase = self._create_increase()
        check = type(self.env["subscription.change"])._check_can_apply

        def refuse(change):
            if change.subscription_id == self.subscription:
                raise UserError("It is raining.")
            check(change)

        with (
            self.assertLogs(RUN, "WARNING"),
            patch.object(
                type(self.env["subscription.change"]), "_check_can_apply", refuse
            ),
        ):
            increase.action_announce()
        line = self._get_line(increase, self.subscription)
        self.assertRecordValues(
            line, [{"state": "included", "error": "It is raining."}]
        )
        self.assertFalse(self.subscription.change_ids)
        self.assertEqual(self._get_line(increase, good).state, "announced")
        self.assertRecordValues(increase, [{"state": "announced", "failed_count": 1}])
        line.action_retry()
        self.assertRecordValues(line, [{"state": "announced", "error": False}])

    def test_many_are_told_in_the_background_in_chunks(self):
        self._create_subscriptions(7)
        self.env["res.partner"].search([("email", "=", False)]).email = "x@example.com"
        increase = self._create_increase()
        self.patch(type(increase), "_direct_limit", 2)
        self.patch(type(self.env["subscription.increase.run"]), "_chunk_size", 3)
        increase.action_announce()
        self.assertEqual(increase.state, "announcing")
        self._run_increases()
        self._run_increases()
        self.assertEqual(increase.state, "announced")
        self.assertEqual(set(increase.line_ids.mapped("state")), {"announced"})
        self.assertEqual(len(increase.line_ids.change_id), 8)
        self.assertEqual(len(increase.line_ids.notice_id), 8)

    def _count(self, work):
        """Return the queries that ``work`` makes on a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _measure(self, count):
        """Return the queries of computing and of announcing for ``count`` customers."""
        subscriptions = self._create_subscriptions(count)
        subscriptions.partner_id.email = "x@example.com"
        increase = self._create_increase(
            compute=False,
            domain=f"[('subscription_id', 'in', {subscriptions.ids})]",
        )
        run = self.env["subscription.increase.run"]._in_company(self.company)
        computing = self._count(increase.action_compute)
        increase.sudo().state = "announcing"
        announcing = self._count(run._work_chunk)
        self.assertEqual(set(increase.line_ids.mapped("state")), {"announced"})
        return computing, announcing

    def test_queries_do_not_grow_with_the_lines(self):
        self.patch(batch, "FIRST_STEPS", 500)
        small, large = self._measure(20), self._measure(120)
        self.assertLessEqual(large[0] - small[0], 5)
        self.assertLessEqual((large[1] - small[1]) / 100, 1)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestOutcome(IncreaseCase):
    """What happens between the announcement and the day the price is to hold."""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self._pay(self._bill(self.subscription, "2026-05-01"))
        self.increase = self._announce()
        self.line = self.increase.line_ids

    def _change_now(self, day="2026-05-11", **vals):
        """Change the running line."""
        with freeze_time(day):
            self._change(
                self.subscription, [(self.subscription._get_running_lines(), vals)]
            ).action_confirm()

    def test_it_is_applied_and_reported(self):
        self._bill(self.subscription, "2026-06-01")
        self._run_increases()
        self.assertRecordValues(self.line, [{"state": "applied", "mrr_applied": 3}])
        self.assertRecordValues(
            self.increase,
            [
                {
                    "state": "done",
                    "announced_count": 1,
                    "applied_count": 1,
                    "change_count": 1,
                    "mrr_old": 30,
                    "mrr_applied": 3,
                    "mrr_today": 33,
                    "closed_count": 0,
                }
            ],
        )
        self.assertEqual(
            self.subscription.event_ids.sorted("id").mapped("movement"),
            ["new", "expansion"],
        )

    def test_a_line_that_was_changed_keeps_its_quantity_and_gets_the_price(self):
        self._change_now(quantity=3, discount=10)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 89.1)
        self.assertRecordValues(
            self.subscription._get_running_lines(),
            [{"quantity": 3, "discount": 10, "price_unit": 33}],
        )
        self.assertRecordValues(self.line, [{"state": "applied", "mrr_applied": 8.1}])

    def test_a_line_that_was_edited_in_place_keeps_its_quantity(self):
        self.subscription.line_ids.quantity = 3
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 99)

    def test_a_line_that_was_changed_twice_on_one_day_is_found(self):
        """The line in between was never served, and is removed."""
        self._change_now(quantity=3)
        self._change_now(quantity=2)
        self.assertEqual(len(self.subscription.line_ids), 2)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 66)
        self.assertEqual(self.line.state, "applied")

    def test_a_line_announced_on_the_day_of_its_change_is_found(self):
        """The announced line itself was never served, and is removed."""
        self._change_now(quantity=3)
        self.increase.action_cancel()
        with freeze_time("2026-05-11"):
            increase = self._announce(notice_days=10)
        self._change_now(quantity=2)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 66)
        self.assertEqual(increase.line_ids.state, "applied")

    def test_a_price_that_became_another_is_left_alone(self):
        self._change_now(price_unit=20)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 20)
        self.assertRecordValues(
            self.line, [{"state": "lapsed", "reason": "replaced", "mrr_applied": 0}]
        )
        self.assertEqual(self.line.change_id.state, "cancelled")

    def test_another_product_has_its_own_price(self):
        other = self.env["product.product"].create(
            {"name": "Monitoring", "type": "service", "list_price": 62}
        )
        self._change_now(product_id=other.id)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 62)
        self.assertEqual(self.line.state, "lapsed")

    def test_a_line_that_was_removed_stays_away(self):
        added = self.env["product.product"].create(
            {"name": "Monitoring", "type": "service", "list_price": 62}
        )
        with freeze_time("2026-05-11"):
            self._change(
                self.subscription,
                [
                    (self.subscription.line_ids, {"action": "remove"}),
                    (None, {"product_id": added.id}),
                ],
            ).action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 62)
        self.assertRecordValues(self.line, [{"state": "lapsed", "reason": "closed"}])

    def test_who_leaves_before_pays_no_new_price(self):
        with freeze_time("2026-05-11"):
            self._change(
                self.subscription, kind="close", timing="period_end"
            ).action_confirm()
        self.assertFalse(self._bill(self.subscription, "2026-06-01"))
        self.assertEqual(self.subscription.state, "closed")
        self.assertRecordValues(self.line, [{"state": "lapsed", "reason": "closed"}])
        self.assertRecordValues(
            self.increase,
            [
                {
                    "lapsed_count": 1,
                    "closed_count": 1,
                    "subscription_count": 1,
                    "churn_rate": 100,
                    "mrr_lost": 30,
                    "mrr_today": 0,
                }
            ],
        )

    def test_who_was_closed_at_once_pays_no_new_price(self):
        with freeze_time("2026-05-11"):
            self.subscription._close()
        self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self.line.state, "lapsed")
        self.assertEqual(len(self.subscription.line_ids), 1)

    def test_who_leaves_after_it_is_lost_at_the_new_price(self):
        other = self._create_subscription()
        self._announce()
        self._bill(self.subscription + other, "2026-06-01")
        with freeze_time("2026-06-20"):
            self.subscription._close()
        self.env.invalidate_all()
        self.assertRecordValues(
            self.increase,
            [{"applied_count": 1, "closed_count": 1, "mrr_lost": 33, "mrr_today": 0}],
        )
        action = self.increase.action_view_closed()
        self.assertEqual(
            self.env[action["res_model"]].search(action["domain"]), self.subscription
        )

    def test_one_customer_is_let_off(self):
        self.line.change_id.action_cancel()
        self.assertRecordValues(
            self.line, [{"state": "cancelled", "reason": "called_off"}]
        )
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)

    def test_it_is_undone_before_it_takes_effect(self):
        self.increase.action_cancel()
        self.increase.action_cancel()
        self.assertEqual(self.increase.state, "cancelled")
        self.assertEqual(self.line.state, "cancelled")
        self.assertEqual(self.line.change_id.state, "cancelled")
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)

    def test_what_is_announced_while_it_is_cancelled_is_called_off_too(self):
        """A worker that had begun commits after the person has cancelled."""
        other = self._create_subscription()
        increase = self._create_increase()
        increase.sudo().state = "announcing"
        run = self.env["subscription.increase.run"]._in_company(self.company)
        increase.with_env(run.env)._announce(other)
        increase.sudo().state = "cancelled"
        self._run_increases()
        self.assertEqual(self._get_line(increase, other).state, "cancelled")
        self.assertEqual(other.change_ids.state, "cancelled")

    def test_many_are_called_off_in_the_background(self):
        subscriptions = self._create_subscriptions(5)
        subscriptions.partner_id.email = "x@example.com"
        increase = self._announce()
        self.patch(type(increase), "_direct_limit", 2)
        increase.action_cancel()
        self.assertEqual(increase.state, "cancelling")
        self._run_increases()
        self.assertEqual(increase.state, "cancelled")
        self.assertEqual(set(subscriptions.change_ids.mapped("state")), {"cancelled"})

    def test_it_is_applied_once(self):
        for _time in range(2):
            self._bill(self.subscription, "2026-06-01")
            self.line.change_id._apply()
        self.assertEqual(len(self.subscription.line_ids), 2)
        self.assertEqual(self.subscription.mrr, 33)

    def test_with_another_billing_day_the_price_waits_for_its_period(self):
        """The change of 1 June would fall into a period that is billed."""
        with freeze_time("2026-05-16"):
            self._change(
                self.subscription, date_anchor=date(2026, 6, 15)
            ).action_confirm()
        first = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(first), [13.55])  # 14 of 31 days
        self.assertRecordValues(
            self.line, [{"state": "announced", "date_effective": date(2026, 6, 15)}]
        )
        second = self._bill(self.subscription, "2026-06-15")
        self.assertEqual(self._get_amounts(second), [33])

    def test_it_is_not_brought_forward_into_the_notice(self):
        change = self.line.change_id
        with self.assertRaisesRegex(ValidationError, "promised that much notice"):
            change.date = date(2026, 5, 30)
        change.date = date(2026, 7, 1)
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)
        self.assertEqual(self._bill(self.subscription, "2026-07-01").amount_untaxed, 33)

    def test_what_was_announced_is_what_holds(self):
        self.line.change_line_id.price_unit = 50
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 33)

    def test_a_new_price_taken_off_its_change_lapses(self):
        change = self.line.change_id
        change.line_ids.unlink()
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 30)
        self.assertRecordValues(
            self.line, [{"state": "lapsed", "reason": "called_off"}]
        )
        self.assertEqual(change.state, "cancelled")

    def test_a_pause_does_not_stop_it(self):
        with freeze_time("2026-05-11"):
            self._change(self.subscription, kind="pause").action_confirm()
        self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self.line.state, "applied")
        with freeze_time("2026-07-01"):
            self.subscription.action_resume()
        invoice = self._bill(self.subscription, "2026-07-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 33)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestProof(IncreaseCase):
    """No notice, no new price: the proof is the notice that was sent in time."""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def _announce_untold(self, **vals):
        """Announce a price increase whose e-mail is written and waits."""
        increase = self._announce(deliver=False, **vals)
        self._run()
        self.notice = increase.line_ids.notice_id
        return increase

    def _get_untaxed(self, *days):
        return [self._bill(self.subscription, day).amount_untaxed for day in days]

    def test_the_notice_is_the_proof(self):
        line = self._announce().line_ids
        self.assertRecordValues(
            line.notice_id,
            [
                {
                    "kind": "price_change",
                    "state": "sent",
                    "is_late": False,
                    "date_event": date(2026, 6, 1),
                    "date_latest": date(2026, 5, 2),
                }
            ],
        )
        self.assertEqual(
            self.subscription._has_notice("price_change", line.notice_id.key),
            line.notice_id,
        )
        self.assertFalse(line.increase_id.untold_count)

    def test_the_rule_may_ask_for_more_days(self):
        self.rule.days_before = 45
        line = self._announce().line_ids
        self.assertRecordValues(
            line, [{"notice_days": 45, "date_effective": date(2026, 7, 1)}]
        )
        self.assertEqual(self._get_untaxed("2026-06-01", "2026-07-01"), [30, 33])

    def test_a_price_that_nobody_was_told_of_does_not_hold(self):
        increase = self._announce_untold()
        self.assertEqual(increase.untold_count, 1)
        months = ("2026-06-01", "2026-07-01", "2026-08-01")
        self.assertEqual(self._get_untaxed(*months), [30, 30, 30])
        self.assertRecordValues(
            increase.line_ids, [{"state": "announced", "is_postponed": True}]
        )
        self.assertEqual(increase.postponed_count, 1)
        increase.action_cancel()
        self.assertEqual(self.notice.state, "cancelled")

    def test_without_days_of_notice_it_takes_the_proof_too(self):
        self._announce_untold(notice_days=0)
        self.assertEqual(self._get_untaxed("2026-06-01", "2026-07-01"), [30, 30])
        with freeze_time("2026-07-05"):
            self._deliver()
        self.assertEqual(self._get_untaxed("2026-08-01"), [33])

    def test_billed_before_its_time_it_does_not_hold_either(self):
        self.plan.billing_offset = 10
        self._announce_untold(notice_days=0)
        self.assertEqual(self._get_untaxed("2026-05-22", "2026-06-21"), [30, 30])

    def test_told_too_late_it_holds_from_the_next_period_after_the_notice(self):
        increase = self._announce_untold()
        with freeze_time("2026-05-20"):
            self._send(self.notice)
        self.assertTrue(self.notice.is_late)
        self.assertEqual(self._get_untaxed("2026-06-01", "2026-07-01"), [30, 33])
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "state": "applied",
                    "is_postponed": True,
                    "date_effective": date(2026, 7, 1),
                }
            ],
        )

    def test_a_late_email_tells_the_later_day(self):
        increase = self._announce_untold()
        self._send_badly(self.notice)
        with freeze_time("2026-05-02"):
            self._run_increases()
        self.assertEqual(increase.line_ids.date_effective, date(2026, 6, 1))
        with freeze_time("2026-05-20"):
            self._run_increases()
            self.assertEqual(increase.line_ids.date_effective, date(2026, 7, 1))
            self.assertEqual(increase.line_ids.change_id.date, date(2026, 7, 1))
            self.notice.action_send_again()
            self._send(self.notice)
        self.assertIn("July 1, 2026", self.notice.body)
        self.assertFalse(self.notice.is_late)
        self.assertEqual(self._get_untaxed("2026-06-01", "2026-07-01"), [30, 33])

    def test_an_email_that_waits_too_long_is_written_anew(self):
        self._announce_untold()
        before = self.notice.mail_mail_id
        with freeze_time("2026-05-20"):
            self._run_increases()
            self._deliver()
        self.assertEqual(before.state, "cancel")
        self.assertEqual(self.notice.state, "sent")
        self.assertIn("July 1, 2026", self.notice.body)

    def test_a_customer_who_was_called_instead(self):
        increase = self._announce_untold()
        with freeze_time("2026-05-11"):
            increase.line_ids.action_told_by_letter()
        self.assertEqual(self.notice.state, "cancelled")
        self.assertRecordValues(
            increase.line_ids,
            [
                {
                    "channel": "letter",
                    "date_notified": date(2026, 5, 11),
                    "date_effective": date(2026, 7, 1),
                }
            ],
        )
        self.assertEqual(self._get_untaxed("2026-06-01", "2026-07-01"), [30, 33])

    def test_who_was_told_is_told_once(self):
        with self.assertRaisesRegex(UserError, "still to be told"):
            self._announce().line_ids.action_told_by_letter()

    def test_behind_with_billing_it_does_not_hold_for_the_past(self):
        self._announce_untold(notice_days=0)
        with freeze_time("2026-07-01"):
            renewal = self.env["subscription.renewal"]
            moves = [renewal._bill(self.subscription) for _month in range(3)]
        self.assertEqual([move.amount_untaxed for move in moves], [30, 30, 30])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestFollowing(IncreaseCase):
    """Scheduled changes, of whatever kind, find the lines that have taken the place of
    those that they were made for."""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self.line = self.subscription.line_ids
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def _schedule(self, **vals):
        """Schedule a change of the line at the end of the period."""
        change = self._change(
            self.subscription, [(self.line, vals)], timing="period_end"
        )
        change.action_confirm()
        return change

    def test_what_a_change_leaves_alone_is_what_it_is_by_then(self):
        self._schedule(quantity=2)
        with freeze_time("2026-05-11"):
            self._change(
                self.subscription, [(self.line, {"price_unit": 40})]
            ).action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 80)
        self.assertEqual(self.subscription.mrr, 80)

    def test_what_was_removed_does_not_come_back(self):
        self._schedule(quantity=2)
        other = self.env["product.product"].create(
            {"name": "Monitoring", "type": "service", "list_price": 62}
        )
        with freeze_time("2026-05-11"):
            self._change(
                self.subscription,
                [(self.line, {"action": "remove"}), (None, {"product_id": other.id})],
            ).action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice)[-1], 62)
        self.assertEqual(self.subscription.mrr, 62)

    def test_the_line_that_follows_is_removed(self):
        self._schedule(action="remove")
        with freeze_time("2026-05-11"):
            self._change(
                self.subscription, [(self.line, {"quantity": 2})]
            ).action_confirm()
        self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self.subscription.mrr, 0)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestMisuse(IncreaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls._create_subscription()
        cls.user, cls.manager = (
            new_test_user(
                cls.env,
                f"increase_{role}",
                groups=f"subscription_billing.group_subscription_{role}",
            )
            for role in ("user", "manager")
        )

    def test_a_manager_does_it_all(self):
        form = Form(self.env["subscription.increase"].with_user(self.manager))
        form.name = "2027"
        form.method = "percent"
        form.percent = 10
        increase = form.save()
        increase.action_compute()
        increase.line_ids.price_new = 35
        increase.line_ids.action_exclude()
        increase.line_ids.action_include()
        increase.action_announce()
        self.assertEqual(increase.line_ids.state, "announced")
        self.assertEqual(self.subscription.change_ids.user_id, self.manager)
        increase.action_cancel()
        self.assertEqual(increase.state, "cancelled")

    def test_a_user_looks_and_does_nothing(self):
        increase = self._announce().with_user(self.user)
        self.env.invalidate_all()
        self.assertEqual(Form(increase).announced_count, 1)
        self.assertEqual(increase.line_ids.price_new, 33)
        for attempt in (
            increase.action_compute,
            increase.action_announce,
            increase.action_draft,
            increase.action_cancel,
            increase.copy,
            increase.line_ids.action_exclude,
            increase.line_ids.action_include,
            increase.line_ids.action_retry,
            increase.line_ids.action_told_by_letter,
            lambda: increase.write({"percent": 5}),
            lambda: increase.line_ids.write({"price_new": 5}),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_a_user_lets_one_customer_off(self):
        """As any other change."""
        line = self._announce().line_ids
        line.change_id.with_user(self.user).action_cancel()
        self.assertEqual(line.state, "cancelled")

    def test_a_run_by_a_user_applies_a_new_price(self):
        line = self._announce(notice_days=0, date_notice=date(2026, 5, 2)).line_ids
        with freeze_time("2026-05-02"):
            self._run_increases()
            self._deliver()
        self.subscription.with_user(self.user).action_bill_now()
        with freeze_time("2026-06-01"):
            self.subscription.with_user(self.user).action_bill_now()
        self.assertEqual(line.state, "applied")

    def test_nobody_writes_what_the_buttons_do(self):
        increase = self._create_increase().with_user(self.manager)
        for vals in ({"state": "done"}, {"line_ids": [Command.clear()]}):
            with self.subTest(**vals), self.assertRaisesRegex(UserError, "buttons"):
                increase.write(vals)
        for name, value in (
            ("state", "applied"),
            ("mrr_applied", 1_000_000),
            ("date_notified", "2020-01-01"),
            ("channel", "letter"),
        ):
            with (
                self.subTest(name),
                self.assertRaisesRegex(UserError, "only New Price"),
            ):
                increase.line_ids.write({name: value})

    def test_terms_stay_while_prices_are_computed_from_them(self):
        increase = self._create_increase().with_user(self.manager)
        with self.assertRaisesRegex(UserError, "Go back to the selection"):
            increase.percent = 20
        increase.message = "Because."
        increase.action_draft()
        increase.percent = 20
        increase.action_compute()
        self.assertEqual(increase.line_ids.price_new, 36)

    def test_announced_prices_stay_as_they_were_read(self):
        increase = self._announce().with_user(self.manager)
        for attempt in (
            lambda: increase.line_ids.write({"price_new": 50}),
            increase.line_ids.action_exclude,
            increase.line_ids.action_told_by_letter,
            increase.action_compute,
            increase.unlink,
        ):
            with self.assertRaises(UserError):
                attempt()

    def test_what_cannot_be_announced_says_why(self):
        self._list(10)
        increase = self._create_increase(method="list")
        with self.assertRaisesRegex(UserError, "no new price to announce"):
            increase.action_announce()
        with self.assertRaisesRegex(UserError, "Type a New Price above"):
            increase.line_ids.action_include()
        with self.assertRaisesRegex(UserError, "no new price to announce"):
            self._create_increase(compute=False).action_announce()

    def test_nonsense_is_refused_with_its_name(self):
        for vals, message in (
            ({"percent": 0}, "Percentage of New year must be more than 0"),
            ({"percent": -3}, "Percentage of New year must be more than 0"),
            ({"method": "amount"}, "Amount of New year must be more than 0"),
            ({"domain": "[('nothing', '=', 1)]"}, "Further Conditions"),
            ({"domain": "import os"}, "Further Conditions"),
            ({"domain": "[[]]"}, "Further Conditions"),
        ):
            with self.subTest(**vals), self.assertRaisesRegex(ValidationError, message):
                self._create_increase(compute=False, **vals)
        for vals in (
            {"percent": -101, "may_lower": True},
            {"rounding_step": -1},
            {"rounding_step": 1, "rounding_ending": 1},
            {"cap_percent": -1},
            {"notice_days": -1},
        ):
            with (
                self.subTest(**vals),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._create_increase(compute=False, **vals)

    def test_a_copy_begins_anew(self):
        copy = self._announce().copy()
        self.assertRecordValues(
            copy, [{"name": "New year (copy)", "state": "draft", "line_count": 0}]
        )

    def test_what_was_not_announced_can_be_deleted(self):
        self._create_increase().with_user(self.manager).unlink()
        self.assertFalse(self.env["subscription.increase"].search([]))
