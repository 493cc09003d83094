"""One maintenance package from its sale to its return, in the browser, to the cent."""

from contextlib import nullcontext
from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .test_settlement import SettlementCase

GOLD, PLATINUM = 310, 620


@tagged("standard", "post_install", "-at_install")
class TestWalk(SettlementCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.customer_rank = 1
        cls.env["subscription.close.reason"].create({"name": "Too dear", "sequence": 0})
        new_test_user(
            cls.env,
            "walker",
            groups="subscription_billing.group_subscription_user",
        )
        cls.calls, cls.visit = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "service",
                    "taxes_id": [Command.set(cls.tax.ids)],
                }
                for name in ("Alarm calls", "Visit")
            ]
        )
        cls.meter = cls._create_meter(name="Alarm calls", code="alarms")
        cls.calls.subscription_meter_id = cls.meter
        cls.gold = cls._create_package("Gold", GOLD, visits=2)
        cls.platinum = cls._create_package("Platinum", PLATINUM, visits=4)

    @classmethod
    def _create_package(cls, name, price, visits):
        """Create a plan that is billed on the first of a month.

        It includes visits, 80 each beyond them, and five calls, 4 each beyond them.
        """
        plan = cls._create_plan(name=name, anchor_mode="calendar", anchor_day=1)
        cls.env["subscription.price"].create(
            [
                {
                    "plan_id": plan.id,
                    "product_tmpl_id": cls.product.product_tmpl_id.id,
                    "price_unit": price,
                },
                {
                    "plan_id": plan.id,
                    "product_tmpl_id": cls.calls.product_tmpl_id.id,
                    "included_quantity": 5,
                    "price_unit": 4,
                },
            ]
        )
        cls._include_service(
            plan,
            cls.visit,
            interval_unit="month",
            quantity=visits,
            overage="billed",
            overage_price=80,
        )
        return plan

    def enter_registry_test_mode(self):
        """Do nothing: a test with a browser is in this mode from its start."""
        return nullcontext()

    def _walk(self, day, name, record="new"):
        """Do in the browser, on a day, what the tour says."""
        with freeze_time(f"{day} 10:00:00", tick=True):
            self.start_tour(
                f"/odoo/subscriptions/{record}",
                f"subscription_walk_{name}",
                login="walker",
            )

    def _assert_billed(self, invoice, amounts):
        """Assert what a posted invoice says; then pay it."""
        self.assertEqual(invoice.mapped("state"), ["posted"])
        self.assertEqual(self._get_amounts(invoice), amounts)
        self.assertEqual(invoice.amount_total, round(sum(amounts) * 1.15, 2))
        self._pay(invoice)

    def test_gold_maintenance(self):
        # Sold in the middle of May: 21 of its 31 days.
        self._walk("2026-05-11", "sell")
        subscription = self.env["subscription.subscription"].search(
            [("partner_id", "=", self.partner.id)]
        )
        self._assert_billed(subscription.invoice_ids, [210])
        self._assert_billed(self._bill(subscription, "2026-06-01"), [GOLD])

        # Upgraded in the middle of June: half a month of one back, half of the other.
        self._walk("2026-06-16", "upgrade", subscription.id)
        self._assert_billed(
            self._bill(subscription, "2026-07-01"), [-155, 310, PLATINUM]
        )

        # Ten days without service in July are given back in August.
        self._walk("2026-07-11", "pause", subscription.id)
        self._walk("2026-07-21", "resume", subscription.id)
        self._assert_billed(self._bill(subscription, "2026-08-01"), [-200, PLATINUM])

        # The fifth visit and three calls are more than what is included.
        visits = subscription.entitlement_ids.filtered(lambda each: not each.date_end)
        with freeze_time("2026-08-04"):
            for _visit in range(4):
                self._use_service(visits)
        with freeze_time("2026-08-20"):
            self._record(
                subscription, self.meter, {"quantity": 8, "time": "2026-08-19 12:00:00"}
            )
        self._walk("2026-08-25", "use", subscription.id)
        answer = subscription._is_entitled(self.visit, date(2026, 8, 25))
        self.assertEqual((answer.left, answer.reason), (0, "overage"))
        invoice = self._bill(subscription, "2026-09-01")
        self._assert_billed(invoice, [PLATINUM, 12, 80])

        # Cancelled at the end of September: six calls are still to be paid.
        with freeze_time("2026-09-09"):
            self._record(
                subscription, self.meter, {"quantity": 6, "time": "2026-09-08 12:00:00"}
            )
        self._walk("2026-09-10", "close", subscription.id)
        self._assert_billed(self._bill(subscription, "2026-10-01"), [4])
        self.assertEqual(subscription.state, "closed")
        self.assertFalse(self._bill(subscription, "2026-11-01"))

        # Back on 5 November: 26 of its 30 days.
        self._walk("2026-11-05", "reactivate", subscription.id)
        self._assert_billed(
            self._bill(subscription, "2026-11-05"), [round(PLATINUM * 26 / 30, 2)]
        )
        self.assertEqual(subscription.date_next_period, date(2026, 12, 1))
        movements = subscription.event_ids.sorted("id").mapped("movement")
        self.assertEqual(
            movements,
            ["new", "expansion", "churn", "reactivation", "churn", "reactivation"],
        )
