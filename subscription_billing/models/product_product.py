from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def action_view_subscriptions(self):
        """Open the subscriptions of these variants."""
        action = self.product_tmpl_id.action_view_subscriptions()
        return {**action, "domain": [("line_ids.product_id", "in", self.ids)]}
