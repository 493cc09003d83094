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

    # === BUSINESS METHODS: CORE'S E-MAIL === #

    def _get_mail_template(self):
        """Ask nobody to pay what is charged by itself."""
        name = "subscription_billing.mail_template_invoice_collected"
        template = self.env.ref(name, raise_if_not_found=False)
        if template and self and all(move._get_paying_method() for move in self):
            return template
        return super()._get_mail_template()

    def _get_paying_method(self):
        """Return the saved method that is charged for this invoice, or will be.

        :return: a ``payment.token`` as superuser, or none
        """
        self.ensure_one()
        nothing = self.env["payment.token"]
        if not self._is_unpaid() or self.collection_state not in ("due", "open"):
            return nothing
        if self.collection_state == "open":
            return self._get_last_charge().token_id
        collection = self.env["subscription.collection"]
        if not self._is_charged() or collection._get_obstacle(self):
            return nothing
        return self._get_next_payment_method()

    def _get_date_charged_from(self):
        """Return the later day from which this invoice is charged, or None."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        is_later = self.invoice_date_due and self.invoice_date_due > today
        if self.collection_state == "due" and is_later and not self.is_collected_early:
            return self.invoice_date_due
        return None
