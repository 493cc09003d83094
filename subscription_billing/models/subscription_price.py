from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class SubscriptionPrice(models.Model):
    """What a product costs under a plan: for whom and when here, how much and by which
    pricing model in ``subscription_price_terms``.
    """

    _name = "subscription.price"
    _description = "Subscription Price"
    _order = "plan_id, product_tmpl_id, product_id, currency_id, date_start desc, id"
    _check_company_auto = True

    # === FIELDS === #

    plan_id = fields.Many2one(
        "subscription.plan", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, precompute=True
    )
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
    pricelist_id = fields.Many2one(
        "product.pricelist",
        ondelete="cascade",
        index="btree_not_null",
        domain="[]",
        check_company=True,
        help="Only for the customers of this pricelist; for everybody when empty.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        ondelete="cascade",
        index="btree_not_null",
        domain="[]",
        check_company=True,
        help="Only for this customer, its company and all their contacts.",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", store=True, index="btree_not_null"
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
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
    _for_customer_or_pricelist = models.Constraint(
        "CHECK (partner_id IS NULL OR pricelist_id IS NULL)",
        "Set either Customer or Pricelist, not both: a customer's price comes first.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "plan_id.company_id", "pricelist_id.company_id", "partner_id.company_id"
    )
    def _compute_company_id(self):
        for price in self:
            price.company_id = (
                price.plan_id.company_id
                or price.pricelist_id.company_id
                or price.partner_id.company_id
            )

    @api.depends("pricelist_id")
    def _compute_currency_id(self):
        for price in self:
            price.currency_id = (
                price.pricelist_id.currency_id
                or price.currency_id
                or self.env.company.currency_id
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

    @api.constrains("pricelist_id", "currency_id")
    def _check_pricelist_currency(self):
        for price in self:
            pricelist = price.pricelist_id
            if pricelist and pricelist.currency_id != price.currency_id:
                raise ValidationError(
                    self.env._(
                        "Currency must be %(currency)s, that of the pricelist "
                        "%(pricelist)s.",
                        currency=pricelist.currency_id.name,
                        pricelist=pricelist.display_name,
                    )
                )

    @api.constrains(
        "plan_id",
        "product_tmpl_id",
        "product_id",
        "currency_id",
        "pricelist_id",
        "partner_id",
        "date_start",
        "date_end",
    )
    def _check_overlap(self):
        for price in self:
            if self.search_count(price._get_overlap_domain(), limit=1):
                raise ValidationError(
                    self.env._(
                        "%(product)s already has a price in %(currency)s on the plan "
                        "%(plan)s for these dates%(customers)s. Change that price, or "
                        "set Valid From and Valid Until so that the two do not "
                        "overlap.",
                        product=(
                            price.product_id or price.product_tmpl_id
                        ).display_name,
                        currency=price.currency_id.name,
                        plan=price.plan_id.display_name,
                        customers=price._get_customers_label(),
                    )
                )

    # === ACTIONS === #

    def action_new_version(self):
        """End this price today and open a copy of it that begins tomorrow.

        Subscriptions on this price stay on it; the new version is for those that come.
        """
        self.ensure_one()
        version = self._create_version()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Version"),
            "res_model": self._name,
            "res_id": version.id,
            "view_mode": "form",
        }

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
                ("pricelist_id", "=", self.pricelist_id.id),
                ("commercial_partner_id", "=", self.commercial_partner_id.id),
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

    def _get_customers_label(self):
        """Return for whom this price is, as the end of a sentence; empty for all."""
        self.ensure_one()
        if customers := self.partner_id or self.pricelist_id:
            return self.env._(" and %(customers)s", customers=customers.display_name)
        return ""

    def _create_version(self):
        """Return a copy of this price that begins when this one ends.

        That is tomorrow, or a day after this price begins when that is still to come.
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        first = company._get_subscription_today() + timedelta(days=1)
        if self.date_start:
            first = max(first, self.date_start + timedelta(days=1))
        date_end = self.date_end
        if not date_end or date_end >= first:
            self.date_end = first - timedelta(days=1)
        else:
            date_end = False
        return self.copy({"date_start": first, "date_end": date_end})

    @api.model
    def _get_price(self, plan, product, currency, day, partner=None):
        """Return what a product costs a customer under a plan.

        The customer's own price comes first, then that of the customer's pricelist,
        of the variant, and of the product.

        :param day: the date on which the price is asked for
        :param partner: the customer, None for the prices that are for everybody
        :return: one ``subscription.price``, or none when the plan has none
        """
        partner = partner or self.env["res.partner"]
        offers = self._search_offers(plan, product, currency, partner)
        return offers._choose(product, day, partner)

    @api.model
    def _search_offers(self, plans, products, currencies, partners):
        """Return all prices that can be asked for, whatever the day, in one query."""
        return self.search(
            [
                ("plan_id", "in", plans.ids),
                ("product_tmpl_id", "in", products.product_tmpl_id.ids),
                ("currency_id", "in", currencies.ids),
                "|",
                ("commercial_partner_id", "=", False),
                ("commercial_partner_id", "in", partners.commercial_partner_id.ids),
            ]
        )

    def _choose(self, product, day, partner):
        """Return the first of these prices that holds for a product and a customer.

        :param self: prices of one plan, template and currency
        """
        family = partner.commercial_partner_id
        offers = self.filtered(
            lambda price: (
                price.product_id in (product, product.browse())
                and price.commercial_partner_id in (family, family.browse())
                and price._is_valid_on(day)
            )
        )
        if offers.pricelist_id:
            # Asked for only here: core searches the pricelist of each customer.
            pricelist = partner.sudo().property_product_pricelist
            offers = offers.filtered(
                lambda price: price.pricelist_id.id in (False, pricelist.id)
            )
        return offers.sorted(
            lambda price: (
                not price.commercial_partner_id,
                not price.pricelist_id,
                not price.product_id,
            )
        )[:1]
