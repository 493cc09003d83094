"""Whether a customer is entitled, now; and what changes of its subscription mean."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_entitlements import EntitlementCase

# === THE QUESTION === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestQuestion(EntitlementCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()

    def _ask(self, product=None, day=None):
        """Ask for the visits of the customer."""
        self.env.invalidate_all()
        return self.partner._is_entitled(product or self.visit, day)

    def test_who_has_something_left_is_entitled(self):
        self._use(self._get(self.subscription, self.visit), 3)
        answer = self._ask()
        self.assertTrue(answer.is_entitled)
        self.assertEqual(answer.left, 1)
        self.assertEqual(answer.reason, "available")
        self.assertEqual(answer.message, "1 Units left.")
        self.assertEqual(answer.subscription, self.subscription)
        self.assertEqual(answer.entitlement, self._get(self.subscription, self.visit))

    def test_who_has_used_all_is_not(self):
        self._use(self._get(self.subscription, self.visit), 4)
        answer = self._ask()
        self.assertFalse(answer.is_entitled)
        self.assertEqual((answer.left, answer.reason), (0, "used_up"))
        self.assertTrue(self._ask(day=date(2026, 8, 1)).is_entitled)

    def test_who_pays_for_more_is(self):
        self._use(self._get(self.subscription, self.support), 10)
        answer = self._ask(self.support)
        self.assertTrue(answer.is_entitled)
        self.assertEqual((answer.left, answer.reason), (0, "overage"))
        self.assertIn("80.00", answer.message)

    def test_the_answer_follows_the_state(self):
        for state, is_entitled in (
            ("past_due", True),
            ("suspended", False),
            ("active", True),
            ("paused", False),
            ("closed", False),
        ):
            self.subscription._update_state(state)
            with self.subTest(state=state):
                answer = self._ask()
                self.assertEqual(answer.is_entitled, is_entitled)
                self.assertEqual(answer.reason, "available" if is_entitled else state)
                self.assertTrue(answer.message)

    def test_the_answer_follows_the_dates(self):
        future = self._create_subscription(
            date_start=date(2026, 6, 1), partner_id=self.company.partner_id.id
        )
        right = self._get(future, self.visit)
        self.assertEqual(future._is_entitled(right).reason, "not_started")
        self.assertTrue(future._is_entitled(right, date(2026, 6, 1)).is_entitled)
        right.date_end = date(2026, 9, 30)
        self.assertTrue(future._is_entitled(right, date(2026, 9, 30)).is_entitled)
        self.assertEqual(future._is_entitled(right, date(2026, 10, 1)).reason, "ended")
        future.date_end = date(2026, 8, 31)
        self.assertEqual(future._is_entitled(right, date(2026, 9, 1)).reason, "ended")

    def test_a_draft_entitles_to_nothing(self):
        draft = self._create_subscription(state="draft")
        right = self.env["subscription.entitlement"].create(
            {"subscription_id": draft.id, "product_id": self.product.id}
        )
        self.assertEqual(draft._is_entitled(right).reason, "not_started")
        with self.assertRaisesRegex(UserError, "has not started"):
            self._use(right)

    def test_a_scheduled_end_ends_it_too(self):
        self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "kind": "close",
                "timing": "period_end",
            }
        ).action_confirm()
        self.assertTrue(self._ask(day=date(2026, 5, 31)).is_entitled)
        self.assertEqual(self._ask(day=date(2026, 6, 1)).reason, "ended")

    def test_a_service_is_named_in_several_ways(self):
        right = self._get(self.subscription, self.visit)
        for what in (self.visit, self.visit.product_tmpl_id, right, self.visits):
            self.assertEqual(self.subscription._is_entitled(what).entitlement, right)
        with self.assertRaisesRegex(ValueError, "no service"):
            self.subscription._is_entitled(self.partner)

    def test_who_has_no_such_service_is_told_so(self):
        answer = self._ask(self.product)
        self.assertEqual((answer.is_entitled, answer.reason), (False, "none"))
        self.assertFalse(answer.subscription)
        self.assertIn("Maintenance is not included", answer.message)

    def test_the_best_of_several_answers_counts(self):
        self._use(self._get(self.subscription, self.visit), 4)
        self.assertFalse(self._ask().is_entitled)
        second = self._create_subscription()
        third = self._create_subscription()
        self._use(self._get(second, self.visit), 1)
        self.assertEqual(self._ask().subscription, third)
        third._update_state("past_due")
        third._update_state("suspended")
        self.assertEqual(self._ask().subscription, second)

    def test_a_person_claims_what_the_company_pays_for(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        person, other = self.env["res.partner"].create(
            [{"name": name, "parent_id": firm.id} for name in ("Jo", "Kim")]
        )
        self._create_subscription(partner_id=person.id)
        for partner in (firm, person, other):
            self.assertTrue(partner._is_entitled(self.visit).is_entitled)
        self.assertEqual(other.entitlement_count, 2)
        self.assertEqual(other.action_view_entitlements()["domain"][0][2], firm.ids)

    def test_the_smart_buttons_say_how_many_are_available(self):
        for record in (self.partner, self.subscription):
            self.assertEqual(record.entitlement_count, 2)
            self.assertEqual(record.entitlement_available_count, 2)
            self.assertEqual(record.entitlement_summary, "2 of 2 available")
        self._use(self._get(self.subscription, self.visit), 4)
        for record in (self.partner, self.subscription):
            record.invalidate_recordset()
            self.assertEqual(record.entitlement_available_count, 1)
        self._get(self.subscription, self.support).date_end = date(2026, 5, 1)
        with freeze_time("2026-05-02"):
            self.env.invalidate_all()
            self.assertEqual(self.partner.entitlement_summary, "0 of 4 left")

    def test_many_customers_take_few_queries(self):
        self.assertEqual(self._count_queries(2), self._count_queries(12))

    def _count_queries(self, count):
        """Return how many queries the availability of some customers takes."""
        subscriptions = self._create_subscriptions(count)
        self.env.flush_all()
        self.env.invalidate_all()
        rights = subscriptions.entitlement_ids
        self.assertEqual(len(rights), 2 * count)
        before = self.cr.sql_log_count
        self.assertEqual(set(rights.mapped("availability")), {"available"})
        return self.cr.sql_log_count - before


# === CHANGES === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestChanges(EntitlementCase):
    """Gold replaces Maintenance: six visits a quarter, and no support."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold_plan = cls._create_plan(
            name="Gold", anchor_mode="calendar", anchor_day=1
        )
        cls.gold_visits = cls._include(cls.visit, cls.gold_plan, quantity=6)
        cls.subscription = cls._create_subscription()
        cls.old_visits = cls._get(cls.subscription, cls.visit)
        cls.old_hours = cls._get(cls.subscription, cls.support)

    def _change(self, lines=(), **vals):
        """Make a change of the subscription."""
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "line_ids": [
                    Command.create({"line_id": line and line.id, **line_vals})
                    for line, line_vals in lines
                ],
                **vals,
            }
        )
        change.action_confirm()
        return change

    @freeze_time("2026-05-11")
    def test_another_plan_brings_its_services_from_its_day_on(self):
        self._change(plan_id=self.gold_plan.id)
        new = self._get(self.subscription, self.visit)
        self.assertRecordValues(
            self.old_visits | self.old_hours,
            [{"date_end": date(2026, 5, 10), "availability": "ended"}] * 2,
        )
        self.assertRecordValues(
            new,
            [
                {
                    "date_start": date(2026, 5, 11),
                    "date_end": False,
                    "plan_id": self.gold_plan.id,
                    "predecessor_id": self.old_visits.id,
                    "quantity_left": 6,
                    "availability": "available",
                }
            ],
        )
        self.assertFalse(self.subscription._is_entitled(self.support).is_entitled)
        self.assertEqual(len(self.subscription.entitlement_ids), 3)

    @freeze_time("2026-05-11")
    def test_a_change_on_a_later_day_leaves_today_as_it_is(self):
        self._change(plan_id=self.gold_plan.id, timing="period_end")
        self.assertEqual(len(self.subscription.entitlement_ids), 2)
        with freeze_time("2026-06-01"):
            self._run_renewal()
            self.assertEqual(self.old_hours.date_end, date(2026, 5, 31))
            self.assertEqual(
                self._get(self.subscription, self.visit).date_start, date(2026, 6, 1)
            )

    def test_a_change_that_is_billed_early_holds_from_its_own_day(self):
        self.plan.billing_offset = self.gold_plan.billing_offset = 10
        self._bill(self.subscription, "2026-05-01")
        with freeze_time("2026-05-02"):
            self._change(plan_id=self.gold_plan.id, timing="period_end")
        with freeze_time("2026-05-22"):
            self._run_renewal()
            self.assertEqual(self.subscription.plan_id, self.gold_plan)
            self.assertEqual(self.old_visits.date_end, date(2026, 5, 31))
            self.assertTrue(self.old_visits._get_answers()[self.old_visits].is_entitled)

    @freeze_time("2026-05-11")
    def test_a_plan_that_is_written_changes_today(self):
        self.subscription.plan_id = self.gold_plan
        self.assertEqual(self.old_hours.date_end, date(2026, 5, 10))
        self.assertEqual(self._get(self.subscription, self.visit).quantity, 6)

    @freeze_time("2026-05-11")
    def test_who_changes_the_plan_does_not_get_the_allowance_twice(self):
        self._use(self.old_visits, 3)
        self._change(plan_id=self.gold_plan.id)
        gold = self._get(self.subscription, self.visit)
        self.assertEqual(self._get_figures(gold), [3, 0, 0, 3])
        self._use(gold, 3)
        self._change(plan_id=self.plan.id)
        back = self._get(self.subscription, self.visit)
        self.assertEqual(self._get_figures(back), [0, 0, 0, 0])
        with freeze_time("2026-08-01"):
            self.assertEqual(self._get_figures(back), [4, 0, 0, 4])

    @freeze_time("2026-05-11")
    def test_what_is_recorded_or_cancelled_late_counts_on_both_sides(self):
        first = self._use(self.old_visits, 3)
        self._change(plan_id=self.gold_plan.id)
        gold = self._get(self.subscription, self.visit)
        first.action_cancel()
        self.assertEqual(self._get_figures(gold), [6, 0, 0, 6])
        self._use(self.old_visits, 2, date="2026-05-10")
        self.assertEqual(self._get_figures(gold), [4, 0, 0, 4])

    @freeze_time("2026-08-03")
    def test_what_was_carried_over_goes_along(self):
        self.old_visits.write({"carry_over": "forever"})
        self.gold_visits.carry_over = "forever"
        self._use(self.old_visits, 1)
        self._change(plan_id=self.gold_plan.id)
        gold = self._get(self.subscription, self.visit)
        self.assertEqual(gold.quantity_opening, 3)  # 4 of the quarter before less 1
        self.assertEqual(self._get_figures(gold), [6, 3, 0, 9])

    @freeze_time("2026-08-03")
    def test_what_was_carried_over_is_lost_where_nothing_carries_over(self):
        self.old_visits.write({"carry_over": "forever"})
        self._use(self.old_visits, 1)
        self._change(plan_id=self.gold_plan.id)
        self.assertEqual(
            self._get_figures(self._get(self.subscription, self.visit)), [6, 0, 0, 6]
        )

    @freeze_time("2026-07-01")
    def test_by_its_days_each_plan_has_its_own_part(self):
        """61 and 31 of the 92 days: 40 × 61/92 = 26.52, 92 × 31/92 = 31."""
        self.old_visits.write({"quantity": 40, "partial_period": "prorated"})
        self.gold_visits.write({"quantity": 92, "partial_period": "prorated"})
        self._use(self.old_visits, 30)
        self._change(plan_id=self.gold_plan.id)
        gold = self._get(self.subscription, self.visit)
        self.assertEqual(gold.quantity_opening, -3.48)
        self.assertEqual(self._get_figures(gold), [27.52, 0, 0, 27.52])

    @freeze_time("2026-05-11")
    def test_two_plans_on_one_day(self):
        self._use(self.old_visits, 3)
        self._change(plan_id=self.gold_plan.id)
        self._change(plan_id=self.plan.id)
        back = self._get(self.subscription, self.visit)
        self.assertEqual(back.predecessor_id, self.old_visits)
        self.assertEqual(self._get_figures(back), [1, 0, 0, 1])
        self.assertEqual(len(self.subscription.entitlement_ids), 4, "Gold never began")

    @freeze_time("2026-05-11")
    def test_what_was_agreed_apart_stays(self):
        extra = self.env["subscription.entitlement"].create(
            {"subscription_id": self.subscription.id, "product_id": self.product.id}
        )
        self._change(plan_id=self.gold_plan.id)
        self.assertFalse(extra.date_end)

    # === LINES === #

    def _get_last_line(self):
        return self.subscription.line_ids.filtered(lambda line: not line.date_end)

    @freeze_time("2026-05-11")
    def test_services_come_and_go_with_their_product(self):
        gold = self.env["product.product"].create({"name": "Gold", "type": "service"})
        self.old_visits.included_with_id = self.product.product_tmpl_id
        self.visits.included_with_id = gold.product_tmpl_id
        self._use(self.old_visits, 3)
        line = self.subscription.line_ids
        self._change([(line, {"product_id": gold.id})])
        new = self._get(self.subscription, self.visit)
        self.assertEqual(self.old_visits.date_end, date(2026, 5, 10))
        self.assertEqual(new.included_with_id, gold.product_tmpl_id)
        self.assertEqual(self._get_figures(new), [1, 0, 0, 1])
        running = self._get_last_line()
        with freeze_time("2026-05-12"):
            self._change([(running, {"action": "remove"})])
            self.assertEqual(self.subscription._is_entitled(self.visit).reason, "ended")
            self.assertTrue(self.subscription._is_entitled(self.support).is_entitled)

    @freeze_time("2026-05-11")
    def test_another_quantity_keeps_the_terms(self):
        self.visits.quantity = 1
        self._include(self.product, quantity=1)
        self.old_visits.write(
            {"is_per_unit": True, "included_with_id": self.product.product_tmpl_id.id}
        )
        line = self.subscription.line_ids
        self._change([(line, {"quantity": 3})])
        self.assertEqual(len(self.subscription.entitlement_ids), 2)
        self.assertEqual(self._get_figures(self.old_visits), [12, 0, 0, 12])
        self._use(self.old_visits, 10)
        with freeze_time("2026-05-20"):
            self._change([(self._get_last_line(), {"quantity": 1})])
            self.assertEqual(self._get_figures(self.old_visits), [12, 0, 10, 2])
        with freeze_time("2026-08-01"):
            self.assertEqual(self._get_figures(self.old_visits), [4, 0, 0, 4])

    def test_a_line_that_is_added_brings_its_services_on_its_first_day(self):
        gold = self.env["product.product"].create({"name": "Gold", "type": "service"})
        self._include(
            self.product, quantity=1, included_with_id=gold.product_tmpl_id.id
        )
        self.env["subscription.line"].create(
            {
                "subscription_id": self.subscription.id,
                "product_id": gold.id,
                "date_start": date(2026, 5, 20),
            }
        )
        right = self._get(self.subscription, self.product)
        self.assertEqual(right.date_start, date(2026, 5, 20))

    # === PAUSE, END AND REACTIVATION === #

    def test_days_without_billing_earn_nothing(self):
        self.old_visits.carry_over = "forever"
        with freeze_time("2026-05-11"):
            self._change(kind="pause")
        with freeze_time("2026-11-15"):
            self.subscription.action_resume()
            # The quarters from May and from November have some days, that from August
            # has none.
            self.assertEqual(self._get_figures(self.old_visits), [4, 4, 0, 8])

    def test_a_pause_that_is_billed_earns_the_allowance(self):
        self.old_visits.carry_over = "forever"
        with freeze_time("2026-05-11"):
            self._change(kind="pause", pause_policy="bill")
        with freeze_time("2026-11-15"):
            self.subscription.action_resume()
            self.assertEqual(self._get_figures(self.old_visits), [4, 8, 0, 12])

    def test_who_comes_back_finds_what_was_left(self):
        self._use(self.old_visits, 3)
        self.subscription._close()
        with freeze_time("2026-05-05"):
            self.subscription.action_reactivate()
            self.assertEqual(self._get_figures(self.old_visits), [4, 0, 3, 1])

    def test_days_between_two_lives_earn_nothing(self):
        self.old_visits.carry_over = "forever"
        self.subscription._close()
        with freeze_time("2026-11-15"):
            self.subscription.action_reactivate()
            self.assertEqual(self._get_figures(self.old_visits), [4, 0, 0, 4])

    def test_a_preview_of_another_plan_changes_nothing(self):
        change = self.env["subscription.change"].create(
            {"subscription_id": self.subscription.id, "plan_id": self.gold_plan.id}
        )
        self.env["subscription.forecast"]._preview_change(change)
        self.assertEqual(len(self.subscription.entitlement_ids), 2)
        self.assertFalse(self.old_visits.date_end)

    # === NEW TERMS === #

    @freeze_time("2026-05-11")
    def test_terms_that_were_used_are_followed_by_others(self):
        manager = new_test_user(
            self.env, "boss", groups="subscription_billing.group_subscription_manager"
        )
        self._use(self.old_visits, 3)
        old = self.old_visits.with_user(manager)
        with self.assertRaisesRegex(UserError, "Press New Terms"):
            old.quantity = 8
        old.overage_price = 50
        action = old.action_new_terms()
        new = self.env[action["res_model"]].browse(action["res_id"]).with_user(manager)
        new.quantity = 8
        self.assertEqual(self._get_figures(new), [5, 0, 0, 5])
        self.assertEqual(old.date_end, date(2026, 5, 10))
        self.assertEqual(new.plan_entitlement_id, self.visits)
        with freeze_time("2026-05-12"):
            self._change(plan_id=self.gold_plan.id)
            self.assertEqual(new.date_end, date(2026, 5, 11))

    def test_terms_that_were_not_used_are_changed_in_place(self):
        manager = new_test_user(
            self.env, "boss", groups="subscription_billing.group_subscription_manager"
        )
        self.old_visits.with_user(manager).quantity = 8
        self.assertEqual(self._get_figures(self.old_visits), [8, 0, 0, 8])


# === WHO MAY === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestPeople(EntitlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls._create_subscription()
        cls.right = cls._get(cls.subscription, cls.support)
        cls.consumption = cls._use(cls.right, 12)
        cls.user, cls.manager = (
            new_test_user(
                cls.env,
                f"people_{role}",
                groups=f"subscription_billing.group_subscription_{role}",
            )
            for role in ("user", "manager")
        )
        cls.accountant = new_test_user(
            cls.env, "people_accountant", groups="account.group_account_invoice"
        )
        cls.employee = new_test_user(
            cls.env, "people_employee", groups="base.group_user"
        )
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.env.invalidate_all()

    def test_a_user_records_and_cancels_and_defines_nothing(self):
        right = self.right.with_user(self.user)
        consumption = self._use(right, 1)
        self.assertEqual(consumption.user_id, self.user)
        self.assertEqual(consumption.amount_overage, 80)
        consumption.action_cancel()
        self.assertEqual(consumption.cancel_user_id, self.user)
        self.assertFalse(consumption.item_ids)
        for attempt in (
            lambda: right.write({"quantity": 100}),
            lambda: right.write({"overage_price": 0}),
            lambda: right.action_new_terms(),
            lambda: right.unlink(),
            lambda: self.hours.with_user(self.user).write({"quantity": 1}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        with self.assertRaisesRegex(UserError, "Cancel it"):
            self.consumption.with_user(self.user).write({"quantity": 1})

    def test_a_user_leads_a_subscription_with_services_through_its_life(self):
        draft = self._create_subscription(state="draft").with_user(self.user)
        draft.action_confirm()
        self.assertEqual(len(draft.entitlement_ids), 2)
        gold = self._create_plan(name="Gold")
        self.env["subscription.change"].with_user(self.user).create(
            {"subscription_id": draft.id, "plan_id": gold.id}
        ).action_confirm()
        self.assertFalse(draft._is_entitled(self.visit).is_entitled)

    def test_an_accountant_reads_and_changes_nothing(self):
        self.assertEqual(
            self.consumption.with_user(self.accountant).amount_overage, 160
        )
        self.assertEqual(self.right.with_user(self.accountant).quantity_used, 12)
        for attempt in (
            lambda: self._use(self.right.with_user(self.accountant)),
            lambda: self.consumption.with_user(self.accountant).action_cancel(),
            lambda: (
                self.env["subscription.consumption"]
                .with_user(self.accountant)
                .record([{"entitlement_id": self.right.id}])
            ),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_an_employee_sees_nothing(self):
        for record in (self.right, self.consumption, self.hours):
            with self.assertRaises(AccessError):
                record.with_user(self.employee).read(["quantity"])

    def test_nothing_of_another_company_is_seen_or_used(self):
        other = self.env["res.company"].create({"name": "Other"})
        neighbour = new_test_user(
            self.env,
            "people_neighbour",
            groups="subscription_billing.group_subscription_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for record in (self.right, self.consumption):
            self.assertFalse(record.with_user(neighbour).search([]))
        for attempt in (
            lambda: self.right.with_user(neighbour).read(["quantity"]),
            lambda: self._use(self.right.with_user(neighbour)),
            lambda: self.consumption.with_user(neighbour).action_cancel(),
            lambda: self.right.with_user(neighbour).action_new_terms(),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertFalse(
            self.partner.with_user(neighbour)._is_entitled(self.support).is_entitled
        )
        self.assertIn(self.hours, self.hours.with_user(neighbour).search([]))
        self.hours.plan_id.sudo().copy({"company_id": self.company.id})
        self.assertEqual(
            len(self.hours.with_user(neighbour).search([])), 2, "the shared plan's"
        )

    def test_a_service_of_another_company_is_not_included(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.visit.company_id = other
        with self.assertRaisesRegex(UserError, "Visit"):
            self.right.product_id = self.visit
