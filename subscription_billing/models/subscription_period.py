from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.coverage import Billed
from ..tools.recurrence import Period


class SubscriptionPeriod(models.Model):
    """The claim: a span of one line that has been billed, and where.

    A row is written in the transaction of its invoice line. The unique index is what
    makes a period billed once, whatever runs twice, in parallel or after a crash.
    """

    _name = "subscription.period"
    _description = "Billed Period"
    _order = "date_start desc, line_id, id desc"
    _rec_name = "line_id"

    # === FIELDS === #

    line_id = fields.Many2one(
        "subscription.line", required=True, ondelete="restrict", readonly=True
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(
        selection=[
            ("recurring", "Recurring"),
            ("usage", "Usage"),
            ("credit", "Credit"),
        ],
        default="recurring",
        required=True,
        readonly=True,
    )
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(
        string="End",
        required=True,
        readonly=True,
        help="First day after the period.",
    )
    date_last = fields.Date(
        string="To", compute="_compute_date_last", help="Last day of the period."
    )
    origin_id = fields.Many2one(
        "subscription.period",
        string="Gives Back",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="The billed period whose days this credit gives back.",
    )
    credit_ids = fields.One2many("subscription.period", "origin_id", string="Credits")
    date_standing_end = fields.Date(
        readonly=True,
        help="First day that is no longer billed: the end, or where credits begin.",
    )
    is_standing = fields.Boolean(
        default=True,
        readonly=True,
        help="Whether any of the days are still billed; not when all were given back.",
    )
    component_id = fields.Many2one(
        "subscription.bundle.line",
        string="Included Product",
        ondelete="restrict",
        readonly=True,
        help="The product of a bundle whose share was billed.",
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    amount = fields.Monetary(
        string="Untaxed Amount",
        compute="_compute_amount",
        store=True,
        help="What the period was billed, before taxes; negative for a credit.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    reductions = fields.Json(
        readonly=True,
        help="What each discount has taken off, by its id: a credit gives it back.",
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="Empty when the period had nothing to bill.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        related="move_line_id.move_id",
        store=True,
        index="btree_not_null",
    )

    _billed_once = models.UniqueIndex(
        "(line_id, kind, date_start, COALESCE(origin_id, 0), COALESCE(component_id, 0))"
        " WHERE is_standing",
        "This period has already been billed.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end > date_start)", "A period must end after it starts."
    )

    # === COMPUTE METHODS === #

    @api.depends("line_id", "component_id", "date_start", "date_end")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            period.display_name = self.env._(
                "%(product)s, %(start)s to %(last)s",
                product=(period.component_id or period.line_id).product_id.display_name
                or "",
                start=format_date(self.env, period.date_start),
                last=format_date(self.env, period.date_last),
            )

    @api.depends("date_end")
    def _compute_date_last(self):
        for period in self:
            period.date_last = period.date_end and period.date_end - timedelta(days=1)

    @api.depends("move_line_id.price_subtotal", "move_line_id.move_id.move_type")
    def _compute_amount(self):
        for period in self:
            line = period.move_line_id
            sign = -1 if line.move_id.move_type == "out_refund" else 1
            period.amount = sign * line.price_subtotal

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Note on a claim which of its days its credits have given back."""
        for vals in vals_list:
            vals.setdefault("date_standing_end", vals.get("date_end"))
        periods = super().create(vals_list)
        periods.origin_id._update_standing()
        return periods

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._(
                "A billed period is kept for good: it is what prevents a second "
                "invoice for the same days."
            )
        )

    # === ACTIONS === #

    def action_view_usage(self):
        """Open the events that this period has billed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_usage_action"
        )
        return {**action, "domain": [("period_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #

    def _update_standing(self):
        """Note which days are left after the credits, whatever their order."""
        for period in self:
            standing = period._get_billed().standing
            period.is_standing = bool(standing)
            period.date_standing_end = (
                standing[-1].date_end if standing else period.date_start
            )

    def _get_billed(self):
        """Return the days of this claim and those that were given back.

        :rtype: tools.coverage.Billed
        """
        self.ensure_one()
        return Billed(
            self.id,
            Period(self.date_start, self.date_end),
            tuple(Period(each.date_start, each.date_end) for each in self.credit_ids),
        )

    def _get_credited_amount(self):
        """Return what of this claim no longer stands in the books, as a positive
        amount.

        That is what its credits have given back, and what people have taken back of
        the invoice by hand. Such days stay billed: that an invoice was reversed is the
        accountant's word, and no run asks for them again.
        """
        self.ensure_one()
        given_back = -sum(self.credit_ids.mapped("amount"))
        if taken_back := self.move_line_id._get_taken_back():
            return min(given_back + float(taken_back), self.amount)
        return given_back

    def _get_amount_left(self):
        """Return what can still be given back of this claim.

        What the bank gives back of its invoice is left out, in proportion.

        :rtype: Decimal
        """
        self.ensure_one()
        left = Decimal(str(self.amount)) - Decimal(str(self._get_credited_amount()))
        if left <= 0:
            return left
        withheld = self.sudo().move_id._get_withheld_part()
        return max(left - Decimal(str(self.amount)) * withheld, Decimal(0))

    def _group_by_price(self):
        """Return these claims in groups that were billed at one price: the products of
        a bundle for the same days together, each of the others alone.
        """
        ordered = self.sorted(lambda claim: (claim.date_start, claim.id))
        return (
            ordered.with_prefetch(self._prefetch_ids)
            .grouped(
                lambda claim: (
                    (
                        claim.component_id
                        and (claim.line_id.id, claim.date_start, claim.move_id.id)
                    )
                    or claim.id
                )
            )
            .values()
        )

    def _get_siblings(self):
        """Return the claims that were billed at one price with this one, itself too."""
        self.ensure_one()
        if not self.component_id:
            return self
        return self.subscription_id.period_ids.filtered(
            lambda claim: (
                claim.component_id
                and not claim.origin_id
                and claim.line_id == self.line_id
                and claim.date_start == self.date_start
                and claim.move_id == self.move_id
            )
        )

    def _get_part_given_back(self, charge):
        """Return which part of this claim a credit gives back, 0 to 1.

        :param tools.charge.Charge charge: a credit of this claim
        :rtype: Decimal
        """
        self.ensure_one()
        if self.amount:
            return -charge.amount / Decimal(str(self.amount))
        return Decimal(charge.period.days) / (self.date_end - self.date_start).days
