"""Steps that restrict, pause, move or end subscriptions until the money comes."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .test_access import AccessCase


def day(number):
    """Return the day so many days after the due date."""
    return DUE + timedelta(days=number)


class EndsCase(DunningCommon):
    """One overdue invoice, and a policy of the steps of a test."""

    def setUp(self):
        super().setUp()
        self.policy.active = False

    def _follow(self, *steps, **vals):
        """Follow a policy of these steps with one overdue invoice; return it."""
        self.followed = self._create_policy(
            *(
                {"name": step["action"].title(), "days": 5, "grace_days": 0, **step}
                for step in steps
            )
        )
        self.invoice = self._bill(**vals)
        self.subscription = self.invoice.subscription_ids
        return self.invoice

    def _change(self, when, line=None, **vals):
        """Change the subscription on a day, by its only line or otherwise."""
        with freeze_time(f"{when} 10:00:00"):
            change = self.env["subscription.change"].create(
                {"subscription_id": self.subscription.id, **vals}
            )
            if line is not None:
                change.line_ids = [
                    Command.create({"line_id": self.subscription.line_ids.id, **line})
                ]
            change.action_confirm()
        return change

    def _get_changes(self):
        """Return what dunning has planned for the subscription."""
        return self.subscription.change_ids.filtered("dunning_case_id")


@tagged("standard", "post_install", "-at_install")
class TestRestriction(EndsCase, AccessCase):
    def setUp(self):
        super().setUp()
        self._follow({"action": "restrict"})

    def test_who_owes_something_orders_no_more(self):
        self._dun(day(5))
        self.assertTrue(self.subscription.is_change_restricted)
        with self.assertRaises(UserError) as caught:
            self._change(day(6), {"quantity": 2})
        for word in ("Ada Lovelace", "115.00", "Record the payment"):
            self.assertIn(word, str(caught.exception))
        self.assertEqual(self.subscription.line_ids.quantity, 1)

    def test_nothing_is_restricted_before_its_day(self):
        self._dun(day(4))
        self._change(day(4), {"quantity": 2})
        self.assertEqual(sum(self.subscription.line_ids.mapped("quantity")), 3)

    def test_what_costs_as_much_or_less_is_allowed(self):
        self._follow({"action": "restrict"}, lines=[{"quantity": 3}])
        self._dun(day(5))
        self._change(day(6), {"quantity": 2})
        self.assertEqual(self.subscription._get_running_lines(day(6)).quantity, 2)

    def test_an_added_product_costs_more(self):
        self._dun(day(5))
        with self.assertRaises(UserError), freeze_time(f"{day(6)} 10:00:00"):
            self.env["subscription.change"].create(
                {
                    "subscription_id": self.subscription.id,
                    "line_ids": [
                        Command.create({"product_id": self.product.id}),
                    ],
                }
            ).action_confirm()

    def test_another_plan_may_be_cheaper_and_not_dearer(self):
        self._dun(day(5))
        weekly = self._create_plan(name="Weekly", interval_unit="week")
        yearly = self._create_plan(name="Yearly", interval_unit="year")
        with self.assertRaises(UserError):
            self._change(day(6), plan_id=weekly.id)
        self._change(day(6), plan_id=yearly.id)
        self.assertEqual(self.subscription.plan_id, yearly)

    def test_a_change_of_something_else_is_allowed(self):
        self._dun(day(5))
        other = self.env["res.partner"].create({"name": "Bo"})
        self._change(day(6), partner_invoice_id=other.id)
        self.assertEqual(self.subscription.partner_invoice_id, other)

    def test_a_refused_change_leaves_nothing_behind(self):
        self._dun(day(5))
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "date": day(6),
                "timing": "date",
                "proration": "invoice_now",
                "line_ids": [
                    Command.create(
                        {"line_id": self.subscription.line_ids.id, "quantity": 9}
                    )
                ],
            }
        )
        with freeze_time(f"{day(6)} 10:00:00"), self.assertRaises(UserError):
            change.action_confirm()
        self.assertEqual(change.state, "draft")
        self.assertEqual(self.subscription.invoice_ids, self.invoice)
        self.assertEqual(len(self.subscription.line_ids), 1)

    def test_a_payment_allows_changes_at_once(self):
        self._dun(day(5))
        self._pay(self.invoice, day(6))
        self.assertFalse(self.subscription.is_change_restricted)
        self._change(day(6), {"quantity": 2})

    def test_what_was_planned_before_waits_for_the_money(self):
        change = self._change(
            day(2), {"quantity": 2}, timing="date", date=day(7), proration="none"
        )
        self._dun(day(5))
        schedule = "odoo.addons.subscription_billing.models.subscription_schedule"
        with mute_logger(schedule), freeze_time(f"{day(7)} 10:00:00"):
            self._run_renewal()
        self.assertEqual(change.state, "scheduled")
        self.assertIn("Ada Lovelace", change.error)
        self._pay(self.invoice, day(8))
        with freeze_time(f"{day(8)} 13:00:00"):
            self._run_renewal()
        self.assertEqual(change.state, "applied")

    def test_what_is_counted_is_billed_all_the_same(self):
        self._dun(day(5))
        with freeze_time(f"{day(6)} 10:00:00"):
            self.subscription.line_ids.quantity_meter_id = self._create_meter(
                code="seats", aggregation="last"
            )
        self._change(day(6), {"quantity": 4})
        self.assertEqual(self.subscription._get_running_lines(day(6)).quantity, 4)

    def test_only_an_administrator_lifts_it_and_that_is_logged(self):
        self._dun(day(5))
        for user in (self.user, self.accountant):
            with self.assertRaises(AccessError):
                self.subscription.with_user(user).action_allow_changes()
        self.subscription.with_user(self.manager).action_allow_changes()
        self.assertFalse(self.subscription.is_change_restricted)
        self.assertIn(self.manager.name, self.subscription.message_ids[0].body)
        self._dun(day(6))
        self.assertFalse(self.subscription.is_change_restricted)

    def test_nobody_lifts_it_by_writing(self):
        self._dun(day(5))
        with self.assertRaises(UserError):
            self.subscription.with_user(self.manager).is_change_restricted = False


@tagged("standard", "post_install", "-at_install")
class TestPause(EndsCase):
    def _get_pauses(self):
        return self.subscription.pause_ids

    def test_the_service_stops_on_the_day_and_begins_with_the_money(self):
        self._follow({"action": "pause", "pause_policy": "credit"})
        self._dun(day(5))
        case = self._get_case(self.invoice)
        self.assertEqual(self.subscription.state, "paused")
        self.assertRecordValues(
            self._get_pauses(),
            [
                {
                    "date_start": day(5),
                    "date_end": False,
                    "policy": "credit",
                    "dunning_case_id": case.id,
                }
            ],
        )
        self._pay(self.invoice, day(9))
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self._get_pauses().date_end, day(9))
        self.assertEqual(case.state, "closed")

    def test_its_customer_does_not_end_a_pause_but_pays(self):
        self._follow({"action": "pause"})
        self._dun(day(5))
        self.assertIn("is paid", self.subscription._get_resume_obstacle())

    def test_its_customer_ends_a_pause_of_a_person(self):
        self._follow({"action": "pause"})
        self._change(day(0), kind="pause")
        self.assertFalse(self.subscription._get_resume_obstacle())

    def test_a_second_look_changes_nothing(self):
        self._follow({"action": "pause"})
        self._dun_daily(day(5), 4)
        self.assertEqual(len(self._get_pauses()), 1)
        self.assertEqual(len(self._get_case(self.invoice).action_ids), 1)

    def test_a_pause_of_a_person_is_not_ended_by_a_payment(self):
        self._follow({"action": "pause"})
        self._change(day(0), kind="pause")
        self._dun(day(5))
        self._pay(self.invoice, day(9))
        self.assertEqual(self.subscription.state, "paused")
        self.assertFalse(self._get_pauses().date_end)

    def test_a_part_of_the_money_is_not_enough(self):
        self._follow({"action": "pause"})
        self._dun(day(5))
        with freeze_time(f"{day(6)} 12:00:00"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.invoice.ids
            ).create({"amount": 50}).action_create_payments()
        self.assertEqual(self.subscription.state, "paused")

    def test_what_is_suspended_stays_so(self):
        self._follow({"action": "suspend"}, {"action": "pause", "days": 8})
        self._dun_daily(day(5), 5)
        self.assertEqual(self.subscription.state, "suspended")
        self._pay(self.invoice, day(12))
        self.assertEqual(self.subscription.state, "active")


@tagged("standard", "post_install", "-at_install")
class TestPlan(EndsCase):
    def setUp(self):
        super().setUp()
        self.free = self._create_plan(name="Basic")
        self._follow({"action": "plan", "target_plan_id": self.free.id})

    def test_the_plan_changes_with_the_next_period(self):
        self._dun(day(5))
        self.assertRecordValues(
            self._get_changes(),
            [
                {
                    "kind": "modify",
                    "state": "scheduled",
                    "plan_id": self.free.id,
                    "date": date(2026, 4, 1),
                }
            ],
        )
        with freeze_time("2026-04-01 08:00:00"):
            self._run_renewal()
        self.assertEqual(self.subscription.plan_id, self.free)

    def test_it_is_planned_once_and_not_where_it_is_already(self):
        self._dun_daily(day(5), 3)
        with freeze_time("2026-04-01 08:00:00"):
            self._run_renewal()
        self._dun_daily(date(2026, 4, 5), 5)
        self.assertEqual(len(self._get_changes()), 1)

    def test_a_payment_does_not_bring_the_plan_back(self):
        self._dun(day(5))
        self._pay(self.invoice, day(6))
        self.assertEqual(self._get_changes().state, "scheduled")

    def test_a_restriction_does_not_stand_in_the_way_of_it(self):
        self.subscription.sudo().is_change_restricted = True
        self.free.interval_unit = "week"
        self._dun(day(5))
        self.assertEqual(self._get_changes().state, "scheduled")

    def test_a_step_names_the_plan(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._create_policy({"name": "Move", "days": 5, "action": "plan"})

    def test_a_plan_of_another_company_is_refused(self):
        stranger = self.env["res.company"].create({"name": "Elsewhere"})
        self.free.company_id = stranger
        with self.assertRaises(UserError):
            self._create_policy(
                {
                    "name": "Move",
                    "days": 5,
                    "action": "plan",
                    "target_plan_id": self.free.id,
                }
            )


@tagged("standard", "post_install", "-at_install")
class TestCloseAtPeriodEnd(EndsCase):
    def setUp(self):
        super().setUp()
        self.plan.write({"term_count": 1, "term_unit": "year", "notice_days": 90})
        self._follow({"action": "close_period"})

    def test_it_ends_with_the_period_whatever_was_agreed(self):
        self._dun(day(5))
        self.assertEqual(self.subscription.date_end, date(2026, 3, 31))
        with freeze_time("2026-04-01 08:00:00"):
            self._run_renewal()
        self.assertRecordValues(
            self.subscription,
            [
                {
                    "state": "closed",
                    "close_reason_id": self.followed.step_ids.close_reason_id.id,
                }
            ],
        )
        self.assertEqual(self.subscription.invoice_ids, self.invoice)

    def test_a_payment_takes_the_end_back(self):
        self._dun(day(5))
        self._pay(self.invoice, day(20))
        self.assertEqual(self._get_changes().state, "cancelled")
        self.assertFalse(self.subscription.date_end)
        with freeze_time("2026-04-01 08:00:00"):
            self._run_renewal()
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(len(self.subscription.invoice_ids), 2)

    def test_the_end_that_a_customer_wished_stands(self):
        self.plan.write({"term_count": 0, "notice_days": 0})
        wished = self._change(day(1), kind="close", timing="period_end")
        self._dun(day(5))
        self.assertFalse(self._get_changes())
        self._pay(self.invoice, day(6))
        self.assertEqual(wished.state, "scheduled")

    def test_it_is_planned_once(self):
        self._dun_daily(day(5), 4)
        self.assertEqual(len(self._get_changes()), 1)


@tagged("standard", "post_install", "-at_install")
class TestEndingSteps(DunningCommon):
    def test_nothing_ends_before_it_is_overdue(self):
        for action in ("restrict", "pause", "close_period", "write_off", "collect"):
            for days in (0, -3):
                with self.subTest(action=action), self.assertRaises(ValidationError):
                    self._create_policy(
                        {"name": "Too early", "days": days, "action": action}
                    )

    def test_a_pause_says_what_it_means_for_invoices(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._create_policy(
                {"name": "P", "days": 5, "action": "pause", "pause_policy": False}
            )
