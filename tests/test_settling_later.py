"""Methods that settle later: a charge waits for the bank as long as that takes."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_backups import MethodCase

START = date(2026, 3, 10)


@tagged("standard", "post_install", "-at_install")
class TestSettlingLater(MethodCase):
    def setUp(self):
        super().setUp()
        self._create_token()
        self.debit = self._create_token(state="pending")
        with freeze_time(START):
            self.invoice = self._collect(self._create_automatic())
        self.charge = self.invoice.transaction_ids

    def _run_core(self):
        """Run core's own post-processing as the scheduler does."""
        self._run_cron("payment.cron_post_process_payment_tx")

    def test_for_20_days_it_is_open_and_nothing_is_charged_again(self):
        for days in range(20):
            with freeze_time(START + timedelta(days=days)):
                self._run_core()
                self._run_collection()
                self._assert_charged(self.invoice, (self.debit, "pending"))
                self.assertEqual(self.invoice.collection_state, "open")
                self.assertTrue(self.invoice.is_charge_pending)
                self.assertEqual(
                    fields.Date.to_date(self.invoice.date_charge_pending), START
                )
        with freeze_time(START + timedelta(days=20)):
            self.charge.action_demo_set_done()
            self._run_core()
        self.assertEqual(self.invoice.collection_state, "done")
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(self.invoice.is_charge_pending)

    def test_what_waits_for_the_bank_is_found(self):
        mine = ("id", "=", self.invoice.id)
        find = self.env["account.move"].search
        self.assertTrue(find([mine, ("is_charge_pending", "=", True)]))
        self.assertFalse(find([mine, ("is_charge_pending", "=", False)]))
        self.charge.action_demo_set_done()
        self.charge._post_process()
        self.assertFalse(find([mine, ("is_charge_pending", "=", True)]))
        self.assertTrue(find([mine, ("is_charge_pending", "=", False)]))

    def test_a_person_cannot_charge_it_again_meanwhile(self):
        with freeze_time(START + timedelta(days=15)):
            for button in (self.invoice.action_collect, self.invoice.action_charge_now):
                with self.assertRaisesRegex(UserError, "could take the money twice"):
                    button()

    def test_a_new_method_does_not_charge_it_again(self):
        with freeze_time(START + timedelta(days=5)):
            self._create_token()
            self._run_collection()
        self._assert_charged(self.invoice, (self.debit, "pending"))

    def test_an_answer_that_core_has_given_up_is_still_booked(self):
        with freeze_time(START + timedelta(days=10)):
            self.charge.action_demo_set_done()
        collection = self.env["subscription.collection"]._in_company(self.company)
        with freeze_time(START + timedelta(days=20)):
            self._run_core()
            self.assertFalse(self.charge.is_post_processed, "core looks back 4 days")
            found = self.charge.search(collection._get_unbooked_domain())
            self.assertEqual(found, self.charge)
            collection._settle(found)
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertEqual(self.invoice.collection_state, "done")
        self.assertFalse(self.charge.search(collection._get_unbooked_domain()))
