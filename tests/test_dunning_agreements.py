"""Promises and payment plans: dunning rests while they are kept."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.exceptions import UserError
from odoo.tests import Form, tagged


def march(day):
    return date(2026, 3, 1) + timedelta(days=day - 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningAgreements(DunningCommon):
    """115.00 were due on 1 March; the reminder is sent on the 4th."""

    def setUp(self):
        super().setUp()
        self.invoice = self._bill()
        self._dun(march(4))
        self.case = self._get_case(self.invoice)

    def _agree(self, **vals):
        """Fill in the dialog on 5 March, as a person does."""
        with freeze_time("2026-03-05 10:00:00"):
            form = Form(
                self.env["dunning.agree"].with_context(default_case_id=self.case.id)
            )
            form.date_first = march(15)
            form.note = "Agreed with Ada."
            for name, value in vals.items():
                setattr(form, name, value)
            form.save().action_agree()
        return self.case.agreement_id

    def _pay_part(self, amount, day):
        with freeze_time(f"{day} 12:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.invoice.ids
            )
            wizard.create({"amount": amount}).action_create_payments()

    # === PROMISES === #

    def test_nothing_is_done_before_a_promise_is_due(self):
        agreement = self._agree()
        self.assertRecordValues(
            agreement.instalment_ids, [{"date": march(15), "amount": 115}]
        )
        self.assertEqual(self.case.hold_reason, "promise")
        self._dun_daily(march(5), 13)
        self.assertEqual(self._get_story(self.case), [("03-04", "Remind")])
        self.assertEqual(agreement.state, "open")

    def test_a_promise_is_not_held_twice(self):
        self._agree()
        vals = {"case_ids": self.case.ids, "date_until": march(30), "note": "Talk."}
        vals["reason"] = "dispute"
        with freeze_time(f"{march(6)} 12:00:00"):
            hold = self.env["dunning.hold"].create(vals)
            with self.assertRaisesRegex(UserError, "Cancel the plan first"):
                hold.action_hold()
        self.assertEqual(self.case.hold_reason, "promise")

    def test_a_broken_promise_resumes_dunning_after_its_grace(self):
        agreement = self._agree()
        self._dun_daily(march(5), 14)
        self.assertEqual(agreement.state, "broken")
        self.assertEqual(self._get_story(self.case)[1:], [("03-18", "Remind again")])
        self.assertIn("is broken", str(self.case.message_ids.mapped("body")))

    def test_a_promise_is_kept(self):
        agreement = self._agree()
        self._pay(self.invoice, march(16))
        self.assertEqual((agreement.state, self.case.state), ("kept", "closed"))

    # === PLANS === #

    def test_a_plan_is_kept_instalment_by_instalment(self):
        agreement = self._agree(count=2, interval_unit="week")
        with freeze_time("2026-03-16 10:00:00"):
            self.assertRecordValues(
                agreement.instalment_ids,
                [
                    {"date": march(15), "amount": 57.5, "state": "due"},
                    {"date": march(22), "amount": 57.5, "state": "upcoming"},
                ],
            )
        self._dun_daily(march(5), 10)
        self._pay_part(57.5, march(15))
        self._dun_daily(march(15), 9)
        self.assertEqual(agreement.state, "open")
        self.assertEqual(agreement.amount_paid, 57.5)
        self._pay(self.invoice, march(24))
        self.assertEqual((agreement.state, self.case.state), ("kept", "closed"))
        self.assertEqual(self._get_story(self.case), [("03-04", "Remind")])

    def test_a_plan_is_broken_by_one_instalment(self):
        agreement = self._agree(count=2, interval_unit="week")
        self._pay_part(57.5, march(15))
        self._dun_daily(march(15), 10)
        self.assertEqual(agreement.state, "open")
        self._dun(march(25))
        self.assertEqual(agreement.state, "broken")
        self.assertEqual(self._get_story(self.case)[1:], [("03-25", "Remind again")])

    def test_a_down_payment_comes_first(self):
        agreement = self._agree(count=3, down_payment=55)
        self.assertEqual(agreement.instalment_ids.mapped("amount"), [55, 20, 20, 20])

    def test_a_person_cancels_a_plan(self):
        agreement = self._agree()
        with freeze_time("2026-03-06 10:00:00"):
            self.case.action_cancel_agreement()
        self.assertEqual(agreement.state, "cancelled")
        self.assertFalse(self.case.date_hold_until)
        self._dun(march(11))
        self.assertEqual(self._get_story(self.case)[1:], [("03-11", "Remind again")])

    # === BAD INPUT === #

    def test_a_plan_that_makes_no_sense_is_refused(self):
        for vals, text in (
            ({"count": 0}, "Instalments has to be 1 or more"),
            ({"down_payment": 115}, "Instalments has to be 1 or more"),
            ({"count": 2, "interval_count": 0}, "Every must be 1 or more"),
            ({"grace_days": -1}, "Grace"),
            ({"date_first": march(4)}, "today or later"),
            ({"note": " "}, "Fill in Note"),
        ):
            with self.subTest(**vals), self.assertRaisesRegex(UserError, text):
                self._agree(**vals)
