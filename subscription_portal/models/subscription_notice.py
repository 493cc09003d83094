from odoo import models

#: notices that are about money to book
COPIED_KINDS = ("invoice", "receipt")


class SubscriptionNotice(models.Model):
    """Notices of invoices and payments go to all whom the customer has named."""

    _inherit = "subscription.notice"

    # === BUSINESS METHODS === #

    def _link_mail(self, mail):
        """Add the contacts who get the customer's invoices."""
        if self.kind in COPIED_KINDS:
            contacts = self.move_id.partner_id._get_invoice_contacts()
            mail.recipient_ids |= contacts.filtered("email")
        return super()._link_mail(mail)
