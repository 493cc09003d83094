from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.fees import STATUTORY_AMOUNT, STATUTORY_POINTS, FeeTerms
from .dunning_fields import FEE_KINDS, INTEREST_KINDS


class DunningStep(models.Model):
    """What a step charges for paying late."""

    _inherit = "dunning.step"

    # === FIELDS === #

    fee_kind = fields.Selection(
        selection=FEE_KINDS,
        string="Kind of Fee",
        default="fixed",
        help="Statutory: what Directive 2011/7/EU grants businesses, a sum for each "
        "invoice and interest above the reference rate; consumers are passed over.",
    )
    fee_currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the Fee",
        default=lambda self: self.env.company.currency_id,
        help="Of the amounts below. For invoices in another currency, they are "
        "converted at the rate of the due date.",
    )
    fee_amount = fields.Monetary(
        string="Fee",
        currency_field="fee_currency_id",
        help="For each invoice, once.",
    )
    fee_percent = fields.Float(
        string="Percent",
        digits=(8, 4),
        help="Of what is overdue; per year with interest, and in points above the "
        "reference rate if statutory.",
    )
    fee_minimum = fields.Monetary(
        string="Minimum",
        currency_field="fee_currency_id",
        help="What the fees of an invoice come to at least.",
    )
    fee_maximum = fields.Monetary(
        string="Maximum",
        currency_field="fee_currency_id",
        help="What the fees of an invoice come to at most; 0 without a limit.",
    )
    fee_grace_days = fields.Integer(
        string="Free Days",
        help="So many days after the due date cost nothing; when more have passed, "
        "interest counts them too.",
    )
    fee_product_id = fields.Many2one(
        "product.product",
        string="Product of the Fee",
        ondelete="restrict",
        help="Its account and taxes are those of the fee. Empty: the product in the "
        "settings.",
    )

    _fee_not_negative = models.Constraint(
        "CHECK (LEAST(fee_amount, fee_percent, fee_minimum, fee_maximum,"
        " fee_grace_days) >= 0)",
        "The Fee, Percent, Minimum, Maximum and Free Days must be 0 or more.",
    )
    _fee_limits = models.Constraint(
        "CHECK (fee_maximum = 0 OR fee_maximum >= fee_minimum)",
        "The Maximum of a fee must not be below its Minimum.",
    )
    _fee_complete = models.Constraint(
        "CHECK (action != 'fee'"
        " OR (fee_kind IS NOT NULL AND fee_currency_id IS NOT NULL))",
        "Choose the Kind of Fee that the step charges, and its currency.",
    )

    # === ONCHANGE === #

    @api.onchange("fee_kind")
    def _onchange_fee_kind(self):
        """Propose what the Directive grants."""
        if self.fee_kind == "statutory":
            self.fee_amount = float(STATUTORY_AMOUNT)
            self.fee_percent = float(STATUTORY_POINTS)
            self.fee_currency_id = self.env.ref("base.EUR")

    # === CONSTRAINTS === #

    @api.constrains("action", "fee_kind", "fee_percent")
    def _check_statutory_percent(self):
        for step in self.filtered(lambda each: each.action == "fee"):
            if step.fee_kind == "statutory" and step.fee_percent < STATUTORY_POINTS:
                raise ValidationError(
                    self.env._(
                        "Statutory interest is at least %(points)s points above the "
                        "reference rate: enter that as Percent of %(step)s.",
                        points=STATUTORY_POINTS,
                        step=step.name,
                    )
                )

    @api.constrains("action", "timing", "days", "fee_grace_days")
    def _check_fee_days(self):
        """Have fees wait until they cost something: a step is done once."""
        for step in self.filtered(lambda each: each.action == "fee"):
            if step.timing == "due" and step.days <= step.fee_grace_days:
                raise ValidationError(
                    self.env._(
                        "%(step)s comes before there is anything to charge: it must "
                        "be due more than %(days)s days after the due date.",
                        step=step.name,
                        days=step.fee_grace_days,
                    )
                )

    # === BUSINESS METHODS === #

    def _is_interest(self):
        """Return whether the fee of this step grows with the days."""
        self.ensure_one()
        return self.fee_kind in INTEREST_KINDS

    def _get_fee_terms(self, move, *, is_first):
        """Return what this step charges for an invoice, in the invoice's currency.

        :param bool is_first: whether nothing was booked for the invoice before
        :rtype: tools.fees.FeeTerms
        """
        self.ensure_one()

        def to_currency(amount):
            company, day = move.company_id, move._get_day_due()
            converted = self.fee_currency_id._convert(
                amount, move.currency_id, company, day
            )
            return Decimal(str(move.currency_id.round(converted)))

        return FeeTerms(
            kind=self.fee_kind,
            amount=to_currency(self.fee_amount),
            percent=Decimal(str(self.fee_percent)),
            minimum=to_currency(self.fee_minimum),
            maximum=to_currency(self.fee_maximum) if self.fee_maximum else None,
            # Another booking has waited already.
            grace_days=self.fee_grace_days if is_first else 0,
        )

    def _get_fee_product(self, company):
        """Return the product that stands on fee invoices of a company."""
        self.ensure_one()
        return self.fee_product_id or company._get_dunning_fee_product()
