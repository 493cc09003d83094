from decimal import Decimal

from odoo import api, models
from odoo.tools import formatLang

#: decimals that a person still wants to read
MOST_DIGITS = 6


class SubscriptionExplanation(models.AbstractModel):
    """The steps of a rating as people read them, in the language of the context."""

    _name = "subscription.explanation"
    _description = "Explanation of a Price"

    # === BUSINESS METHODS: STEPS === #

    @api.model
    def _explain(self, steps, currency):
        """Return a line of text for each step.

        Another kind of step brings its own ``_explain_<kind>(step, currency)``.

        :param steps: ``tools.pricing.steps.Step``, or what has its fields
        :rtype: list[str]
        """
        lines = [
            getattr(self, f"_explain_{step.kind}")(step, currency) for step in steps
        ]
        return [
            self.env._(
                "%(tier)s: %(line)s",
                tier=self._format_span(step.span.after, step.span.last, step.quantity),
                line=line,
            )
            if step.span
            else line
            for step, line in zip(steps, lines, strict=True)
        ]

    @api.model
    def _explain_flat(self, step, currency):
        return self.env._(
            "Flat price: %(amount)s", amount=self._format_money(step.amount, currency)
        )

    @api.model
    def _explain_units(self, step, currency):
        return self.env._(
            "%(quantity)s × %(rate)s%(flat)s = %(amount)s",
            quantity=self._format_quantity(step.quantity),
            rate=self._format_rate(step.rate, currency),
            flat=self._format_flat(step, currency),
            amount=self._format_money(step.amount, currency),
        )

    @api.model
    def _explain_blocks(self, step, currency):
        return self.env._(
            "%(count)s × %(size)s units at %(rate)s%(flat)s = %(amount)s",
            count=self._format_quantity(step.quantity),
            size=self._format_quantity(step.size),
            rate=self._format_rate(step.rate, currency),
            flat=self._format_flat(step, currency),
            amount=self._format_money(step.amount, currency),
        )

    @api.model
    def _explain_percentage(self, step, currency):
        return self.env._(
            "%(percentage)s of %(volume)s%(flat)s = %(amount)s",
            percentage=self._format_percentage(step.rate),
            volume=self._format_money(step.quantity, currency),
            flat=self._format_flat(step, currency),
            amount=self._format_money(step.amount, currency),
        )

    @api.model
    def _explain_events(self, step, currency):
        return self.env._(
            "Fee per event: %(quantity)s × %(rate)s = %(amount)s",
            quantity=self._format_quantity(step.quantity),
            rate=self._format_rate(step.rate, currency),
            amount=self._format_money(step.amount, currency),
        )

    @api.model
    def _explain_included(self, step, _currency):
        return self.env._(
            "Included: %(quantity)s", quantity=self._format_quantity(step.quantity)
        )

    @api.model
    def _explain_minimum(self, step, currency):
        return self.env._(
            "Raised to the minimum charge of %(minimum)s: %(amount)s",
            minimum=self._format_money(step.rate, currency),
            amount=self._format_money(step.amount, currency),
        )

    # === BUSINESS METHODS: NUMBERS === #

    @api.model
    def _format_span(self, after, last, quantity=Decimal(0)):
        """Return a band in words, such as "11–20" or "21 and above".

        :param Decimal after: what the band begins above
        :param Decimal last: its last quantity, None for a band without end
        :param Decimal quantity: of parts of units it is said what it begins above
        """
        is_whole = all(not number % 1 for number in (after, last or 0, quantity))
        if is_whole:
            first = self._format_quantity(after + 1)
            if last is None:
                return self.env._("%(first)s and above", first=first)
            if last == after + 1:
                return first
            return f"{first}–{self._format_quantity(last)}"
        after = self._format_quantity(after)
        if last is None:
            return self.env._("Above %(after)s", after=after)
        return self.env._(
            "Above %(after)s, up to %(last)s",
            after=after,
            last=self._format_quantity(last),
        )

    @api.model
    def _format_flat(self, step, currency):
        """Return the flat fee of a step as an addend, empty when there is none."""
        if not step.flat:
            return ""
        return f" + {self._format_rate(step.flat, currency)}"

    @api.model
    def _format_quantity(self, number):
        """Return a number with the decimals that it has."""
        return formatLang(self.env, float(number), digits=_count_decimals(number))

    @api.model
    def _format_percentage(self, number):
        """Return a number as a percentage."""
        return self.env._("%(percentage)s %%", percentage=self._format_quantity(number))

    @api.model
    def _format_money(self, amount, currency):
        """Return an amount rounded at the currency, with its symbol."""
        return currency.with_env(self.env).format(currency.round(float(amount)))

    @api.model
    def _format_amount(self, amount, currency):
        """Return an amount rounded at the currency, without a symbol."""
        rounded = currency.round(float(amount))
        return formatLang(self.env, rounded, digits=currency.decimal_places)

    @api.model
    def _format_rate(self, rate, currency):
        """Return a price with its symbol and all its decimals, as those of a unit."""
        digits = max(currency.decimal_places, _count_decimals(rate))
        number = formatLang(self.env, float(rate), digits=digits)
        symbol = currency.symbol or ""
        parts = (symbol, number) if currency.position == "before" else (number, symbol)
        return "\N{NO-BREAK SPACE}".join(parts)


def _count_decimals(number):
    """Return how many decimals a number has, as far as a person wants to read them."""
    decimal = Decimal(str(number)).quantize(Decimal(1).scaleb(-MOST_DIGITS)).normalize()
    return max(0, -decimal.as_tuple().exponent)
