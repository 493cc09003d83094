from odoo import models


class SubscriptionSubscription(models.Model):
    """What the lines of an invoice say, in the customer's language."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_customer_words(self):
        """Return ``subscription.explanation`` in the customer's language."""
        self.ensure_one()
        words = self.env["subscription.explanation"]
        lang = self.partner_invoice_id.lang
        return words.with_context(lang=lang) if lang else words

    def _get_quantity_text(self, quantity):
        """Return how many units a line is of, where its own quantity does not tell."""
        words = self._get_customer_words()
        return words.env._(
            "Quantity: %(quantity)s", quantity=words._format_quantity(quantity)
        )

    def _get_discount_text(self, percentage):
        """Return the line's own discount in words."""
        words = self._get_customer_words()
        return words.env._(
            "Discount: %(percentage)s", percentage=words._format_percentage(percentage)
        )
