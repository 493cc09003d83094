from odoo import api, models


class PartnerMerge(models.TransientModel):
    """Contacts that are merged are one customer, with one open case in a currency."""

    _inherit = "base.partner.merge.automatic.wizard"

    # === BUSINESS METHODS === #

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Forget how risky these customers were: the one they are now is assessed anew,
        and nobody may write it, as core does with all that a contact has."""
        (src_partners | dst_partner).sudo()._forget_risk()
        return super()._update_values(src_partners, dst_partner)

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let one case go on with all that is owed; core would delete the others."""
        kept = self.env["dunning.case"]._join(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        kept._update()._look_again()
        return result
