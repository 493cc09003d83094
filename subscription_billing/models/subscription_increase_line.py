from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.revenue import monthly_amount

STATES = [
    ("included", "To Announce"),
    ("excluded", "Left Out"),
    ("unreached", "Not Notified"),
    ("announced", "Announced"),
    ("applied", "Applied"),
    ("cancelled", "Called Off"),
    ("lapsed", "Lapsed"),
]
#: what has been announced to a customer, whatever became of it
ANNOUNCED_STATES = ("announced", "applied", "cancelled", "lapsed")
#: what is not decided yet
OPEN_STATES = ("included", "excluded", "unreached")
REASONS = [
    ("struck", "Left out by hand"),
    ("own", "Price agreed with this customer alone"),
    ("free", "No price to raise"),
    ("not_higher", "Would not be higher than today"),
    ("kept", "Price is guaranteed"),
    ("committed", "Committed at this price"),
    ("starts", "Starts after the new price"),
    ("ends", "Ends before the new price"),
    ("pending", "Another new price is announced"),
    ("rated", "Not priced per unit: needs a new version"),
    ("changed", "Changed since prices were computed"),
    ("closed", "Ended before the new price"),
    ("replaced", "Product, plan or price changed before"),
    ("called_off", "Called off"),
]
#: reasons that a person may overrule; the others are promises and facts
SOFT_REASONS = ("struck", "own", "free", "not_higher")
#: those of them that no longer count once a line has been taken in
OVERRULED_REASONS = ("own", "free")


class SubscriptionIncreaseLine(models.Model):
    """What a price increase does to one line of a subscription.

    How the customer is told lies in ``subscription_increase_notice``, what becomes of
    the new price in ``subscription_increase_line_outcome``.
    """

    _name = "subscription.increase.line"
    _description = "Line of a Price Increase"
    _order = "increase_id desc, subscription_id, id"
    _rec_name = "subscription_id"
    _check_company_auto = True

    # === FIELDS: WHAT IT IS ABOUT === #

    increase_id = fields.Many2one(
        "subscription.increase",
        string="Price Increase",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    increase_state = fields.Selection(
        related="increase_id.state", string="Campaign Status"
    )
    company_id = fields.Many2one(
        related="increase_id.company_id", store=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="increase_id.currency_id", store=True, precompute=True
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
        check_company=True,
    )
    subscription_state = fields.Selection(
        related="subscription_id.state", string="Subscription Status"
    )
    partner_id = fields.Many2one(
        related="subscription_id.partner_id", store=True, precompute=True
    )
    plan_id = fields.Many2one("subscription.plan", required=True, readonly=True)
    line_id = fields.Many2one(
        "subscription.line",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product", required=True, ondelete="restrict", readonly=True
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    discount = fields.Float(string="Disc.%", digits="Discount", readonly=True)

    # === FIELDS: PRICES === #

    is_own_price = fields.Boolean(
        string="Individual Price",
        readonly=True,
        help="This price stands in no price list: it was agreed with this customer.",
    )
    is_rated = fields.Boolean(
        string="Not per Unit",
        readonly=True,
        help="Tiers, packages and the like: the price moves to a new version as a "
        "whole.",
    )
    price_old_id = fields.Many2one(
        "subscription.price", string="Old Version", ondelete="restrict", readonly=True
    )
    price_id = fields.Many2one(
        "subscription.price",
        string="New Version",
        ondelete="restrict",
        readonly=True,
        help="The version of the price that the line moves to. Empty: it stays on its "
        "own, with another price of one unit.",
    )
    price_old = fields.Float(
        string="Old Price",
        min_display_digits="Product Price",
        aggregator=None,
        readonly=True,
    )
    price_new = fields.Float(
        string="New Price",
        min_display_digits="Product Price",
        aggregator=None,
        help="Price of one unit for one billing period. Type another one to correct it "
        "for this customer.",
    )
    is_corrected = fields.Boolean(
        string="By Hand",
        readonly=True,
        help="A person has typed the new price, struck the line out or taken it in; "
        "computing again leaves that alone.",
    )
    price_delta = fields.Float(
        string="Difference",
        min_display_digits="Product Price",
        compute="_compute_new_amounts",
        store=True,
        aggregator=None,
    )
    percent = fields.Float(
        string="Difference (%)",
        compute="_compute_new_amounts",
        store=True,
        aggregator="avg",
    )
    amount_old = fields.Monetary(
        string="Per Period Before",
        readonly=True,
        help="Price of the line for one billing period, before taxes.",
    )
    amount_new = fields.Monetary(
        string="Per Period After", compute="_compute_new_amounts", store=True
    )
    mrr_old = fields.Monetary(string="MRR Before", readonly=True)
    mrr_new = fields.Monetary(
        string="MRR After", compute="_compute_new_amounts", store=True
    )
    mrr_delta = fields.Monetary(
        string="MRR Effect", compute="_compute_new_amounts", store=True
    )
    mrr_applied = fields.Monetary(
        string="MRR Applied",
        readonly=True,
        help="By how much the new price changed the MRR on the day it was applied.",
    )

    # === FIELDS: WHAT BECAME OF IT === #

    state = fields.Selection(
        selection=STATES,
        string="Status",
        default="included",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Selection(selection=REASONS, string="Why Not", readonly=True)
    error = fields.Text(readonly=True)
    date_effective = fields.Date(
        string="Holds From",
        readonly=True,
        help="First day of the first billing period that has the new price.",
    )
    change_id = fields.Many2one(
        "subscription.change", ondelete="set null", index=True, readonly=True
    )
    change_line_id = fields.Many2one(
        "subscription.change.line", ondelete="set null", readonly=True
    )

    _line_unique = models.UniqueIndex(
        "(increase_id, line_id)", "A line has one new price in a price increase."
    )
    _change_line_unique = models.UniqueIndex(
        "(change_line_id) WHERE change_line_id IS NOT NULL",
        "A new price is scheduled once.",
    )
    _announced_unique = models.UniqueIndex(
        "(line_id) WHERE state = 'announced'",
        "Another new price has been announced for this line and does not hold yet.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "price_new", "price_id", "price_old", "amount_old", "mrr_old", "quantity"
    )
    def _compute_new_amounts(self):
        for line in self:
            line.price_delta = line.price_new - line.price_old
            line.amount_new = line._get_new_amount()
            line.percent = line._get_percent()
            interval = line.plan_id._get_interval()
            line.mrr_new = monthly_amount(Decimal(str(line.amount_new)), interval)
            line.mrr_delta = line.mrr_new - line.mrr_old

    # === CRUD METHODS === #

    def write(self, vals):
        """Let people correct the new price, before it is announced, and nothing else.

        :raises UserError: anything else would be written by a client
        """
        if self.env.su:
            return super().write(vals)
        self.check_access("write")
        if set(vals) - {"price_new"}:
            raise UserError(
                self.env._("Of a computed line, only New Price can be corrected.")
            )
        self._check_open()
        self._check_per_unit()
        return super().write({**vals, "price_id": False, "is_corrected": True})

    # === ACTIONS === #

    def action_exclude(self):
        """Leave these lines out."""
        self._check_open()
        included = self.filtered(lambda line: line.state == "included")
        included.sudo().write(
            {"state": "excluded", "reason": "struck", "is_corrected": True}
        )

    def action_include(self):
        """Take these lines in again.

        :raises UserError: the price is promised, or does not differ
        """
        self._check_open()
        excluded = self.filtered(lambda line: line.state == "excluded")
        for line in excluded:
            line._check_can_include()
        excluded.sudo().write(
            {"state": "included", "reason": False, "is_corrected": True}
        )

    def action_retry(self):
        """Announce lines again that failed or whose customer had no e-mail address."""
        self.check_access("write")
        failed = self.filtered(lambda line: line.state == "unreached" or line.error)
        return failed._announce_again()

    # === BUSINESS METHODS === #

    def _keep_decision(self, vals):
        """Return new values of a line that leave alone what a person has decided.

        :param dict vals: what was computed
        """
        self.ensure_one()
        if vals["reason"] in (False, *OVERRULED_REASONS):
            if self.reason == "struck":
                vals.update(state="excluded", reason="struck")
            elif self.state == "included":
                vals.update(state="included", reason=False)
        return vals

    def _get_new_amount(self):
        """Return the price of the line for one period, before taxes, as it will be.

        Taxes that prices include are left to have the same share.
        """
        self.ensure_one()
        if not self.line_id:
            return self.amount_new
        old = self.line_id._get_gross()
        new = self.line_id._get_new_gross(self.price_new, self.price_id)
        if old and self.amount_old:
            return self.currency_id.round(self.amount_old * float(new / old))
        return self.currency_id.round(float(new) * (100 - self.discount) / 100)

    def _get_percent(self):
        """Return by how many percent the price rises."""
        self.ensure_one()
        if self.price_old and not self.is_rated and not self.price_id.tier_ids:
            return 100 * self.price_delta / self.price_old
        if not self.amount_old:
            return 0.0
        return 100 * (self.amount_new - self.amount_old) / self.amount_old

    def _is_raise(self):
        """Return whether the customer will pay more."""
        self.ensure_one()
        return (self.price_delta or self.amount_new - self.amount_old) > 0

    def _check_open(self):
        """Refuse to decide anew on what has been decided.

        :raises UserError: with what to do instead
        """
        self.check_access("write")
        decided = self.filtered(
            lambda line: (
                line.increase_id.state != "computed" or line.state not in OPEN_STATES
            )
        )
        if decided:
            raise UserError(
                self.env._(
                    "The new price of %(subscription)s has been announced or called "
                    "off. Cancel its scheduled change instead.",
                    subscription=decided[0].subscription_id.display_name,
                )
            )

    def _check_per_unit(self):
        """Refuse a price of one unit where that is not what a line costs."""
        if rated := self.filtered("is_rated"):
            raise UserError(
                self.env._(
                    "%(subscription)s has tiers, packages or the like: its New Price "
                    "is a new version of the price.",
                    subscription=rated[0].subscription_id.display_name,
                )
            )

    def _check_can_include(self):
        """Refuse to break a promise, or to announce what is no new price."""
        self.ensure_one()
        if self.reason not in SOFT_REASONS:
            reasons = dict(self._fields["reason"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(subscription)s stays left out: %(reason)s.",
                    subscription=self.subscription_id.display_name,
                    reason=reasons[self.reason],
                )
            )
        is_same = not self.price_delta and self.amount_new == self.amount_old
        if is_same or not (self._is_raise() or self.increase_id.may_lower):
            raise UserError(
                self.env._(
                    "Type a New Price above %(price)s for %(subscription)s before you "
                    "take it in.",
                    price=self.price_old,
                    subscription=self.subscription_id.display_name,
                )
            )

    def _announce_again(self):
        """Have these lines announced, as part of campaigns that have begun."""
        begun = self.filtered(
            lambda line: line.increase_id.state in ("announcing", "announced", "done")
        )
        begun.sudo().write({"state": "included", "error": False})
        return begun.increase_id._announce_rest()
