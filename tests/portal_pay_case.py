"""A customer who pays in the portal, with the demo provider."""

from contextlib import nullcontext
from datetime import date, timedelta

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import mute_logger


class PortalPayCase(PortalCase):
    """Invoices that are open, and a provider that says what it is told to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", True
        )
        cls.method = cls.env.ref("payment_demo.payment_method_demo")
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider.write(
            {"state": "test", "is_published": True, "allow_tokenization": True}
        )

    def enter_registry_test_mode(self):
        return nullcontext()

    # === WHAT IS OPEN === #

    def _bill(self, count=1, **vals):
        """Return the open invoices of so many new subscriptions, overdue by days."""
        past = date.today() - timedelta(days=3)
        invoices = self.env["account.move"]
        for _number in range(count):
            subscription = self._create_subscription(date_start=past, **vals)
            subscription.action_bill_now()
            invoices |= subscription.invoice_ids
        invoices.invoice_date_due = past
        self.env.flush_all()
        return invoices

    # === WHAT A BROWSER DOES === #

    def _ask(self, url, **params):
        """Call a route as a page does, and return the answer."""
        self.env.flush_all()
        with mute_logger("odoo.http"):
            answer = self.url_open(
                url, json={"jsonrpc": "2.0", "method": "call", "params": params}
            ).json()
        self.env.invalidate_all()
        return answer

    def _open_form(self, url):
        """Return core's payment form of a page."""
        self.env.flush_all()
        return self._get_page(url).xpath("//form[@id='o_payment_form']")[0]

    def _start(self, form, token=None, **params):
        """Send a payment form as it is; return the answer.

        :param token: the saved method; by default a new one
        """
        return self._ask(
            form.get("data-transaction-route"),
            **{
                "provider_id": self.provider.id,
                "payment_method_id": None if token else self.method.id,
                "token_id": token and token.id,
                "amount": float(form.get("data-amount") or 0),
                "flow": "token" if token else "direct",
                "tokenization_requested": False,
                "landing_route": form.get("data-landing-route"),
                "is_validation": False,
                "access_token": form.get("data-access-token"),
                "csrf_token": "any",
                **params,
            },
        )

    def _find_payment(self, answer):
        """Return the transaction that a route has started."""
        self.assertNotIn("error", answer, answer)
        return self.env["payment.transaction"].search(
            [("reference", "=", answer["result"]["reference"])]
        )

    def _get_refusal(self, answer):
        """Return why a route has refused."""
        return answer["error"]["data"]["message"]

    def _simulate(self, payment, state="done"):
        """Let the provider say what has become of a payment with a new method."""
        self._ask(
            "/payment/demo/simulate_payment",
            reference=payment.reference,
            simulated_state=state,
            payment_details="5555",
        )

    def _come_back(self):
        """Wait on core's page for the outcome, as a browser does."""
        self._ask("/payment/status/poll")

    def _pay(self, url, token=None, **params):
        """Pay what a page asks for, and come back; return the transaction."""
        payment = self._find_payment(self._start(self._open_form(url), token, **params))
        if not token:
            self._simulate(payment)
        self._come_back()
        return payment
