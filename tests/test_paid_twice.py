"""Money that arrives for an invoice which is paid: an alarm, never silent credit."""

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odoo.exceptions import UserError
from odoo.tests import Form, mute_logger, new_test_user, tagged

from .test_refunds import RefundCase


class PaidTwiceCase(RefundCase):
    def _pay_online(self, invoice, amount=None, **vals):
        """Pay an invoice on the portal; return the transaction."""
        charge = invoice.transaction_ids[:1]
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": charge.provider_id.id,
                "payment_method_id": charge.payment_method_id.id,
                "amount": amount or invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [(6, 0, invoice.ids)],
                **vals,
            }
        )
        payment._set_done()
        payment._post_process()
        return payment


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestComplaint13(PaidTwiceCase):
    """A retry after an unknown outcome charges twice, and nobody is told:
    https://github.com/killbill/killbill/issues/338"""

    @mute_logger("odoo.addons.subscription_billing.models.payment_transaction_sending")
    def test_complaint_13_late_success_of_a_charge_given_up_is_an_alarm(self):
        invoice = self._charge_slowly()
        subscription = invoice.subscription_ids
        first = invoice.transaction_ids
        # A person believes that it will never be answered, and gives it up.
        first._set_canceled("Given up")
        first._post_process()
        subscription.payment_token_id = self._create_token()
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(invoice.amount_residual, 0)
        first._set_done()
        first._post_process()
        self.assertRecordValues(
            first, [{"state": "done", "surplus_state": "open", "surplus_amount": 115}]
        )
        self.assertEqual(first.surplus_other_ids, invoice.transaction_ids - first)
        self.assertEqual(self._get_balance(), -115)
        self.assertIn("Paid twice", invoice.activity_ids.note)
        with freeze_time("2026-04-10"):
            subscription.action_bill_now()
        april = subscription.invoice_ids - invoice
        self.assertEqual(april.amount_residual, 115, "the surplus pays nothing")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestAlarm(PaidTwiceCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._charge()

    def test_a_payment_in_time_raises_none(self):
        self.assertFalse(self.invoice.transaction_ids.surplus_state)
        self.assertFalse(self.invoice.surplus_label)
        self.assertFalse(self.invoice.activity_ids)

    def test_an_online_payment_of_a_paid_invoice_is_shown(self):
        second = self._pay_online(self.invoice)
        self.assertEqual(second.surplus_state, "open")
        self.assertEqual(second.payment_id.state, "in_process")
        self.assertIn(second.reference, self.invoice.surplus_label)
        self.assertIn("115", self.invoice.surplus_label)
        self.assertIn(
            self.invoice.transaction_ids.sorted("id")[0].reference,
            self.invoice.activity_ids.note,
        )
        found = self.env["account.move"].search(
            [("transaction_ids.surplus_state", "=", "open")]
        )
        self.assertEqual(found, self.invoice)

    def test_of_a_payment_that_is_too_large_the_rest_is_surplus(self):
        """75.00 are credited while 115.00 are on their way."""
        invoice = self._charge_slowly()
        charge = invoice.transaction_ids
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 75})._create_payments()
        charge._set_done()
        charge._post_process()
        self.assertRecordValues(
            charge, [{"surplus_state": "open", "surplus_amount": 75}]
        )
        self.assertEqual(invoice.amount_residual, 0)

    def test_nobody_uses_it_before_it_was_decided(self):
        second = self._pay_online(self.invoice)
        with freeze_time("2026-04-10"):
            self.invoice.subscription_ids.action_bill_now()
        april = self.invoice.subscription_ids.invoice_ids - self.invoice
        line = second.payment_id.move_id.line_ids.filtered(
            lambda each: each.account_type == "asset_receivable"
        )
        with self.assertRaisesRegex(UserError, "was paid twice. Decide first"):
            april.js_assign_outstanding_line(line.id)
        self.assertEqual(april.amount_residual, 115)

    def test_one_click_pays_it_back(self):
        second = self._pay_online(self.invoice)
        self.invoice.action_refund_surplus()
        refund = second.child_transaction_ids
        self.assertRecordValues(
            refund,
            [
                {
                    "amount": -115,
                    "state": "draft",
                    "refund_reason_id": self.env.ref(
                        "subscription_billing.refund_reason_duplicate"
                    ).id,
                    "refund_move_id": False,
                }
            ],
        )
        self.assertEqual(second.surplus_state, "refunding")
        self.assertFalse(self.invoice.activity_ids)
        with self.assertRaisesRegex(UserError, "nothing left to decide"):
            second.action_refund_surplus()
        self._run_collection()
        self.assertEqual(second.surplus_state, "refunded")
        self.assertEqual(self._get_balance(), 0)
        self.assertEqual(self.invoice.payment_state, "paid")
        self.assertFalse(self.invoice.reversal_move_ids)

    def test_a_refund_that_fails_asks_again(self):
        second = self._pay_online(self.invoice)
        with self._answer("error"):
            self.invoice.action_refund_surplus()
            self._run_collection()
        self.assertEqual(second.surplus_state, "open")
        self.assertTrue(self.invoice.activity_ids)
        self.invoice.action_refund_surplus()
        self._run_collection()
        self.assertEqual(second.surplus_state, "refunded")
        second.child_transaction_ids.filtered(lambda tx: tx.state == "done")._set_error(
            "Account closed", extra_allowed_states=("done",)
        )
        self._run_collection()
        self.assertEqual(second.surplus_state, "open")
        self.assertEqual(self._get_balance(), -115)

    def test_it_is_kept_only_with_the_customers_agreement(self):
        second = self._pay_online(self.invoice)
        with self.assertRaisesRegex(UserError, "Fill in Customer's Agreement"):
            second.action_keep_surplus()
        action = self.invoice.action_ask_to_keep_surplus()
        form = Form(
            self.env["payment.transaction"].browse(action["res_id"]),
            action["views"][0][0],
        )
        form.surplus_note = "On the phone with Ada"
        form.save().action_keep_surplus()
        self.assertEqual(second.surplus_state, "kept")
        with freeze_time("2026-04-10"):
            self.invoice.subscription_ids.action_bill_now()
        april = self.invoice.subscription_ids.invoice_ids - self.invoice
        self.assertEqual(april.amount_residual, 0)
        self.assertEqual(self._get_balance(), 0)
        bodies = " ".join(self.invoice.message_ids.mapped("body"))
        self.assertIn("On the phone with Ada", bodies)

    def test_it_is_left_to_the_accountant(self):
        second = self._pay_online(self.invoice)
        second.action_settle_surplus()
        self.assertEqual(second.surplus_state, "other")
        self.assertFalse(self.invoice.activity_ids)

    def test_a_clerk_decides_and_a_user_does_not(self):
        second = self._pay_online(self.invoice)
        user = new_test_user(
            self.env,
            "surplus_user",
            groups="subscription_billing.group_subscription_user",
        )
        clerk = new_test_user(
            self.env,
            "surplus_clerk",
            groups="account.group_account_invoice,"
            "subscription_billing.group_subscription_user",
        )
        self.assertTrue(Form(self.invoice.with_user(user)).surplus_label)
        with self.assertRaisesRegex(Exception, "access|allowed"):
            self.invoice.with_user(user).action_refund_surplus()
        self.invoice.with_user(clerk).action_refund_surplus()
        self.assertEqual(second.surplus_state, "refunding")

    def test_a_batch_is_searched_at_once(self):
        charges = self.invoice.transaction_ids
        charges |= self._charge(
            partner=self.env["res.partner"].create({"name": "Grace"})
        ).transaction_ids
        for batch in (charges[:1], charges):
            self.env.flush_all()
            batch.payment_id.move_id.read(["id"])
            with self.assertQueryCount(2):
                batch._detect_surplus()


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestBooksFollowTheMoney(PaidTwiceCase):
    """Whatever is charged, refunded, credited, refused and taken back in any order:
    the books know of every cent that the provider has moved, and of no other."""

    STEPS = (
        "pay",
        "card",
        "credit",
        "refuse",
        "late",
        "again",
        "keep",
        "surplus",
        "agree",
    )

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(
            st.tuples(st.sampled_from(STEPS), st.integers(1, 60)),
            min_size=3,
            max_size=8,
        )
    )
    def test_the_ledger_and_the_books_agree(self, steps):
        partner = self.env["res.partner"].create({"name": "Grace Hopper"})
        token = self._create_token(partner)
        subscription = self._create_subscription(partner_id=partner.id)
        subscription.action_bill_now()
        invoice = subscription.invoice_ids
        self._pay_online(
            invoice,
            provider_id=token.provider_id.id,
            payment_method_id=token.payment_method_id.id,
        )
        for name, amount in steps:
            getattr(self, f"_step_{name}")(invoice, amount)
            self._check(invoice, partner)

    def _run_collection(self):
        """Send and book refunds here: the run has a cursor of its own, for which the
        numbers of entries that this one knows would not do."""
        refunds = self.env["payment.transaction"].search([("operation", "=", "refund")])
        for refund in refunds.filtered(lambda tx: not tx.date_sent):
            refund.date_sent = "2026-03-12 00:00:00"
            refund._send_charge()
        refunds.filtered(lambda tx: not tx.is_post_processed)._post_process()

    def _step_pay(self, invoice, amount):
        self._pay_online(invoice, amount)

    def _step_card(self, invoice, amount):
        if amount <= invoice._get_refundable_amount():
            self._refund(invoice, amount)
            self._run_collection()

    def _step_credit(self, invoice, amount):
        if amount <= invoice._get_refundable_amount():
            self._refund(invoice, amount, method="credit")

    def _step_refuse(self, invoice, amount):
        if amount <= invoice._get_refundable_amount():
            with self._answer("error"):
                self._refund(invoice, amount)
                self._run_collection()

    def _step_late(self, invoice, _amount):
        refunds = invoice.transaction_ids.child_transaction_ids
        refunds.filtered(lambda tx: tx.state == "done")[:1]._set_error(
            "Account closed", extra_allowed_states=("done",)
        )
        self._run_collection()

    def _step_again(self, invoice, _amount):
        for note in self._get_failed(invoice)[:1]:
            note.action_refund_again()
            self._run_collection()

    def _step_keep(self, invoice, _amount):
        for note in self._get_failed(invoice)[:1]:
            note.action_keep_refund()

    def _step_surplus(self, invoice, _amount):
        for charge in invoice._get_open_surplus()[:1]:
            charge.action_refund_surplus()
            self._run_collection()

    def _step_agree(self, invoice, _amount):
        for charge in invoice._get_open_surplus()[:1]:
            charge.surplus_note = "Agreed"
            charge.action_keep_surplus()

    def _get_failed(self, invoice):
        return invoice.reversal_move_ids.filtered(
            lambda note: note.refund_state == "failed"
        )

    def _check(self, invoice, partner):
        """Compare what the provider has moved with the accounts."""
        charges = invoice.transaction_ids
        moved = (charges | charges.child_transaction_ids).filtered(
            lambda tx: tx.state == "done"
        )
        money = round(sum(moved.mapped("amount")), 2)
        for charge in charges:
            self.assertGreaterEqual(charge._get_amount_left(), 0)
        payments = self.env["account.payment"].search(
            [("partner_id", "=", partner.id), ("state", "in", ("in_process", "paid"))]
        )
        self.assertEqual(round(sum(payments.mapped("amount_signed")), 2), money)
        credited = sum(invoice.reversal_move_ids.mapped("amount_total"))
        self.assertEqual(
            self._get_balance(partner),
            round(invoice.amount_total - credited - money, 2),
        )
