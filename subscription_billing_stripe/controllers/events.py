from odoo import http
from odoo.http import request

from ..const import EVENTS_ROUTE
from ..gateway import (
    MalformedEventError,
    MalformedSignatureError,
    WrongSignatureError,
    get_masked_logger,
    read_event,
    verify,
)

_logger = get_masked_logger(__name__)

#: bytes of the longest message that is read; Stripe's are far below
MOST_BYTES = 1024 * 1024
#: providers without a secret of which the log knows
_told = set()


class StripeEvents(http.Controller):
    """Where Stripe reports what has happened.

    A message is verified and stored, no more: Stripe waits a few seconds, and sends
    again what was not answered with yes.
    """

    @http.route(
        f"{EVENTS_ROUTE}/<int:provider_id>",
        type="http",
        methods=["POST"],
        auth="public",
        csrf=False,
        save_session=False,
    )
    def receive(self, provider_id):
        """Store an event, once, when it was signed by Stripe."""
        provider = request.env["payment.provider"].sudo().browse(provider_id).exists()
        if provider.code != "stripe":
            return self._answer(404, "There is no such endpoint.")
        secrets = provider._get_stripe_endpoint_secrets()
        if not secrets:
            self._tell_once(provider)
            return self._answer(403, "There is no signing secret.")
        if (request.httprequest.content_length or 0) > MOST_BYTES:
            return self._answer(413, "The message is too long.")
        try:
            body = request.httprequest.get_data()
            header = request.httprequest.headers.get("Stripe-Signature", "")
            verify(body, header, secrets)
            facts = read_event(body)
        except (MalformedSignatureError, MalformedEventError) as error:
            return self._refuse(provider, 400, error)
        except WrongSignatureError as error:
            return self._refuse(provider, 403, error)
        is_new = request.env["stripe.event"].sudo()._receive(provider, facts)
        return self._answer(200, "Stored." if is_new else "Known.")

    def _refuse(self, provider, status, error):
        """Answer that nothing was stored, and why; only the reason is logged."""
        _logger.info("A message to Stripe provider %s: %s", provider.id, error)
        return self._answer(status, str(error))

    def _tell_once(self, provider):
        """Write once into the log that messages are refused for want of a secret."""
        key = request.env.cr.dbname, provider.id
        if key not in _told:
            _told.add(key)
            _logger.warning(
                "Messages to Stripe provider %s are refused: it has no signing secret. "
                "Create its webhook on the provider's form.",
                provider.id,
            )

    @staticmethod
    def _answer(status, text):
        """Return an answer; Stripe's dashboard shows it."""
        return request.make_json_response({"message": text}, status=status)
