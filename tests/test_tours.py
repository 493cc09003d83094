"""What people see and press, in a real browser."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import format_date

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

RUN = "odoo.addons.subscription_billing.models.subscription_renewal"

pytestmark = pytest.mark.long


@tagged("standard", "post_install", "-at_install")
class TestTours(SubscriptionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.name = "Monthly care"
        cls.partner.customer_rank = 1
        cls.reason = cls.env["subscription.close.reason"].create(
            {"name": "Too dear", "sequence": 0}
        )
        for login in ("user", "manager"):
            new_test_user(
                cls.env,
                f"tour_{login}",
                groups=f"subscription_billing.group_subscription_{login}",
            )
        cls._make_assets()

    @classmethod
    def _make_assets(cls):
        """Make what every page loads once, rather than once for each test."""
        for name in ("web.assets_web", "web.assets_web_print", "web.assets_tests"):
            bundle = cls.env["ir.qweb"]._get_asset_bundle(name)
            bundle.js()
            bundle.css()

    def test_a_user_leads_a_subscription_through_its_life(self):
        self.start_tour("/odoo", "subscription_life", login="tour_user")
        subscription = self.env["subscription.subscription"].search(
            [("partner_id", "=", self.partner.id)]
        )
        first = subscription.date_start
        following = first + relativedelta(months=1)
        self.assertRecordValues(
            subscription,
            [
                {
                    "state": "active",
                    "plan_id": self.plan.id,
                    "mrr": 200,
                    "date_next_invoice": following,
                    "close_reason_id": False,
                }
            ],
        )
        self.assertRecordValues(
            subscription.invoice_ids,
            [
                {
                    "state": "posted",
                    "partner_id": self.partner.id,
                    "amount_total": 230,
                }
            ],
        )
        days = [
            format_date(self.env, day, "en_US")
            for day in (first, following - timedelta(days=1))
        ]
        self.assertEqual(
            subscription.invoice_ids.invoice_line_ids.name,
            f"Maintenance\n{days[0]} to {days[1]}",
        )
        events = subscription.event_ids.sorted("id")
        self.assertEqual(events.mapped("movement"), ["new", "churn", "reactivation"])
        self.assertEqual(events.close_reason_id, self.reason)

    def test_a_manager_sets_a_price_and_finds_it_again(self):
        self._create_subscription()
        self.start_tour("/odoo", "subscription_manager", login="tour_manager")
        plan = self.env["subscription.plan"].search([("name", "=", "Quarterly care")])
        self.assertRecordValues(plan, [{"interval_count": 3, "interval_unit": "month"}])
        self.assertRecordValues(
            plan.price_ids,
            [{"product_tmpl_id": self.product.product_tmpl_id.id, "price_unit": 270}],
        )
        subscription = self._create_subscription(plan_id=plan.id)
        self.assertEqual(subscription.amount_untaxed, 270)

    def test_a_manager_sets_tiers_sells_by_them_and_makes_a_new_version(self):
        self.start_tour("/odoo", "subscription_price", login="tour_manager")
        subscription = self.env["subscription.subscription"].search(
            [("partner_id", "=", self.partner.id)]
        )
        self.assertRecordValues(
            subscription, [{"state": "active", "amount_untaxed": 99}]
        )
        old, new = self.plan.price_ids.sorted("id")
        self.assertEqual(subscription.line_ids.price_id, old)
        self.assertRecordValues(
            old | new,
            [
                {
                    "pricing_model": "volume",
                    "amount_minimum": 0,
                    "date_end": new.date_start - timedelta(days=1),
                },
                {"pricing_model": "volume", "amount_minimum": 50, "date_end": False},
            ],
        )

    def test_what_failed_is_found_mended_and_billed(self):
        journals = self.env["account.journal"].create(
            [
                {"name": "Dead journal", "code": "DEAD", "type": "sale"},
                {"name": "Living journal", "code": "LIVE", "type": "sale"},
            ]
        )
        self.plan.journal_id = journals[0]
        subscription = self._create_subscription()
        journals[0].active = False
        with self.assertLogs(RUN, "WARNING"):
            self.env["subscription.renewal"]._in_company(self.company)._renew_chunk()
        self.assertFalse(subscription.invoice_ids)
        self.start_tour("/odoo", "subscription_to_fix", login="tour_manager")
        self.assertRecordValues(
            subscription, [{"billing_error": False, "date_next_try": False}]
        )
        self.assertFalse(subscription.activity_ids)
        self.assertRecordValues(
            subscription.invoice_ids,
            [{"state": "posted", "journal_id": journals[1].id, "amount_total": 115}],
        )

    def test_a_phone_is_wide_enough_to_look_a_customer_up_and_close(self):
        self.browser_size = "375x667"
        self.touch_enabled = True
        subscription = self._create_subscription()
        self.start_tour("/odoo/subscriptions", "subscription_phone", login="tour_user")
        self.assertRecordValues(
            subscription, [{"state": "closed", "close_reason_id": self.reason.id}]
        )

    def _create_paid_subscription(self):
        """Sign a customer up who has paid for the period that begins today."""
        subscription = self._create_subscription()
        subscription.action_bill_now()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=subscription.invoice_ids.ids
        ).create({})._create_payments()
        return subscription

    def test_a_change_is_previewed_and_confirmed(self):
        self.env["product.product"].create(
            {
                "name": "Monitoring",
                "type": "service",
                "list_price": 26.09,
                "taxes_id": [Command.set(self.tax.ids)],
            }
        )
        subscription = self._create_paid_subscription()
        self.start_tour(
            f"/odoo/subscriptions/{subscription.id}",
            "subscription_change",
            login="tour_user",
        )
        self.assertEqual(subscription.change_ids.state, "applied")
        running = subscription._get_running_lines()
        self.assertEqual(sorted(running.mapped("quantity")), [1, 3])
        self.assertEqual(subscription.mrr, 326.09)
        self.assertEqual(len(subscription.line_ids), 3)

    def test_a_close_at_the_end_of_the_period_is_undone(self):
        subscription = self._create_paid_subscription()
        self.start_tour(
            f"/odoo/subscriptions/{subscription.id}",
            "subscription_end",
            login="tour_user",
        )
        self.assertRecordValues(subscription, [{"state": "active", "date_end": False}])
        self.assertEqual(
            subscription.change_ids.mapped("state"), ["cancelled", "cancelled"]
        )
