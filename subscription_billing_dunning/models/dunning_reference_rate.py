from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class DunningReferenceRate(models.Model):
    """The rate on which statutory interest builds, for half a year each."""

    _name = "dunning.reference.rate"
    _description = "Reference Rate"
    _order = "date_start desc"
    _rec_name = "date_start"

    # === FIELDS === #

    date_start = fields.Date(
        string="From", required=True, help="The first of January or of July."
    )
    percent = fields.Float(
        string="Rate (%)",
        required=True,
        digits=(8, 4),
        help="Per year. The points of a step are added to it.",
    )

    _once_per_half_year = models.UniqueIndex(
        "(date_start)", "Each half-year has one reference rate."
    )

    # === CONSTRAINTS === #

    @api.constrains("date_start")
    def _check_half_year(self):
        for rate in self:
            if rate.date_start != self._get_half_year(rate.date_start):
                raise ValidationError(
                    self.env._(
                        "A half-year begins on January 1 or July 1, not on %(day)s.",
                        day=rate.date_start,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _get_half_year(self, day):
        """Return the first day of the half-year that holds a day."""
        return date(day.year, 1 if day.month <= 6 else 7, 1)

    @api.model
    def _map_rates(self, date_from, date_to):
        """Return the rates for the days from one to another.

        :rtype: dict[datetime.date, float], by the first day of the half-year
        :raises UserError: a half-year has no rate
        """
        half, halves = self._get_half_year(date_from), []
        while half <= date_to:
            halves.append(half)
            half = self._get_half_year(fields.Date.add(half, months=6))
        rates = self.sudo().search([("date_start", "in", halves)])
        by_half = {rate.date_start: rate.percent for rate in rates}
        if missing := [half for half in halves if half not in by_half]:
            raise UserError(
                self.env._(
                    "The reference rate of the half-year from %(day)s on is missing. "
                    "Add it in Configuration, Reference Rates, then repeat the step.",
                    day=missing[0],
                )
            )
        return by_half
