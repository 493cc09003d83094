from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.pricing.steps import Rating, price_units
from .price_fields import AMOUNT_FIELDS, TIER_FIELDS, exact


class SubscriptionLine(models.Model):
    """What a line costs for a period, by its price on the plan, and why.

    A draft follows the prices that are offered. A confirmed subscription stays on the
    versions it was sold: its lines keep their price until it is exchanged.
    """

    _inherit = "subscription.line"

    # === FIELDS === #

    price_id = fields.Many2one(
        "subscription.price",
        compute="_compute_price_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('plan_id', '=', plan_id), ('product_tmpl_id', '=', product_tmpl_id), "
        "('product_id', 'in', (False, product_id)), ('currency_id', '=', currency_id)]",
        help="The price on the plan that this line was sold at. Empty: Unit Price for "
        "each unit.",
    )
    pricing_model = fields.Selection(related="price_id.pricing_model", string="Pricing")
    is_rated = fields.Boolean(
        compute="_compute_is_rated",
        help="Whether more than quantity × price decides the amount.",
    )
    explanation = fields.Text(
        compute="_compute_explanation",
        help="How the amount of one whole period is worked out, before taxes.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id", "plan_id", "currency_id", "partner_id")
    def _compute_price_id(self):
        agreed = self.filtered(lambda line: line._is_agreed())
        for line in agreed:
            line.price_id = line.price_id
        for company, lines in (self - agreed).grouped("company_id").items():
            lines._choose_price(company or self.env.company)

    @api.depends("price_id")
    def _compute_price_unit(self):
        agreed = self.filtered(lambda line: line._is_agreed())
        for line in agreed:
            line.price_unit = line.price_unit
        return super(SubscriptionLine, self - agreed)._compute_price_unit()

    @api.depends(
        "price_id", *(f"price_id.{name}" for name in (*AMOUNT_FIELDS, *TIER_FIELDS))
    )
    def _compute_amounts(self):
        return super()._compute_amounts()

    @api.depends("price_id", "price_id.pricing_model")
    def _compute_is_rated(self):
        for line in self:
            line.is_rated = line._is_rated()

    @api.depends("price_subtotal")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for line in self:
            line.explanation = "\n".join(line._explain_amount()) or False

    # === CONSTRAINTS === #

    @api.constrains("price_id", "product_id")
    def _check_price(self):
        for line in self.filtered("price_id"):
            price = line.price_id
            # What ran on a former plan keeps its price.
            plan = price.plan_id if line._is_agreed() else line.plan_id
            if (
                price.plan_id != plan
                or price.product_tmpl_id != line.product_tmpl_id
                or (price.product_id or line.product_id) != line.product_id
                or price.currency_id != line.currency_id
            ):
                raise ValidationError(
                    self.env._(
                        "The price %(price)s is not for %(product)s on the plan "
                        "%(plan)s in %(currency)s. Choose another Price, or none.",
                        price=price.display_name,
                        product=line.product_id.display_name,
                        plan=line.plan_id.display_name,
                        currency=line.currency_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take a unit price that comes without a price for the customer's own."""
        lines = super().create(vals_list)
        for line, vals in zip(lines, vals_list, strict=True):
            if line._has_other_unit_price(vals):
                line.write({"price_id": False, "price_unit": vals["price_unit"]})
        return lines

    def write(self, vals):
        """Take a unit price that comes without a price for the customer's own."""
        rated = self.filtered(lambda line: line._has_other_unit_price(vals))
        if not rated:
            return super().write(vals)
        super(SubscriptionLine, rated).write({**vals, "price_id": False})
        return super(SubscriptionLine, self - rated).write(vals)

    # === ACTIONS === #

    def action_explain(self):
        """Show how the amount of this line is worked out."""
        self.ensure_one()
        view = "subscription_billing.subscription_line_view_form_explanation"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How is this worked out?"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref(view).id, "form")],
            "target": "new",
        }

    # === BUSINESS METHODS: PRICE === #

    def _is_agreed(self):
        """Return whether this line was sold: its price no longer follows the offers.

        A line that is added to a running subscription is sold when it is saved.
        """
        self.ensure_one()
        origin = self._origin
        return (
            bool(origin)
            and self.subscription_id.state != "draft"
            and origin.product_id == self.product_id
        )

    def _choose_price(self, company):
        """Set the price that each line is offered today, with one query for all.

        :param company: the company of these lines
        """
        Price = self.env["subscription.price"].with_company(company)
        today = company._get_subscription_today()
        offers = Price._search_offers(
            self.plan_id, self.product_id, self.currency_id, self.partner_id
        ).grouped(
            lambda price: (price.plan_id, price.product_tmpl_id, price.currency_id)
        )
        for line in self:
            product = line.product_id._origin
            key = (line.plan_id._origin, product.product_tmpl_id, line.currency_id)
            line.price_id = offers.get(key, Price)._choose(
                product, today, line.partner_id._origin.with_company(company)
            )

    def _is_per_unit(self):
        """Return whether Unit Price is this line's price of one unit."""
        self.ensure_one()
        return not self.price_id or self.price_id.pricing_model == "per_unit"

    def _has_other_unit_price(self, vals):
        """Return whether values bring a unit price that the price does not ask for.

        It is the customer's own, as an import brings it, and must not be lost.
        """
        self.ensure_one()
        return (
            "price_unit" in vals
            and "price_id" not in vals
            and not self._is_per_unit()
            and vals["price_unit"] != self._get_list_price()
        )

    def _is_rated(self):
        """Return whether more than quantity × price decides the amount."""
        self.ensure_one()
        return bool(self.price_id) and self.price_id._is_rated()

    # === BUSINESS METHODS: RATING === #

    def _get_rating(self, quantity=None, events=0):
        """Return what one whole period costs, before this line's discount.

        :param quantity: units, or the volume for a percentage; the line's own if None
        :param int events: how many events made it up; only percentages ask
        :rtype: tools.pricing.steps.Rating
        """
        self.ensure_one()
        units = exact(self.quantity) if quantity is None else Decimal(str(quantity))
        price_unit = exact(self.price_unit)
        if not self._is_rated():
            return Rating((price_units(units, price_unit),))
        own = price_unit if self._is_per_unit() else None
        return self.price_id._rate(units, events=events, price_unit=own)

    def _prepare_base_line(self):
        """Give taxes the rated amount as the price of one unit."""
        base_line = super()._prepare_base_line()
        if self._is_rated():
            amount = float(self._get_rating().amount)
            base_line.update(quantity=1.0, price_unit=amount)
        return base_line

    def _get_gross(self):
        """Return the rated amount, where more than quantity × price decides it."""
        if not self._is_rated():
            return super()._get_gross()
        return self._get_rating().amount

    # === BUSINESS METHODS: EXPLANATION === #

    def _explain(self, steps):
        """Return the steps as lines of text, in the customer's language.

        :param steps: ``tools.pricing.steps.Step``, as in a rating or a charge
        :rtype: list[str]
        """
        self.ensure_one()
        words = self.env["subscription.explanation"]
        if lang := self.subscription_id.partner_invoice_id.lang:
            words = words.with_context(lang=lang)
        return words._explain(steps, self._get_currency())

    def _explain_amount(self):
        """Return how the amount of a whole period comes about, for the reader."""
        self.ensure_one()
        words = self.env["subscription.explanation"]
        rating = self._get_rating()
        currency = self._get_currency()
        lines = words._explain(rating.steps, currency)
        if self.discount:
            lines.append(
                self.env._(
                    "Discount: %(percentage)s of %(amount)s",
                    percentage=words._format_percentage(self.discount),
                    amount=words._format_money(rating.amount, currency),
                )
            )
        return lines

    def _get_currency(self):
        """Return the line's currency, the company's while there is none."""
        self.ensure_one()
        return self.currency_id or (self.company_id or self.env.company).currency_id
