"""What a plan brings along: set-up fees, deposits and charges of new subscriptions."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import Form, tagged

from .test_changes import ChangeCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestPlanItems(ChangeCase):
    def setUp(self):
        super().setUp()
        self.setup = self.env["product.product"].create(
            {"name": "Installation", "type": "service", "list_price": 80}
        )
        self.plan.item_ids = [
            Command.create({"product_id": self.setup.id, "name": "Come and install"}),
            Command.create(
                {"kind": "deposit", "product_id": self.setup.id, "price_unit": 50}
            ),
        ]
        self.company.subscription_deposit_account_id = self.env[
            "account.account"
        ].create(
            {
                "name": "Deposits",
                "code": "219990",
                "account_type": "liability_current",
            }
        )

    def _get_prices(self, subscription):
        """Return the kinds and prices of the items."""
        return [(item.kind, item.price_unit) for item in subscription.item_ids]

    def test_a_new_subscription_is_billed_what_its_plan_brings_once(self):
        subscription = self._create_subscription()
        self.assertRecordValues(
            subscription.item_ids,
            [
                {"kind": "setup", "name": "Come and install", "amount": 80},
                {"kind": "deposit", "name": "Installation", "amount": 50},
            ],
        )
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(self._get_amounts(invoice), [100, 80, 50])
        self.assertEqual(
            self._get_amounts(self._bill(subscription, "2026-06-01")), [100]
        )
        self.assertEqual(subscription.mrr, 100)

    def test_a_draft_shows_them_and_they_can_be_changed(self):
        other = self._create_plan(
            name="Other",
            item_ids=[Command.create({"product_id": self.setup.id, "price_unit": 9})],
        )
        form = Form(self.env["subscription.subscription"])
        form.partner_id = self.partner
        form.plan_id = self.plan
        self.assertEqual(len(form.item_ids), 2)
        form.plan_id = other
        self.assertEqual(len(form.item_ids), 1)
        with form.item_ids.edit(0) as item:
            self.assertEqual(item.price_unit, 9)
            item.price_unit = 7
        with form.line_ids.new() as line:
            line.product_id = self.product
        subscription = form.save()
        subscription.action_confirm()
        self.assertEqual(self._get_prices(subscription), [("setup", 7)])

    def test_a_saved_draft_follows_its_plan_and_keeps_what_a_person_added(self):
        subscription = self._create_subscription(state="draft")
        subscription.item_ids[1].unlink()
        subscription.item_ids = [
            Command.create({"product_id": self.product.id, "price_unit": 3})
        ]
        self.assertEqual(self._get_prices(subscription), [("setup", 80), ("charge", 3)])
        subscription.plan_id = self._create_plan(name="Bare")
        self.assertEqual(self._get_prices(subscription), [("charge", 3)])

    def test_items_that_are_given_replace_those_of_the_plan(self):
        subscription = self._create_subscription(
            item_ids=[Command.create({"product_id": self.product.id, "price_unit": 3})]
        )
        self.assertEqual(self._get_prices(subscription), [("charge", 3)])
        self.assertFalse(self._create_subscription(item_ids=[]).item_ids)

    def test_a_book_that_is_taken_over_has_paid_them(self):
        subscription = self._create_subscription(
            date_start=date(2026, 1, 1), date_next_invoice=date(2026, 6, 1)
        )
        self.assertFalse(subscription.item_ids)

    def test_another_plan_and_a_reactivation_bring_nothing(self):
        bare = self._create_plan(name="Bare")
        subscription = self._create_subscription(plan_id=bare.id)
        self._bill(subscription, "2026-05-01")
        self._change(subscription, plan_id=self.plan.id).action_confirm()
        self.assertEqual(subscription.plan_id, self.plan)
        subscription._close()
        subscription.action_reactivate()
        self.assertFalse(subscription.item_ids)

    def test_a_copy_is_a_new_subscription(self):
        subscription = self._create_subscription()
        self._bill(subscription, "2026-05-01")
        copy = subscription.copy()
        self.assertEqual(len(copy.item_ids), 2)
        self.assertFalse(copy.item_ids.move_line_id)

    def test_prices_are_converted(self):
        euro = self.env.ref("base.EUR")
        euro.write(
            {
                "active": True,
                "rate_ids": [
                    Command.create({"name": "2026-01-01", "company_rate": 0.5})
                ],
            }
        )
        subscription = self._create_subscription(currency_id=euro.id)
        self.assertEqual(
            self._get_prices(subscription), [("setup", 40), ("deposit", 25)]
        )

    def test_names_are_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        self.plan.item_ids[0].with_context(lang="fr_FR").name = "Pose"
        subscription = self._create_subscription()
        self.assertEqual(subscription.item_ids[0].name, "Pose")

    def test_a_customer_in_trial_is_billed_after_it(self):
        self.plan.trial_days = 14
        subscription = self._create_subscription()
        self.assertEqual(subscription.state, "trial")
        self.assertFalse(self._bill(subscription, "2026-05-02"))
        subscription._end_trial()
        invoice = self._bill(subscription, "2026-05-15")
        self.assertEqual(self._get_amounts(invoice), [100, 80, 50])
