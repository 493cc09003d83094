"""Declined charges are tried again when schedule, reason and card allow it."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.exceptions import ValidationError
from odoo.tests import tagged

LEDGER = "odoo.addons.subscription_billing.models.payment_transaction"


@tagged("standard", "post_install", "-at_install")
class TestDunningRetries(DunningCommon):
    def setUp(self):
        super().setUp()
        self.policy.step_ids.unlink()
        self.policy.schedule_id = self.env["dunning.schedule"].create(
            {"name": "8, 8, 8", "days": "8, 8, 8"}
        )

    def _charge_in_vain(self, category="retry", **vals):
        """Return an invoice whose first charge was declined on the due date."""
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        self.token = self._create_token(partner, state="error")
        invoice = self._bill(
            collection_method="automatic", payment_token_id=self.token.id, **vals
        )
        self._live(DUE, 1, category)
        return invoice

    def _live(self, first, count, category="retry"):
        """Let days pass on which dunning and collection run."""
        for number in range(count):
            day = first + timedelta(days=number)
            self._dun(day)
            with freeze_time(f"{day} 08:00:00"):
                self._run_collection()
                declined = self.env["payment.transaction"].search(
                    [("state", "=", "error"), ("decline_category", "!=", category)]
                )
                declined.sudo().decline_category = category

    def _get_days(self, invoice):
        """Return on which days the invoice was charged."""
        charges = invoice.collection_charge_ids.sorted("id")
        return [charge.date_sent.date() for charge in charges]

    def test_h2_three_retries_at_8_16_and_24_days_and_no_more(self):
        invoice = self._charge_in_vain()
        self._live(DUE + timedelta(days=1), 40)
        self.assertEqual(
            self._get_days(invoice),
            [DUE + timedelta(days=days) for days in (0, 8, 16, 24)],
        )

    def test_what_was_declined_for_good_is_not_tried_again(self):
        for category in ("never", "customer"):
            with self.subTest(category=category):
                partner = self.env["res.partner"].create({"name": category})
                invoice = self._charge_in_vain(category, partner_id=partner.id)
                self._live(DUE + timedelta(days=1), 12, category)
                self.assertEqual(self._get_days(invoice), [DUE])

    def test_unclear_declines_are_tried_few_times(self):
        self.policy.schedule_id.days = "4, 4, 4, 4, 4, 4"
        invoice = self._charge_in_vain("unknown")
        self._live(DUE + timedelta(days=1), 30, "unknown")
        self.assertEqual(len(self._get_days(invoice)), 3)

    def test_a_retry_that_succeeds_closes_the_case(self):
        invoice = self._charge_in_vain()
        self._live(DUE + timedelta(days=1), 3)
        case = self._get_case(invoice)
        self.assertEqual(
            (case.state, invoice.subscription_ids.state), ("open", "past_due")
        )
        self.token.demo_simulated_state = "done"
        self._live(DUE + timedelta(days=4), 5)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual((case.state, case.date_closed), ("closed", date(2026, 3, 9)))
        self.assertEqual(invoice.subscription_ids.state, "active")

    def test_without_a_schedule_nothing_is_tried_again(self):
        self.policy.schedule_id = False
        invoice = self._charge_in_vain()
        self._live(DUE + timedelta(days=1), 12)
        self.assertEqual(self._get_days(invoice), [DUE])

    def test_a_new_method_is_charged_at_once(self):
        invoice = self._charge_in_vain("never")
        self._live(DUE + timedelta(days=1), 2, "never")
        with freeze_time("2026-03-04 10:00:00"):
            token = self._create_token()
            invoice.subscription_ids.payment_token_id = token
            self._run_collection()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._get_case(invoice).state, "closed")

    def test_all_invoices_on_one_card_share_its_budget(self):
        """However many invoices there are: 8 tries of a card in 14 days."""
        self.policy.schedule_id.days = ", ".join(["1"] * 20)
        self.token = self._create_token(state="error")
        for _ in range(3):
            self._bill(collection_method="automatic", payment_token_id=self.token.id)
        self._live(DUE, 14)
        charges = self.env["payment.transaction"].search(
            [("token_id", "=", self.token.id)]
        )
        first = min(charges.mapped("date_sent"))
        within = [c for c in charges if c.date_sent < first + timedelta(days=14)]
        self.assertLessEqual(len(within), 8)

    def test_a_schedule_that_makes_no_sense_is_refused(self):
        for days in ("3, x", "", "0", "3; 4", "-1"):
            with (
                self.subTest(days=days),
                self.assertRaisesRegex(ValidationError, "whole numbers above 0"),
            ):
                self.env["dunning.schedule"].create({"name": "Bad", "days": days})
        with self.assertRaisesRegex(ValidationError, "must be 1 or more"):
            self.env["dunning.schedule"].create({"name": "Bad", "kind": "spread"})
