from odoo import api, fields, models


class SubscriptionSubscription(models.Model):
    """What a person does to get the open invoices of subscriptions paid."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    invoice_open_count = fields.Integer(
        string="Open Invoices", compute="_compute_invoice_open_count", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    @api.depends("invoice_ids")
    def _compute_invoice_open_count(self):
        for subscription in self:
            subscription.invoice_open_count = len(subscription._get_open_invoices())

    # === ACTIONS === #

    def action_charge_now(self):
        """Charge the open invoices to a saved method."""
        return self._get_open_invoices().action_charge_now()

    def action_send_payment_link(self):
        """E-mail the customer links to pay the open invoices."""
        return self._get_open_invoices().action_send_payment_link()

    def action_mark_paid_outside(self):
        """Record that the open invoices were paid in another way."""
        return self._get_open_invoices().action_mark_paid_outside()

    # === BUSINESS METHODS === #

    def _get_open_invoices(self):
        """Return the invoices that nobody is paying yet."""
        self.check_access("read")
        return self.invoice_ids.filtered("is_link_payable")
