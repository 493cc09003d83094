from odoo import models


class SubscriptionSubscription(models.Model):
    """Which of their addresses customers are invoiced at."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _filter_own_payers(self):
        """Return those that are not closed, and paid by the customer's own company."""
        return self.filtered(
            lambda subscription: (
                subscription.state != "closed"
                and subscription.partner_invoice_id.commercial_partner_id
                == subscription.partner_id.commercial_partner_id
            )
        )

    def _get_invoiced_to(self):
        """Return the addresses that the invoices of these are made out to."""
        return self._filter_own_payers().partner_invoice_id

    def _invoice_to(self, address):
        """Make the next invoices of these out to another address of the customer.

        :param address: a ``res.partner`` of the customer's company
        :raises UserError: one of them cannot be changed
        """
        others = self._filter_own_payers().filtered(
            lambda subscription: subscription.partner_invoice_id != address
        )
        for subscription in others:
            today = subscription.company_id._get_subscription_today()
            self.env["subscription.change"].create(
                {
                    "subscription_id": subscription.id,
                    "timing": "date",
                    "date": max(today, subscription.date_start),
                    "proration": "none",
                    "partner_invoice_id": address.id,
                }
            ).action_confirm()
