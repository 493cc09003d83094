"""Subscriptions that are paid through Stripe's stand-in."""

from datetime import date
from urllib.parse import urlsplit

import requests
import stripe
from odoo.addons.subscription_billing_stripe.const import API_BASE_PARAMETER
from odoo.addons.subscription_billing_stripe.gateway import API_VERSION

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from tests.stand_in import StandIn

SECRET_KEY = "sk_test_subscriptions"
#: before Odoo's tests put a guard before it
SEND = requests.Session.send


class StripeCase(SubscriptionCommon):
    """A Stripe provider whose every call goes to a stand-in of this test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider.write(
            {
                "state": "test",
                "stripe_secret_key": SECRET_KEY,
                "stripe_publishable_key": "pk_test_subscriptions",
                "stripe_webhook_secret": "whsec_core",
                "stripe_rate_limit": 1000,
                "stripe_read_timeout": 10,
            }
        )

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Let calls to this machine pass; Odoo's guard knows no pairs of time-outs."""
        if urlsplit(request.url).hostname == "127.0.0.1":
            return SEND(session, request, **options)
        return super()._request_handler(session, request, **options)

    def setUp(self):
        super().setUp()
        self.stand_in = StandIn().start()
        self.addCleanup(self.stand_in.stop)
        self.env["ir.config_parameter"].set_param(API_BASE_PARAMETER, self.stand_in.url)
        self.stripe = stripe.StripeClient(
            SECRET_KEY,
            base_addresses={"api": self.stand_in.url},
            stripe_version=API_VERSION,
        ).v1

    # === RECORDS === #

    def _create_stripe_token(self, partner=None, card="pm_card_visa"):
        """Save one of Stripe's test cards for a customer.

        :param str card: what the card does, such as ``pm_card_authenticationRequired``
        """
        partner = partner or self.partner
        customer = self.env["stripe.customer"]._get_reference(self.provider, partner)
        method = self.stripe.payment_methods.attach(card, {"customer": customer})
        return self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "partner_id": partner.id,
                "provider_ref": customer,
                "payment_details": method.card.last4,
                "stripe_payment_method": method.id,
            }
        )

    def _bill_automatic(self, card="pm_card_visa", count=1):
        """Bill subscriptions that are paid by card; return the invoices."""
        subscriptions = self._create_subscriptions(
            count, date_start=date.today(), collection_method="automatic"
        )
        for subscription in subscriptions:
            subscription.payment_token_id = self._create_stripe_token(
                subscription.partner_id, card
            )
        self._run_renewal()
        return subscriptions.invoice_ids

    # === RUNS === #

    def _resolve(self):
        """Ask what became of all charges that are open, whenever their time is."""
        self.env["payment.transaction"].search(
            [("state", "=", "draft"), ("date_sent", "!=", False)]
        ).date_next_check = "2000-01-01"
        self._run_cron("subscription_billing.ir_cron_resolving")

    # === ASSERTIONS === #

    def _assert_charged_once(self, invoice):
        """Check that the stand-in took the invoice's money once, and it is booked."""
        charges = self.stand_in.ledger("charge")
        mine = [
            charge
            for charge in charges
            if charge["metadata"].get("odoo_reference", "").startswith(invoice.name)
        ]
        self.assertEqual(
            [charge["amount"] for charge in mine], [round(invoice.amount_total * 100)]
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(
            invoice.transaction_ids.filtered(lambda tx: tx.state == "done").mapped(
                "amount"
            ),
            [invoice.amount_total],
        )
        self.assertEqual(
            sum(invoice._get_reconciled_payments().mapped("amount")),
            invoice.amount_total,
        )
