from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.entitlement import Allowance
from ..tools.recurrence import Interval
from .subscription_plan import INTERVAL_UNITS

#: what is copied from a plan to a subscription, and to the terms that follow
TERMS = (
    "sequence",
    "name",
    "product_id",
    "included_with_id",
    "quantity",
    "is_per_unit",
    "interval_count",
    "interval_unit",
    "partial_period",
    "carry_over",
    "carry_periods",
    "carry_cap",
    "overage",
    "overage_price",
    "is_visit",
    "activity_type_id",
    "visit_user_id",
    "visit_lead_days",
)
#: of these, what decides how much was left in periods that are over
COUNTING_TERMS = {
    "product_id",
    "included_with_id",
    "quantity",
    "is_per_unit",
    "interval_count",
    "interval_unit",
    "partial_period",
    "carry_over",
    "carry_periods",
    "carry_cap",
    "is_visit",
}


class SubscriptionEntitlementTerms(models.AbstractModel):
    """The terms of an included service: on a plan, and as agreed with one customer."""

    _name = "subscription.entitlement.terms"
    _description = "Terms of an Included Service"

    # === FIELDS: ALLOWANCE === #

    sequence = fields.Integer(default=10)
    name = fields.Char(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Service",
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('sale_ok', '=', True)]",
        check_company=True,
        help="What the customer may claim. It gives the unit, and what is beyond the "
        "allowance its account and taxes.",
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    included_with_id = fields.Many2one(
        "product.template",
        string="Comes With",
        ondelete="restrict",
        domain="[('sale_ok', '=', True)]",
        check_company=True,
        help="The service is included while this product is on the subscription. "
        "Empty: with every subscription on the plan.",
    )
    quantity = fields.Float(
        string="Allowance",
        default=1.0,
        required=True,
        digits="Product Unit",
        help="How much the customer may claim in each period.",
    )
    is_per_unit = fields.Boolean(
        string="For Each Unit",
        help="Multiply the allowance by the quantity of the product that it comes "
        "with. More units count at once, fewer from the next period on.",
    )
    interval_count = fields.Integer(
        string="Every",
        default=1,
        required=True,
        help="Number of days, weeks, months, quarters or years for which the allowance "
        "is granted; it need not be the billing period.",
    )
    interval_unit = fields.Selection(
        selection=INTERVAL_UNITS, default="month", required=True
    )
    partial_period = fields.Selection(
        selection=[("full", "The whole allowance"), ("prorated", "By its days")],
        string="Part of a Period",
        default="full",
        required=True,
        help="What is granted for a period that is not served from its first to its "
        "last day, as the first one may be.",
    )
    carry_over = fields.Selection(
        selection=[
            ("none", "Is lost"),
            ("periods", "Carries over for some periods"),
            ("forever", "Carries over for ever"),
        ],
        string="What Is Left",
        default="none",
        required=True,
    )
    carry_periods = fields.Integer(
        string="For Periods",
        default=1,
        help="Number of periods in which what is left may still be used.",
    )
    carry_cap = fields.Float(
        string="At Most",
        digits="Product Unit",
        help="The most that is carried into a period; 0 for no limit.",
    )

    # === FIELDS: BEYOND THE ALLOWANCE === #

    overage = fields.Selection(
        selection=[
            ("refused", "Is refused"),
            ("billed", "Is billed"),
            ("free", "Is recorded and not billed"),
        ],
        string="Beyond the Allowance",
        default="refused",
        required=True,
    )
    overage_price = fields.Float(
        string="Price Beyond",
        digits="Product Price",
        help="Price of one unit beyond the allowance, before taxes; billed with the "
        "next invoice.",
    )
    currency_id = fields.Many2one("res.currency")

    # === FIELDS: PLANNED VISITS === #

    is_visit = fields.Boolean(
        string="Planned Visits",
        help="Plan an activity for each unit of the allowance, spread over the period. "
        "One that is done is recorded as used.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Activity",
        compute="_compute_activity_type_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        domain="[('res_model', 'in', (False, 'subscription.subscription'))]",
    )
    visit_user_id = fields.Many2one(
        "res.users",
        string="Technician",
        ondelete="restrict",
        domain="[('share', '=', False)]",
        check_company=True,
        help="Who makes the visits. Empty: the salesperson of the subscription.",
    )
    visit_lead_days = fields.Integer(
        string="Days in Hand",
        help="The period is divided evenly among its visits. Each is due on the last "
        "day of its part, or this many days before it.",
    )

    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0)", "Allowance must be 0 or more."
    )
    _interval_count_positive = models.Constraint(
        "CHECK (interval_count > 0)",
        "Every must be 1 or more: an allowance needs a period.",
    )
    _carry_over_valid = models.Constraint(
        "CHECK (carry_cap >= 0 AND (carry_over != 'periods' OR carry_periods > 0))",
        "For Periods must be 1 or more, and At Most 0 or more.",
    )
    _overage_price_not_negative = models.Constraint(
        "CHECK (overage_price >= 0)", "Price Beyond must be 0 or more."
    )
    _visit_lead_days_not_negative = models.Constraint(
        "CHECK (visit_lead_days >= 0)", "Days in Hand must be 0 or more."
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_name(self):
        for terms in self:
            terms.name = terms.product_id.display_name or terms.name

    @api.depends("is_visit")
    def _compute_activity_type_id(self):
        default = self.env.ref(
            "subscription_billing.mail_activity_type_visit", raise_if_not_found=False
        )
        for terms in self:
            known = terms.activity_type_id or default
            terms.activity_type_id = known if terms.is_visit else terms.activity_type_id

    # === CONSTRAINTS === #

    @api.constrains("is_per_unit", "included_with_id")
    def _check_units(self):
        for terms in self:
            if terms.is_per_unit and not terms.included_with_id:
                raise ValidationError(
                    self.env._(
                        "%(service)s is for each unit: choose in Comes With whose "
                        "quantity counts.",
                        service=terms.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_allowance_interval(self):
        """Return the period for which the allowance is granted.

        :rtype: tools.recurrence.Interval
        """
        self.ensure_one()
        return Interval(self.interval_count, self.interval_unit)

    def _get_allowance(self):
        """Return what is granted in each period.

        Visits are granted as whole ones, the rest in the precision of units.

        :rtype: tools.entitlement.Allowance
        """
        self.ensure_one()
        periods = {"none": 0, "periods": self.carry_periods, "forever": None}
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return Allowance(
            quantity=Decimal(str(self.quantity)),
            is_prorated=self.partial_period == "prorated",
            carry_periods=periods[self.carry_over],
            carry_cap=Decimal(str(self.carry_cap)) if self.carry_cap else None,
            step=Decimal(1) if self.is_visit else Decimal(1).scaleb(-digits),
        )

    def _prepare_terms_vals(self):
        """Return the values with which these terms are copied."""
        self.ensure_one()
        return self._convert_to_write({name: self[name] for name in TERMS})
