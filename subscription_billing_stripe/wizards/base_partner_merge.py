from odoo import api, models


class PartnerMerge(models.TransientModel):
    """Contacts that are merged are one customer for each Stripe account."""

    _inherit = "base.partner.merge.automatic.wizard"

    # === BUSINESS METHODS === #

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Keep one customer for each account; saved methods keep their own."""
        self.env["stripe.customer"]._keep_one(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
