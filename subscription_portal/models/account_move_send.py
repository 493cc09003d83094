from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    """E-mails invoices to all whom the customer has named."""

    _inherit = "account.move.send"

    # === BUSINESS METHODS === #

    @api.model
    def _get_default_mail_partner_ids(self, move, mail_template, mail_lang):
        """Add the contacts who get the customer's invoices."""
        partners = super()._get_default_mail_partner_ids(move, mail_template, mail_lang)
        if move.is_sale_document():
            partners |= move.partner_id._get_invoice_contacts().filtered("email")
        return partners
