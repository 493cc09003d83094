from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from .price_fields import PRICING_MODELS

#: what two lines of one product may differ in
AGREED_TERMS = ("quantity", "price_unit", "discount")
TERMS = ("product_id", *AGREED_TERMS)


class SubscriptionChangeLine(models.Model):
    _name = "subscription.change.line"
    _description = "Line of a Subscription Change"
    _order = "change_id, id"
    _check_company_auto = True

    # === FIELDS === #

    change_id = fields.Many2one(
        "subscription.change", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="change_id.company_id", store=True)
    currency_id = fields.Many2one(related="change_id.currency_id")
    line_id = fields.Many2one(
        "subscription.line",
        string="Today",
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
        help="The line that changes; empty for a new one.",
    )
    action = fields.Selection(
        selection=[("change", "Change"), ("add", "Add"), ("remove", "Remove")],
        compute="_compute_action",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('sale_ok', '=', True)]",
        check_company=True,
    )
    quantity = fields.Float(
        compute="_compute_quantity",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Unit",
    )
    price_id = fields.Many2one(
        "subscription.price",
        string="New Version",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="The version of the price that the line moves to, by a price increase. "
        "Empty: the line keeps its price, with Unit Price where that is of one unit.",
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits="Product Price",
    )
    discount = fields.Float(
        string="Disc.%",
        compute="_compute_discount",
        store=True,
        readonly=False,
        precompute=True,
        digits="Discount",
    )

    pricing_model = fields.Selection(
        selection=PRICING_MODELS, string="Pricing", compute="_compute_pricing_model"
    )
    is_removed = fields.Boolean(
        string="Remove", compute="_compute_is_removed", inverse="_inverse_is_removed"
    )
    terms_today = fields.Char(
        string="So Far",
        compute="_compute_terms_today",
        help="What the customer has today.",
    )

    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0)", "Quantity must be 0 or more."
    )
    _discount_is_percentage = models.Constraint(
        "CHECK (discount >= 0 AND discount <= 100)",
        "Disc.% must be between 0 and 100.",
    )

    # === COMPUTE METHODS === #

    @api.depends("line_id")
    def _compute_action(self):
        for line in self:
            line.action = line.action or ("change" if line.line_id else "add")

    @api.depends("line_id")
    def _compute_product_id(self):
        for line in self:
            line.product_id = line.line_id.product_id or line.product_id

    @api.depends("line_id")
    def _compute_quantity(self):
        for line in self:
            line.quantity = line.line_id.quantity if line.line_id else 1.0

    @api.depends("line_id")
    def _compute_discount(self):
        for line in self:
            line.discount = line.line_id.discount

    @api.depends("line_id", "product_id", "change_id.plan_id")
    def _compute_price_unit(self):
        for line in self:
            known, plan = line.line_id, line.change_id.plan_id
            if known.product_id == line.product_id and not plan:
                line.price_unit = known.price_unit
            elif line.product_id:
                line.price_unit = line._get_list_price()
            else:
                line.price_unit = 0.0

    @api.depends("line_id", "product_id", "change_id.plan_id")
    def _compute_pricing_model(self):
        for line in self:
            known, plan = line.line_id, line.change_id.plan_id
            is_agreed = known.product_id == line.product_id and not plan
            price = known.price_id if is_agreed else line._get_price()
            line.pricing_model = price.pricing_model

    @api.depends("action")
    def _compute_is_removed(self):
        for line in self:
            line.is_removed = line.action == "remove"

    def _inverse_is_removed(self):
        for line in self:
            kept = "change" if line.line_id else "add"
            line.action = "remove" if line.is_removed else kept

    @api.depends("line_id")
    @api.depends_context("lang")
    def _compute_terms_today(self):
        pricing = dict(self._fields["pricing_model"]._description_selection(self.env))
        for line in self:
            known = line.line_id
            line.terms_today = known and self.env._(
                "%(product)s: %(quantity)s × %(price)s",
                product=known.product_id.display_name,
                quantity=formatLang(self.env, known.quantity, dp="Product Unit"),
                price=pricing[known.pricing_model]
                if known.is_rated
                else known.currency_id.format(known.price_unit),
            )

    # === CONSTRAINTS === #

    @api.constrains("line_id", "change_id")
    def _check_line(self):
        for line in self.filtered("line_id"):
            if line.line_id.subscription_id != line.change_id.subscription_id:
                raise ValidationError(
                    self.env._(
                        "%(line)s belongs to another subscription.",
                        line=line.line_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Add lines to drafts only: what was decided is kept."""
        lines = super().create(vals_list)
        lines.change_id._check_is_open()
        return lines

    def write(self, vals):
        """Edit the lines of drafts only, and leave them there."""
        self.change_id._check_is_open()
        result = super().write(vals)
        self.change_id._check_is_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self.change_id._check_is_open()

    # === BUSINESS METHODS === #

    def _get_price(self):
        """Return the price on the plan that the change leads to, if there is one.

        :rtype: subscription.price
        """
        self.ensure_one()
        Price = self.env["subscription.price"]
        if not self.product_id:
            return Price
        subscription = self.change_id.subscription_id
        return Price._get_price(
            self.change_id.plan_id or subscription.plan_id,
            self.product_id,
            subscription.currency_id,
            subscription.company_id._get_subscription_today(),
            subscription.partner_id,
        )

    def _get_list_price(self):
        """Return what a unit costs on the plan that the change leads to."""
        self.ensure_one()
        if price := self._get_price():
            return price.price_unit if price._has_unit_price() else 0.0
        subscription = self.change_id.subscription_id
        return self.line_id._get_sales_price(
            self.product_id, subscription.currency_id, subscription.company_id
        )

    def _has_effect(self):
        """Return whether the line differs from the one that runs."""
        self.ensure_one()
        names = (*TERMS, "price_id") if self.price_id else TERMS
        return self.action != "change" or any(
            self[name] != self.line_id[name] for name in names
        )

    def _is_new_quantity(self):
        """Return whether nothing but the quantity of a line changes."""
        self.ensure_one()
        if self.action != "change" or self.change_id.plan_id:
            return False
        return [n for n in TERMS if self[n] != self.line_id[n]] == ["quantity"]

    def _is_new_price(self):
        """Return whether the customer keeps what it is, and pays another price."""
        self.ensure_one()
        known = self.line_id
        return self.action == "change" and all(
            self[name] == known[name] for name in ("product_id", "quantity")
        )

    @api.model
    def _get_net_price(self, terms):
        """Return what a unit costs, in the currency, before taxes; unrounded.

        :param terms: a line of a change or of a subscription
        :return: None when it depends on how many there are
        """
        if terms.pricing_model not in (False, "per_unit"):
            return None
        return terms.price_unit * (1 - terms.discount / 100)

    def _is_higher_price(self):
        """Return whether the customer keeps what it is, and pays more for it."""
        self.ensure_one()
        before, after = map(self._get_net_price, (self.line_id, self))
        is_known = None not in (before, after)
        return self._is_new_price() and is_known and after > before

    def _prepare_notice_vals(self):
        """Return what the line was and becomes, for the text of a notice."""
        self.ensure_one()
        known, is_kept = self.line_id, self.action != "remove"
        vals = {
            "product_id": (self.product_id if is_kept else known.product_id).id,
            "quantity_after": self.quantity if is_kept else 0,
        }
        if known:
            vals["quantity_before"] = known.quantity
            vals["price_before"] = self._get_net_price(known)
        if is_kept:
            vals["price_after"] = self._get_net_price(self)
        return vals

    def _get_bundle(self):
        """Return the bundle that the new plan offers the product as, if any."""
        self.ensure_one()
        offers = self.env["subscription.bundle"]._search_offers(
            self.product_id, self.company_id
        )
        return offers._choose(self.product_id, self.change_id.plan_id)

    def _is_rewriting(self, day):
        """Return whether the line of today takes these terms, and none follows it."""
        self.ensure_one()
        known = self.line_id
        return known.product_id == self.product_id and known._is_unserved(day)

    def _follow(self, day):
        """Find the lines that run on ``day``, where others have taken their place.

        :return: the lines that still have something to change; the others are removed
        """
        known = self.filtered(lambda line: line.action != "add")
        for line in known.filtered(lambda line: line.line_id._is_over(day)):
            line._move_to(line.line_id._get_latest())
        gone = known.filtered(
            lambda line: not line.line_id or line.line_id._is_over(day)
        )
        kept = self - gone
        gone.unlink()
        return kept

    def _move_to(self, line):
        """Change another line instead.

        :param line: the ``subscription.line`` that took the place of the one named
        """
        self.ensure_one()
        self.write({"line_id": line.id, **self._get_agreed_terms(line)})

    def _get_agreed_terms(self, terms):
        """Return the terms of this change for a line that has others by now: what it
        leaves alone stays as it is there.

        :param terms: what the line has by now, by the names of the terms
        :rtype: dict[str, float]
        """
        self.ensure_one()
        return {
            name: terms[name] if self[name] == self.line_id[name] else self[name]
            for name in AGREED_TERMS
        }

    def _prepare_line_vals(self, day):
        """Return the values of the line that is served from ``day`` on."""
        self.ensure_one()
        version = {"price_id": self.price_id.id} if self.price_id else {}
        return {
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "date_start": day,
            **version,
        }
