"""Instalments that are charged to the saved method on their day."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import Form, tagged


def march(day):
    return date(2026, 3, 1) + timedelta(days=day - 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningInstalments(DunningCommon):
    """115.00 were due on 1 March and declined; two instalments follow, a week apart."""

    def setUp(self):
        super().setUp()
        self.plan.collection_method = "automatic"
        self.token = self._create_token(self.partner, state="error")
        self.invoice = self._bill(payment_token_id=self.token.id)
        self._collect(march(1))
        self.assertEqual(self.invoice.collection_state, "failed")
        self._dun(march(4))
        self.case = self._get_case(self.invoice)

    def _collect(self, day):
        with freeze_time(f"{day} 09:00:00"):
            self._run_collection()

    def _agree(self, **vals):
        with freeze_time("2026-03-05 10:00:00"):
            form = Form(
                self.env["dunning.agree"].with_context(default_case_id=self.case.id)
            )
            form.count = 2
            form.interval_unit = "week"
            form.date_first = march(15)
            form.note = "Agreed with Ada."
            for name, value in vals.items():
                setattr(form, name, value)
            form.save().action_agree()
        return self.case.agreement_id

    def _let_card_work(self, state="done"):
        self.token.demo_simulated_state = state

    def _live(self, first, count):
        """Run both scheduled actions on so many days in a row, dunning twice."""
        for number in range(count):
            day = first + timedelta(days=number)
            self._dun(day)
            self._dun(day, "08:30:00")
            self._collect(day)

    def _get_amounts(self, state="done"):
        charges = self.invoice.collection_charge_ids
        return charges.filtered(lambda tx: tx.state == state).mapped("amount")

    def test_each_instalment_is_charged_once_on_its_day(self):
        agreement = self._agree()
        self.assertTrue(agreement.is_collected)
        self._let_card_work()
        self._live(march(5), 10)
        self.assertFalse(self._get_amounts())
        self._live(march(15), 1)
        self.assertEqual(self._get_amounts(), [57.5])
        self.assertEqual(self.invoice.amount_residual, 57.5)
        self.assertFalse(self.invoice.collection_state)
        self._live(march(16), 6)
        self.assertEqual(self._get_amounts(), [57.5])
        self._live(march(22), 1)
        self.assertEqual(self._get_amounts(), [57.5, 57.5])
        self.assertEqual((agreement.state, self.case.state), ("kept", "closed"))

    def test_a_declined_instalment_breaks_the_plan_after_its_grace(self):
        agreement = self._agree()
        self._live(march(5), 13)
        self.assertEqual(agreement.state, "open")
        self.assertEqual(len(self._get_amounts("error")), 2)
        self._live(march(18), 1)
        self.assertEqual(agreement.state, "broken")
        self.assertEqual(self._get_story(self.case)[-1], ("03-18", "Remind again"))

    def test_a_bank_debit_under_way_breaks_no_plan(self):
        agreement = self._agree()
        self._let_card_work("pending")
        self._live(march(15), 8)
        self.assertEqual(agreement.state, "open")
        self.assertEqual(self._get_amounts("pending"), [57.5])

    def test_an_instalment_waits_for_the_bank_debit_of_the_one_before(self):
        agreement = self._agree()
        self._let_card_work("pending")
        self._live(march(15), 8)
        charge = self.invoice.collection_charge_ids.filtered(
            lambda tx: tx.state == "pending"
        )
        self._let_card_work()
        with freeze_time(f"{march(22)} 12:00:00"):
            charge._set_done()
        self._collect(march(22))
        self._live(march(23), 1)
        self.assertEqual(self._get_amounts(), [57.5, 57.5])
        self.assertEqual((agreement.state, self.case.state), ("kept", "closed"))

    def test_a_long_grace_does_not_hide_the_next_instalment(self):
        self._agree(grace_days=20)
        self._live(march(15), 1)
        self._let_card_work()
        self._live(march(16), 7)
        self.assertEqual(self._get_amounts(), [57.5])
        self.assertEqual(
            self.invoice.collection_charge_ids.filtered(
                lambda tx: tx.state == "done"
            ).date_sent.date(),
            march(22),
        )

    def test_what_is_left_of_a_cancelled_plan_is_tried_again(self):
        agreement = self._agree()
        self._let_card_work()
        self._live(march(15), 1)
        with freeze_time(f"{march(16)} 10:00:00"):
            agreement.action_cancel()
        self.assertEqual(self.invoice.collection_state, "failed")

    def test_a_lifted_switch_does_not_charge_what_is_paid_as_agreed(self):
        self.partner.is_charging_off = True
        self._agree()
        self._let_card_work()
        with freeze_time("2026-03-06 10:00:00"):
            self.partner.is_charging_off = False
        self._live(march(6), 2)
        self.assertFalse(self._get_amounts())

    def test_a_new_method_does_not_charge_all_of_what_is_paid_in_parts(self):
        self._agree()
        with freeze_time("2026-03-06 10:00:00"):
            new = self._create_token(self.partner)
            self.invoice.subscription_ids.payment_token_id = new
        self._live(march(6), 2)
        self.assertFalse(self._get_amounts())
        self._live(march(15), 1)
        self.assertEqual(self._get_amounts(), [57.5])

    def test_a_person_may_charge_all_of_it(self):
        agreement = self._agree()
        self._let_card_work()
        with freeze_time("2026-03-06 10:00:00"):
            self.invoice._charge_now()
        self._collect(march(6))
        self.assertEqual(self._get_amounts(), [115])
        self.assertEqual((agreement.state, self.case.state), ("kept", "closed"))

    def test_what_was_paid_in_another_way_is_not_charged(self):
        self._agree()
        self._let_card_work()
        with freeze_time("2026-03-14 12:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.invoice.ids
            )
            wizard.create({"amount": 50}).action_create_payments()
        self._live(march(15), 1)
        self.assertEqual(self._get_amounts(), [7.5])

    def test_a_plan_can_leave_paying_to_the_customer(self):
        self._agree(is_collected=False)
        self._let_card_work()
        self._live(march(15), 2)
        self.assertFalse(self._get_amounts())

    def test_who_is_not_charged_by_itself_pays_the_instalments(self):
        self.partner.is_charging_off = True
        agreement = self._agree()
        self.assertFalse(agreement.is_collected)
