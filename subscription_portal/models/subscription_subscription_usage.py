from dataclasses import dataclass
from datetime import date, timedelta

from odoo import fields, models

#: what a day of the chart shows, by how the meter counts
DAILY = {
    "sum": "quantity:sum",
    "maximum": "quantity:max",
    "last": "quantity:max",
    "count": "__count",
    "unique": "__count",
}


@dataclass(frozen=True, slots=True)
class UsageDay:
    """A bar of the chart.

    :param share: its height, as a part of the highest one
    """

    day: date
    quantity: float
    share: float


@dataclass(frozen=True, slots=True)
class UsageView:
    """What was used on a line since it was last billed, and what it costs so far.

    :param amount: before taxes, in the currency of the subscription
    :param steps: how the amount comes about, tier by tier, in words
    """

    name: str
    unit: str
    date_start: date
    date_last: date
    quantity: float
    amount: float
    steps: tuple[str, ...]
    days: tuple[UsageDay, ...]


class SubscriptionSubscription(models.Model):
    """What was used so far, in figures and as a chart."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_portal_usage(self):
        """Return what was used and is not billed yet, a view for each metered line.

        :rtype: list[UsageView]
        """
        self.ensure_one()
        end = fields.Date.add(self.company_id._get_subscription_today(), days=1)
        windows = self._get_usage_windows({self.id: end})
        counted = self.env["subscription.meter"]._aggregate(windows)
        charges = {
            charge.line_id: charge
            for charge in self._get_usage_charges(windows, counted)
        }
        return [
            self._prepare_usage_view(
                self.line_ids.browse(window.line_id), window.period, charges
            )
            for window in windows
        ]

    def _prepare_usage_view(self, line, period, charges):
        """Return what the page shows of a metered line.

        :param tools.recurrence.Period period: the days that are not billed yet
        :param dict[int, tools.charge.Charge] charges: by line id
        """
        charge = charges[line.id]
        return UsageView(
            name=line.name.splitlines()[0],
            unit=line.meter_id.unit_name or line.meter_id.name,
            date_start=period.date_start,
            date_last=period.date_last,
            quantity=float(charge.quantity),
            amount=float(charge.amount),
            steps=tuple(line._explain(charge.steps)),
            days=self._get_usage_days(line.meter_id, period),
        )

    def _get_usage_days(self, meter, period):
        """Return the bars of the chart, one for each day of a period."""
        rows = self.env["subscription.usage"]._read_group(
            [
                ("subscription_id", "=", self.id),
                ("meter_id", "=", meter.id),
                ("state", "=", "accepted"),
                ("date", ">=", period.date_start),
                ("date", "<", period.date_end),
            ],
            groupby=["date:day"],
            aggregates=[DAILY[meter.aggregation]],
        )
        counted = {fields.Date.to_date(day): quantity for day, quantity in rows}
        highest = max(counted.values(), default=0) or 1
        count = (period.date_end - period.date_start).days
        days = [period.date_start + timedelta(days=number) for number in range(count)]
        return tuple(
            UsageDay(day, counted.get(day, 0), max(counted.get(day, 0), 0) / highest)
            for day in days
        )
