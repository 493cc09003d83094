from odoo import models

from ..tools.price_increase import Announcement
from .subscription_schedule import RUNNING_STATES


class SubscriptionIncreaseLine(models.Model):
    """What becomes of a new price between its announcement and the day it holds."""

    _inherit = "subscription.increase.line"

    # === BUSINESS METHODS === #

    def _is_about(self, line):
        """Return whether a subscription line still costs what was to be raised.

        :param line: the ``subscription.line`` that runs by now
        """
        self.ensure_one()
        return (
            line.product_id == self.product_id
            and line.plan_id == self.plan_id
            and line.price_id == self.price_old_id
            and not line._compare_prices(line.price_unit, self.price_old)
        )

    def _get_earliest(self):
        """Return the first day on which the announced price may hold.

        :rtype: datetime.date
        """
        self.ensure_one()
        told = Announcement(
            date_notice=self._get_day_told(),
            notice_days=self._get_needed_days(),
            not_before=self.increase_id.date_not_before or None,
        )
        return told.earliest()

    def _follow(self, day):
        """Find what the new price, as it was announced, is the price of on its day.

        It lapses where the customer has it no longer, or at another price.
        """
        self.ensure_one()
        if reason := self._find_lapse(day):
            self.change_line_id.unlink()
            self.write({"state": "lapsed", "reason": reason})
        else:
            planned = self.change_line_id
            self.line_id = planned.line_id
            planned.write(
                {
                    "quantity": self.line_id.quantity,
                    "discount": self.line_id.discount,
                    "price_id": self.price_id.id,
                    "price_unit": self.price_new,
                }
            )

    def _find_lapse(self, day):
        """Return why the new price cannot hold from ``day`` on, False when it can."""
        self.ensure_one()
        planned, subscription = self.change_line_id, self.subscription_id
        if not planned:
            return "called_off"
        last = subscription.date_end
        is_over = subscription.state not in RUNNING_STATES or (last and last < day)
        if is_over or not planned._follow(day):
            return "closed"
        return not self._is_about(planned.line_id) and "replaced"

    def _record_outcome(self, before):
        """Keep what the new prices brought, once their change has been made.

        :param dict before: the MRR of the lines that they replaced, by increase line
        """
        for line in self.filtered(lambda line: line.state == "announced"):
            if line.change_id.state == "applied":
                mrr = line.line_id._get_latest().mrr - before[line]
                mrr = line.currency_id.round(mrr)
                line.write(
                    {
                        "state": "applied",
                        "mrr_applied": mrr,
                        "date_effective": line.change_id.date,
                    }
                )
