"""Customers are contacted in working hours, by their own clocks."""

from datetime import date

from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestDunningHours(DunningCommon):
    """The invoice is due on Sunday, 1 March 2026; the reminder on Wednesday."""

    def setUp(self):
        super().setUp()
        self.policy.calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Day",
                            "dayofweek": str(day),
                            "hour_from": 9,
                            "hour_to": 17,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )
        self.invoice = self._bill()

    def _is_told(self, day, hour):
        """Run on a day of March; return whether the customer has been told then."""
        self._dun(date(2026, 3, day), hour)
        return bool(self._get_case(self.invoice).action_ids)

    def test_a_reminder_waits_for_the_morning(self):
        self.assertFalse(self._is_told(4, "08:59:59"))
        case = self._get_case(self.invoice)
        self.assertEqual(str(case.date_next), "2026-03-04 09:00:00")
        self.assertTrue(self._is_told(4, "09:00:00"))

    def test_it_waits_for_the_next_day_after_hours(self):
        self.assertFalse(self._is_told(4, "17:00:00"))
        self.assertFalse(self._is_told(5, "08:00:00"))
        self.assertTrue(self._is_told(5, "10:00:00"))

    def test_it_waits_for_monday(self):
        self.assertFalse(self._is_told(7, "12:00:00"))
        self.assertFalse(self._is_told(8, "12:00:00"))
        self.assertTrue(self._is_told(9, "12:00:00"))

    def test_the_hours_are_those_of_customers_in_the_east(self):
        self.partner.tz = "Pacific/Auckland"
        self.assertFalse(self._is_told(4, "12:00:00"))
        self.assertTrue(self._is_told(4, "20:30:00"))

    def test_the_hours_are_those_of_customers_in_the_west(self):
        self.partner.tz = "Pacific/Honolulu"
        self.assertFalse(self._is_told(4, "12:00:00"))
        self.assertTrue(self._is_told(4, "19:30:00"))

    def test_nobody_is_contacted_on_a_holiday(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.policy.calendar_id.id,
                "date_from": "2026-03-04 00:00:00",
                "date_to": "2026-03-05 23:59:59",
            }
        )
        self.assertFalse(self._is_told(4, "12:00:00"))
        self.assertFalse(self._is_told(5, "12:00:00"))
        self.assertTrue(self._is_told(6, "12:00:00"))

    def test_a_holiday_of_all_calendars_counts(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": False,
                "company_id": self.company.id,
                "date_from": "2026-03-04 00:00:00",
                "date_to": "2026-03-04 23:59:59",
            }
        )
        self.assertFalse(self._is_told(4, "12:00:00"))
        self.assertTrue(self._is_told(5, "12:00:00"))

    def test_working_days_leave_out_the_weekend(self):
        self.policy.step_ids[:1].write({"days": 6, "is_working_days": True})
        self.assertFalse(self._is_told(6, "12:00:00"))
        self.assertTrue(self._is_told(9, "12:00:00"))
