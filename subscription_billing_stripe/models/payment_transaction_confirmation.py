import logging

from odoo import models
from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.exceptions import UserError
from odoo.tools import consteq

from ..gateway import GatewayError
from .customer_message import get_customer_message

_logger = logging.getLogger(__name__)

#: what a payment is at Stripe while its customer can confirm it
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


class PaymentTransaction(models.Model):
    """Payments that their customers confirm on a page of ours, with Stripe.js."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: THE LINK === #

    def _get_confirmation_url(self):
        self.ensure_one()
        if self.provider_code != "stripe" or not self.is_left_open:
            return super()._get_confirmation_url()
        base = self.collection_invoice_id.get_base_url()
        return f"{base}{self._get_confirmation_path()}"

    def _get_confirmation_path(self):
        """Return the address of the page without that of the server."""
        self.ensure_one()
        token = self._get_confirmation_token()
        return f"/payment/stripe/confirm/{self.id}?access_token={token}"

    def _get_confirmation_token(self):
        """Return what proves that somebody was given the link.

        It is over what is paid: when that changes, the link is no longer valid. It is
        not over the contact, who may be merged with another one.
        """
        self.ensure_one()
        return payment_utils.generate_access_token(
            self.id, self.reference, self.amount, self.currency_id.id, env=self.env
        )

    def _is_confirmation_token(self, given):
        """Return whether somebody has the link to this charge.

        :param given: what a stranger says, of whatever type
        """
        self.ensure_one()
        return bool(
            self.provider_code == "stripe"
            and self.collection_invoice_id
            and isinstance(given, str)
            and given.isascii()
            and consteq(given, self._get_confirmation_token())
        )

    # === BUSINESS METHODS: THE PAGE === #

    def _prepare_confirmation_page(self):
        """Return what the page shows."""
        self.ensure_one()
        obstacle = self._get_confirmation_obstacle()
        invoice = self.collection_invoice_id
        return {
            "state": obstacle or "open",
            "is_tried": self.state == "error" and self.confirmation_count,
            "company": invoice.company_id,
            "invoice_name": invoice.name,
            "amount": self.amount,
            "currency": self.currency_id,
            # What was paid otherwise was not paid with this one.
            "method": (obstacle != "paid" or self.state == "done")
            and (self.token_id.display_name or self.payment_method_id.name),
            "reason": get_customer_message(self.env, self._get_decline()),
            "is_test": self.provider_id.state == "test",
            "tx_id": self.id,
            "access_token": self._get_confirmation_token(),
            "script_url": self.provider_id._get_stripe_js_url(),
            "invoice_url": invoice.get_portal_url(),
            "other_url": self._get_other_payment_url(),
        }

    def _get_confirmation_obstacle(self):
        """Let nobody confirm what would be paid with a deleted method, or through a
        provider that is switched off."""
        obstacle = super()._get_confirmation_obstacle()
        if obstacle or self.provider_code != "stripe":
            return obstacle
        is_usable = self.token_id.active and self.provider_id.state != "disabled"
        return None if is_usable else "superseded"

    # === BUSINESS METHODS: CONFIRMING === #

    def _start_stripe_confirmation(self):
        """Open this charge for its customer; return what Stripe.js needs.

        The client secret is asked for each time, and kept nowhere.

        :return: None when the customer cannot confirm it, ``{"is_unavailable": True}``
            when that is not known because Stripe cannot be asked
        :rtype: dict | None
        """
        self.ensure_one()
        if not self._can_be_confirmed():
            return None
        key = stripe_utils.get_publishable_key(self.provider_id)
        try:
            gateway = self.provider_id._get_stripe_gateway()
            intent = gateway.get_payment(self.provider_reference).facts
        except (GatewayError, UserError) as error:
            _logger.warning("%s cannot be confirmed now: %s", self.reference, error)
            return {"is_unavailable": True}
        if not key:
            return {"is_unavailable": True}
        if not self._is_confirmable_intent(intent):
            self._finish_confirmation()
            return None
        if not self._reopen_for_customer():
            return None
        return {
            "publishable_key": key,
            "client_secret": intent.client_secret,
            "payment_method": self.token_id.stripe_payment_method,
        }

    def _is_confirmable_intent(self, intent):
        """Return whether Stripe still waits for the customer, and for our amount.

        :param intent: ``gateway.IntentFacts``
        """
        self.ensure_one()
        ours = (self._get_stripe_amount(), self.currency_id.name)
        return intent.status in CONFIRMABLE and ours == (intent.amount, intent.currency)
