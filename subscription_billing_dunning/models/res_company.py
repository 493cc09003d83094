from odoo import fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    # === FIELDS === #

    dunning_fee_product_id = fields.Many2one(
        "product.product",
        string="Late Fee Product",
        ondelete="restrict",
        help="What stands on the invoices of late fees and interest, with its account "
        "and taxes. Steps may have another one.",
    )

    # === BUSINESS METHODS === #

    def _get_dunning_fee_product(self):
        """Return the product of late fees.

        :raises UserError: none is chosen, and ours has gone
        """
        self.ensure_one()
        ours = "subscription_billing_dunning.product_late_fee"
        product = self.dunning_fee_product_id or self.env.ref(
            ours, raise_if_not_found=False
        )
        if not product:
            raise UserError(
                self.env._(
                    "Choose the Late Fee Product in the settings of Subscriptions, "
                    "then repeat the step."
                )
            )
        return product
