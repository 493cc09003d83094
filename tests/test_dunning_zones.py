"""East and west: no day is early or late, whatever the hour of the run.

The second part of complaint 14 is that reminders and fees of other systems come a day
early east of UTC, because they take the server's day for the company's.
"""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.tests import tagged

ZONES = (
    "Pacific/Kiritimati", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Pago_Pago",
)  # fmt: skip
OFFICE = (time(9), time(17))


@tagged("standard", "post_install", "-at_install")
class TestDunningZones(DunningCommon):
    """The invoice is due on 1 March 2026; the fee comes on the third day after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.active = False
        cls.policy = cls._create_policy(
            {"name": "Fee", "days": 3, "action": "fee", "fee_amount": 12},
            {"name": "Remind", "days": 3, "grace_days": 0, "action": "email"},
        )

    def setUp(self):
        super().setUp()
        # One clock that is moved: to stop and start it takes long.
        freezer = freeze_time(datetime.combine(DUE, time(8)))
        self.clock = freezer.start()
        self.addCleanup(freezer.stop)

    def _bill_in(self, tz):
        """Return an invoice that is due on 1 March where the company is."""
        self.company.subscription_tz = tz
        self._move_to(datetime.combine(DUE, time(12), tzinfo=ZoneInfo(tz)))
        partner = self.env["res.partner"].create(
            {"name": tz, "email": "someone@example.com"}
        )
        subscription = self._create_subscription(
            partner_id=partner.id, date_start=DUE, date_next_invoice=DUE
        )
        self._run_renewal()
        self.assertEqual(subscription.invoice_ids.invoice_date_due, DUE)
        return subscription.invoice_ids

    def _move_to(self, moment):
        """Make it some moment, which has a time zone."""
        self.clock.move_to(moment.astimezone(timezone.utc).replace(tzinfo=None))

    def _run_at(self, moment):
        """Run the job at a moment with a time zone."""
        self._move_to(moment)
        run = self.env["dunning.run"]._in_company(self.company)
        for _done in run._follow_up():
            pass
        self.env.flush_all()
        self.env.invalidate_all()

    def _moments(self, tz, day, count=24):
        """Yield the hours of a day where the company is."""
        midnight = datetime.combine(day, time.min, tzinfo=ZoneInfo(tz))
        for hour in range(count):
            yield midnight.astimezone(timezone.utc) + timedelta(hours=hour)

    def test_h7_a_case_opens_at_the_first_hour_of_the_day_after_and_not_before(self):
        for tz in ZONES:
            with self.subTest(tz=tz):
                invoice = self._bill_in(tz)
                *_others, last = self._moments(tz, DUE)
                for moment in (
                    last - timedelta(hours=12),
                    last + timedelta(minutes=59),
                ):
                    self._run_at(moment)
                    self.assertFalse(invoice.dunning_case_id)
                self._run_at(last + timedelta(hours=1))
                case = invoice.dunning_case_id
                self.assertEqual(
                    (case.state, case.date_opened), ("open", date(2026, 3, 2))
                )

    def test_complaint_14_fees_and_reminders_are_never_a_day_early(self):
        """Nothing at the last minute of the day before; all at the first of the day."""
        for tz in ZONES:
            with self.subTest(tz=tz):
                invoice = self._bill_in(tz)
                first = next(self._moments(tz, date(2026, 3, 4)))
                for hours in (48, 24, 12, 1):
                    self._run_at(first - timedelta(hours=hours))
                self._run_at(first - timedelta(minutes=1))
                self.assertFalse(invoice.dunning_case_id.action_ids)
                self._run_at(first)
                self._assert_done_once(invoice, date(2026, 3, 4))

    def test_complaint_14_the_job_run_at_every_hour_does_each_step_once(self):
        for tz in ZONES:
            with self.subTest(tz=tz):
                invoice = self._bill_in(tz)
                for day in (date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)):
                    for moment in self._moments(tz, day):
                        self._run_at(moment)
                self._assert_done_once(invoice, date(2026, 3, 4))

    def _assert_done_once(self, invoice, day):
        """Both steps were done on a day: one fee, and one mail."""
        case = invoice.dunning_case_id
        steps = case.action_ids.filtered(lambda each: each.move_id == invoice)
        self.assertEqual(steps.step_id, self.policy.step_ids)
        self.assertEqual(set(steps.mapped("date")), {day})
        [fee] = case.fee_ids.filtered(lambda each: each.move_id == invoice)
        self.assertEqual((fee.date_until, fee.fee_move_id.invoice_date), (day, day))
        mails = [("model", "=", "dunning.case"), ("res_id", "=", case.id)]
        self.assertEqual(self.env["mail.mail"].search_count(mails), 1)

    # === CUSTOMERS === #

    def _work_in_office_hours(self):
        start, end = (hour.hour for hour in OFFICE)
        self.policy.calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Office",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Day",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )

    def test_customers_are_written_to_in_the_hours_of_their_clocks(self):
        """The last step is due on Sunday, 8 March, when clocks go forward in Los
        Angeles."""
        self._work_in_office_hours()
        self.policy.step_ids[1].days = 7
        invoices = {}
        for tz in ZONES:
            partner = self.env["res.partner"].create(
                {"name": tz, "email": "someone@example.com", "tz": tz}
            )
            invoices[tz] = self._bill(partner_id=partner.id)
        told = {}
        start = datetime(2026, 3, 8, tzinfo=timezone.utc)
        for hour in range(24 * 3):
            moment = start + timedelta(hours=hour)
            self._run_at(moment)
            for tz, invoice in invoices.items():
                sent = invoice.dunning_case_id.action_ids.filtered("mail_message_id")
                if sent and tz not in told:
                    told[tz] = moment.astimezone(ZoneInfo(tz)).replace(tzinfo=None)
        monday = datetime(2026, 3, 9, 9)
        for tz in ZONES:
            self.assertEqual(told.get(tz), monday, tz)
