"""What customers are told of changes: once each, as soon as they are decided."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common_notices import NoticeCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-10")
class TestChangeNotices(NoticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule("price_change", days_before=30)
        cls._create_rule("plan_change")
        cls.subscription = cls._create_subscription(
            [{"price_unit": 31}],
            date_start=date(2026, 5, 1),
            date_next_invoice=date(2026, 6, 1),
        )
        cls.line = cls.subscription.line_ids

    def _change(self, line_vals=None, **vals):
        """Prepare a change of the line, or of the subscription itself."""
        line = {"line_id": self.line.id, **(line_vals or {})}
        return self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "line_ids": [Command.create(line)] if line_vals else [],
                **vals,
            }
        )

    def _get_notice(self):
        """Return the one notice of the subscription, written."""
        self._run()
        return self.subscription.notice_ids.ensure_one()

    def test_a_new_price_is_told_of_when_it_is_scheduled(self):
        change = self._change({"price_unit": 40}, timing="date", date=date(2026, 7, 1))
        change.action_confirm()
        notice = self._get_notice()
        self.assertEqual(notice.kind, "price_change")
        self.assertEqual(notice.date_event, date(2026, 7, 1))
        self.assertIn("1 × $\N{NO-BREAK SPACE}31.00 → 1 × ", notice.body)
        self.assertIn("July 1, 2026", notice.body)
        self._send(notice)
        self.assertTrue(
            self.subscription._has_notice("price_change", change._get_notice_key())
        )

    def test_more_units_are_a_change_of_plan_with_both_prices(self):
        self._change({"quantity": 3}).action_confirm()
        notice = self._get_notice()
        self.assertEqual(notice.kind, "plan_change")
        facts = dict(notice._get_facts())
        self.assertIn("35.65 → ", facts["Price"])
        self.assertIn("106.95", facts["Price"])

    def test_another_plan_tells_of_the_old_one(self):
        old = self.subscription.plan_id
        self._change(plan_id=self.yearly.id).action_confirm()
        notice = self._get_notice()
        self.assertEqual(notice.kind, "plan_change")
        facts = dict(notice._get_facts())
        self.assertEqual(facts["Plan until now"], old.name)
        self.assertEqual(facts["Plan"], "Yearly")

    def test_what_is_removed_becomes_nothing(self):
        self._change({"action": "remove"}).action_confirm()
        facts = dict(self._get_notice()._get_facts())
        self.assertTrue(facts[self.line.product_id.name].endswith(" → 0"))

    def test_nothing_is_told_of_a_preview(self):
        change = self._change({"price_unit": 40})
        change.action_preview()
        self._run()
        self.assertFalse(self.subscription.notice_ids)

    def test_nothing_is_told_of_a_billing_day_or_a_pause(self):
        self._change(date_anchor=date(2026, 5, 15)).action_confirm()
        self._change(kind="pause").action_confirm()
        self._run()
        self.assertFalse(self.subscription.notice_ids)

    def test_an_unsent_notice_is_withdrawn_with_its_change(self):
        change = self._change({"price_unit": 40}, timing="date", date=date(2026, 7, 1))
        change.action_confirm()
        notice = self._get_notice()
        mail = notice.mail_mail_id
        change.action_cancel()
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(mail.state, "cancel")

    def test_the_chatter_says_that_a_customer_was_told_in_vain(self):
        change = self._change({"price_unit": 40}, timing="date", date=date(2026, 7, 1))
        change.action_confirm()
        self._send(self._get_notice())
        change.action_cancel()
        self.assertIn("was told on", self.subscription.message_ids[0].body)

    def test_a_higher_price_shows_the_first_day_with_notice(self):
        change = self._change({"price_unit": 40})
        self.assertEqual(change.date_announced, date(2026, 6, 9))
        change.write({"timing": "date", "date": date(2026, 6, 9)})
        self.assertFalse(change.date_announced)

    def test_a_lower_price_or_more_units_need_no_days(self):
        self.assertFalse(self._change({"price_unit": 20}).date_announced)
        self.assertFalse(self._change({"quantity": 2}).date_announced)
        self.assertFalse(self._change(plan_id=self.yearly.id).date_announced)
