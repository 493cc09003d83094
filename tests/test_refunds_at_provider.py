"""Refunds that were made at the provider, and the credit notes that are missing."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_refunds import RefundCase


@freeze_time("2026-03-12")
@tagged("standard", "post_install", "-at_install")
class TestRefundAtProvider(RefundCase):
    def _pay_back_at_provider(self, invoice, amount):
        """Pay a part of an invoice back at the provider, as its news tell."""
        refund = invoice.transaction_ids._create_child_transaction(
            amount, is_refund=True, provider_reference=f"re_{invoice.id}_{amount}"
        )
        refund._set_done()
        refund._post_process()
        return refund

    def _open_refund(self, invoice, **vals):
        return self.env["subscription.refund"].create(
            {"invoice_id": invoice.id, "reason_id": self.reason.id, **vals}
        )

    def test_the_missing_credit_note_gives_nothing_back_a_second_time(self):
        methods = (False, "card", "credit", "other")
        partners = self.env["res.partner"].create(
            [{"name": str(method)} for method in methods]
        )
        invoices = [self._charge(partner=partner) for partner in partners]
        for method, partner, invoice in zip(methods, partners, invoices, strict=True):
            with self.subTest(method=method):
                refund = self._pay_back_at_provider(invoice, 115)
                self.assertIn("credit note that is missing", invoice.activity_ids.note)
                wizard = self._open_refund(
                    invoice, **({"method": method} if method else {})
                )
                self.assertEqual(wizard.amount_paid_back, 115)
                self.assertEqual(wizard.amount_returned, 0)
                wizard.action_refund()
                note = invoice.reversal_move_ids
                self.assertEqual((note.amount_total, note.amount_residual), (115, 0))
                self.assertEqual(refund.payment_id._get_open_amount(), 0)
                self.assertEqual(note.refund_transaction_ids, refund)
                self.assertFalse(invoice.activity_ids)
                self.assertEqual(self._get_balance(partner), 0)

    def test_it_is_one_of_the_payment_method_by_default(self):
        invoice = self._charge()
        self._pay_back_at_provider(invoice, 115)
        wizard = self._open_refund(invoice)
        self.assertEqual(wizard.method, "card")
        wizard.action_refund()
        self.assertEqual(invoice.reversal_move_ids.refund_state, "done")

    def test_only_the_rest_is_paid_back_anew(self):
        invoice = self._charge()
        self._pay_back_at_provider(invoice, 40)
        wizard = self._open_refund(invoice, method="card")
        self.assertEqual(wizard.amount_returned, 75)
        wizard.action_refund()
        self._run_collection()
        note = invoice.reversal_move_ids
        self.assertEqual(
            sorted(note.refund_transaction_ids.mapped("amount")), [-75, -40]
        )
        self.assertEqual((note.refund_state, note.amount_residual), ("done", 0))
        self.assertEqual(self._get_balance(), 0)

    def test_a_smaller_credit_note_leaves_the_rest_to_ask_for(self):
        invoice = self._charge()
        refund = self._pay_back_at_provider(invoice, 115)
        self._open_refund(invoice, scope="amount", amount=40).action_refund()
        self.assertEqual(refund.payment_id._get_open_amount(), 75)
        self.assertTrue(invoice.activity_ids)
        self._open_refund(invoice).action_refund()
        self.assertEqual(refund.payment_id._get_open_amount(), 0)
        self.assertFalse(invoice.activity_ids)
        self.assertEqual(self._get_balance(), 0)

    def test_a_paid_back_invoice_is_not_refunded_without_a_reason_to(self):
        invoice = self._charge()
        self._pay_back_at_provider(invoice, 115)
        self._open_refund(invoice).action_refund()
        with self.assertRaisesRegex(UserError, "at most"):
            self._open_refund(invoice, scope="amount", amount=1).action_refund()
