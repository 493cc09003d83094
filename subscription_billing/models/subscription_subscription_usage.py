from dataclasses import replace

from odoo import fields, models

from ..tools.metering import Window
from ..tools.recurrence import Period


class SubscriptionSubscription(models.Model):
    """The usage that is counted for a subscription."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    usage_count = fields.Integer(string="Usage Events", compute="_compute_usage_count")
    has_meter = fields.Boolean(compute="_compute_usage_count")

    _client_order_ref_index = models.Index(
        "(client_order_ref) WHERE client_order_ref IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    def _compute_usage_count(self):
        counts = dict(
            self.env["subscription.usage"]._read_group(
                [("subscription_id", "in", self.ids), ("state", "=", "accepted")],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            lines = subscription.line_ids
            subscription.usage_count = counts.get(subscription, 0)
            subscription.has_meter = bool(lines.meter_id | lines.quantity_meter_id)

    # === CRUD METHODS === #

    def unlink(self):
        """Let what was refused for a draft go with it."""
        usage = self.env["subscription.usage"].sudo()
        domain = [("subscription_id", "in", self.ids), ("state", "=", "refused")]
        usage.search(domain).unlink()
        return super().unlink()

    # === ACTIONS === #

    def action_view_usage(self):
        """Open the usage of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_usage_action"
        )
        return {
            **action,
            "domain": [("subscription_id", "=", self.id)],
            "context": {
                "default_subscription_id": self.id,
                "search_default_accepted": 1,
            },
        }

    # === BUSINESS METHODS: BILLING === #

    def _get_usage_windows(self, until):
        """Return the days whose usage is billed next, for each metered line.

        Usage is billed after the period in which it was counted: from the end of what
        was billed before, else from the first day that is counted.

        :param dict[int, datetime.date] until: first day that is not billed, by id
        :rtype: list[tools.metering.Window]
        """
        lines = self.line_ids.filtered("meter_id")
        if not lines:
            return []
        billed = dict(
            self.env["subscription.period"]._read_group(
                [("line_id", "in", lines.ids), ("kind", "=", "usage")],
                groupby=["line_id"],
                aggregates=["date_end:max"],
            )
        )
        windows = []
        for line in lines:
            subscription = line.subscription_id
            first, end = line._get_span()
            end = min(filter(None, (until[subscription.id], end)))
            start = billed.get(line) or max(
                first, subscription._get_first_counted_day()
            )
            if start < end:
                windows.append(Window(line.id, line.meter_id.id, Period(start, end)))
        return windows

    def _get_windows_to_bill(self, windows, usage):
        """Return the windows without those whose corrections exceed what was counted.

        Where another line took the place of such a one, its window takes the days over.

        :param list[tools.metering.Window] windows:
        :param dict[int, tools.metering.Usage] usage: what each counted, by line id
        :rtype: list[tools.metering.Window]
        """
        owners = {line.id: line.subscription_id.id for line in self.line_ids}
        open_starts, kept = {}, []
        for window in sorted(windows, key=lambda each: each.period.date_start):
            counter = (owners[window.line_id], window.meter_id)
            start = open_starts.pop((*counter, window.period.date_start), None)
            days = Period(start or window.period.date_start, window.period.date_end)
            if usage[window.line_id].quantity < 0:
                open_starts[(*counter, days.date_end)] = days.date_start
            else:
                kept.append(replace(window, period=days))
        return kept

    def _get_usage_charges(self, windows, usage):
        """Return what the metered lines of this subscription owe.

        :param list[tools.metering.Window] windows: of any subscriptions
        :param dict[int, tools.metering.Usage] usage: what each counted, by line id
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        lines = {line.id: line for line in self.line_ids if line.meter_id}
        return [
            lines[window.line_id]._get_usage_charge(
                window.period, usage[window.line_id]
            )
            for window in windows
            if window.line_id in lines
        ]
