from odoo import api, fields, models

from .subscription_bundle import SAVING


class SubscriptionBundleLine(models.Model):
    _name = "subscription.bundle.line"
    _description = "Product of a Subscription Bundle"
    _order = "bundle_id, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True

    # === FIELDS === #

    bundle_id = fields.Many2one(
        "subscription.bundle", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        related="bundle_id.company_id", store=True, precompute=True
    )
    product_id = fields.Many2one(
        "product.product",
        string="Included Product",
        required=True,
        ondelete="restrict",
        domain="[('sale_ok', '=', True)]",
        check_company=True,
        help="Gives its part of the revenue its income account, taxes and analytic "
        "distribution.",
    )
    quantity = fields.Float(
        default=1.0,
        required=True,
        digits="Product Unit",
        help="How many of them one bundle includes.",
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price_unit = fields.Float(
        string="Stand-alone Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        digits="Product Price",
        help="What one of them would cost by itself. The price of the bundle is split "
        "in proportion to quantity × this price; 0 gets nothing.",
    )
    share = fields.Float(
        string="Share %",
        compute="_compute_share",
        digits=(16, 2),
        help="Part of the bundle's price that is this product's revenue.",
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "Quantity must be above 0."
    )
    _price_not_negative = models.Constraint(
        "CHECK (price_unit >= 0)", "Stand-alone Price must be 0 or more."
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line.product_id.lst_price

    @api.depends(
        "price_unit",
        "quantity",
        "bundle_id.line_ids.price_unit",
        "bundle_id.line_ids.quantity",
    )
    def _compute_share(self):
        for line in self:
            whole = sum(bl.quantity * bl.price_unit for bl in line.bundle_id.line_ids)
            part = line.quantity * line.price_unit
            line.share = 100 * part / whole if whole else 0.0

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Keep the contents that subscriptions run on."""
        lines = super().create(vals_list)
        lines._check_bundle()
        return lines

    def write(self, vals):
        """Keep the contents that subscriptions run on."""
        if vals.keys() - {"sequence"}:
            self.bundle_id._check_not_used()
        result = super().write(vals)
        self._check_bundle()
        return result

    def unlink(self):
        """Keep the contents that subscriptions run on, and at least one of them."""
        bundles = self.bundle_id
        bundles._check_not_used()
        result = super().unlink()
        if self.env.context.get("subscription_bundle_saving") is not SAVING:
            bundles.exists()._check_lines()
        return result

    # === BUSINESS METHODS === #

    def _check_bundle(self):
        """Check the bundles, unless they are being saved with all their lines."""
        if self.env.context.get("subscription_bundle_saving") is not SAVING:
            self.bundle_id._check_not_used()
            self.bundle_id._check_lines()
