"""Customers pay, and agree to pay automatically, in a real browser."""

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import tagged

from .portal_pay_case import PortalPayCase


class PortalPayTours:
    """The tours, at the width of the class."""

    def enter_registry_test_mode(self):
        return PortalCase.enter_registry_test_mode(self)

    def _tour(self, url, name, **kwargs):
        self.start_tour(url, f"subscription_portal_{name}", timeout=180, **kwargs)

    def test_an_invoice_is_paid_and_the_next_ones_are_charged(self):
        first, second = self._bill(2, collection_method="invoice")
        self._tour("/my/subscriptions/pay", "pay", login="ada")
        self.assertEqual(first.amount_residual, 0)
        self.assertEqual(second.amount_residual, 115)
        payment = first.transaction_ids
        self.assertRecordValues(
            first.subscription_ids,
            [
                {
                    "collection_method": "automatic",
                    "payment_token_id": payment.token_id.id,
                }
            ],
        )
        self.assertTrue(payment.token_id)
        self.assertEqual(second.subscription_ids.collection_method, "invoice")

    def test_a_customer_with_thirty_subscriptions_pays_everything_at_once(self):
        invoices = self._bill(30, collection_method="invoice")
        self._tour("/my/subscriptions/pay", "pay_all", login="ada")
        self.assertEqual(sum(invoices.mapped("amount_residual")), 0)
        self.assertEqual(len(invoices.transaction_ids), 1)

    def test_who_has_the_link_of_an_invoice_pays_it(self):
        invoice = self._bill(collection_method="invoice")
        subscription = invoice.subscription_ids
        token = subscription._portal_ensure_token()
        url = f"{subscription.access_url}/pay?access_token={token}"
        self._tour(url, "pay_by_link")
        self.assertEqual(invoice.amount_residual, 0)

    def test_who_is_invited_agrees_to_pay_automatically(self):
        self.subscription.collection_method = "invoice"
        self.partner.email = "ada@example.com"
        invitation = self.env["subscription.invitation"].create(
            {
                "kind": "payment",
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "subscription_id": self.subscription.id,
            }
        )
        self._tour(invitation._get_url(), "automatic")
        self.assertRecordValues(
            self.subscription,
            [
                {
                    "collection_method": "automatic",
                    "payment_token_id": self.partner.payment_token_ids.id,
                }
            ],
        )
        self.assertEqual(invitation.state, "done")

    def test_a_customer_saves_uses_orders_and_removes_methods(self):
        self._tour("/my/subscriptions", "methods", login="ada")
        [old, new] = (
            self.env["payment.token"]
            .with_context(active_test=False)
            .search([("partner_id", "=", self.partner.id)], order="id")
        )
        self.assertEqual(self.subscription.payment_token_id, new)
        self.assertRecordValues(old | new, [{"active": False}, {"active": True}])


@tagged("standard", "post_install", "-at_install")
class TestPortalPayTours(PortalPayTours, PortalPayCase):
    browser_size = "1280x900"


@tagged("standard", "post_install", "-at_install")
class TestPortalPayToursOnPhones(PortalPayTours, PortalPayCase):
    browser_size = "390x844"
    touch_enabled = True
