"""What Stripe sends is believed only when Stripe has signed it, and kept once."""

import json
import logging

from odoo.addons.subscription_billing_stripe.controllers import events
from odoo.tests import mute_logger, tagged

from tests.stand_in.webhooks import sign
from tests.stripe_event_case import StripeEventCase

CORE = "/payment/stripe/webhook"
ADDON = "odoo.addons.subscription_billing_stripe"
ROUTE = f"{ADDON}.controllers.events"
CORE_ROUTE = f"{ADDON}.controllers.core_webhook"


def prepare_event(**values):
    """Return an event about a payment that is not ours."""
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_700_000_000,
        "livemode": False,
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
        **values,
    }


@tagged("standard", "post_install", "-at_install")
class TestStripeWebhook(StripeEventCase):
    """The route of our own."""

    def _assert_refused(self, answer, status):
        self.assertEqual(answer.status_code, status)
        self.assertFalse(self._get_events())

    def test_a_signed_event_is_stored(self):
        answer = self._post_signed(prepare_event())
        self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(
            self._get_events(),
            [
                {
                    "reference": "evt_1",
                    "type": "payment_intent.succeeded",
                    "object_reference": "pi_1",
                    "subject": "pi_1",
                    "state": "received",
                    "company_id": self.company.id,
                }
            ],
        )

    def test_a_replayed_event_is_stored_once(self):
        for _ in range(3):
            self.assertEqual(self._post_signed(prepare_event()).status_code, 200)
        self.assertEqual(len(self._get_events()), 1)

    def test_an_unsigned_event_is_refused(self):
        answer = self._post(b"{}", {"Content-Type": "application/json"})
        self._assert_refused(answer, 400)

    def test_a_forged_event_is_refused(self):
        answer = self._post_signed(prepare_event(), secrets=["whsec_forged"])
        self._assert_refused(answer, 403)

    def test_a_changed_event_is_refused(self):
        body = json.dumps(prepare_event()).encode()
        header = self._sign_header(body)
        answer = self._post(body.replace(b"evt_1", b"evt_2"), header)
        self._assert_refused(answer, 403)

    def _sign_header(self, body):
        signature = sign(body, [self.secret], self.stand_in.state.now())
        return {"Content-Type": "application/json", "Stripe-Signature": signature}

    def test_an_old_event_is_refused(self):
        then = self.stand_in.state.now() - 400
        self._assert_refused(self._post_signed(prepare_event(), timestamp=then), 403)

    def test_an_event_of_the_future_is_refused(self):
        then = self.stand_in.state.now() + 400
        self._assert_refused(self._post_signed(prepare_event(), timestamp=then), 403)

    def test_malformed_signatures_are_refused(self):
        for header in (
            "", "t=", "t=1", "v1=abc", "t=x,v1=abc", "t=1,t=2,v1=abc", "t=1,v0=abc",
            f"t={'9' * 30},v1=abc", "nonsense", ",,,", "t=-5,v1=abc",
        ):  # fmt: skip
            with self.subTest(header=header):
                answer = self._post(b"{}", {"Stripe-Signature": header})
                self._assert_refused(answer, 400)

    def test_malformed_messages_are_refused(self):
        for body in (
            b" ", b"[]", b"{", b"\xff\xfe", b'"evt"', b'{"id": "evt_1"}',
            json.dumps(prepare_event(data={"object": "pi_1"})).encode(),
            json.dumps(prepare_event(created="today")).encode(),
            json.dumps(prepare_event(id=5)).encode(),
            json.dumps(prepare_event(id="evt_\0")).encode(),
            json.dumps(prepare_event(id="evt_\ud800")).encode(),
            json.dumps(prepare_event(created=10**20)).encode(),
            json.dumps(prepare_event(created=-5)).encode(),
            json.dumps(prepare_event()).encode("utf-16"),
            b"[" * 100_000,
        ):  # fmt: skip
            with self.subTest(body=body):
                self._assert_refused(self._post_signed(body), 400)

    def test_a_message_that_is_too_long_is_refused(self):
        body = json.dumps(prepare_event(padding="x" * events.MOST_BYTES)).encode()
        self._assert_refused(self._post_signed(body), 413)

    def test_an_unknown_endpoint_takes_nothing(self):
        for path in ("/payment/stripe/events/0", "/payment/stripe/events/999999"):
            answer = self._post_signed(prepare_event(), path=path)
            self._assert_refused(answer, 404)

    def test_another_kind_of_provider_takes_nothing(self):
        demo = self.env["payment.provider"].search([("code", "=", "demo")], limit=1)
        path = f"/payment/stripe/events/{demo.id}"
        self._assert_refused(self._post_signed(prepare_event(), path=path), 404)

    def test_a_missing_secret_refuses_and_says_so_once(self):
        self.provider.stripe_endpoint_ids.unlink()
        events._told.clear()
        with self.assertLogs(ROUTE, "WARNING") as log:
            for _ in range(2):
                self._assert_refused(self._post_signed(prepare_event()), 403)
        self.assertEqual(len(log.output), 1)
        self.assertIn("no signing secret", log.output[0])

    # === ROTATION === #

    def test_both_secrets_are_valid_while_one_is_replaced(self):
        self._add_secret("whsec_new")
        for number, secret in enumerate([self.secret, "whsec_new"]):
            event = prepare_event(id=f"evt_{number}")
            answer = self._post_signed(event, secrets=[secret])
            self.assertEqual(answer.status_code, 200)

    def test_a_message_with_two_signatures_needs_one_that_fits(self):
        self.stand_in.webhooks.roll_secret(self.endpoint)
        self.stripe.customers.create({"name": "Ada"})
        self.stripe.payment_intents.create({"amount": 100, "currency": "eur"})
        [delivery] = self._deliver("payment_intent.created")
        self.assertEqual(delivery.results, [200])
        header = self.stand_in.webhooks.headers(delivery)["Stripe-Signature"]
        self.assertEqual(header.count("v1="), 2)

    def test_a_removed_secret_is_not_valid_any_more(self):
        self._add_secret("whsec_new")
        self.provider.stripe_endpoint_ids.filtered("reference").unlink()
        self._assert_refused(self._post_signed(prepare_event()), 403)


@tagged("standard", "post_install", "-at_install")
class TestCoreWebhook(StripeEventCase):
    """Core's own route, without its holes."""

    def setUp(self):
        super().setUp()
        self.payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": "S-1",
                "amount": 5,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "online_direct",
                "state": "error",
            }
        )

    def _prepare(self, kind="payment_intent.succeeded", **values):
        intent = {
            "id": "pi_1",
            "object": "payment_intent",
            "description": "S-1",
            "amount": 500,
            "currency": self.company.currency_id.name.lower(),
            "status": "succeeded",
            **values,
        }
        return prepare_event(type=kind, data={"object": intent})

    def _post_core(self, event, **options):
        with mute_logger("odoo.http", "odoo.addons.payment_stripe.controllers.main"):
            return self._post_signed(event, path=CORE, **options)

    def test_without_a_secret_a_forged_success_is_refused(self):
        self.provider.stripe_webhook_secret = False
        with self.assertLogs(CORE_ROUTE, "WARNING"):
            answer = self._post_core(self._prepare(), secrets=["whsec_forged"])
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.payment.state, "error")

    def test_a_forged_success_is_refused(self):
        answer = self._post_core(self._prepare(), secrets=["whsec_forged"])
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.payment.state, "error")

    def test_a_missing_signature_is_refused(self):
        body = json.dumps(self._prepare()).encode()
        with mute_logger("odoo.http"):
            answer = self._post(body, {"Content-Type": "application/json"}, CORE)
        self.assertEqual(answer.status_code, 403)

    def test_a_malformed_signature_is_refused(self):
        body = json.dumps(self._prepare()).encode()
        headers = {"Content-Type": "application/json", "Stripe-Signature": "nonsense"}
        with mute_logger("odoo.http"):
            answer = self._post(body, headers, CORE)
        self.assertEqual(answer.status_code, 403)

    def test_a_second_signature_while_a_secret_is_replaced_is_accepted(self):
        secrets = ["whsec_next", "whsec_core"]
        answer = self._post_core(self._prepare(), secrets=secrets)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.payment.state, "done")

    def test_what_is_no_event_is_refused(self):
        for body in (
            b" ", b"[]", b"{", b"\xff", b'"evt"', b'{"type": "charge.refunded"}',
            *(
                json.dumps(each).encode()
                for kind in ("charge.refunded", "payment_intent.succeeded")
                for each in (
                    prepare_event(type=kind, data={"object": {}}),
                    prepare_event(type=kind, data={"object": "pi_1"}),
                    self._prepare(kind, description="S-\0"),
                    self._prepare(kind, description=5),
                )
            ),
        ):  # fmt: skip
            with self.subTest(body=body):
                answer = self._post(body, {"Content-Type": "application/json"}, CORE)
                self.assertEqual(answer.status_code, 400)

    def test_events_that_core_leaves_alone_are_no_errors(self):
        """Stripe switches an endpoint off that refuses its messages for long."""
        for kind, thing in (
            ("balance.available", {"object": "balance"}),
            ("invoice.upcoming", {"object": "invoice", "description": None}),
        ):
            with self.subTest(kind=kind):
                event = prepare_event(type=kind, data={"object": thing})
                self.assertEqual(self._post_core(event).status_code, 200)

    def test_an_old_message_is_refused(self):
        then = self.stand_in.state.now() - 400
        answer = self._post_core(
            self._prepare(), secrets=["whsec_core"], timestamp=then
        )
        self.assertEqual(answer.status_code, 403)

    def _refund_at_stripe(self):
        """Give a part of a charge back at Stripe; return both: charge and message."""
        charge = self._collect()
        self.stripe.refunds.create(
            {"payment_intent": charge.provider_reference, "amount": 500}
        )
        event = self._prepare(
            "charge.refunded", object="charge", description=charge.reference
        )
        return charge, event

    def test_refunds_without_their_list_are_asked_for(self):
        charge, event = self._refund_at_stripe()
        for _ in range(2):
            answer = self._post_core(event, secrets=["whsec_core"])
            self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(
            charge.child_transaction_ids, [{"amount": -5.0, "state": "done"}]
        )

    def test_refunds_that_cannot_be_asked_for_are_sent_again(self):
        charge, event = self._refund_at_stripe()
        self.stand_in.faults.add("error_before", method="GET", times=9)
        with mute_logger(CORE_ROUTE):
            answer = self._post_core(event, secrets=["whsec_core"])
        self.assertEqual(answer.status_code, 503)
        self.stand_in.faults.clear()
        answer = self._post_core(event, secrets=["whsec_core"])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(charge.child_transaction_ids.mapped("amount"), [-5.0])

    def test_refunds_are_sent_again_while_the_secret_key_is_missing(self):
        charge, event = self._refund_at_stripe()
        secret_key = charge.provider_id.stripe_secret_key
        charge.provider_id.write({"state": "disabled", "stripe_secret_key": False})
        with mute_logger(CORE_ROUTE):
            answer = self._post_core(event, secrets=["whsec_core"])
        self.assertEqual(answer.status_code, 503)
        charge.provider_id.stripe_secret_key = secret_key
        answer = self._post_core(event, secrets=["whsec_core"])
        self.assertEqual(answer.status_code, 200)

    def test_unsigned_refunds_are_refused(self):
        charge = self._collect()
        event = self._prepare(
            "charge.refunded", object="charge", description=charge.reference
        )
        answer = self._post_core(event, secrets=["whsec_forged"])
        self.assertEqual(answer.status_code, 403)

    def test_a_charge_of_ours_is_asked_for_and_not_believed(self):
        charge = self._collect(decline="insufficient_funds")
        event = self._prepare(description=charge.reference, id="pi_forged")
        event["data"]["object"]["id"] = charge.provider_reference
        answer = self._post_core(event, secrets=["whsec_core"])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(charge.state, "error")
        self.assertEqual(charge.decline_code, "insufficient_funds")


class _Everything(logging.Handler):
    """Keeps all that is logged, formatted as a file would have it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@tagged("standard", "post_install", "-at_install")
class TestStripeSecrets(StripeEventCase):
    """What must never stand in a log or in the store of events."""

    def test_no_secret_key_or_card_number_is_logged_or_stored(self):
        root, ours = logging.getLogger(), logging.getLogger(ADDON)
        level, handler = ours.level, _Everything()
        root.addHandler(handler)
        ours.setLevel(logging.DEBUG)
        before = root.level
        root.setLevel(logging.INFO)
        try:
            self._go_through_everything()
        finally:
            root.removeHandler(handler)
            ours.setLevel(level)
            root.setLevel(before)
        bodies = "\n".join(self._get_events().mapped("body"))
        self.assertIn("payment_intent", bodies)
        self.assertTrue(handler.lines)
        for text in ("\n".join(handler.lines), bodies):
            self.assertNotIn(self.secret, text)
            self.assertNotIn("whsec_core", text)
            self.assertNotIn(self.provider.stripe_secret_key, text)
            self.assertNotRegex(text, r"(pi|seti)_\w+_secret_\w")
            self.assertNotRegex(text, r"(?<![\w.])4\d{15}(?![\w.])")

    @mute_logger("odoo.sql_db")
    def _go_through_everything(self):
        charge = self._collect()
        self.stripe.payment_methods.create(
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12,
                                      "exp_year": 2040, "cvc": "123"}}
        )  # fmt: skip
        self.stripe.refunds.create({"payment_intent": charge.provider_reference})
        self._deliver()
        self._process()
        with mute_logger("odoo.http"):
            self._post_signed(prepare_event(), secrets=["whsec_forged"])
            self._post_signed(
                prepare_event(
                    data={"object": {"id": "pi_1", "description": charge.reference,
                                     "client_secret": "pi_1_secret_x"}}
                ),
                path=CORE,
                secrets=["whsec_core"],
            )  # fmt: skip
        self.provider.action_stripe_check_connection()
        self.provider.stripe_secret_key = "sk_test_wrong_key"
        self.stand_in.revoke("sk_test_wrong_key")
        self._get_events().action_retry()
        self._process()
