from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    # === BUSINESS METHODS === #

    def _update_last_login(self):
        """Keep that a customer who was invited has logged in."""
        result = super()._update_last_login()
        invitations = self.env["subscription.invitation"].sudo()
        invitations._mark_done("account", self.partner_id)
        return result
