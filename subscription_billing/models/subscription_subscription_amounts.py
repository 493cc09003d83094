from odoo import api, fields, models

from .subscription_discount import LASTING_STATES
from .subscription_discount_terms import TERMS

#: what decides which lines the next period bills, beside its date
LINE_DATES = ("date_anchor", "line_ids.date_start", "line_ids.date_end")
#: what decides what the discounts take off the next period
DISCOUNTS = (
    "plan_id",
    "line_ids.product_id",
    "line_ids.quantity",
    "discount_ids.state",
    "discount_ids.sequence",
    *(f"discount_ids.{name}" for name in TERMS),
)
AMOUNTS = ("amount_discount", "amount_untaxed", "amount_tax", "amount_total")


class SubscriptionSubscription(models.Model):
    """What the next period of a subscription costs, and what it is worth a month."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    amount_discount = fields.Monetary(
        string="Discount",
        compute="_compute_amounts",
        store=True,
        help="What coupons and discounts take off the next billing period.",
    )
    amount_untaxed = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        help="Price of the next billing period.",
    )
    amount_tax = fields.Monetary(string="Taxes", compute="_compute_amounts", store=True)
    amount_total = fields.Monetary(
        string="Total", compute="_compute_amounts", store=True
    )
    mrr = fields.Monetary(
        string="MRR",
        compute="_compute_mrr",
        store=True,
        help="Monthly recurring revenue of today, or of the next period where that is "
        "billed first, before taxes and less the "
        "discounts that never end; 0 unless the subscription is active or past due.",
    )
    is_rated = fields.Boolean(
        compute="_compute_is_rated",
        help="Whether a line costs something else than quantity × price.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "line_ids.price_subtotal", "line_ids.price_tax", *LINE_DATES, *DISCOUNTS
    )
    def _compute_amounts(self):
        AccountTax = self.env["account.tax"]
        for subscription in self:
            company = subscription.company_id or self.env.company
            lines = subscription._get_running_lines()
            ratios = subscription._get_price_ratios(lines)
            base_lines = [
                base_line
                for line, ratio in zip(lines, ratios, strict=True)
                for base_line in line._prepare_base_lines(ratio)
            ]
            AccountTax._add_tax_details_in_base_lines(base_lines, company)
            AccountTax._round_base_lines_tax_details(base_lines, company)
            totals = AccountTax._get_tax_totals_summary(
                base_lines, subscription.currency_id or company.currency_id, company
            )
            subscription.amount_untaxed = totals["base_amount_currency"]
            subscription.amount_discount = (
                sum(lines.mapped("price_subtotal")) - totals["base_amount_currency"]
                if min(ratios, default=1) < 1
                else 0.0
            )
            subscription.amount_tax = totals["tax_amount_currency"]
            subscription.amount_total = totals["total_amount_currency"]

    @api.depends("state", "is_billed_in_pause", "line_ids.mrr", *LINE_DATES, *DISCOUNTS)
    def _compute_mrr(self):
        for subscription in self:
            if not subscription._is_billed():
                subscription.mrr = 0.0
                continue
            lines = subscription._get_running_lines(subscription._get_revenue_day())
            ratios = subscription._get_price_ratios(lines, forever=True)
            subscription.mrr = sum(
                line.mrr * ratio for line, ratio in zip(lines, ratios, strict=True)
            )

    @api.depends("line_ids.is_rated")
    def _compute_is_rated(self):
        for subscription in self:
            subscription.is_rated = any(subscription.line_ids.mapped("is_rated"))

    # === BUSINESS METHODS === #

    def _get_revenue_day(self):
        """Return the day whose lines are the revenue: the start of the next period,
        or today where days before it are still to be billed, as in arrears."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        return max(filter(None, (self.date_next_period or self.date_anchor, today)))

    def _get_running_lines(self, day=None):
        """Return the lines that the next period bills, or that run on a day."""
        self.ensure_one()
        day = day or self.date_next_period or self.date_anchor
        return self.line_ids.filtered(lambda line: line._is_running_on(day))

    def _refresh_dated_amounts(self):
        """Work out again what depends on the day, where lines or discounts have dates.

        The amounts do not depend on the next invoice date for the ORM: the renewal run
        would compute all of them again, and most lines run from beginning to end.
        """
        lasting = self.discount_ids.filtered(lambda d: d.state in LASTING_STATES)
        self.env.add_to_compute(lasting._fields["state"], lasting)
        dated = lasting.subscription_id | self.filtered(
            lambda subscription: any(
                line.date_start or line.date_end for line in subscription.line_ids
            )
        )
        for name in (*AMOUNTS, "mrr"):
            self.env.add_to_compute(self._fields[name], dated)
        dated._record_revenue()
