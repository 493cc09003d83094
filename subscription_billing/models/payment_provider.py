import requests
from odoo import models
from odoo.exceptions import ValidationError

#: HTTP statuses that leave open whether the provider has done what was asked
UNKNOWN_STATUSES = frozenset({409})
FIRST_SERVER_ERROR = 500


class UnknownOutcomeError(Exception):
    """A provider was asked for money and did not say whether it took it."""


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    def _send_api_request(self, *args, **kwargs):
        """Keep a lost answer apart from a decline while the collection run charges.

        Core turns both into the same error, after which the charge could be repeated.

        :raises UnknownOutcomeError: no answer, a conflict or an error of the server
        """
        try:
            return super()._send_api_request(*args, **kwargs)
        except ValidationError as error:
            charging = self.env.context.get("subscription_collection")
            if charging and is_outcome_unknown(error.__context__):
                raise UnknownOutcomeError(str(error)) from error
            raise


def is_outcome_unknown(error):
    """Return whether an error of ``requests`` says nothing about what was done."""
    if isinstance(error, requests.exceptions.HTTPError):
        status = error.response.status_code
        return status in UNKNOWN_STATUSES or status >= FIRST_SERVER_ERROR
    return isinstance(
        error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout)
    )
