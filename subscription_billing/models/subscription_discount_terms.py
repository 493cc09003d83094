from odoo import api, fields, models

#: the fields that say what is taken off, when and off what
TERMS = (
    "kind",
    "percentage",
    "amount",
    "duration",
    "period_count",
    "start_after_periods",
    "applies_to_usage",
    "plan_ids",
    "product_ids",
    "product_categ_ids",
    "bundle_product_ids",
    "product_count_min",
)


class SubscriptionDiscountTerms(models.AbstractModel):
    """The terms of a discount: of those that a coupon offers, and of one in use."""

    _name = "subscription.discount.terms"
    _description = "Terms of a Discount"

    # === FIELDS === #

    sequence = fields.Integer(
        default=10,
        help="Percentages are taken off first, then fixed amounts; among each, the "
        "lower sequence first, and each of what the former left.",
    )
    kind = fields.Selection(
        selection=[("percentage", "Percentage"), ("amount", "Fixed amount")],
        string="Discount",
        default="percentage",
        required=True,
    )
    percentage = fields.Float(digits="Discount")
    amount = fields.Monetary(
        help="Taken off once per billing period and never prorated; no more than the "
        "lines in scope cost.",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    duration = fields.Selection(
        selection=[
            ("once", "Once"),
            ("repeating", "Several periods"),
            ("forever", "Forever"),
        ],
        default="once",
        required=True,
        help="How many billing periods are reduced. A period in which nothing was "
        "taken off does not count. Only a discount forever lowers the MRR.",
    )
    period_count = fields.Integer(string="Number of Periods", default=3)
    start_after_periods = fields.Integer(
        string="Starts After",
        help="Billing periods from the start of the subscription that are not reduced, "
        "as for a reward of loyalty; 0 to begin with the next period.",
    )
    applies_to_usage = fields.Boolean(
        string="Also on Usage",
        help="Reduce also what is billed by usage; else only recurring prices.",
    )
    plan_ids = fields.Many2many(
        "subscription.plan",
        string="Plans",
        check_company=True,
        help="Nothing is taken off while the subscription is on another plan; empty "
        "for all plans.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        check_company=True,
        help="The products that are reduced, beside those of the categories; both "
        "empty for all products.",
    )
    product_categ_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        help="Products of these categories, and of those below them, are reduced.",
    )
    bundle_product_ids = fields.Many2many(
        "product.product",
        # Each model has a table of its own: this is not the one of the products.
        relation="subscription_discount_terms_bundle_rel",
        string="Bundle",
        check_company=True,
        help="Nothing is taken off unless the subscription has all of these products.",
    )
    product_count_min = fields.Integer(
        string="Minimum Products",
        help="Nothing is taken off unless the subscription has as many different "
        "products in scope; 0 for no minimum.",
    )
    terms_label = fields.Char(string="Terms", compute="_compute_terms_label")

    _percentage_in_range = models.Constraint(
        "CHECK (kind != 'percentage'"
        " OR (COALESCE(percentage, 0) > 0 AND percentage <= 100))",
        "Percentage must be above 0 and at most 100.",
    )
    _amount_positive = models.Constraint(
        "CHECK (kind != 'amount' OR COALESCE(amount, 0) > 0)", "Amount must be above 0."
    )
    _period_count_positive = models.Constraint(
        "CHECK (duration != 'repeating' OR COALESCE(period_count, 0) > 0)",
        "Number of Periods must be 1 or more.",
    )
    _start_after_periods_not_negative = models.Constraint(
        "CHECK (start_after_periods >= 0)", "Starts After must be 0 or more periods."
    )
    _product_count_min_not_negative = models.Constraint(
        "CHECK (product_count_min >= 0)", "Minimum Products must be 0 or more."
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "kind",
        "percentage",
        "amount",
        "currency_id",
        "duration",
        "period_count",
        "start_after_periods",
    )
    @api.depends_context("lang")
    def _compute_terms_label(self):
        for terms in self:
            terms.terms_label = terms._get_terms_label()

    # === BUSINESS METHODS === #

    def _get_terms_label(self):
        """Return the terms in words, such as "20% off 3 periods"."""
        self.ensure_one()
        value = (
            self.currency_id.format(self.amount)
            if self.kind == "amount"
            else f"{self.percentage:g}%"
        )
        label = {
            "once": self.env._("%(value)s off one period", value=value),
            "repeating": self.env._(
                "%(value)s off %(count)s periods", value=value, count=self.period_count
            ),
            "forever": self.env._("%(value)s off every period", value=value),
        }[self.duration or "once"]
        if not self.start_after_periods:
            return label
        return self.env._(
            "%(terms)s, after the first %(count)s",
            terms=label,
            count=self.start_after_periods,
        )

    def _get_period_limit(self):
        """Return how many periods are reduced at most, 0 for no limit."""
        self.ensure_one()
        return {"once": 1, "repeating": self.period_count}.get(self.duration, 0)

    def _covers(self, product):
        """Return whether a product is in scope."""
        self.ensure_one()
        if not self.product_ids and not self.product_categ_ids:
            return True
        if product.id in self.product_ids.ids:
            return True
        path = (product.categ_id.parent_path or "").split("/")
        return any(str(categ_id) in path for categ_id in self.product_categ_ids.ids)

    def _is_met(self, plan, products):
        """Return whether the terms allow a discount on these products of a plan.

        :param products: the different products that the subscription has
        """
        self.ensure_one()
        if self.plan_ids and plan.id not in self.plan_ids.ids:
            return False
        if not set(self.bundle_product_ids.ids) <= set(products.ids):
            return False
        covered = sum(map(self._covers, products))
        return covered >= max(self.product_count_min, 1)
