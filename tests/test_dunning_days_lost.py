"""Days on which the service was suspended are given back if the plan says so."""

from datetime import date

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import tagged

#: the step that suspends is due 20 days after ``DUE``
SUSPENDED = date(2026, 3, 21)
PAID = date(2026, 3, 26)
NEXT = date(2026, 4, 1)


@tagged("standard", "post_install", "-at_install")
class TestDaysLost(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.step_ids[0].action = "suspend"
        cls.policy.step_ids[0].days = 20
        cls.policy.step_ids[1:].unlink()

    def _suspend_and_pay(self):
        """Return a subscription that was suspended for five days, and its invoice."""
        invoice = self._bill()
        self._dun(SUSPENDED)
        subscription = invoice.subscription_ids
        self.assertEqual(subscription.state, "suspended")
        self._pay(invoice, PAID)
        self.assertEqual(subscription.state, "active")
        with freeze_time(f"{NEXT} 08:00:00"):
            self._run_renewal()
        return subscription, invoice

    def test_the_days_lost_are_given_back_with_the_next_invoice(self):
        self.plan.is_suspension_credited = True
        subscription, first = self._suspend_and_pay()
        second = subscription.invoice_ids - first
        lost = first.amount_untaxed * 5 / 31
        self.assertAlmostEqual(
            second.amount_untaxed, first.amount_untaxed - lost, places=2
        )

    def test_what_is_billed_stays_billed_by_default(self):
        subscription, first = self._suspend_and_pay()
        second = subscription.invoice_ids - first
        self.assertAlmostEqual(second.amount_untaxed, first.amount_untaxed, places=2)

    def test_nothing_is_given_back_twice(self):
        self.plan.is_suspension_credited = True
        subscription, first = self._suspend_and_pay()
        second = subscription.invoice_ids - first
        self._pay(second, NEXT)
        with freeze_time("2026-05-01 08:00:00"):
            self._run_renewal()
        third = subscription.invoice_ids - first - second
        self.assertAlmostEqual(third.amount_untaxed, first.amount_untaxed, places=2)

    def test_who_was_served_all_the_time_gets_nothing_back(self):
        self.plan.is_suspension_credited = True
        invoice = self._bill()
        self._dun(date(2026, 3, 10))
        subscription = invoice.subscription_ids
        self.assertEqual(subscription.state, "past_due")
        self._pay(invoice, date(2026, 3, 12))
        self.assertEqual(subscription.state, "active")
        self.assertFalse(subscription.pause_ids)
        self.assertFalse(subscription.date_settle_from)
