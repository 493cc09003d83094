from odoo import models

from ..tools.price_increase import Announcement
from .subscription_increase_line import RUNNING_STATES


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
            date_notice=self._get_told_on(),
            notice_days=self.notice_days,
            not_before=self.increase_id.date_not_before or None,
        )
        return told.earliest(is_raise=self._is_raise())

    def _follow(self, day):
        """Find what the new price is the price of when it is to hold.

        It lapses where the customer has it no longer, or at another price.
        """
        self.ensure_one()
        planned, subscription = self.change_line_id, self.subscription_id
        latest = planned.line_id and planned.line_id._get_latest()
        is_closed = subscription.state not in RUNNING_STATES or (
            subscription.date_end and subscription.date_end < day
        )
        reason = False
        if not planned:
            reason = "called_off"
        elif is_closed or not latest._is_running_on(day):
            reason = "closed"
        elif not self._is_about(latest):
            reason = "replaced"
        if reason:
            planned.unlink()
            self.write({"state": "lapsed", "reason": reason})
        else:
            planned._move_to(latest)
            planned.write({"quantity": latest.quantity, "discount": latest.discount})
            self.line_id = latest

    def _record_outcome(self, running, day):
        """Keep what the new prices brought, once their change has been made.

        :param dict running: the lines that they replaced, by increase line
        :param datetime.date day: the first day of the new prices
        """
        for line in self.filtered(lambda line: line.state == "announced"):
            if line.change_id.state != "applied":
                continue
            old = running[line]
            new = line.subscription_id.line_ids.filtered(
                lambda each, old=old: (
                    each.previous_line_id == old and each.date_start == day
                )
            )
            mrr = line.currency_id.round(new.mrr - old.mrr)
            line.write({"state": "applied", "mrr_applied": mrr})
