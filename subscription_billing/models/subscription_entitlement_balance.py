from collections import defaultdict
from datetime import date
from decimal import Decimal

from odoo import api, fields, models

from ..tools.entitlement import Held, Ledger
from ..tools.recurrence import Period, Recurrence
from ..tools.spans import merge, subtract

#: what decides about the figures of a period
BALANCE_DEPENDENCIES = (
    "consumption_ids.quantity",
    "consumption_ids.state",
    "subscription_id.state",
    "subscription_id.date_end",
    "subscription_id.line_ids.quantity",
    "subscription_id.line_ids.date_start",
    "subscription_id.line_ids.date_end",
    "subscription_id.pause_ids.date_end",
    "date_start",
    "date_end",
    "date_anchor",
    "included_with_id",
    "quantity",
    "quantity_opening",
    "is_per_unit",
    "is_visit",
    "interval_count",
    "interval_unit",
    "partial_period",
    "carry_over",
    "carry_periods",
    "carry_cap",
)


class SubscriptionEntitlement(models.Model):
    """What is granted in a period, used and left."""

    _inherit = "subscription.entitlement"

    # === FIELDS === #

    date_period_start = fields.Date(
        string="Period From",
        compute="_compute_balance",
        help="First day of the running period; of the last one when it has ended.",
    )
    date_period_last = fields.Date(string="Period To", compute="_compute_balance")
    quantity_granted = fields.Float(
        string="Granted", compute="_compute_balance", digits="Product Unit"
    )
    quantity_carried = fields.Float(
        string="Carried Over",
        compute="_compute_balance",
        digits="Product Unit",
        help="What was left of earlier periods and may be used in this one.",
    )
    quantity_total = fields.Float(
        string="Allowance in Period", compute="_compute_balance", digits="Product Unit"
    )
    quantity_used = fields.Float(
        string="Used",
        compute="_compute_balance",
        digits="Product Unit",
        help="All that was consumed in the period, with what was beyond the allowance.",
    )
    quantity_left = fields.Float(
        string="Left", compute="_compute_balance", digits="Product Unit"
    )
    used_percent = fields.Float(
        string="Used (%)",
        compute="_compute_balance",
        help="What was consumed, as a percentage of the allowance in the period.",
    )

    # === COMPUTE METHODS === #

    @api.depends(*BALANCE_DEPENDENCIES)
    def _compute_balance(self):
        ledgers = self._get_ledgers()
        for entitlement in self:
            ledger = ledgers.get(entitlement)
            balance = ledger and ledger.balance(entitlement._get_shown_day())
            entitlement.update(entitlement._prepare_balance_vals(balance))

    # === BUSINESS METHODS: LEDGERS === #

    def _get_day(self):
        """Return the company's today."""
        self.ensure_one()
        return (self.company_id or self.env.company)._get_subscription_today()

    def _get_shown_day(self):
        """Return the day whose period is shown: the last one of what has ended."""
        self.ensure_one()
        day = self._get_day()
        ends = filter(None, (self.date_end, self.subscription_id.date_end))
        return max(min([day, *ends]), self.date_start)

    def _get_recurrence(self):
        """Return the periods of the allowance.

        :rtype: tools.recurrence.Recurrence
        """
        self.ensure_one()
        return Recurrence(
            self.date_anchor, self._get_allowance_interval(), self.anchor_day
        )

    def _get_ledgers(self):
        """Return the ledgers of these entitlements, in a fixed number of queries.

        :rtype: dict[subscription.entitlement, tools.entitlement.Ledger]
        """
        complete = self.filtered(
            lambda each: (
                each.subscription_id
                and each.date_start
                and each.date_anchor
                and each.interval_count > 0
            )
        )
        uses = complete._get_uses()
        gaps = complete.subscription_id._get_closed_spans()
        return {
            entitlement: Ledger(
                allowance=entitlement._get_allowance(),
                recurrence=entitlement._get_recurrence(),
                start=entitlement.date_start,
                held=entitlement._get_held(gaps[entitlement.subscription_id.id]),
                uses=tuple(uses[entitlement._origin.id]),
                opening=Decimal(str(entitlement.quantity_opening)),
            )
            for entitlement in complete
        }

    def _get_uses(self):
        """Return what was consumed of each entitlement.

        :rtype: dict[int, list[tools.entitlement.Use]], by the entitlement's id
        """
        uses = defaultdict(list)
        for consumption in (
            self.env["subscription.consumption"]
            .sudo()
            .search_fetch(
                [("entitlement_id", "in", self.ids), ("state", "=", "recorded")],
                ["entitlement_id", "date", "quantity"],
                order="id",
            )
        ):
            uses[consumption.entitlement_id.id].append(consumption._get_use())
        return uses

    def _get_held(self, closed):
        """Return the days on which the service is included, and for how many units.

        Days on which billing is paused earn nothing.

        :param list[tools.recurrence.Period] closed: days on which there was no service
        :rtype: tuple[tools.entitlement.Held, ...]
        """
        self.ensure_one()
        subscription = self.subscription_id
        ends = filter(None, (self.date_end, subscription.date_end))
        end = min((fields.Date.add(last, days=1) for last in ends), default=date.max)
        if end <= self.date_start:
            return ()
        window = Period(self.date_start, end)
        gaps = [
            *closed,
            *subscription._get_pauses(("credit", "keep"))._get_spans(window),
        ]
        if not self.included_with_id:
            return tuple(Held(span) for span in subtract([window], gaps))
        lines = subscription.line_ids.filtered(
            lambda line: line.product_tmpl_id == self.included_with_id and line.quantity
        )
        if not self.is_per_unit:
            spans = merge(span for line in lines for span in line._get_served(window))
            return tuple(Held(span) for span in subtract(spans, gaps))
        return tuple(
            Held(span, Decimal(str(line.quantity)))
            for line in lines
            for span in subtract(line._get_served(window), gaps)
        )

    def _prepare_balance_vals(self, balance):
        """Return the figures of a period, as the form shows them."""
        if not balance:
            return {
                "date_period_start": False,
                "date_period_last": False,
                **dict.fromkeys(
                    (
                        "quantity_granted",
                        "quantity_carried",
                        "quantity_total",
                        "quantity_used",
                        "quantity_left",
                        "used_percent",
                    ),
                    0.0,
                ),
            }
        total = balance.granted + balance.carried
        return {
            "date_period_start": balance.period.date_start,
            "date_period_last": balance.period.date_last,
            "quantity_granted": float(balance.granted),
            "quantity_carried": float(balance.carried),
            "quantity_total": float(total),
            "quantity_used": float(balance.claimed),
            "quantity_left": float(balance.left),
            "used_percent": float(100 * balance.claimed / total) if total else 0.0,
        }
