from odoo import models

from ..tools.declines import NEEDS_CUSTOMER


class PaymentTransaction(models.Model):
    """Refused charges that are left to Stripe, because it tries them again."""

    _inherit = "payment.transaction"

    def _apply_outcome(self, outcome):
        """Leave a refused charge to Stripe where Stripe owns what is tried again."""
        super()._apply_outcome(outcome)
        if self.provider_code != "stripe" or self.state != "error":
            return
        if not self._is_stripe_able_to_retry():
            self._end_provider_retries()
        elif self.provider_id.stripe_retry_owner == "stripe":
            self._begin_provider_retries(self.provider_id._get_stripe_retry_end())

    def _is_stripe_able_to_retry(self):
        """Return whether Stripe tries such a refusal again: all but those for good."""
        self.ensure_one()
        return (
            bool(self.collection_invoice_id and self.provider_reference)
            and self.decline_category != "never"
            and self.decline_code not in NEEDS_CUSTOMER
        )
