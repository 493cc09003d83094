from odoo import http
from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.addons.payment_stripe.controllers.main import StripeController
from odoo.exceptions import UserError
from odoo.http import request
from werkzeug.exceptions import Forbidden

from ..gateway import (
    GatewayError,
    MalformedEventError,
    SignatureError,
    get_masked_logger,
    is_storable,
    load_event,
    verify,
)

_logger = get_masked_logger(__name__)


class VerifyingStripeController(StripeController):
    """Core's own webhook, without its holes.

    It takes a message for true when there is no secret to check it with, fails on one
    that is malformed or without a signature, and takes no second signature while a
    secret is replaced.
    """

    @http.route()
    def stripe_webhook(self):
        """See to refunds by what Stripe says of them now.

        Their messages have no list of refunds in newer versions of the API, and core
        would write a refund down again that is being sent at the moment.
        """
        try:
            event = _load(request.httprequest.get_data())
        except MalformedEventError as error:
            _logger.info("A message to Odoo's webhook of Stripe: %s", error)
            return request.make_json_response({"message": str(error)}, status=400)
        if event["type"] != "charge.refunded":
            return super().stripe_webhook()
        charge = event["data"]["object"]
        payment = request.env["payment.transaction"].sudo()
        payment = payment._search_by_reference(
            "stripe",
            {"reference": charge.get("description"), "event_type": event["type"]},
        )
        if payment.provider_reference:
            self._verify_signature(payment)
            return self._take_over_refunds(payment)
        return request.make_json_response("")

    def _take_over_refunds(self, payment):
        """Bring all refunds of a payment to what Stripe says now.

        :return: a refusal when it cannot be asked, so that it sends the message again
        """
        try:
            gateway = payment.provider_id._get_stripe_gateway()
            payment._take_over_stripe_refunds(gateway)
        except (GatewayError, UserError) as error:
            _logger.warning(
                "The refunds of %s could not be asked for: %s",
                payment.reference,
                error,
            )
            return request.make_json_response({"message": "Later"}, status=503)
        return request.make_json_response("")

    def _verify_signature(self, tx_sudo):
        """Believe only what Stripe has signed with the secret of the provider.

        :raises Forbidden: without a secret, too
        """
        secret = stripe_utils.get_webhook_secret(tx_sudo.provider_id)
        if not secret:
            _logger.warning(
                "A message to Odoo's webhook of Stripe provider %s was refused: enter "
                "its Webhook Signing Secret.",
                tx_sudo.provider_id.id,
            )
            raise Forbidden
        header = request.httprequest.headers.get("Stripe-Signature", "")
        try:
            verify(request.httprequest.get_data(), header, [secret.strip()])
        except SignatureError as error:
            _logger.info("A message to Odoo's webhook of Stripe was refused: %s", error)
            raise Forbidden from error


def _load(body):
    """Return an event whose payment core can look for, or one that core leaves alone.

    :raises MalformedEventError: it is none
    """
    event = load_event(body)
    if event["type"] not in stripe_const.HANDLED_WEBHOOK_EVENTS:
        # What these are about may have no name, such as a balance.
        return event
    thing = event["data"]["object"]
    names = thing.get("id"), thing.get("description") or ""
    if not all(isinstance(name, str) and is_storable(name) for name in names):
        raise MalformedEventError("The message is no event.")
    return event
