"""A customer pays and agrees to pay automatically, in a real browser."""

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import tagged

from .portal_pay_case import PortalPayCase


@tagged("standard", "post_install", "-at_install")
class TestPortalPayTour(PortalPayCase):
    def enter_registry_test_mode(self):
        return PortalCase.enter_registry_test_mode(self)

    def test_an_invoice_is_paid_and_the_next_ones_are_charged(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        first, second = self._bill(2, collection_method="invoice")
        self.start_tour(
            "/my/subscriptions/pay", "subscription_portal_pay", login="ada", timeout=180
        )
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
