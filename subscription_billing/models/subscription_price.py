from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class SubscriptionPrice(models.Model):
    _name = "subscription.price"
    _description = "Subscription Price"
    _order = "plan_id, product_tmpl_id, product_id, currency_id, date_start desc, id"
    _check_company_auto = True

    # === FIELDS === #

    plan_id = fields.Many2one(
        "subscription.plan", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Variant",
        ondelete="cascade",
        domain="[('product_tmpl_id', '=', product_tmpl_id)]",
        check_company=True,
        help="Leave empty for one price for all variants.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    price_unit = fields.Float(
        string="Unit Price",
        required=True,
        digits="Product Price",
        help="Price of one unit for one billing period of the plan.",
    )
    date_start = fields.Date(
        string="Valid From", help="First day on which this price is offered."
    )
    date_end = fields.Date(
        string="Valid Until", help="Last day on which this price is offered."
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_end IS NULL OR date_start IS NULL OR date_end >= date_start)",
        "Valid Until must not be before Valid From.",
    )

    # === COMPUTE METHODS === #

    @api.depends("plan_id", "product_tmpl_id", "price_unit", "currency_id")
    def _compute_display_name(self):
        for price in self:
            price.display_name = self.env._(
                "%(product)s, %(plan)s: %(amount)s",
                product=(price.product_id or price.product_tmpl_id).display_name,
                plan=price.plan_id.display_name,
                amount=price.currency_id.format(price.price_unit),
            )

    # === CONSTRAINTS === #

    @api.constrains("product_id", "product_tmpl_id")
    def _check_variant(self):
        for price in self:
            variant = price.product_id
            if variant and variant.product_tmpl_id != price.product_tmpl_id:
                raise ValidationError(
                    self.env._(
                        "Variant %(variant)s is not a variant of %(product)s.",
                        variant=variant.display_name,
                        product=price.product_tmpl_id.display_name,
                    )
                )

    @api.constrains(
        "plan_id",
        "product_tmpl_id",
        "product_id",
        "currency_id",
        "date_start",
        "date_end",
    )
    def _check_overlap(self):
        for price in self:
            if self.search_count(price._get_overlap_domain(), limit=1):
                raise ValidationError(
                    self.env._(
                        "%(product)s already has a price in %(currency)s on the plan "
                        "%(plan)s for these dates. Change that price, or set Valid "
                        "From and Valid Until so that the two do not overlap.",
                        product=(
                            price.product_id or price.product_tmpl_id
                        ).display_name,
                        currency=price.currency_id.name,
                        plan=price.plan_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_overlap_domain(self):
        """Return the domain of the prices that would apply beside this one."""
        self.ensure_one()
        domain = Domain(
            [
                ("id", "!=", self.id),
                ("plan_id", "=", self.plan_id.id),
                ("product_tmpl_id", "=", self.product_tmpl_id.id),
                ("product_id", "=", self.product_id.id),
                ("currency_id", "=", self.currency_id.id),
            ]
        )
        if self.date_end:
            domain &= Domain("date_start", "=", False) | Domain(
                "date_start", "<=", self.date_end
            )
        if self.date_start:
            domain &= Domain("date_end", "=", False) | Domain(
                "date_end", ">=", self.date_start
            )
        return domain

    def _is_valid_on(self, day):
        """Return whether this price is offered on ``day``."""
        self.ensure_one()
        return (not self.date_start or self.date_start <= day) and (
            not self.date_end or self.date_end >= day
        )

    @api.model
    def _get_price(self, plan, product, currency, day):
        """Return the price of a product under a plan, a variant's own price first.

        :param day: the date on which the price is asked for
        :return: one ``subscription.price``, or none when the plan has none
        """
        candidates = plan.price_ids.filtered(
            lambda price: (
                price.product_tmpl_id == product.product_tmpl_id
                and price.product_id in (product, product.browse())
                and price.currency_id == currency
                and price._is_valid_on(day)
            )
        )
        return candidates.sorted(lambda price: not price.product_id)[:1]
