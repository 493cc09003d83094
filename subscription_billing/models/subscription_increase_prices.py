from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo import models

from .price_fields import exact
from .subscription_increase_notice import KIND


class Facts(NamedTuple):
    """What is known of the subscription lines of one chunk, found with a query each."""

    #: ids of the lines whose price was agreed with their customer alone
    own: set
    #: ids of the lines for which another new price is announced
    pending: set
    #: ``subscription.price`` of all times, by plan, product and currency
    offers: dict
    #: ``subscription.notice.rule`` for price changes, by subscription id
    rules: dict


class NewPrice(NamedTuple):
    """The new price of a line, and the figures that are compared."""

    #: the price of one unit
    unit: float
    #: the ``subscription.price`` that the line moves to, or none
    version: models.Model
    #: the price of one unit today, or of the whole period where it is not per unit
    old: Decimal
    new: Decimal


class SubscriptionIncrease(models.Model):
    """What the new prices of a price increase are."""

    _inherit = "subscription.increase"

    # === BUSINESS METHODS: NEW PRICES === #

    def _get_new_price(self, line, day, facts):
        """Return the new price of a line.

        A price that is not per unit stays, or moves to another version as a whole.

        :param datetime.date day: when it begins to hold
        :rtype: NewPrice
        """
        version = line.price_id.browse()
        if self.method == "list":
            version = self._find_offer(line, day, facts)
        is_rated = self.method == "list" and (
            line._is_rated() or (version and version._is_rated())
        )
        if is_rated or not line._is_per_unit():
            return self._get_new_rating(line, version)
        return self._get_new_unit_price(line, version)

    def _get_new_unit_price(self, line, version):
        """Return the new price of one unit.

        :param version: the ``subscription.price`` that is offered, or none
        :rtype: NewPrice
        """
        old, listed = exact(line.price_unit), None
        if old <= 0:
            return NewPrice(line.price_unit, version.browse(), old, old)
        if self.method == "list":
            sales_price = line._get_sales_price(
                line.product_id, line.currency_id, line.company_id
            )
            listed = exact(version.price_unit if version else sales_price)
        new = self._round_price(old, self._get_terms().new_price(old, listed), listed)
        is_moved = bool(version) and new == listed
        return NewPrice(float(new), version if is_moved else version.browse(), old, new)

    def _get_new_rating(self, line, version):
        """Return the price of a line that is rated, or will be, as a whole.

        :param version: the ``subscription.price`` that is offered, or none
        :rtype: NewPrice
        """
        old = line._get_gross()
        new = version._rate(exact(line.quantity)).amount if version else old
        if old > 0 and self._get_terms().new_price(old, new) != new:
            version, new = version.browse(), old
        unit = version.price_unit if version else line.price_unit
        return NewPrice(unit, version, old, new)

    def _get_known_price(self, line, known):
        """Return the new price that an increase line has, compared with today.

        :rtype: NewPrice
        """
        version = known.price_id
        if known.is_rated or (version and version._is_rated()):
            old, new = line._get_gross(), line._get_new_gross(known.price_new, version)
        else:
            old, new = exact(line.price_unit), exact(known.price_new)
        return NewPrice(known.price_new, version, old, new)

    def _round_price(self, old, exact_price, listed=None):
        """Return a price of one unit with as many decimals as prices have.

        A price of parts of a cent keeps two decimals more than it has. What stands in
        the list stays as it is there, and a cap is not exceeded by rounding.

        :param Decimal old: the price today
        :param Decimal exact_price: the new one
        :rtype: Decimal
        """
        if exact_price == listed:
            return exact_price
        digits = self.env["decimal.precision"].precision_get("Product Price")
        known = -old.normalize().as_tuple().exponent
        unit = Decimal(1).scaleb(-(digits if known <= digits else known + 2))
        rounded = exact_price.quantize(unit, ROUND_HALF_UP)
        cap = self._get_terms().cap(old)
        if cap is not None and old < cap < rounded:
            return exact_price.quantize(unit, ROUND_FLOOR)
        return rounded

    # === BUSINESS METHODS: WHAT IS KNOWN === #

    def _get_facts(self, lines):
        """Return what is known of some lines.

        :rtype: Facts
        """
        offers = (
            self.env["subscription.price"]
            ._search_offers(
                lines.plan_id,
                lines.product_id,
                lines.currency_id,
                lines.subscription_id.partner_id,
            )
            .grouped(
                lambda price: (price.plan_id, price.product_tmpl_id, price.currency_id)
            )
        )
        return Facts(
            own=self._find_own_prices(lines, offers),
            pending=self._find_pending(lines),
            offers=offers,
            rules=self._find_notice_rules(lines),
        )

    def _find_notice_rules(self, lines):
        """Return the rules by which the customers are told of price changes.

        :rtype: dict[int, subscription.notice.rule], by subscription id
        """
        notifier = self.env["subscription.notifier"].sudo()
        rules = notifier._find_rules([KIND])
        return notifier._choose_rules(rules, lines.subscription_id.sudo())

    def _find_offer(self, line, day, facts):
        """Return the price that a customer is offered on ``day``, or none."""
        key = (line.plan_id, line.product_tmpl_id, line.currency_id)
        offers = facts.offers.get(key, line.price_id.browse())
        partner = line.partner_id.with_company(self.company_id)
        return offers._choose(line.product_id, day, partner)

    def _find_own_prices(self, lines, offers):
        """Return the ids of the lines whose price was agreed with one customer alone.

        A price that an earlier price increase brought is as individual as the one that
        it raised.
        """
        raised = self._get_raised(lines)
        own = set()
        for line in lines:
            before = [
                each.is_own_price
                for each in raised.get((line.subscription_id, line.product_id), ())
                if line.price_id == (each.price_id or each.price_old_id)
                and not line._compare_prices(each.price_new, line.price_unit)
            ]
            if before[-1] if before else not self._is_listed(line, offers):
                own.add(line.id)
        return own

    def _is_listed(self, line, offers):
        """Return whether a price stands, or stood, in a list that others have too."""
        if line.price_id.partner_id:
            return False
        if not line._is_per_unit():
            return True
        key = (line.plan_id, line.product_tmpl_id, line.currency_id)
        variants = (line.product_id, line.product_id.browse())
        listed = [
            price.price_unit
            for price in offers.get(key, ())
            if price.product_id in variants and not price.partner_id
        ]
        listed.append(
            line._get_sales_price(line.product_id, line.currency_id, line.company_id)
        )
        return any(not line._compare_prices(price, line.price_unit) for price in listed)

    def _get_raised(self, lines):
        """Return the applied increase lines of the subscriptions of some lines.

        :rtype: dict[tuple, subscription.increase.line], by subscription and product
        """
        return (
            self.env["subscription.increase.line"]
            .search(
                [
                    ("subscription_id", "in", lines.subscription_id.ids),
                    ("state", "=", "applied"),
                ],
                order="id",
            )
            .grouped(lambda line: (line.subscription_id, line.product_id))
        )

    def _find_pending(self, lines):
        """Return the ids of the lines for which another new price is announced."""
        announced = self.env["subscription.increase.line"].search(
            [
                ("subscription_id", "in", lines.subscription_id.ids),
                ("state", "=", "announced"),
                ("increase_id", "!=", self.id),
            ]
        )
        keys = {(each.subscription_id, each.product_id) for each in announced}
        return {
            line.id for line in lines if (line.subscription_id, line.product_id) in keys
        }
