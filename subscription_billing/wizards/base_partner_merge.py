from odoo import api, models


class PartnerMerge(models.TransientModel):
    """A switch that is on for one of the contacts that are merged stays on."""

    _inherit = "base.partner.merge.automatic.wizard"

    # === BUSINESS METHODS === #

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Turn the switches on before core does, for whoever may merge: that turns
        nothing in the name of a user who may not."""
        for name in dst_partner._get_switches():
            if any(src_partners.sudo().mapped(name)):
                dst_partner.sudo()[name] = True
        return super()._update_values(src_partners, dst_partner)
