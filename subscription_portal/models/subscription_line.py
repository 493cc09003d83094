from odoo import models
from odoo.tools import float_compare

#: more of anything is a slip of the pen
MOST = 999_999


class SubscriptionLine(models.Model):
    """How many of a line its customer chooses."""

    _inherit = "subscription.line"

    # === BUSINESS METHODS === #

    def _is_portal_countable(self):
        """Return whether each more of this costs more.

        What is counted by a meter, is part of a bundle's price, or is free, is not the
        customer's to choose.
        """
        self.ensure_one()
        is_free = self.discount == 100 or not (self.is_rated or self.price_unit)
        return not (
            self.meter_id
            or self.quantity_meter_id
            or self.bundle_id
            or self.pricing_model == "flat"
            or is_free
        )

    def _get_portal_decimals(self):
        """Return with how many decimals the customer says how many: none where there
        is a whole number today."""
        self.ensure_one()
        if self.quantity == round(self.quantity):
            return 0
        return self.env["decimal.precision"].precision_get("Product Unit")

    def _is_portal_quantity(self, quantity):
        """Return whether there can be so many of this."""
        self.ensure_one()
        decimals = self._get_portal_decimals()
        is_exact = not float_compare(
            quantity, round(quantity, decimals), precision_digits=decimals + 3
        )
        return is_exact and 10**-decimals <= quantity <= MOST
