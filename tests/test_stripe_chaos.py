"""A thousand invoices at a Stripe that fails at random: each is charged once.

Calls fail in all ways that there are, messages come twice and in any order, and some
late; the seed makes it the same each time.
"""

import pytest
import stripe
from odoo.addons.subscription_billing_stripe.gateway.messages import read_event
from odoo.tests import mute_logger, tagged

from tests.stripe_case import StripeCase

pytestmark = pytest.mark.long

SEED = 20261122
COUNT = 1000
#: share of the calls that fail
RATE = 0.2
#: cards of every so manieth customer: declined, or settled by a bank after days
DECLINED, SLOW = 25, 10
LOGGERS = (
    "odoo.addons.subscription_billing.models.payment_transaction_sending",
    "odoo.addons.subscription_billing_stripe.gateway.charges",
)


@tagged("standard", "post_install", "-at_install")
class TestChaos(StripeCase):
    def setUp(self):
        super().setUp()
        # The SDK tries again without a pause.
        self.patch(stripe.HTTPClient, "INITIAL_DELAY", 0)
        self.patch(stripe.HTTPClient, "MAX_DELAY", 0)
        self.stand_in.webhooks.endpoint("http://127.0.0.1/events")

    @mute_logger(*LOGGERS)
    def test_a_thousand_invoices_are_charged_once_whatever_fails(self):
        invoices = self._bill_automatic(count=COUNT)
        self._script_cards(invoices)
        self.stand_in.faults.schedule(SEED, RATE, path="payment_intents")
        for number in range(4):
            self._run_collection()
            self._hear(number)
        self.stand_in.faults.clear()
        # What never arrived is sent now, and may be settled after days like the others.
        self._resolve()
        self._run_collection()
        self.stand_in.settle_all()
        self._hear(number)
        self._run_collection()
        self._check(invoices)

    def _script_cards(self, invoices):
        """Let some cards be declined, and some take their time."""
        for number, invoice in enumerate(invoices):
            method = invoice.subscription_ids.payment_token_id.stripe_payment_method
            if number % DECLINED == 0:
                self.stand_in.decline(method, "insufficient_funds", times=None)
            elif number % SLOW == 0:
                self.stand_in.hold(method)

    def _hear(self, number):
        """Receive what Stripe reports, twice and in disorder, and process it."""
        events = self.env["stripe.event"].sudo()

        def receive(body, _headers):
            events._receive(self.provider, read_event(body))

        self.stand_in.webhooks.deliver_all(
            receive,
            kinds=("payment_intent.*", "charge.*"),
            shuffle=SEED + number,
            duplicates=2,
        )
        self._run_cron("subscription_billing_stripe.ir_cron_events")

    def _check(self, invoices):
        """Compare the invoices, the ledger and the stand-in."""
        self.assertEqual(len(invoices), COUNT)
        charges = invoices.transaction_ids
        self.assertFalse(charges.filtered("is_outcome_unknown"))
        self.assertLessEqual(set(charges.mapped("state")), {"done", "error", "cancel"})
        taken = self.stand_in.ledger("charge")
        intents = [each["payment_intent"] for each in taken]
        done = charges.filtered(lambda charge: charge.state == "done")
        self.assertEqual(sorted(done.mapped("provider_reference")), sorted(intents))
        by_invoice = done.grouped("collection_invoice_id")
        self.assertTrue(all(len(mine) == 1 for mine in by_invoice.values()))
        self.assertEqual(
            sum(each["amount"] for each in taken),
            sum(round(charge.amount * 100) for charge in done),
        )
        paid = invoices.filtered(lambda invoice: invoice.amount_residual == 0)
        self.assertEqual(len(paid), len(taken))
        self.assertEqual(set(by_invoice), set(paid))
        declined = (invoices - paid).transaction_ids
        self.assertEqual(len(invoices - paid), COUNT // DECLINED)
        self.assertEqual(set(declined.mapped("state")), {"error"})
        self.assertEqual(set(declined.mapped("decline_code")), {"insufficient_funds"})
        failed = [("state", "=", "failed")]
        self.assertFalse(self.env["stripe.event"].search_count(failed))
