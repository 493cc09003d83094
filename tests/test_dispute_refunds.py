"""What the bank gives back, or may, is not given back a second time."""

from decimal import Decimal

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_dispute_books import BooksCase


@tagged("standard", "post_install", "-at_install")
class TestDisputeRefunds(BooksCase):
    def _refund(self, invoice, method="credit", **vals):
        """Refund an invoice by the dialog."""
        wizard = self.env["subscription.refund"].create(
            {
                "invoice_id": invoice.id,
                "method": method,
                "reason_id": self.env.ref(
                    "subscription_billing.refund_reason_other"
                ).id,
                **vals,
            }
        )
        wizard.action_refund()
        return invoice.reversal_move_ids

    def _lose(self, invoice, **vals):
        """Lose a dispute of an invoice, whose money was withdrawn."""
        movement = self._movement(f"txn_{invoice.id}", amount=vals.get("amount", 115))
        return self._dispute(invoice, status="lost", movements=(movement,), **vals)

    def _pay_again(self, invoice):
        """Pay an invoice that is paid, as a customer does; return the surplus."""
        charge = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.token.payment_method_id.id,
                "amount": 115,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_direct",
                "reference": "second",
                "provider_reference": "pi_second",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        charge._set_done()
        charge._post_process()
        return charge

    def test_what_is_disputed_is_no_credit(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, movements=(self._movement(),))
        with self.assertRaisesRegex(UserError, dispute.provider_reference):
            self._refund(invoice, amount=115, scope="amount")
        self._dispute(invoice, status="won", hours=2)
        self.assertEqual(self._refund(invoice).amount_total, 115)

    def test_what_was_lost_and_written_off_is_no_credit(self):
        invoice = self._create_paid()
        self._lose(invoice)
        with self.assertRaisesRegex(UserError, "not given back twice"):
            self._refund(invoice, amount=115, scope="amount")
        self.assertEqual(invoice._get_refundable_amount(), 0)

    def test_what_was_not_disputed_is_still_credit(self):
        invoice = self._create_paid()
        self._lose(invoice, amount=Decimal(75))
        self.assertEqual(self._refund(invoice).amount_total, 40)
        self.assertEqual(invoice._get_refundable_amount(), 0)

    def test_an_invoice_that_is_owed_again_is_credited(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        self.assertEqual(invoice.amount_residual, 115)
        note = self._refund(invoice)
        self.assertEqual((note.amount_total, invoice.amount_residual), (115, 0))

    def test_an_inquiry_is_ended_by_a_refund(self):
        invoice = self._create_paid()
        self._dispute(invoice, status="warning_needs_response")
        self.assertEqual(self._refund(invoice).amount_total, 115)

    def test_a_refund_that_failed_because_of_a_dispute_becomes_no_credit(self):
        invoice = self._create_paid()
        note = self._refund(invoice, "card")
        note.refund_transaction_ids._set_error("The charge is disputed.")
        self.assertEqual(note.refund_state, "failed")
        self._lose(invoice)
        with self.assertRaisesRegex(UserError, "not given back twice"):
            note.action_keep_refund()

    def test_a_refund_that_waits_is_not_sent_beside_a_dispute(self):
        invoice = self._create_paid()
        note = self._refund(invoice, "card")
        dispute = self._dispute(invoice, movements=(self._movement(),))
        self._run_collection()
        refund = note.refund_transaction_ids
        self.assertEqual((refund.state, refund.date_sent), ("error", False))
        self.assertEqual(note.refund_state, "failed")
        self.assertIn(dispute.provider_reference, note.activity_ids.note)
        self._dispute(invoice, status="won", hours=2)
        note.action_refund_again()
        self._run_collection()
        self.assertEqual(note.refund_state, "done")

    def test_a_refund_that_waits_names_the_lost_dispute_that_keeps_it(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        note = self._refund(invoice, "card", amount=40, scope="amount")
        dispute = self._lose(invoice)
        self._run_collection()
        self.assertEqual(note.refund_state, "failed")
        self.assertIn(dispute.provider_reference, note.activity_ids.note)

    def test_a_refund_that_waits_is_sent_beside_a_dispute_of_the_rest(self):
        invoice = self._create_paid()
        note = self._refund(invoice, "card", amount=40, scope="amount")
        self._dispute(invoice, amount=Decimal(75))
        self._run_collection()
        self.assertEqual(note.refund_state, "done")

    def test_a_payment_that_is_unmatched_leaves_no_more_to_refund(self):
        """40.00 were refunded; of 75.00 that are left, 115.00 cannot be."""
        invoice = self._create_paid()
        self._refund(invoice, "card", amount=40, scope="amount")
        self._run_collection()
        self._dispute(invoice, amount=Decimal(75))
        charge = invoice.transaction_ids.filtered("payment_id")
        charge.payment_id.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(invoice._get_refundable_amount(), 75)

    # === LEAVING === #

    def _leave(self, invoice):
        """End a subscription after 11 of 31 days, with credit; return the notes."""
        subscription = invoice.subscription_ids
        with freeze_time("2026-03-21"):
            self.env["subscription.change"].create(
                {
                    "subscription_id": subscription.id,
                    "kind": "close",
                    "timing": "now",
                    "is_credited": True,
                    "close_reason_id": self.env.ref(
                        "subscription_billing.close_reason_price"
                    ).id,
                }
            ).action_confirm()
        return subscription.invoice_ids - invoice

    def test_leaving_gives_nothing_that_the_bank_gave_back(self):
        invoice = self._create_paid()
        self._lose(invoice)
        self.assertEqual(sum(self._leave(invoice).mapped("amount_total")), 0)

    def test_leaving_gives_no_more_than_the_bank_has_left(self):
        invoice = self._create_paid()
        self._lose(invoice, amount=Decimal(75))
        self.assertEqual(sum(self._leave(invoice).mapped("amount_total")), 40)

    def test_leaving_gives_back_what_a_dispute_has_not_touched(self):
        invoice = self._create_paid()
        self._lose(invoice)
        other = self._create_paid()
        [note] = self._leave(other)
        self.assertGreater(note.amount_total, 60)

    # === PAID TWICE === #

    def test_a_disputed_surplus_is_decided_by_the_bank(self):
        charge = self._pay_again(self._create_paid())
        self._tell(self._facts(id="dp_2", charge_reference="pi_second"))
        charge.surplus_note = "Ada has agreed."
        for button in ("action_keep_surplus", "action_refund_surplus"):
            with self.assertRaisesRegex(UserError, "dp_2"):
                getattr(charge, button)()
        self.assertEqual(charge.surplus_state, "open")
        charge.action_settle_surplus()
        self.assertEqual(charge.surplus_state, "other")

    def test_a_kept_surplus_that_was_lost_pays_no_invoice(self):
        invoice = self._create_paid()
        charge = self._pay_again(invoice)
        charge.surplus_note = "Ada has agreed."
        charge.action_keep_surplus()
        self._tell(self._facts(id="dp_2", charge_reference="pi_second"))
        with freeze_time("2026-04-10"):
            invoice.subscription_ids.action_bill_now()
        following = invoice.subscription_ids.invoice_ids - invoice
        self.assertEqual(following.amount_residual, 115)

    def test_the_first_payment_is_credit_while_the_second_is_disputed(self):
        invoice = self._create_paid()
        self._pay_again(invoice)
        self._tell(self._facts(id="dp_2", charge_reference="pi_second"))
        self.assertEqual(invoice._get_refundable_amount(), 115)
