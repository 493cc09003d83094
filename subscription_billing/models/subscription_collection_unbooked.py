from odoo import api, models


class SubscriptionCollection(models.AbstractModel):
    """Charges that were answered later than the run that sent them.

    Core books what its own action finds within four days of the answer; a direct debit
    that was answered while nothing ran would be left out of the books.
    """

    _inherit = "subscription.collection"

    @api.model
    def _get_unbooked_domain(self):
        """Return the domain of the company's charges whose answer is not booked yet."""
        return [
            ("collection_invoice_id.company_id", "=", self.env.company.id),
            ("company_id", "parent_of", self.env.company.id),
            ("state", "in", ("done", "error", "cancel")),
            ("is_post_processed", "=", False),
        ]
