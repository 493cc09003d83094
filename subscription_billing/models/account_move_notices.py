from odoo import models


class AccountMove(models.Model):
    """Customers are told of the invoices of their subscriptions, and of payments."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        self.env["subscription.notifier"]._notify_of_invoices(posted, "invoice")
        return posted

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # Core calls it for refunds that were paid out and for invoices of nothing too.
        paid = self.filtered(lambda m: m.move_type == "out_invoice" and m.amount_total)
        self.env["subscription.notifier"]._notify_of_invoices(paid, "receipt")
        return result
