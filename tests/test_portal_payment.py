"""What customers pay by themselves, beside the charges of their saved methods."""

from contextlib import nullcontext
from datetime import date, timedelta

from odoo.tests import HttpCase, mute_logger, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

SENDING = "odoo.addons.subscription_billing.models.payment_transaction_sending"


@tagged("standard", "post_install", "-at_install")
class TestPortalPayment(SubscriptionCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self._create_customer_user()
        self.authenticate("portal_customer", "portal_customer")

    def enter_registry_test_mode(self):
        return nullcontext()

    def _create_customer_user(self):
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": "portal_customer",
                    "password": "portal_customer",
                    "partner_id": self.partner.id,
                    "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
                }
            )
        )

    def _bill_overdue(self, **vals):
        """Return an invoice that was due some days ago."""
        past = date.today() - timedelta(days=3)
        subscription = self._create_subscription(date_start=past, **vals)
        subscription.action_bill_now()
        subscription.invoice_ids.invoice_date_due = past
        self.env.flush_all()
        return subscription.invoice_ids

    def _bill_charged(self, state="pending"):
        """Return an overdue invoice whose charge was sent."""
        token = self._create_token(state=state)
        invoice = self._bill_overdue(
            collection_method="automatic", payment_token_id=token.id
        )
        self._run_collection()
        return invoice

    def _lose_answers(self):
        def lose_the_connection(charge):
            raise ConnectionError("Read timed out")

        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lose_the_connection,
        )

    def _pay(self, url, amount, **values):
        """Pay by the way that a page has, and return the error, if there is one."""
        token = (
            self.env["payment.token"].search(
                [("partner_id", "=", self.partner.id)], limit=1
            )
            or self._create_token()
        )
        self.env.flush_all()
        answer = self.url_open(
            url,
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "amount": amount,
                    "flow": "token",
                    "tokenization_requested": False,
                    "landing_route": "/my",
                    "is_validation": False,
                    **values,
                },
            },
        ).json()
        self.env.invalidate_all()
        return answer.get("error", {}).get("data", {}).get("message", "")

    def _pay_overdue(self, amount):
        url = "/invoice/transaction/overdue"
        with mute_logger("odoo.http"):
            return self._pay(url, amount, payment_reference="Overdue")

    def _pay_invoice(self, invoice):
        access_token = invoice._portal_ensure_token()
        with mute_logger("odoo.http"):
            return self._pay(
                f"/invoice/transaction/{invoice.id}",
                invoice.amount_residual,
                access_token=access_token,
            )

    def test_what_the_bank_is_paying_is_not_overdue_for_the_customer(self):
        charged = self._bill_charged()
        page = self.url_open("/my/invoices/overdue")
        self.assertTrue(page.url.endswith("/my/invoices"), "nothing is to be paid")
        self.assertIn("changed since this page", self._pay_overdue(115))
        self.assertEqual(len(charged.transaction_ids), 1)

    def test_an_old_overdue_page_pays_no_more_than_what_is_left(self):
        charged, other = self._bill_charged(), self._bill_overdue()
        self.assertIn("changed since this page", self._pay_overdue(230))
        self.assertFalse(other.transaction_ids)
        self.assertFalse(self._pay_overdue(115))
        self.assertEqual(other.transaction_ids.mapped("amount"), [115])
        self.assertEqual(len(charged.transaction_ids), 1)

    def test_an_old_page_of_an_invoice_pays_nothing_beside_a_pending_charge(self):
        invoice = self._bill_charged()
        self.assertIn("is being charged", self._pay_invoice(invoice))
        self.assertEqual(len(invoice.transaction_ids), 1)

    @mute_logger(SENDING)
    def test_nobody_pays_beside_a_charge_of_unknown_outcome(self):
        self._lose_answers()
        invoice = self._bill_charged(state="done")
        self.assertTrue(invoice.transaction_ids.is_outcome_unknown)
        self.assertIn("is being charged", self._pay_invoice(invoice))
        self.assertIn("changed since this page", self._pay_overdue(115))
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_nobody_pays_while_a_charge_is_being_sent(self):
        """Its run has locked it, and has not committed yet that it is sent."""
        token = self._create_token()
        invoice = self._bill_overdue(
            collection_method="automatic", payment_token_id=token.id
        )
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(invoice)
        self.assertFalse(charge.date_sent)
        self.patch(type(charge), "try_lock_for_update", lambda charges: charges[:0])
        self.assertIn("is being charged", self._pay_invoice(invoice))
        self.assertEqual(invoice.transaction_ids, charge)

    def test_what_was_declined_is_paid_by_the_customer(self):
        invoice = self._bill_charged(state="error")
        self.assertIn("115.00", self.url_open("/my/invoices/overdue").text)
        self.assertFalse(self._pay_invoice(invoice))
        self.assertEqual(len(invoice.transaction_ids), 2)
