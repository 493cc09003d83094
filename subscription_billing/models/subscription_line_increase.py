from odoo import fields, models
from odoo.tools import float_compare

from .price_fields import exact

#: decimals of the price of one unit, which may be a part of a cent
PRICE_DIGITS = 8


class SubscriptionLine(models.Model):
    """How long a price has been paid and is promised, and which line follows which.

    A change ends a line and begins another: what was promised for the one holds for the
    other, and who looked at the one finds the other.
    """

    _inherit = "subscription.line"

    # === FIELDS === #

    previous_line_id = fields.Many2one(
        "subscription.line",
        string="Follows",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The line that this one replaced.",
    )
    date_price_start = fields.Date(
        string="Price Since",
        readonly=True,
        copy=False,
        help="First day on which the customer paid this price, where that was on an "
        "earlier line. Empty: from the start of this line.",
    )
    date_price_kept_until = fields.Date(
        string="Price Guaranteed Until",
        copy=False,
        help="Last day on which the price of this line is promised. No price increase "
        "raises it before.",
    )

    # === BUSINESS METHODS === #

    def _prepare_successor_vals(self, vals):
        """Keep what was promised, and since when the price has been paid."""
        return {
            **super()._prepare_successor_vals(vals),
            "previous_line_id": self.id,
            "date_price_start": (
                self._get_price_start() if self._has_price(vals) else False
            ),
            "date_price_kept_until": self.date_price_kept_until,
        }

    def _rewrite(self, vals):
        """Give this line, of which nobody has had a day, the terms of its successor.

        :param dict vals: the values of that successor
        """
        self.ensure_one()
        planned = self.env["subscription.change.line"].search(
            [("line_id", "=", self.id), ("change_id.state", "=", "scheduled")]
        )
        terms = {each: each._get_agreed_terms(vals) for each in planned}
        if "price_id" not in vals:
            self._choose_price(self.company_id)
        if "bundle_id" not in vals and not self.meter_id:
            self._choose_bundle(self.company_id)
        self.write({**vals, "previous_line_id": self.previous_line_id.id})
        for each, agreed in terms.items():
            each.write(agreed)

    def _get_latest(self):
        """Return the line that has followed this one, or itself when none has."""
        self.ensure_one()
        followers = {
            line.previous_line_id: line for line in self.subscription_id.line_ids
        }
        latest = self
        while follower := followers.get(latest):
            latest = follower
        return latest

    def _get_price_start(self):
        """Return the first day on which the customer paid this price."""
        self.ensure_one()
        return (
            self.date_price_start or self.date_start or self.subscription_id.date_start
        )

    def _has_price(self, vals):
        """Return whether values leave the price as it is."""
        self.ensure_one()
        price = vals.get("price_unit", self.price_unit)
        version = vals.get("price_id", self.price_id.id)
        return version == self.price_id.id and not self._compare_prices(
            price, self.price_unit
        )

    def _get_new_gross(self, price_unit, version):
        """Return what a whole period would cost, before the discount.

        :param float price_unit: the price of one unit
        :param version: the ``subscription.price`` to move to, or none to stay
        :rtype: decimal.Decimal
        """
        self.ensure_one()
        price, units = version or self.price_id, exact(self.quantity)
        if not price or not price._is_rated():
            return units * exact(price_unit)
        is_per_unit = price.pricing_model == "per_unit"
        return price._rate(
            units, price_unit=exact(price_unit) if is_per_unit else None
        ).amount

    def _compare_prices(self, one, other):
        """Return -1, 0 or 1: how two prices of one unit compare."""
        return float_compare(one, other, precision_digits=PRICE_DIGITS)
