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
    dunning_link_days = fields.Integer(
        string="Links to Pay (Days)",
        default=30,
        help="How long customers can use the links in reminders to see and pay what "
        "is overdue. After that, the page offers to send a new one.",
    )

    _dunning_link_days_positive = models.Constraint(
        "CHECK (dunning_link_days > 0)", "Links to Pay (Days) must be above 0."
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
