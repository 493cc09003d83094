from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.discounts import Discount
from .derived import refuse_derived
from .subscription_discount_terms import TERMS

#: states of a discount that may still take something off
LASTING_STATES = ("waiting", "running")
#: what changes in other ways than by a value that is written
FIXED = {"coupon_id", "date_added", "date_removed", "subscription_id"}


class SubscriptionDiscount(models.Model):
    """A discount in use: of a coupon that was redeemed, or granted by a colleague.

    Its terms are those of the day on which it was added. How far it is used up is told
    by its uses, one for each period from which it took something.
    """

    _name = "subscription.discount"
    _description = "Discount of a Subscription"
    _inherit = ["subscription.discount.terms"]
    _order = "sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(
        string="Description", required=True, help="Named on the invoice line."
    )
    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="subscription_id.partner_id", store=True, precompute=True, index=True
    )
    coupon_id = fields.Many2one(
        "subscription.coupon",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The coupon that was redeemed; empty for a discount that a colleague "
        "granted.",
    )
    currency_id = fields.Many2one(
        compute="_compute_currency_id", store=True, precompute=True
    )
    bundle_product_ids = fields.Many2many(relation="subscription_discount_bundle_rel")
    date_added = fields.Date(
        string="Added On",
        required=True,
        readonly=True,
        default=lambda self: self.env.company._get_subscription_today(),
    )
    date_start = fields.Date(
        string="From",
        compute="_compute_date_start",
        store=True,
        precompute=True,
        help="Billing periods that start before this day are not reduced.",
    )
    date_removed = fields.Date(
        string="Removed On",
        readonly=True,
        help="Billing periods that start on this day or later are not reduced.",
    )
    use_ids = fields.One2many("subscription.discount.use", "discount_id", readonly=True)
    periods_used = fields.Integer(
        string="Periods Reduced", compute="_compute_periods_used", store=True
    )
    periods_left = fields.Integer(
        compute="_compute_periods_left",
        help="Billing periods that will still be reduced; 0 for no end.",
    )
    amount_taken = fields.Monetary(
        string="Taken Off",
        compute="_compute_amount_taken",
        help="What this discount has taken off the invoices so far, in the terms of "
        "the prices: taxes are in it where they are in the prices.",
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("used_up", "Used Up"),
            ("removed", "Removed"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        index=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_id.currency_id")
    def _compute_currency_id(self):
        for discount in self:
            subscription = discount.subscription_id
            discount.currency_id = subscription.currency_id or (
                self.env.company.currency_id
            )

    @api.depends(
        "start_after_periods",
        "subscription_id.date_start",
        "subscription_id.date_anchor",
        "subscription_id.plan_id",
    )
    def _compute_date_start(self):
        for discount in self:
            is_agreed = discount.date_start and (
                discount.subscription_id.state != "draft" or discount.use_ids
            )
            discount.date_start = (
                discount.date_start if is_agreed else discount._get_first_day()
            )

    @api.depends("use_ids")
    def _compute_periods_used(self):
        counts = dict(
            self.env["subscription.discount.use"]._read_group(
                [("discount_id", "in", self.ids)],
                groupby=["discount_id"],
                aggregates=["__count"],
            )
        )
        for discount in self:
            discount.periods_used = counts.get(discount._origin, 0)

    @api.depends("periods_used", "duration", "period_count")
    def _compute_periods_left(self):
        for discount in self:
            limit = discount._get_period_limit()
            discount.periods_left = max(limit - discount.periods_used, 0)

    @api.depends("use_ids.amount")
    def _compute_amount_taken(self):
        for discount in self:
            discount.amount_taken = sum(discount.use_ids.mapped("amount"))

    # The day also moves with each renewal: see `_refresh_dated_amounts`.
    @api.depends(
        "periods_used", "duration", "period_count", "date_start", "date_removed"
    )
    def _compute_state(self):
        for discount in self:
            day = discount.subscription_id._get_next_start()
            if discount._is_used_up():
                discount.state = "used_up"
            elif discount._is_removed_on(day):
                discount.state = "removed"
            elif day and discount.date_start and day < discount.date_start:
                discount.state = "waiting"
            else:
                discount.state = "running"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Add discounts; one with a coupon is its redemption, and may be refused.

        :raises UserError: the coupon cannot be redeemed, or its terms are given too
        """
        refuse_derived(self, vals_list)
        discounts = super().create(list(map(self._complete_vals, vals_list)))
        for coupon, redemptions in discounts.grouped("coupon_id").items():
            if coupon:
                coupon._check_redemptions(redemptions)
        discounts._log(self.env._("Discount added"))
        discounts.subscription_id._record_revenue()
        return discounts

    def write(self, vals):
        """Keep what was agreed, and record what a change does to the revenue."""
        refuse_derived(self, [vals])
        self._check_agreed(vals)
        result = super().write(vals)
        self.subscription_id._record_revenue()
        return result

    def unlink(self):
        """Record the revenue that comes back with the price."""
        subscriptions = self.subscription_id
        result = super().unlink()
        subscriptions.exists()._record_revenue()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.filtered("use_ids"):
            raise UserError(
                self.env._(
                    "%(discount)s has been taken off an invoice and is kept. Remove "
                    "it: it then ends with the next period.",
                    discount=used[0].name,
                )
            )

    # === ACTIONS === #

    def action_remove(self):
        """Reduce no further period; a discount that was never used disappears."""
        unused = self.filtered(lambda discount: not discount.use_ids)
        lasting = (self - unused).filtered(lambda discount: not discount.date_removed)
        (unused + lasting)._log(self.env._("Discount removed"))
        for company, discounts in lasting.grouped("company_id").items():
            # Past our own write(), which lets nobody set the day.
            # pylint: disable-next=super-method-mismatch
            super(SubscriptionDiscount, discounts).write(
                {"date_removed": company._get_subscription_today()}
            )
        lasting.subscription_id._record_revenue()
        return unused.unlink()

    # === BUSINESS METHODS: WHAT IS KEPT === #

    @api.model
    def _complete_vals(self, vals):
        """Return the values of a new discount with the terms of its coupon, if any.

        :raises UserError: other terms are given beside a coupon
        """
        subscription_id = vals.get("subscription_id")
        subscription = self.env["subscription.subscription"].browse(subscription_id)
        company = subscription.company_id or self.env.company
        vals = {**vals, "date_added": company._get_subscription_today()}
        if not vals.get("coupon_id"):
            return vals
        if any(vals.get(name) for name in TERMS):
            raise UserError(
                self.env._(
                    "The terms of a coupon are its own. Leave them out, or leave out "
                    "the coupon to grant a discount with other terms."
                )
            )
        coupon = self.env["subscription.coupon"].browse(vals["coupon_id"])
        terms = coupon._prepare_discount_vals(subscription)
        return {**vals, **terms, "name": vals.get("name") or terms["name"]}

    def _check_agreed(self, vals):
        """Refuse to change what a customer was promised or what has been used."""
        if FIXED & vals.keys():
            raise UserError(
                self.env._(
                    "A discount stays with its subscription and its coupon. Remove it "
                    "and add another one."
                )
            )
        agreed = self.filtered(lambda discount: discount.coupon_id or discount.use_ids)
        if agreed and vals.keys() & set(TERMS):
            raise UserError(
                self.env._(
                    "The terms of %(discount)s are agreed and cannot be changed. "
                    "Remove it and add another one.",
                    discount=agreed[0].name,
                )
            )

    def _log(self, event):
        """Write in the chatter of the subscriptions what happened to the discounts.

        :param str event: what happened, without the full stop
        """
        self.subscription_id._message_log_batch(
            bodies={
                subscription.id: self.env._(
                    "%(event)s: %(discounts)s.",
                    event=event,
                    discounts=", ".join(
                        f"{d.name} ({d.terms_label})" for d in discounts
                    ),
                )
                for subscription, discounts in self.grouped("subscription_id").items()
            }
        )

    # === BUSINESS METHODS: WHEN AND HOW MUCH === #

    def _get_first_day(self):
        """Return the first day on which a period may start that is reduced.

        Periods are counted from the start of the subscription, wherever it was billed.
        """
        self.ensure_one()
        subscription = self.subscription_id
        start = subscription.date_start
        if subscription.state != "draft":
            start = subscription._get_next_start() or start
        anchor, plan = subscription.date_anchor, subscription.plan_id
        if not (self.start_after_periods and start and anchor and plan):
            return start
        recurrence = subscription._get_recurrence()
        first = recurrence.index_on_or_before(subscription.date_start)
        return max(start, recurrence.boundary(first + self.start_after_periods))

    def _get_value(self):
        """Return the percentage or the amount; 0 when it is not one yet."""
        self.ensure_one()
        value = Decimal(str(self[self.kind] if self.kind else 0))
        is_possible = value > 0 and (self.kind != "percentage" or value <= 100)
        return value if is_possible else Decimal(0)

    def _is_used_up(self):
        """Return whether the last period has been reduced."""
        self.ensure_one()
        limit = self._get_period_limit()
        return bool(limit) and self.periods_used >= limit

    def _is_removed_on(self, day):
        """Return whether a period that starts on ``day`` is spared by a removal."""
        self.ensure_one()
        return bool(self.date_removed) and (not day or day >= self.date_removed)

    def _is_in_force_on(self, day):
        """Return whether a period that starts on ``day`` can be reduced."""
        self.ensure_one()
        return (
            not self._is_used_up()
            and not self._is_removed_on(day)
            and (not day or not self.date_start or self.date_start <= day)
            and bool(self._get_value())
        )

    def _reduces(self, kind, product):
        """Return whether a charge is in scope.

        :param str kind: of the charge
        :param product: what it charges
        """
        self.ensure_one()
        return (kind != "usage" or self.applies_to_usage) and self._covers(product)

    def _was_used_on(self, day):
        """Return whether a billed period that holds ``day`` was reduced."""
        self.ensure_one()
        return any(use.date_start <= day < use.date_end for use in self.use_ids)

    def _get_tool(self, scope, amount=None):
        """Return the discount for the arithmetic.

        :param scope: positions of what it reduces
        :param Decimal amount: another value than that of the terms
        :rtype: tools.discounts.Discount
        """
        self.ensure_one()
        return Discount(
            key=self._origin.id or 0,
            kind=self.kind,
            value=amount or self._get_value(),
            sequence=self.sequence,
            scope=frozenset(scope),
        )
