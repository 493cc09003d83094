from odoo import api, models


class SubscriptionCollection(models.AbstractModel):
    """What is disputed, or held because of a dispute, is not collected."""

    _inherit = "subscription.collection"

    @api.model
    def _get_due_domain(self, company):
        """Leave out what is disputed, and what is held because of a dispute.

        Both are few: the held ones are looked up first, by an index of their own.
        """
        domain = [*super()._get_due_domain(company), ("is_disputed", "!=", True)]
        subscriptions, customers = self.env["subscription.dispute"]._get_held(company)
        if subscriptions:
            held = [("subscription_id", "in", subscriptions.ids)]
            items = [("subscription_item_ids", "any", held)]
            domain += [
                ("subscription_period_ids", "not any", held),
                ("invoice_line_ids", "not any", items),
            ]
        if customers:
            domain.append(("commercial_partner_id", "not in", customers.ids))
        return domain

    @api.model
    def _get_obstacle(self, invoice):
        """Return why an invoice cannot be charged: a dispute comes first."""
        return invoice._get_dispute_obstacle() or super()._get_obstacle(invoice)
