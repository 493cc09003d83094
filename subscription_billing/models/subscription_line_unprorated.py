from odoo import fields, models

from ..tools.recurrence import Period
from ..tools.spans import merge


class SubscriptionLine(models.Model):
    """Changes without proration: the rest of the period is paid with the line before.

    The new line is served from the day of the change on, and billed from the next
    period on. Until then it is served for what the line before it costs, which goes on
    being billed as if it ran on. What ends the service, or changes it with proration,
    ends that too: the days that are left are given back as of any other line.
    """

    _inherit = "subscription.line"

    # === FIELDS === #

    date_billed_from = fields.Date(
        readonly=True,
        copy=False,
        help="First day that is billed for this line, where it came in the middle of a "
        "period without proration. Empty: its first day.",
    )
    billed_with_id = fields.Many2one(
        "subscription.line",
        string="Until Then Paid With",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The line whose price is billed for this one until then.",
    )

    # === BUSINESS METHODS === #

    def _get_served(self, window):
        """Return the days that are billed at the price of this line."""
        spans = super()._get_served(window)
        if first := self.date_billed_from:
            spans = [
                Period(max(span.date_start, first), span.date_end)
                for span in spans
                if span.date_end > first
            ]
        if not self.date_end:
            # Only a line that has ended can be followed by another.
            return spans
        carried = self.subscription_id.line_ids.filtered(
            lambda line: line.billed_with_id == self
        )
        for line in carried:
            spans += line._get_carried(window)
        return merge(spans)

    def _get_carried(self, window):
        """Return the days of ``window`` that the line before this one pays for."""
        self.ensure_one()
        end = min(window.date_end, self.date_billed_from)
        if end <= window.date_start:
            return []
        return self._get_days(Period(window.date_start, end))

    def _prepare_unprorated_vals(self, day, first_billed):
        """Return what tells the line that follows this one without proration when it
        is billed first, and with which line until then.

        :param datetime.date day: first day of the line that follows
        :param datetime.date first_billed: start of the next period; None with proration
        """
        at_once = {"date_billed_from": False, "billed_with_id": False}
        if not first_billed:
            return at_once
        if self.date_billed_from and self.date_billed_from >= first_billed:
            payer = self.billed_with_id
        elif self and self._is_unserved(day):
            # Nobody has paid for it: the other takes its place.
            return at_once
        else:
            payer = self
        return {"date_billed_from": first_billed, "billed_with_id": payer.id}
