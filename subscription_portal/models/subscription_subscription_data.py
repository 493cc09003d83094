from odoo import fields, models


class SubscriptionSubscription(models.Model):
    """What is kept about a subscription, for the customer who asks for it."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _prepare_portal_data(self):
        """Return what is kept about this subscription, ready for JSON.

        :rtype: dict
        """
        self.ensure_one()
        to_text = fields.Date.to_string
        return {
            "number": self.name,
            "plan": self.plan_id.name,
            "status": self._get_portal_state()[0],
            "from": to_text(self.date_start),
            "until": (self.date_end and to_text(self.date_end)) or None,
            "lines": [
                {"description": line.name, "quantity": line.quantity}
                for line in self.line_ids
            ],
            "history": [
                {"day": to_text(entry.day), "text": entry.text}
                for entry in self._get_portal_story(limit=None)
            ],
            "invoices": [
                {
                    "number": move.name,
                    "day": to_text(move.invoice_date),
                    "amount": move.amount_total,
                    "currency": move.currency_id.name,
                    "still_due": move.amount_residual,
                }
                for move in self._get_portal_invoices()
            ],
        }
