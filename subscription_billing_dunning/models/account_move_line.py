from odoo import models


class AccountMoveLine(models.Model):
    """What is paid or credited concerns the case of the invoice at once."""

    _inherit = "account.move.line"

    # === BUSINESS METHODS === #

    def _reconcile_post_hook(self, data):
        """Tell the cases what is owed now, also when it is less and not nothing."""
        result = super()._reconcile_post_hook(data)
        data["not_paid_invoices"]._update_cases()
        return result
