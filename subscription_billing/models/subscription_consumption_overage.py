from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_is_zero, float_round, format_date

from ..tools.entitlement import Use


class SubscriptionConsumption(models.Model):
    """What a use costs: the part beyond the allowance becomes a one-off item.

    Its items, less the credits that give them back, always bill the quantity that is
    beyond the allowance.
    """

    _inherit = "subscription.consumption"

    # === FIELDS === #

    item_ids = fields.One2many(
        "subscription.item", "consumption_id", string="Billed By", readonly=True
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    amount_overage = fields.Monetary(
        string="Amount Beyond",
        compute="_compute_amount_overage",
        help="What is billed for it, before taxes.",
    )

    # === COMPUTE METHODS === #

    @api.depends("item_ids.amount")
    def _compute_amount_overage(self):
        for consumption in self:
            consumption.amount_overage = sum(consumption.item_ids.mapped("amount"))

    # === BUSINESS METHODS: RECORDING === #

    @api.model
    def _prepare_rated_vals(self, vals_list):
        """Return the values of uses with what of each is beyond the allowance.

        They count in the order in which they are given.
        """
        Entitlement = self.env["subscription.entitlement"].sudo()
        ids = {vals["entitlement_id"] for vals in vals_list}
        ledgers = Entitlement.browse(ids)._get_ledgers()
        rated = []
        for vals in vals_list:
            entitlement = Entitlement.browse(vals["entitlement_id"])
            use = self._read_use(vals, entitlement._get_day())
            excess = entitlement._rate(ledgers[entitlement], use)
            ledgers[entitlement] = ledgers[entitlement].with_use(use)
            rated.append(
                {
                    **vals,
                    "date": use.day,
                    "quantity": float(use.quantity),
                    "quantity_overage": float(excess),
                    "state": "recorded",
                    "user_id": self.env.uid,
                }
            )
        return rated

    @api.model
    def _read_use(self, vals, today):
        """Return what the values of a use say about its day and its quantity.

        :rtype: tools.entitlement.Use
        :raises UserError: with the field that is wrong
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        try:
            day = fields.Date.to_date(vals.get("date")) or today
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("Date must be a date such as 2026-12-31.")
            ) from error
        try:
            quantity = float_round(
                float(vals.get("quantity", 1.0)), precision_digits=digits
            )
        except (OverflowError, TypeError, ValueError) as error:
            raise UserError(self.env._("Quantity must be a number.")) from error
        if not 0 < quantity < float("inf"):
            raise UserError(
                self.env._("Quantity must be above 0. Cancel a use to take it back.")
            )
        if day > today:
            raise UserError(
                self.env._(
                    "Date %(date)s must not be after today: a use is recorded when it "
                    "has happened.",
                    date=format_date(self.env, day),
                )
            )
        return Use(day, Decimal(str(quantity)))

    def _bill_overage(self):
        """Put what is beyond the allowance on the next invoice, where it has a price.

        What has been closed gets its invoice at once.
        """
        billed = self.filtered(
            lambda each: (
                each.quantity_overage and each.entitlement_id.overage == "billed"
            )
        )
        self.env["subscription.item"].create(
            [each._prepare_overage_item_vals() for each in billed]
        )
        billed.subscription_id._settle_if_closed()

    def _prepare_overage_item_vals(self):
        """Return the values of the item that bills what is beyond the allowance."""
        self.ensure_one()
        entitlement, subscription = self.entitlement_id, self.subscription_id
        lang = subscription.partner_invoice_id.lang
        env = self.with_context(lang=lang).env if lang else self.env
        title = env._(
            "%(service)s beyond the allowance, %(date)s",
            service=entitlement.name,
            date=format_date(env, self.date, lang_code=lang),
        )
        lines = subscription.line_ids.filtered(
            lambda line: line.product_tmpl_id == entitlement.included_with_id
        )
        return {
            "subscription_id": subscription.id,
            "kind": "overage",
            "consumption_id": self.id,
            "product_id": entitlement.product_id.id,
            "name": "\n".join(filter(None, (title, self.name))),
            "quantity": self.quantity_overage,
            "price_unit": entitlement.overage_price,
            "analytic_distribution": lines[-1:].analytic_distribution,
        }

    # === BUSINESS METHODS: TAKING BACK === #

    def _cancel(self):
        """Take one use back, and what it has made later ones cost."""
        self.ensure_one()
        entitlement = self.entitlement_id
        ledger = entitlement._get_ledgers()[entitlement]
        relief = float(ledger.relief(self._get_use(), entitlement._get_day()))
        relief -= self.quantity_overage
        within = self.quantity - self.quantity_overage
        self.write(
            {
                "state": "cancelled",
                "date_cancelled": fields.Datetime.now(),
                "cancel_user_id": self.env.uid,
            }
        )
        self._reduce_overage(self.quantity_overage)
        period = entitlement._get_recurrence().period_containing(self.date)
        others = entitlement.consumption_ids.filtered(
            lambda each: each.state == "recorded" and each.date >= period.date_start
        )
        for other in others.sorted("id", reverse=True):
            quantity = max(min(relief, other.quantity_overage), 0.0)
            other._reduce_overage(quantity)
            relief -= quantity
            within -= quantity
        self._shift_successors(-within)
        self.subscription_id._settle_if_closed()

    def _reduce_overage(self, quantity):
        """Bill less beyond the allowance: take it off what is pending, and credit what
        has been invoiced."""
        self.ensure_one()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if float_is_zero(quantity, precision_digits=digits):
            return
        self.quantity_overage -= quantity
        for item in self.item_ids.sorted("id", reverse=True):
            quantity -= item._take_back(quantity)

    def _shift_successors(self, quantity):
        """Let the terms that follow know what was claimed of the period they share.

        :param quantity: what is claimed more of the allowance, below 0 for less
        """
        self.ensure_one()
        for successor in self.entitlement_id.successor_ids:
            if self.date >= successor._get_takeover_start():
                successor.quantity_opening -= quantity
