"""Planned visits: activities that are made once, and recorded when they are done."""

from datetime import date

import psycopg2
from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_entitlements import EntitlementCase

SCHEDULE = "odoo.addons.subscription_billing.models.subscription_schedule_visits"


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestVisits(EntitlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visits.is_visit = True
        cls.technician = new_test_user(
            cls.env, "technician", groups="base.group_user", name="Tess Technician"
        )
        cls.user = new_test_user(
            cls.env, "seller", groups="subscription_billing.group_subscription_user"
        )

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription(user_id=self.user.id)
        self.right = self._get(self.subscription, self.visit)

    def _plan(self, day="2026-05-01"):
        """Run the schedule on ``day``; return the open visits."""
        with freeze_time(day):
            self._run_renewal()
        return self._get_visits()

    def _get_visits(self, right=None):
        """Return the open visits of an entitlement, in order."""
        return self.env["mail.activity"].search(
            [("subscription_entitlement_id", "=", (right or self.right).id)],
            order="subscription_visit_period, subscription_visit_number",
        )

    # === PLANNING === #

    def test_the_visits_of_a_period_are_spread_over_it(self):
        visits = self._plan()
        self.assertEqual(
            visits.mapped("date_deadline"),
            [
                date(2026, 5, 23),
                date(2026, 6, 15),
                date(2026, 7, 8),
                date(2026, 7, 31),
            ],
        )
        self.assertRecordValues(
            visits[:1],
            [
                {
                    "res_model": "subscription.subscription",
                    "res_id": self.subscription.id,
                    "summary": "Visit (1 of 4)",
                    "user_id": self.user.id,
                    "activity_type_id": self.env.ref(
                        "subscription_billing.mail_activity_type_visit"
                    ).id,
                    "automated": True,
                }
            ],
        )
        self.assertEqual(self.right.date_next_visits, date(2026, 8, 1))
        self.assertFalse(self._get_visits(self._get(self.subscription, self.support)))

    def test_days_in_hand_and_a_technician(self):
        self.visits.write({"visit_lead_days": 5, "visit_user_id": self.technician.id})
        self.subscription = self._create_subscription()
        self.right = self._get(self.subscription, self.visit)
        visits = self._plan()
        self.assertEqual(visits[0].date_deadline, date(2026, 5, 18))
        self.assertEqual(visits.user_id, self.technician)

    def test_each_visit_is_planned_once(self):
        self._plan()
        self._plan("2026-05-02")
        self.right.date_next_visits = date(2026, 5, 1)
        self.assertEqual(len(self._plan("2026-05-03")), 4)
        self.assertEqual(len(self._plan("2026-07-31")), 4)
        self.assertEqual(len(self._plan("2026-08-01")), 8)

    def test_the_database_refuses_a_visit_a_second_time(self):
        visit = self._plan()[0]
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
        ):
            visit.copy(
                {
                    "subscription_entitlement_id": self.right.id,
                    "subscription_visit_period": visit.subscription_visit_period,
                    "subscription_visit_number": visit.subscription_visit_number,
                }
            )

    def test_missed_periods_are_not_caught_up_with(self):
        visits = self._plan("2027-03-10")
        self.assertEqual(
            set(visits.mapped("subscription_visit_period")), {date(2027, 2, 1)}
        )
        self.assertEqual(len(visits), 4)

    def test_late_visits_are_spread_over_the_days_that_are_left(self):
        visits = self._plan("2026-06-20")
        self.assertEqual(
            visits.mapped("date_deadline"),
            [
                date(2026, 6, 29),
                date(2026, 7, 10),
                date(2026, 7, 20),
                date(2026, 7, 31),
            ],
        )

    def test_visits_recorded_by_hand_need_no_planning(self):
        self._use(self.right, 1)
        self._use(self.right, 1).action_cancel()
        visits = self._plan()
        self.assertEqual(visits.mapped("subscription_visit_number"), [2, 3, 4])
        self._use(self.right, 1)
        self.right.date_next_visits = date(2026, 5, 1)
        visits = self._plan("2026-05-02")
        self.assertEqual(visits.mapped("subscription_visit_number"), [3, 4])

    def test_a_first_part_of_a_period_has_its_visits_in_its_own_days(self):
        with freeze_time("2026-07-22"):
            self.subscription = self._create_subscription()
            self.right = self._get(self.subscription, self.visit)
            self.right.date_anchor = date(2026, 5, 1)
        visits = self._plan("2026-07-22")
        self.assertEqual(visits[0].date_deadline, date(2026, 7, 23))
        self.assertEqual(visits[-1].date_deadline, date(2026, 7, 31))

    def test_more_units_plan_more_visits(self):
        self.right.write(
            {"is_per_unit": True, "included_with_id": self.product.product_tmpl_id.id}
        )
        first = self._plan()
        self.subscription.line_ids.quantity = 2
        visits = self._plan("2026-05-02")
        self.assertEqual(len(visits), 8)
        self.assertEqual(visits & first, first)
        self.assertEqual((visits - first)[0].date_deadline, date(2026, 5, 23))

    def test_visits_begin_with_the_subscription(self):
        self.subscription = self._create_subscription(date_start=date(2026, 5, 20))
        self.right = self._get(self.subscription, self.visit)
        self.assertFalse(self._plan("2026-05-19"))
        self.assertEqual(len(self._plan("2026-05-20")), 4)

    def test_nothing_is_planned_while_it_is_not_served(self):
        for state in ("paused", "suspended"):
            with self.subTest(state=state):
                subscription = self._create_subscription()
                if state == "suspended":
                    subscription._update_state("past_due")
                subscription._update_state(state)
                self.right = self._get(subscription, self.visit)
                self.assertFalse(self._plan())
                subscription._update_state("active")
                self.assertEqual(len(self._plan("2026-05-02")), 4)

    def test_a_product_that_comes_later_has_its_visits_then(self):
        self.right.included_with_id = self.visit.product_tmpl_id
        self.env["subscription.line"].create(
            {
                "subscription_id": self.subscription.id,
                "product_id": self.visit.id,
                "date_start": date(2026, 5, 10),
            }
        )
        self.assertFalse(self._plan("2026-05-02"))
        self.assertEqual(self.right.date_next_visits, date(2026, 5, 10))
        self.assertEqual(len(self._plan("2026-05-10")), 4)

    def test_a_planning_that_fails_stops_no_other(self):
        broken = self._get(self._create_subscription(), self.visit)
        self.env.cr.execute(
            "UPDATE subscription_entitlement SET interval_unit = 'aeon' WHERE id = %s",
            [broken.id],
        )
        self.env.invalidate_all()
        with self.assertLogs(SCHEDULE, "WARNING"):
            self.assertEqual(len(self._plan()), 4)
        self.assertFalse(self._get_visits(broken))
        self.assertEqual(broken.date_next_visits, date(2026, 5, 2))
        self.assertTrue(broken.subscription_id.activity_ids)

    def test_planning_takes_few_queries(self):
        self._count_planning_queries(1)
        self.assertEqual(
            self._count_planning_queries(3), self._count_planning_queries(9)
        )

    def _count_planning_queries(self, count):
        """Return how many queries it takes to plan the visits of some customers."""
        subscriptions = self._create_subscriptions(count, user_id=self.user.id)
        rights = subscriptions.entitlement_ids.filtered("is_visit")
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        rights._plan_visits()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    # === DONE === #

    def test_a_visit_that_is_done_is_recorded(self):
        visits = self._plan()
        with freeze_time("2026-05-20"):
            visits[0].with_user(self.user).action_feedback(feedback="Filter changed")
        self.assertRecordValues(
            self.right.consumption_ids,
            [
                {
                    "date": date(2026, 5, 20),
                    "quantity": 1,
                    "name": "Visit (1 of 4). Filter changed",
                    "user_id": self.user.id,
                    "activity_id": visits[0].id,
                }
            ],
        )
        self.assertEqual(len(self._get_visits()), 3)
        self.right.invalidate_recordset()
        self.assertEqual(self.right.quantity_left, 3)
        visits[0].action_done()
        visits[0].action_feedback()
        self.assertEqual(len(self.right.consumption_ids), 1)

    def test_a_technician_without_access_records_what_he_has_done(self):
        visits = self._plan()
        visits[0].user_id = self.technician
        self.env.flush_all()
        self.env.invalidate_all()
        visits[0].with_user(self.technician).action_done()
        self.assertEqual(self.right.consumption_ids.user_id, self.technician)
        with self.assertRaises(AccessError):
            visits[1].with_user(self.technician).action_done()

    def test_a_late_visit_counts_for_its_own_period(self):
        visits = self._plan()
        with freeze_time("2026-08-03"):
            visits[3].action_done()
        self.assertEqual(self.right.consumption_ids.date, date(2026, 7, 31))

    def test_a_visit_recorded_by_hand_takes_the_next_one_off_the_list(self):
        visits = self._plan()
        self._use(self.right, 2)
        self.assertEqual(self._get_visits(), visits[2:])
        self._use(self._get(self.subscription, self.support), 2)
        self.assertEqual(self._get_visits(), visits[2:])

    def test_a_visit_beyond_the_allowance_is_not_done(self):
        visits = self._plan()
        for visit in visits[:3]:
            visit.action_done()
        self.right.quantity = 3
        with self.assertRaisesRegex(UserError, "more than what is left"):
            visits[3].action_done()

    def test_a_visit_beyond_the_allowance_is_billed_where_it_has_a_price(self):
        visits = self._plan()
        self.right.write({"overage": "billed", "overage_price": 150, "quantity": 0})
        visits[0].action_done()
        self.assertEqual(self.subscription.pending_item_ids.amount, 150)

    # === CALLED OFF === #

    def test_open_visits_end_with_the_subscription(self):
        visits = self._plan()
        visits[0].action_done()
        self.subscription._close()
        self.assertFalse(self._get_visits())
        self.assertFalse(self._plan("2026-05-05"))
        with freeze_time("2026-05-06"):
            self.subscription.action_reactivate()
        self.assertEqual(
            self._plan("2026-05-06").mapped("subscription_visit_number"), [2, 3, 4]
        )

    def test_open_visits_go_with_the_plan(self):
        visits = self._plan()
        visits[0].action_done()
        gold = self._create_plan(name="Gold", anchor_mode="calendar", anchor_day=1)
        self._include(self.visit, gold, quantity=6, is_visit=True)
        with freeze_time("2026-05-11"):
            self.env["subscription.change"].create(
                {"subscription_id": self.subscription.id, "plan_id": gold.id}
            ).action_confirm()
        self.assertFalse(self._get_visits())
        self.right = self._get(self.subscription, self.visit)
        visits = self._plan("2026-05-11")
        self.assertEqual(len(visits), 5, "one of six has been made")

    def test_a_preview_leaves_the_visits_alone(self):
        visits = self._plan()
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "plan_id": self._create_plan().id,
            }
        )
        self.env["subscription.forecast"]._preview_change(change)
        self.assertEqual(self._get_visits(), visits)

    def test_a_visit_that_a_person_deletes_is_not_planned_again(self):
        visits = self._plan()
        visits[0].with_user(self.user).unlink()
        self.assertEqual(len(self._plan("2026-05-02")), 3)

    # === MISUSE === #

    def test_nobody_plans_visits_by_hand(self):
        visit = self._plan()[0]
        activity = visit.with_user(self.user)
        vals = {
            "res_model_id": visit.res_model_id.id,
            "res_id": self.subscription.id,
            "activity_type_id": visit.activity_type_id.id,
        }
        own = activity.create(vals)
        for attempt in (
            lambda: activity.create(
                {**vals, "subscription_entitlement_id": self.right.id}
            ),
            lambda: activity.with_context(
                default_subscription_entitlement_id=self.right.id
            ).create(vals),
            lambda: own.write({"subscription_entitlement_id": self.right.id}),
        ):
            with self.assertRaisesRegex(AccessError, "planned by the entitlement"):
                attempt()
        own.action_done()
        self.assertFalse(self.right.consumption_ids)
