"""Oracle cases of section H: what others do, by number, and where ours is shown.

====  ==============================================================================
case  test
====  ==============================================================================
H1    ``unit/test_dunning_retries``: test_fixed_days_count_from_try_to_try_and_end
H2    the same; with real charges in ``test_dunning_retries``: test_h2_...
H4    test_h4_... here; ``unit/test_dunning_decision``: test_h4_...
H5    test_h5_... here, and in ``test_dunning_case``
H6    test_h6_... here; ``unit/test_dunning_decision``: test_h6_...
H7    test_h7_... here, in ``test_dunning_zones`` at each end of the world, and in
      ``unit/test_dunning_decision``
H10   ``unit/test_dunning_retries``: test_a_try_is_due_at_its_instant_and_not_before
      (ours is due at two days exactly: Lago's job runs daily, ours at any hour)
H11   ``unit/test_dunning_retries``: test_smart_tries_are_spread_over_their_days_...
H12   the same
H13   ``unit/test_dunning_retries``: test_rules_stop_a_schedule
H14   ``unit/test_dunning_budgets``: test_one_more_try_waits_until_the_first_has_...
H15   the same; its advice in ``unit/test_dunning_retries``:
      test_some_declines_are_never_tried_again
H16   test_h16_... here; ``unit/test_dunning_decision``: test_h16_...
H17   test_h17_... here: Odoo's own pages contradict each other by a day. A step is
      due when today is the due date and its days, as in H16, or later.
====  ==============================================================================
"""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestDunningOracle(DunningCommon):
    def _owe(self, due, price=100, issued=None):
        """Return an untaxed invoice that is due on a day, and its subscription."""
        day = issued or due
        self.product.taxes_id = [Command.clear()]
        with freeze_time(f"{day} 08:00:00"):
            subscription = self._create_subscription(
                [{"price_unit": price}], date_start=day, date_next_invoice=day
            )
            self._run_renewal()
        return subscription.invoice_ids, subscription

    def _follow(self, *steps):
        """Have all that is owed followed up by these steps."""
        self.env["dunning.policy"].search([]).active = False
        return self._create_policy(*({"grace_days": 0, **step} for step in steps))

    # === OVERDUE STATES === #

    def test_h4_states_follow_30_40_and_50_days_after_the_earliest_unpaid_invoice(self):
        self._follow(
            {"name": "OD1", "days": 30, "action": "email"},
            {"name": "OD2", "days": 40, "action": "activity"},
            {"name": "OD3", "days": 50, "action": "suspend"},
        )
        invoice, subscription = self._owe(date(2012, 5, 31))
        self._dun(date(2012, 6, 24))
        case = self._get_case(invoice)
        self.assertFalse(case.action_ids)
        self._dun_daily(date(2012, 6, 25), 26)
        self.assertEqual(
            self._get_story(case),
            [("06-30", "OD1"), ("07-10", "OD2"), ("07-20", "OD3")],
        )
        self.assertEqual(subscription.state, "suspended")

    def test_h5_all_is_clear_on_the_day_on_which_all_is_paid(self):
        self._follow({"name": "OD3", "days": 50, "action": "suspend"})
        invoice, subscription = self._owe(date(2012, 5, 31))
        for day in (date(2012, 6, 1), date(2012, 7, 20)):
            self._dun(day)
        self.assertEqual(subscription.state, "suspended")
        self._pay(invoice, date(2012, 7, 20))
        case = self._get_case(invoice)
        self.assertEqual((case.state, case.date_closed), ("closed", date(2012, 7, 20)))
        self.assertEqual(subscription.state, "active")

    # === WHEN SOMETHING IS DUE === #

    def test_h6_149_are_below_a_threshold_of_150(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        policy = self._follow({"name": "Remind", "days": 3, "action": "email"})
        policy.step_ids.threshold_ids = [
            Command.create({"currency_id": euro.id, "amount": 150})
        ]
        for price, is_told in ((149, False), (150, True)):
            with self.subTest(price=price):
                partner = self.env["res.partner"].create(
                    {"name": f"{price}", "email": "someone@example.com"}
                )
                with freeze_time("2025-01-03 08:00:00"):
                    self.product.taxes_id = [Command.clear()]
                    subscription = self._create_subscription(
                        [{"price_unit": price}],
                        partner_id=partner.id,
                        currency_id=euro.id,
                        date_start=date(2025, 1, 3),
                        date_next_invoice=date(2025, 1, 3),
                    )
                    self._run_renewal()
                self._dun_daily(date(2025, 1, 4), 10)
                case = self._get_case(subscription.invoice_ids)
                self.assertEqual((case.state, case.amount_overdue), ("open", price))
                self.assertEqual(bool(case.action_ids), is_told)

    def test_h7_an_invoice_of_two_days_is_overdue_on_the_fourth(self):
        self._follow({"name": "Remind", "days": 1, "action": "email"})
        self.partner.property_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "2 days",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 2}
                    )
                ],
            }
        )
        invoice, _subscription = self._owe(date(2025, 1, 3), issued=date(2025, 1, 1))
        self.assertEqual(invoice.invoice_date_due, date(2025, 1, 3))
        self._dun_daily(date(2025, 1, 1), 3)
        self.assertFalse(self._get_case(invoice))
        self._dun(date(2025, 1, 4))
        case = self._get_case(invoice)
        self.assertEqual((case.state, case.date_opened), ("open", date(2025, 1, 4)))
        self.assertEqual(self._get_story(case), [("01-04", "Remind")])

    # === CLOSING === #

    def _assert_closes(self, due, days, on):
        """What is due on a day and closed after some days is closed on that one."""
        self._follow({"name": "Close", "days": days, "action": "close"})
        _invoice, subscription = self._owe(due)
        self._dun_daily(on - timedelta(days=2), 2)
        self.assertEqual(subscription.state, "past_due")
        self._dun(on)
        self.assertEqual(subscription.state, "closed")

    def test_h16_what_renews_on_the_1st_closes_after_15_days_on_the_16th(self):
        self._assert_closes(date(2026, 3, 1), 15, date(2026, 3, 16))

    def test_h17_what_renews_on_1_july_closes_after_30_days_on_31_july(self):
        self._assert_closes(date(2026, 7, 1), 30, date(2026, 7, 31))
