"""A year of a book of a thousand customers: what dunning promises, day after day."""

from collections import Counter, defaultdict
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import tagged

from .dunning_year import COMPANY_TZ, FIRST, LAST, SEED, Year, days
from .dunning_year_checks import AT_ONCE, AT_THE_END, DAILY, find_wrong

pytestmark = pytest.mark.long

COUNT = 1000
GRACE = 2
OFFICE = (time(8), time(18))
STEPS = (
    {"name": "Remind", "days": 3, "action": "email"},
    {"name": "Remind again", "days": 10, "grace_days": 4, "action": "email"},
    {"name": "Fee", "days": 14, "grace_days": 0, "action": "fee", "fee_amount": 12},
    {"name": "Last reminder", "days": 20, "grace_days": 6, "action": "email"},
    {"name": "Suspend", "days": 27, "grace_days": 5, "action": "suspend"},
    {"name": "Close", "days": 45, "grace_days": 10, "action": "close"},
    {"name": "Give up?", "days": 50, "grace_days": 3, "action": "activity"},
)


@tagged("standard", "post_install", "-at_install")
class TestDunningYear(DunningCommon):
    """The seed is in the module of the book; a failure tells day and customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.subscription_tz = COMPANY_TZ
        cls.product.taxes_id = [Command.clear()]
        cls.bank_journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        other = cls.env["res.currency"].create(
            {"name": "XYR", "symbol": "Y", "rounding": 0.01}
        )
        cls.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2025-01-01", "rate": 1.25}
        )
        cls.currencies = (cls.company.currency_id, other)
        cls.policy.active = False
        cls.policy = cls._create_policy(
            *STEPS,
            past_due_days=GRACE,
            calendar_id=cls._create_calendar().id,
            schedule_id=cls.env["dunning.schedule"]
            .create({"name": "4, 4, 4, 4, 4", "days": "4, 4, 4, 4, 4"})
            .id,
        )

    @classmethod
    def _create_calendar(cls):
        start, end = (hour.hour for hour in OFFICE)
        return cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "UTC",
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

    def test_a_year_of_a_thousand_customers(self):
        with freeze_time(FIRST) as clock:
            year = Year(self, clock, COUNT)
            day = FIRST
            while day <= LAST:
                for when in year.pass_day(day):
                    self._check(year, AT_ONCE if when == "before the job" else DAILY)
                day += days(1)
            self._check(year, AT_THE_END)
            self._check_order(year)
            self._check_hours(year)
            self._check_variety(year)

    def _check(self, year, checks):
        """Find whom something does not hold for, and say who, when and what."""
        self.env.flush_all()
        wrong = find_wrong(
            self.env,
            checks,
            company=self.company.id,
            grace=GRACE,
            today=year.today,
            now=datetime.now(),
        )
        told = [
            f"{year.by_partner.get(partner)}: {words}: {found}"
            for words, (partner, *found) in wrong
        ]
        self._assert_nothing(told, year.today)

    def _assert_nothing(self, told, day):
        if told:
            self.fail(f"Seed {SEED}, {day}:\n" + "\n".join(told[:10]))

    # === AT THE END === #

    def _check_order(self, year):
        """Steps are on their days, in their order, and with grace between them."""
        told = []
        actions = self.env["dunning.action"].search([], order="id")
        for case, mine in actions.grouped("case_id").items():
            before = defaultdict(lambda: FIRST - days(99))
            for (step, day), done in self._group(mine):
                problems = self._find_disorder(step, day, done.move_id, before)
                customer = year.by_partner[case.partner_id.id]
                told += [f"{customer}: {problem}" for problem in problems]
                before[step] = day
        self._assert_nothing(told, year.today)

    @staticmethod
    def _group(actions):
        """Return what was done together, in the order in which it was."""
        return actions.grouped(lambda each: (each.step_id, each.date)).items()

    @staticmethod
    def _find_disorder(step, day, moves, before):
        """Yield what is wrong with a step on a day.

        :param moves: the invoices that it was done for
        :param dict before: when each step was done last in this case
        """
        soonest = min(moves.mapped("invoice_date_due")) + days(step.days)
        if day < soonest:
            yield f"{step.name} on {day}, not before {soonest}"
        earlier = [
            last for other, last in before.items() if other.sequence < step.sequence
        ]
        if earlier and day < max(earlier) + days(step.grace_days):
            yield f"{step.name} on {day}, without grace after {max(earlier)}"
        for later in step.policy_id.step_ids - step:
            ledger = moves.dunning_action_ids.filtered(
                lambda each, later=later: each.step_id == later
            )
            is_later = later.sequence > step.sequence and later.action != "fee"
            if (
                is_later
                and step.action != "fee"
                and min(ledger.mapped("date"), default=day) < day
            ):
                yield f"{step.name} on {day}, after {later.name}"

    def _check_hours(self, year):
        """Customers are written to on weekdays, in the hours of their own clocks."""
        told = []
        for action in self.env["dunning.action"].search([("action", "=", "email")]):
            customer = year.by_partner[action.partner_id.id]
            moment = year.moments[action.date].replace(tzinfo=ZoneInfo("UTC"))
            there = moment.astimezone(ZoneInfo(customer.partner.tz))
            if there.weekday() > 4 or not OFFICE[0] <= there.time() < OFFICE[1]:
                told.append(f"{customer}: written to at {there}")
        self._assert_nothing(told, year.today)

    def _check_variety(self, year):
        """What can happen has happened, so that it was really looked at."""
        actions = self.env["dunning.action"].search([])
        cases = self.env["dunning.case"].search([])
        self.assertEqual(
            set(actions.step_id.mapped("name")), {step["name"] for step in STEPS}
        )
        self.assertEqual(set(actions.mapped("state")), {"done", "skipped"})
        self.assertEqual(
            cases.currency_id, self.env["res.currency"].union(*self.currencies)
        )
        agreed = Counter(cases.agreement_ids.mapped("state"))
        self.assertLessEqual({"kept", "broken"}, set(agreed))
        self.assertEqual(set(cases.fee_ids.mapped("state")), {"booked", "waived"})
        states = set(self.env["subscription.subscription"].search([]).mapped("state"))
        self.assertLessEqual({"active", "closed"}, states)
        charges = cases.move_ids.collection_charge_ids
        self.assertEqual(set(charges.mapped("state")), {"done", "error"})
        self.assertGreater(len(cases), COUNT // 5)
        # The last invoices are of October: all but a few have come to an end.
        self.assertLess(len(cases.filtered(lambda c: c.state != "closed")), COUNT // 50)
