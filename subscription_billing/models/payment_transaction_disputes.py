from decimal import Decimal

from odoo import fields, models


class PaymentTransaction(models.Model):
    """A charge that waits while its invoice becomes disputed is not sent."""

    _inherit = "payment.transaction"

    dispute_ids = fields.One2many(
        "subscription.dispute", "charge_id", string="Disputes", readonly=True
    )

    def _post_process(self):
        """Book the disputes that had to wait for the payments of these charges."""
        result = super()._post_process()
        booked = self.sudo().filtered("payment_id")
        booked.dispute_ids.filtered("books_error")._settle_books()
        return result

    def _is_still_owed(self):
        """Send no charge of an invoice that is disputed."""
        return super()._is_still_owed() and not self.collection_invoice_id.is_disputed

    def _get_amount_disputed(self):
        """Return what banks have taken back of this charge, or are deciding on.

        :rtype: Decimal
        """
        self.ensure_one()
        disputes = self._get_taking_back()
        return sum((Decimal(str(each.amount)) for each in disputes), Decimal(0))

    def _get_taking_back(self):
        """Return the disputes that give its customer money back, or may."""
        return self.sudo().dispute_ids.filtered(lambda each: each._is_taking_back())

    def _get_withholding(self):
        """Return the disputes that give its customer money back, or may, of what stays
        in the books."""
        return self.sudo().dispute_ids.filtered(lambda each: each._is_withholding())

    def _get_withholding_text(self):
        """Return why this payment is not given back, in words.

        What was lost and is owed again withholds nothing, and has been given back.
        """
        self.ensure_one()
        disputes = self._get_withholding() or self._get_taking_back()
        return self.env._(
            "The bank gives %(charge)s back, or may: %(disputes)s. It is not given "
            "back twice. Wait for the decision, or settle it in another way.",
            charge=self.reference,
            disputes=disputes._get_summary(),
        )
