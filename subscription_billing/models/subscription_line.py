from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_round

from ..tools.charge import Charge
from ..tools.recurrence import Period
from ..tools.revenue import monthly_amount
from .derived import refuse_derived


class SubscriptionLine(models.Model):
    _name = "subscription.line"
    _description = "Subscription Line"
    _inherit = ["analytic.mixin"]
    _order = "subscription_id, sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="subscription_id.currency_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(related="subscription_id.partner_id")
    plan_id = fields.Many2one(related="subscription_id.plan_id")
    state = fields.Selection(related="subscription_id.state")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('sale_ok', '=', True)]",
        check_company=True,
    )
    product_tmpl_id = fields.Many2one(
        related="product_id.product_tmpl_id", store=True, index=True
    )
    name = fields.Text(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    product_uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_product_uom_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        min_display_digits="Product Price",
        help="Price of one unit for one billing period: the product's price on the "
        "plan, else its sales price.",
    )
    discount = fields.Float(string="Disc.%", digits="Discount")
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('type_tax_use', '=', 'sale')]",
        check_company=True,
    )
    date_start = fields.Date(
        string="From",
        help="First day of this line. Empty: from the start of the subscription.",
    )
    date_end = fields.Date(
        string="Until",
        help="Last day of this line; nothing is billed for it after this day.",
    )
    price_subtotal = fields.Monetary(
        string="Amount", compute="_compute_amounts", store=True, precompute=True
    )
    price_tax = fields.Monetary(
        string="Tax Amount", compute="_compute_amounts", store=True, precompute=True
    )
    mrr = fields.Monetary(
        string="Monthly Amount",
        compute="_compute_mrr",
        store=True,
        help="Price of this line per month, before taxes.",
    )
    period_ids = fields.One2many("subscription.period", "line_id", readonly=True)

    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0)", "Quantity must be 0 or more."
    )
    _discount_is_percentage = models.Constraint(
        "CHECK (discount >= 0 AND discount <= 100)",
        "Disc.% must be between 0 and 100.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end IS NULL OR date_start IS NULL OR date_end >= date_start - 1)",
        "Until must not be before From.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_name(self):
        for line in self:
            if line.product_id:
                product = line.product_id.with_context(
                    lang=line.subscription_id.partner_id.lang
                )
                line.name = product.get_product_multiline_description_sale()
            else:
                line.name = line.name or False

    @api.depends("product_id")
    def _compute_product_uom_id(self):
        for line in self:
            line.product_uom_id = line.product_id.uom_id

    @api.depends("product_id", "plan_id", "currency_id")
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line._get_list_price() if line.product_id else 0.0

    @api.depends("product_id", "company_id", "subscription_id.fiscal_position_id")
    def _compute_tax_ids(self):
        mapped = {}
        for line in self:
            company = line.company_id or self.env.company
            taxes = line.product_id.taxes_id._filter_taxes_by_company(company)
            position = line.subscription_id.fiscal_position_id
            if (position, taxes) not in mapped:
                mapped[position, taxes] = position.map_tax(taxes)
            line.tax_ids = mapped[position, taxes]

    @api.depends("product_id", "partner_id", "company_id")
    def _compute_analytic_distribution(self):
        found = defaultdict(dict)
        for line in self:
            key = (line.product_id, line.partner_id, line.company_id)
            if key not in found:
                found[key] = line._get_analytic_distribution_model()
            line.analytic_distribution = found[key] or line.analytic_distribution

    @api.depends("quantity", "price_unit", "discount", "tax_ids", "currency_id")
    def _compute_amounts(self):
        AccountTax = self.env["account.tax"]
        for line in self:
            company = line.company_id or self.env.company
            base_lines = line._prepare_base_lines()
            AccountTax._add_tax_details_in_base_lines(base_lines, company)
            AccountTax._round_base_lines_tax_details(base_lines, company)
            details = [base_line["tax_details"] for base_line in base_lines]
            excluded = sum(each["total_excluded_currency"] for each in details)
            included = sum(each["total_included_currency"] for each in details)
            line.price_subtotal = excluded
            line.price_tax = included - excluded

    @api.depends("price_subtotal", "plan_id.interval_count", "plan_id.interval_unit")
    def _compute_mrr(self):
        for line in self:
            line.mrr = (
                monthly_amount(
                    Decimal(str(line.price_subtotal)), line.plan_id._get_interval()
                )
                if line.plan_id
                else 0.0
            )

    # === CONSTRAINTS === #

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        """Refuse an end before the start, but of a line that was billed and then
        replaced on its first day."""
        for line in self.filtered(lambda line: line.date_start and line.date_end):
            if line.date_end < line.date_start and not line.sudo().period_ids:
                raise ValidationError(
                    self.env._(
                        "Until %(end)s of %(line)s must not be before its From "
                        "%(start)s.",
                        end=line.date_end,
                        line=line.name,
                        start=line.date_start,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Record the revenue that new lines bring to running subscriptions."""
        refuse_derived(self, vals_list)
        lines = super().create(vals_list)
        lines.subscription_id._record_revenue()
        return lines

    def write(self, vals):
        """Record what a change of the line does to the revenue.

        :raises UserError: the line would move to another subscription
        """
        refuse_derived(self, [vals])
        if "subscription_id" in vals and any(
            line.subscription_id.id != vals["subscription_id"] for line in self
        ):
            raise UserError(
                self.env._("A line stays with its subscription: make a new one there.")
            )
        result = super().write(vals)
        self.subscription_id._record_revenue()
        return result

    def unlink(self):
        """Record the revenue that goes with the lines."""
        subscriptions = self.subscription_id
        result = super().unlink()
        subscriptions.exists()._record_revenue()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        if billed := self.filtered(lambda line: line.sudo().period_ids):
            raise UserError(
                self.env._(
                    "%(line)s has been billed and is kept. Set its Until date to stop "
                    "billing it.",
                    line=billed[0].name,
                )
            )

    # === BUSINESS METHODS === #

    def _prepare_base_line(self):
        """Return the line as core's tax computation wants it."""
        self.ensure_one()
        company = self.company_id or self.env.company
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self,
            tax_ids=self.tax_ids,
            quantity=self.quantity,
            partner_id=self.partner_id,
            currency_id=self.currency_id or company.currency_id,
        )

    def _prepare_base_lines(self, ratio=1.0):
        """Return what core's tax computation wants of the price of this line.

        :param float ratio: what discounts leave of it
        """
        base_line = self._prepare_base_line()
        base_line["price_unit"] *= ratio
        return [base_line]

    def _get_list_price(self):
        """Return the price of one unit for one period, in the line's currency.

        The line's price on the plan comes first; a product without one costs its sales
        price.
        """
        self.ensure_one()
        if self.price_id:
            return self.price_id.price_unit if self.price_id._has_unit_price() else 0.0
        company = self.company_id or self.env.company
        currency = self.currency_id or company.currency_id
        return self._get_sales_price(self.product_id, currency, company)

    @api.model
    def _get_sales_price(self, product, currency, company):
        """Return the sales price of a product, converted at today's rate."""
        if product.currency_id == currency:
            return product.lst_price
        today = company._get_subscription_today()
        converted = product.currency_id._convert(
            product.lst_price, currency, company, today, round=False
        )
        digits = self.env["decimal.precision"].precision_get("Product Price")
        return float_round(converted, precision_digits=digits)

    def _get_analytic_distribution_model(self, product=None):
        """Return the distribution that the company's analytic models prescribe.

        :param product: for a product of a bundle; the line's own by default
        """
        self.ensure_one()
        product = product or self.product_id
        return self.env["account.analytic.distribution.model"]._get_distribution(
            {
                "product_id": product.id,
                "product_categ_id": product.categ_id.id,
                "partner_id": self.partner_id.id,
                "partner_category_id": self.partner_id.category_id.ids,
                "company_id": self.company_id.id,
            }
        )

    def _is_running_on(self, day):
        """Return whether this line is served on ``day``."""
        self.ensure_one()
        if not day:
            return True
        return (not self.date_start or self.date_start <= day) and (
            not self.date_end or self.date_end >= day
        )

    def _is_over(self, day):
        """Return whether this line has ended before ``day``."""
        return bool(self.date_end) and self.date_end < day

    def _stop(self, day):
        """Serve these lines until the day before ``day``, as part of a change.

        A line that would never have been served is removed, unless it was billed.
        """
        never = self.filtered(lambda line: line.date_start and line.date_start >= day)
        unserved = never.filtered(lambda line: line._is_unserved(day))
        unserved.unlink()
        for line in never - unserved:
            line.date_end = fields.Date.subtract(line.date_start, days=1)
        (self - never).write({"date_end": fields.Date.subtract(day, days=1)})

    def _is_unserved(self, day):
        """Return whether nobody would ever have been served or billed for this line, if
        it ended before ``day``."""
        self.ensure_one()
        begins_later = bool(self.date_start) and self.date_start >= day
        return begins_later and not self.sudo().period_ids

    def _prepare_successor_vals(self, vals):
        """Return the values of the line that follows this one, with new terms.

        It ends on the day that was agreed for this one, if there is one.
        """
        self.ensure_one()
        is_over = self.date_end and self.date_end < vals["date_start"]
        end = False if is_over else self.date_end
        return {**self.copy_data()[0], "date_end": end, **vals}

    def _get_served(self, window):
        """Return the days of ``window`` that are billed at the price of this line.

        :param tools.recurrence.Period window: the days asked for
        :rtype: list[tools.recurrence.Period]
        """
        return self._get_days(window)

    def _get_days(self, window):
        """Return the days of ``window`` on which this line runs.

        :param tools.recurrence.Period window: the days asked for
        :rtype: list[tools.recurrence.Period]
        """
        self.ensure_one()
        start = max(self.date_start or window.date_start, window.date_start)
        end = window.date_end
        if self.date_end:
            end = min(end, fields.Date.add(self.date_end, days=1))
        return [Period(start, end)] if start < end else []

    def _get_gross(self):
        """Return the price of this line for a whole period, before its discount."""
        self.ensure_one()
        return Decimal(str(self.quantity)) * Decimal(str(self.price_unit))

    def _get_charge(self, period, share):
        """Return what this line owes for some days.

        :param tools.recurrence.Period period: the days, all of one period
        :param fractions.Fraction share: how much of that period's price they cost
        :rtype: tools.charge.Charge
        """
        self.ensure_one()
        return Charge(
            line_id=self.id,
            kind="recurring",
            period=period,
            quantity=Decimal(str(self.quantity)),
            gross=self._get_gross(),
            discount=Decimal(str(self.discount)),
            share=share,
        )
