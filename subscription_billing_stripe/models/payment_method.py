from odoo import models

from ..const import KEEP_METHODS


class PaymentMethod(models.Model):
    """Kinds of payment, which are switched on and off."""

    _inherit = "payment.method"

    # === CRUD METHODS === #

    def write(self, vals):
        """Leave at Stripe what is archived only because its kind is off."""
        keeping = self.with_context(**{KEEP_METHODS: True})
        return super(PaymentMethod, keeping).write(vals)
