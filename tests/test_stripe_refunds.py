"""Refunds that a click of a user sends, as Odoo does: within its own transaction."""

from odoo.fields import Command
from odoo.tests import tagged

from tests.stripe_event_case import StripeEventCase


class ConflictError(Exception):
    """What makes Odoo begin a request again."""


@tagged("standard", "post_install", "-at_install")
class TestStripeRefunds(StripeEventCase):
    def setUp(self):
        super().setUp()
        token = self._create_stripe_token()
        line = Command.create({"name": "x", "price_unit": 100, "tax_ids": False})
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [line],
            }
        )
        invoice.action_post()
        self.payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": token.payment_method_id.id,
                "token_id": token.id,
                "amount": invoice.amount_residual,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_token",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        self.payment._charge_with_token()
        self.payment._post_process()
        self.env.flush_all()

    def _refund_and_lose(self, amount):
        """Refund, and lose all that the database knows of it."""
        try:
            with self.env.cr.savepoint():
                self.payment._refund(amount)
                self.env.flush_all()
                raise ConflictError
        except ConflictError:
            self.env.invalidate_all()

    def _get_refunded(self):
        return [refund["amount"] for refund in self.stand_in.ledger("refund")]

    def test_a_refund_that_odoo_repeats_pays_back_once(self):
        self._refund_and_lose(20)
        refund = self.payment._refund(20)
        self.assertEqual(refund.state, "done")
        self.assertEqual(self._get_refunded(), [-2000])

    def test_two_refunds_pay_back_twice(self):
        refunds = self.payment._refund(20) | self.payment._refund(20)
        self.assertEqual(refunds.mapped("state"), ["done", "done"])
        self.assertEqual(self._get_refunded(), [-2000, -2000])

    def test_another_amount_is_another_refund(self):
        self._refund_and_lose(20)
        refund = self.payment._refund(30)
        self.assertEqual((refund.state, refund.amount), ("done", -30))
        self.assertEqual(self._get_refunded(), [-2000, -3000])

    def test_its_events_find_it_by_its_key(self):
        refund = self.payment._refund(20)
        refund.provider_reference = False
        self._deliver()
        self._process()
        self.assertEqual(self.payment.child_transaction_ids, refund)
        self.assertIn(refund.reference, str(self._get_events().mapped("result")))
