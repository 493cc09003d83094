from odoo import fields, models


class PaymentTransaction(models.Model):
    """A charge that waits while its invoice becomes disputed is not sent."""

    _inherit = "payment.transaction"

    dispute_ids = fields.One2many(
        "subscription.dispute", "charge_id", string="Disputes", readonly=True
    )

    def _is_still_owed(self):
        """Send no charge of an invoice that is disputed."""
        return super()._is_still_owed() and not self.collection_invoice_id.is_disputed

    def _withdraw_for_dispute(self):
        """Call off charges that nobody has sent or is sending."""
        for charge in self:
            if charge.try_lock_for_update():
                charge._withdraw()
