from odoo import api, models


class SubscriptionCollection(models.AbstractModel):
    """What a provider still tries by itself is not collected beside it."""

    _inherit = "subscription.collection"

    @api.model
    def _get_obstacle(self, invoice):
        """Return why an invoice cannot be charged: its provider is at it."""
        if charge := invoice._get_provider_retry():
            return self.env._(
                "%(provider)s itself tries %(charge)s again, until %(date)s at the "
                "latest. Let it, or say on the provider that Odoo tries again.",
                provider=charge.provider_id.name,
                charge=charge.reference,
                date=charge.date_provider_retry_until.date(),
            )
        return super()._get_obstacle(invoice)
