from odoo import models
from odoo.exceptions import UserError

from ..gateway.ledger import ClosedGateway, LedgerGateway


class PaymentProvider(models.Model):
    """Charges go to Stripe through the gateway, many at a time."""

    _inherit = "payment.provider"

    def _get_charge_gateway(self):
        self.ensure_one()
        if self.code != "stripe":
            return super()._get_charge_gateway()
        try:
            return LedgerGateway(self._get_stripe_gateway())
        except UserError as error:
            # Core's way would fail the charge, which has nothing to do with it.
            self._set_charging_problem(str(error))
            return ClosedGateway(str(error))

    def _has_charge_gateway(self):
        """Write no problem down: people ask for it by looking at a payment."""
        return self.code == "stripe" or super()._has_charge_gateway()
