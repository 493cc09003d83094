from odoo import api, fields, models

from ..tools.pricing.terms import Band
from .price_fields import SAVING, exact


class SubscriptionPriceTier(models.Model):
    """One band of quantities of a price, and what it costs."""

    _name = "subscription.price.tier"
    _description = "Subscription Price Tier"
    _order = "is_open, quantity_last, id"
    _rec_name = "label"

    # === FIELDS === #

    price_id = fields.Many2one(
        "subscription.price", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="price_id.company_id", store=True)
    currency_id = fields.Many2one(related="price_id.currency_id")
    pricing_model = fields.Selection(related="price_id.pricing_model")
    quantity_last = fields.Float(
        string="Up To",
        digits="Product Unit",
        help="Last quantity of this tier. Leave it empty in the last one, which goes "
        "on without end.",
    )
    is_open = fields.Boolean(
        compute="_compute_is_open",
        store=True,
        precompute=True,
        help="Whether this tier goes on without end.",
    )
    price_unit = fields.Float(
        string="Unit Price",
        min_display_digits="Product Price",
        help="Price of one unit in this tier, or of one block.",
    )
    percentage = fields.Float(
        digits=(16, 4), help="Share of the part of the volume in this tier."
    )
    amount_flat = fields.Monetary(
        string="Flat Fee",
        help="Due once a unit falls in this tier; that of the first tier always.",
    )
    block_size = fields.Float(
        digits="Product Unit",
        help="Units in one block: Unit Price is for a block, and one that is begun "
        "counts whole. Leave it empty to price single units.",
    )
    label = fields.Char(string="Tier", compute="_compute_label")

    _quantity_last_not_negative = models.Constraint(
        "CHECK (quantity_last >= 0)", "Up To of a tier must not be negative."
    )

    # === COMPUTE METHODS === #

    @api.depends("quantity_last")
    def _compute_is_open(self):
        for tier in self:
            tier.is_open = not tier.quantity_last

    @api.depends("quantity_last", "price_id.tier_ids.quantity_last")
    @api.depends_context("lang")
    def _compute_label(self):
        words = self.env["subscription.explanation"]
        for tier in self:
            lasts = [
                other.quantity_last
                for other in tier.price_id.tier_ids
                if 0 < other.quantity_last < (tier.quantity_last or float("inf"))
            ]
            tier.label = words._format_span(
                exact(max(lasts, default=0)), exact(tier.quantity_last) or None
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Add tiers to prices that nobody runs on yet."""
        tiers = super().create(vals_list)
        self._check_prices(tiers.price_id)
        return tiers

    def write(self, vals):
        """Change tiers of prices that nobody runs on yet."""
        prices = self.price_id
        result = super().write(vals)
        self._check_prices(prices | self.price_id)
        return result

    def unlink(self):
        """Remove tiers of prices that nobody runs on yet."""
        prices = self.price_id
        result = super().unlink()
        self._check_prices(prices)
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _check_prices(self, prices):
        """Refuse changes of what subscriptions run on, and tiers that are no price.

        While a price saves its tiers it checks itself, when all of them are there.
        """
        prices._check_not_used()
        if self.env.context.get("subscription_price_saving") is not SAVING:
            prices._check_terms()

    def _get_bands(self, pricing_model):
        """Return the tiers in order, as the pricing model wants them.

        :rtype: tuple[tools.pricing.terms.Band, ...]
        """
        return tuple(
            tier._get_band(pricing_model)
            for tier in self.sorted(lambda tier: (tier.is_open, tier.quantity_last))
        )

    def _get_band(self, pricing_model):
        """Return the tier as a band; for a share of a volume the rate is in percent."""
        self.ensure_one()
        is_share = pricing_model == "graduated_percentage"
        return Band(
            last=exact(self.quantity_last) or None,
            rate=exact(self.percentage if is_share else self.price_unit),
            flat=exact(self.amount_flat),
            size=None if is_share else exact(self.block_size) or None,
        )

    @api.model
    def _get_term_label(self, term, pricing_model):
        """Return the label of the field that holds a term of a band."""
        is_share = pricing_model == "graduated_percentage"
        name = {
            "last": "quantity_last",
            "rate": "percentage" if is_share else "price_unit",
            "flat": "amount_flat",
            "size": "block_size",
        }[term]
        return self._fields[name]._description_string(self.env)
