"""Days without service belong to their state: what ends one ends the other."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_changes import ChangeCase


class ServiceCase(ChangeCase):
    """A subscription of 310 a month that has paid for May."""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 310}])
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def _confirm(self, day, lines=(), **vals):
        """Confirm a change on a day."""
        with freeze_time(day):
            change = self._change(self.subscription, lines, **vals)
            change.action_confirm()
        return change

    def _resume(self, day):
        """Press Resume on a day."""
        with freeze_time(day):
            self.subscription.action_resume()

    def _suspend(self, day):
        """Stop the service for unpaid invoices."""
        with freeze_time(day):
            self.subscription._update_state("past_due")
            self.subscription._update_state("suspended")

    def _get_pause_dates(self):
        """Return the first day without service and the first day with it again."""
        pauses = self.subscription.pause_ids.sorted("date_start")
        return [(pause.date_start, pause.date_end) for pause in pauses]


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestCloseWhilePaused(ServiceCase):
    def test_who_comes_back_is_served_and_billed(self):
        self._confirm("2026-05-11", kind="pause")
        self._confirm("2026-05-20", kind="close", timing="now")
        self.assertEqual(
            self._get_pause_dates(), [(date(2026, 5, 11), date(2026, 5, 20))]
        )
        self.assertFalse(self.subscription.is_billed_in_pause)
        with freeze_time("2026-06-10"):
            self.subscription.action_reactivate()
        invoice = self._bill(self.subscription, "2026-06-10")
        self.assertEqual(self._get_amounts(invoice), [310])
        self._confirm("2026-06-20", kind="pause")
        self.assertEqual(self.subscription.state, "paused")

    def test_a_planned_resume_is_called_off(self):
        reason = self.env["subscription.close.reason"].create({"name": "Moved"})
        self._confirm("2026-05-11", kind="pause", date_resume=date(2026, 6, 11))
        self._confirm(
            "2026-05-20", kind="close", timing="now", close_reason_id=reason.id
        )
        events = self.subscription.event_ids
        self.assertFalse(self._bill(self.subscription, "2026-06-11"))
        self.assertRecordValues(
            self.subscription,
            [
                {
                    "state": "closed",
                    "close_reason_id": reason.id,
                    "date_closed": date(2026, 5, 20),
                }
            ],
        )
        self.assertEqual(self.subscription.event_ids, events)

    def test_all_that_was_planned_is_called_off(self):
        line = self.subscription.line_ids
        planned = self._confirm(
            "2026-05-02", [(line, {"quantity": 2})], timing="date", date="2026-06-20"
        )
        planned |= self._confirm(
            "2026-05-02", kind="pause", timing="date", date="2026-06-21"
        )
        closed = self._confirm("2026-05-11", kind="close", timing="now")
        self.assertEqual(planned.mapped("state"), ["cancelled", "cancelled"])
        self.assertEqual(closed.state, "applied")
        self._bill(self.subscription, "2026-06-22")
        self.assertEqual(self.subscription.line_ids, line)
        self.assertFalse(self.subscription.activity_ids)

    def test_an_end_date_calls_off_what_comes_after_it(self):
        planned = self._confirm(
            "2026-05-02", kind="pause", timing="date", date="2026-06-21"
        )
        self._confirm("2026-05-11", kind="close", timing="period_end")
        self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self.subscription.state, "closed")
        self.assertEqual(planned.state, "cancelled")

    def test_a_pause_without_credit_ends_with_a_close_with_credit(self):
        self._confirm("2026-05-11", kind="pause", pause_policy="keep")
        self._confirm("2026-05-21", kind="close", timing="now", is_credited=True)
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(self._get_amounts(note), [110])

    def test_a_pause_with_credit_gives_back_what_a_close_would_keep(self):
        self._confirm("2026-05-11", kind="pause")
        self._confirm("2026-05-21", kind="close", timing="now")
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(self._get_amounts(note), [210])

    def test_a_credited_end_is_forgotten_by_who_comes_back(self):
        self._confirm("2026-05-11", kind="close", timing="now", is_credited=True)
        with freeze_time("2026-06-01"):
            self.subscription.action_reactivate()
        self.assertFalse(self.subscription.is_end_credited)

    def test_a_trial_that_closes_keeps_the_end_of_a_scheduled_close(self):
        plan = self._create_plan(trial_days=10, trial_end_action="closed")
        plan.trial_end_without_method = "closed"
        self.subscription = self._create_subscription(plan_id=plan.id)
        close = self._confirm(
            "2026-05-02", kind="close", timing="date", date="2026-06-01"
        )
        self._bill(self.subscription, "2026-05-11")
        self.assertEqual(close.state, "cancelled")
        self.assertRecordValues(
            self.subscription, [{"state": "closed", "date_end": date(2026, 5, 31)}]
        )

    def test_a_close_without_credit_keeps_what_another_change_settles(self):
        self._confirm("2026-05-02", kind="close", timing="date", date="2026-05-21")
        new = {"product_id": self.product.id, "price_unit": 31}
        self._confirm("2026-05-11", [(None, new)])
        invoice = self._bill(self.subscription, "2026-05-21")
        self.assertEqual(self.subscription.state, "closed")
        self.assertEqual(invoice.mapped("move_type"), ["out_invoice"])
        self.assertEqual(self._get_amounts(invoice), [10])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestResume(ServiceCase):
    def test_resumed_by_hand_the_planned_resume_is_called_off(self):
        """Else it would end the next pause."""
        pause = self._confirm("2026-05-11", kind="pause", date_resume="2026-05-25")
        planned = self.subscription.change_ids - pause
        self._resume("2026-05-13")
        self.assertEqual(planned.state, "cancelled")
        self._confirm("2026-05-20", kind="pause")
        self._bill(self.subscription, "2026-05-26")
        self.assertEqual(self.subscription.state, "paused")

    def test_a_pause_that_is_over_when_the_run_is_late_is_given_back(self):
        self._confirm(
            "2026-05-02",
            kind="pause",
            timing="date",
            date="2026-05-10",
            date_resume="2026-05-15",
        )
        self._bill(self.subscription, "2026-05-20")
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(
            self._get_pause_dates(), [(date(2026, 5, 10), date(2026, 5, 15))]
        )
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-50, 310])

    def test_billed_through_a_pause_the_days_are_billed_once(self):
        self._confirm("2026-05-11", kind="pause", pause_policy="bill")
        self._bill(self.subscription, "2026-06-01")
        self._resume("2026-06-10")
        invoice = self._bill(self.subscription, "2026-07-01")
        self.assertEqual(self._get_amounts(invoice), [310])
        self.assertEqual(self.subscription.date_next_period, date(2026, 8, 1))

    def test_a_change_that_its_state_forbids_by_then_asks_for_a_person(self):
        planned = self._confirm(
            "2026-05-02", kind="pause", timing="date", date="2026-05-20"
        )
        self._confirm("2026-05-10", kind="pause")
        with self.assertLogs(
            "odoo.addons.subscription_billing.models.subscription_schedule", "WARNING"
        ):
            self._bill(self.subscription, "2026-05-20")
        self.assertIn("Pause is not possible", planned.error)
        self.assertTrue(self.subscription.activity_ids)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestSuspend(ServiceCase):
    def test_suspended_days_are_not_billed_afterwards(self):
        self._suspend("2026-05-20")
        self.assertFalse(self._bill(self.subscription, "2026-07-11"))
        with freeze_time("2026-07-11"):
            self.subscription._update_state("active")
        invoice = self._bill(self.subscription, "2026-07-11")
        self.assertEqual(self._get_amounts(invoice), [210])
        self.assertEqual(
            self._get_pause_dates(), [(date(2026, 5, 20), date(2026, 7, 11))]
        )

    def test_days_before_it_are_billed_in_arrears(self):
        plan = self._create_plan(billing_timing="arrears")
        self.subscription = self._create_subscription(
            [{"price_unit": 310}], plan_id=plan.id
        )
        self._suspend("2026-05-21")
        self.assertEqual(self._get_amounts(self.subscription.invoice_ids), [200])
        self._confirm("2026-05-25", kind="close", timing="now", is_credited=True)
        self.assertEqual(
            sum(self.subscription.period_ids.mapped("amount")), 200, "no day more"
        )

    def test_closed_while_suspended_nothing_more_is_billed(self):
        self._suspend("2026-05-20")
        self._confirm("2026-07-20", kind="close", timing="now")
        self.assertEqual(len(self.subscription.invoice_ids), 1)

    def test_a_suspended_customer_may_not_claim_for_yesterday(self):
        self._include_service(self.plan, interval_unit="month", quantity=4)
        self.subscription = self._create_subscription()
        self._suspend("2026-05-10")
        with freeze_time("2026-05-20"), self.assertRaises(UserError):
            self._use_service(self.subscription.entitlement_ids, date="2026-05-19")
