from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.pricing.flat import FlatTerms
from ..tools.pricing.package import PackageTerms
from ..tools.pricing.percentage import PercentageTerms
from ..tools.pricing.rating import MODELS, rate
from ..tools.pricing.terms import BandTerms, TermsError
from .price_fields import AMOUNT_FIELDS, PRICING_MODELS, SAVING, SUBJECT_FIELDS, exact


class SubscriptionPrice(models.Model):
    """How much: the pricing model and its terms, and what a quantity costs by them."""

    _inherit = "subscription.price"

    # === FIELDS === #

    pricing_model = fields.Selection(
        selection=PRICING_MODELS,
        default="per_unit",
        required=True,
        help="Per Unit: quantity × price.\n"
        "Flat: one price, whatever the quantity.\n"
        "Graduated: each unit costs what its tier says.\n"
        "Volume: all units cost what the tier says that the quantity reaches.\n"
        "Package: units are sold by the package; one that is begun counts whole.\n"
        "Percentage: a share of a volume of money, and a fee for each event.\n"
        "Graduated Percentage: each part of a volume is charged its tier's share.",
    )
    price_unit = fields.Float(
        string="Unit Price",
        min_display_digits="Product Price",
        help="Price for one billing period of the plan: of one unit, of one package, "
        "or of all when the price is flat.",
    )
    package_size = fields.Float(
        default=1.0, digits="Product Unit", help="How many units one package holds."
    )
    included_quantity = fields.Float(
        string="Included",
        digits="Product Unit",
        help="Units, or the volume of money, that a period includes at no cost.",
    )
    amount_minimum = fields.Monetary(
        string="Minimum Charge",
        help="The least amount of a period; a lower amount is raised to it.",
    )
    percentage = fields.Float(
        digits=(16, 4), help="Share of the volume beyond the included one."
    )
    price_event = fields.Float(
        string="Fee per Event",
        min_display_digits="Product Price",
        help="Fixed fee for each event, such as a payment, beside its share.",
    )
    included_events = fields.Integer(
        string="Free Events", help="Events of a period for which there is no fee."
    )
    tier_ids = fields.One2many(
        "subscription.price.tier", "price_id", string="Tiers", copy=True
    )
    is_used = fields.Boolean(
        compute="_compute_is_used",
        help="Whether a subscription runs, or has run, on this price.",
    )
    subscription_count = fields.Integer(
        string="Subscriptions",
        compute="_compute_subscription_count",
        groups="subscription_billing.group_subscription_user",
    )

    # === COMPUTE METHODS === #

    def _compute_is_used(self):
        used = self._get_used()
        for price in self:
            price.is_used = price._origin in used

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.line"]._read_group(
                self._get_use_domain(),
                groupby=["price_id"],
                aggregates=["subscription_id:count_distinct"],
            )
        )
        for price in self:
            price.subscription_count = counts.get(price._origin, 0)

    # === CONSTRAINTS === #

    @api.constrains("tier_ids", *AMOUNT_FIELDS)
    def _check_terms(self):
        for price in self:
            try:
                price._get_terms()
            except TermsError as error:
                raise ValidationError(price._get_problem_message(error)) from error

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Check the tiers when all of them are there; take no cell for the default."""
        filled = [
            {
                name: value
                for name, value in vals.items()
                if value or name not in ("pricing_model", "currency_id")
            }
            for vals in vals_list
        ]
        saving = self.with_context(subscription_price_saving=SAVING)
        return super(SubscriptionPrice, saving).create(filled).with_env(self.env)

    def write(self, vals):
        """Keep the amounts that subscriptions run on; check tiers when all are there.

        :raises UserError: one of the prices is used and would change
        """
        self.check_access("write")
        changing = self.filtered(
            lambda price: any(
                price._differs(name, vals[name])
                for name in (*SUBJECT_FIELDS, *AMOUNT_FIELDS)
                if name in vals
            )
        )
        changing._check_not_used()
        saving = self.with_context(subscription_price_saving=SAVING)
        return super(SubscriptionPrice, saving).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_lines(self):
        on_lines = [("price_id", "in", self.ids)]
        lines = self.env["subscription.line"].sudo().search(on_lines, limit=1)
        if lines:
            raise UserError(
                self.env._(
                    "Subscriptions are on the price %(price)s. Set its Valid Until "
                    "date to stop offering it.",
                    price=lines.price_id.display_name,
                )
            )

    # === ACTIONS === #

    def action_view_subscriptions(self):
        """Open the subscriptions that run, or have run, on this price."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {
            **action,
            "domain": [
                ("line_ids.price_id", "in", self.ids),
                ("state", "!=", "draft"),
            ],
            "context": {"create": False},
        }

    # === BUSINESS METHODS: RATING === #

    def _rate(self, quantity, events=0, price_unit=None):
        """Return what a quantity costs for one whole period, before any discount.

        :param Decimal quantity: units, or the volume of money for a percentage
        :param int events: how many events made it up; only percentages ask
        :param Decimal price_unit: the customer's own price of a unit
        :rtype: tools.pricing.steps.Rating
        :raises ValidationError: the quantity is negative
        """
        self.ensure_one()
        if quantity < 0:
            raise ValidationError(
                self.env._(
                    "Quantity must be 0 or more to be priced by %(price)s.",
                    price=self.display_name,
                )
            )
        terms = self._get_terms(price_unit)
        return rate(self.pricing_model, quantity, terms, events=events)

    def _is_rated(self):
        """Return whether more than quantity × price decides the amount."""
        self.ensure_one()
        return (
            self.pricing_model != "per_unit"
            or bool(self.included_quantity)
            or bool(self.amount_minimum)
        )

    def _has_unit_price(self):
        """Return whether Unit Price is one of the terms of the pricing model."""
        self.ensure_one()
        return self.pricing_model in ("per_unit", "flat", "package")

    def _get_terms(self, price_unit=None):
        """Return the terms of the pricing model; fields of other models do not count.

        :param Decimal price_unit: in the place of the price's own
        :rtype: tools.pricing.terms.Terms
        :raises TermsError: they cannot be priced
        """
        self.ensure_one()
        kind = MODELS[self.pricing_model or "per_unit"].terms
        vals = {"minimum": exact(self.amount_minimum)}
        if kind is not FlatTerms:
            vals["included"] = exact(self.included_quantity)
        if kind is BandTerms:
            return kind(bands=self.tier_ids._get_bands(self.pricing_model), **vals)
        if kind is PercentageTerms:
            return kind(
                percentage=exact(self.percentage),
                fee=exact(self.price_event),
                free_events=self.included_events,
                **vals,
            )
        if kind is PackageTerms:
            vals["size"] = exact(self.package_size)
        price = exact(self.price_unit) if price_unit is None else price_unit
        return kind(price=price, **vals)

    def _differs(self, name, value):
        """Return whether writing ``value`` would change a field of this price."""
        self.ensure_one()
        current = self[name].id if self._fields[name].relational else self[name]
        return (value or False) != (current or False)

    # === BUSINESS METHODS: USE === #

    def _get_use_domain(self):
        """Return the domain of the lines by which subscriptions run on these prices."""
        return [
            ("price_id", "in", self.ids),
            ("subscription_id.state", "!=", "draft"),
        ]

    def _get_used(self):
        """Return those of these prices that a subscription runs, or has run, on."""
        rows = (
            self.env["subscription.line"]
            .sudo()
            ._read_group(self._get_use_domain(), groupby=["price_id"])
        )
        return self.browse(price.id for (price,) in rows)

    def _check_not_used(self):
        """Refuse to change what subscriptions were promised.

        :raises UserError: with the way to a new version
        """
        if used := self._get_used():
            raise UserError(
                self.env._(
                    "Subscriptions run on the price %(price)s, so that its amounts "
                    "are kept. Use its New Version button to change the price for "
                    "those to come, or set its Valid Until date.",
                    price=used[0].display_name,
                )
            )
