from odoo import api, fields, models
from odoo.tools import format_date

from ..tools.pricing.examples import find_drops, make_examples
from ..tools.pricing.terms import TermsError
from .price_fields import AMOUNT_FIELDS, SUBJECT_FIELDS, TIER_FIELDS

#: the field that holds a term of a pricing model
FIELD_OF_TERM = {
    "price": "price_unit",
    "size": "package_size",
    "included": "included_quantity",
    "minimum": "amount_minimum",
    "percentage": "percentage",
    "fee": "price_event",
    "free_events": "included_events",
    "bands": "tier_ids",
}


class SubscriptionPrice(models.Model):
    """A price in words: its name, what it comes to, and what is wrong with it."""

    _inherit = "subscription.price"

    # === FIELDS === #

    price_hint = fields.Char(
        string="Examples",
        compute="_compute_price_hint",
        help="What some quantities cost for one period, before discounts and taxes. "
        "For percentages, volumes of one event.",
    )
    price_warning = fields.Text(string="Warning", compute="_compute_price_hint")

    # === COMPUTE METHODS === #

    @api.depends(
        "partner_id", "pricelist_id", "date_start", *SUBJECT_FIELDS, *AMOUNT_FIELDS
    )
    @api.depends_context("lang")
    def _compute_display_name(self):
        for price in self:
            parts = [
                (price.product_id or price.product_tmpl_id).display_name,
                price.plan_id.display_name,
                (price.partner_id or price.pricelist_id).display_name,
                price.date_start
                and self.env._(
                    "from %(date)s", date=format_date(self.env, price.date_start)
                ),
            ]
            subject = ", ".join(filter(None, parts))
            price.display_name = subject and self.env._(
                "%(subject)s: %(amount)s",
                subject=subject,
                amount=price._get_summary(),
            )

    @api.depends("currency_id", *AMOUNT_FIELDS, *TIER_FIELDS)
    @api.depends_context("lang")
    def _compute_price_hint(self):
        for price in self:
            try:
                terms = price._get_terms()
            except TermsError as error:
                price.price_hint = False
                price.price_warning = price._get_problem_message(error)
            else:
                price.price_hint = price._get_examples_text(terms)
                price.price_warning = price._get_drops_text(terms)

    # === BUSINESS METHODS === #

    def _get_summary(self):
        """Return the price in a few words, such as "$ 49.00" or "Graduated"."""
        self.ensure_one()
        words = self.env["subscription.explanation"]
        amount = words._format_rate(self.price_unit, self._get_currency())
        if self.pricing_model == "per_unit":
            return amount
        if self.pricing_model == "package":
            return self.env._(
                "%(amount)s for %(size)s",
                amount=amount,
                size=words._format_quantity(self.package_size),
            )
        if self.pricing_model == "percentage":
            return words._format_percentage(self.percentage)
        labels = dict(self._fields["pricing_model"]._description_selection(self.env))
        label = labels.get(self.pricing_model, "")
        return f"{label}, {amount}" if self.pricing_model == "flat" else label

    def _get_examples_text(self, terms):
        """Return examples such as "1 → 12.00, 10 → 102.00, 11 → 110.00"."""
        words = self.env["subscription.explanation"]
        return ", ".join(
            f"{words._format_quantity(quantity)} → "
            f"{words._format_amount(amount, self._get_currency())}"
            for quantity, amount in make_examples(
                self.pricing_model or "per_unit", terms
            )
        )

    def _get_drops_text(self, terms):
        """Return where a higher quantity costs less in all, False if nowhere."""
        words, currency = self.env["subscription.explanation"], self._get_currency()
        drops = find_drops(terms) if self.pricing_model == "volume" else ()
        lines = [
            self.env._(
                "The amount falls when the quantity rises: %(quantity)s cost "
                "%(amount)s, and %(next_quantity)s cost %(next_amount)s.",
                quantity=words._format_quantity(drop.quantity),
                amount=words._format_money(drop.amount, currency),
                next_quantity=words._format_quantity(drop.next_quantity),
                next_amount=words._format_money(drop.next_amount, currency),
            )
            for drop in drops
        ]
        return "\n".join(lines) or False

    def _get_currency(self):
        """Return the price's currency, the company's while there is none."""
        self.ensure_one()
        return self.currency_id or self.env.company.currency_id

    def _get_problem_message(self, error):
        """Return what is wrong with the terms, and how to mend it.

        :param TermsError error: the finding of the pricing model
        """
        self.ensure_one()
        label = self._get_term_label(error)
        messages = {
            "negative": self.env._("%(field)s must not be negative.", field=label),
            "below_one": self.env._("%(field)s must be 1 or more.", field=label),
            "no_bands": self.env._("%(field)s: add at least one tier.", field=label),
            "open_before_last": self.env._(
                "Only one tier may go on without end: fill in %(field)s.", field=label
            ),
            "last_not_open": self.env._(
                "No tier holds more than %(value)s: add a last one that goes on "
                "without end, with %(field)s left empty.",
                field=label,
                value=error.value,
            ),
            "not_ascending": self.env._(
                "Two tiers end at %(value)s: change %(field)s.",
                field=label,
                value=error.value,
            ),
        }
        return self.env._(
            "Price of %(product)s: %(problem)s",
            product=(self.product_id or self.product_tmpl_id).display_name,
            problem=messages[error.problem],
        )

    def _get_term_label(self, error):
        """Return the label of the field at fault, and in which tier it is."""
        if error.band is None:
            name = FIELD_OF_TERM[error.field]
            return self._fields[name]._description_string(self.env)
        label = self.tier_ids._get_term_label(error.field, self.pricing_model)
        return self.env._(
            "%(field)s of tier %(number)s", field=label, number=error.band + 1
        )
