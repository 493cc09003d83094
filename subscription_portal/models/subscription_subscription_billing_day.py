from calendar import monthrange
from datetime import timedelta

from odoo import models

from odoo.addons.subscription_billing.tools.lifecycle import BILLED_STATES

#: the greatest day that a month can have
LAST_DAY = 31
#: how many periods are looked at for one that begins in a month with a day
MOST_PERIODS = 12


class SubscriptionSubscription(models.Model):
    """The day on which the billing periods begin, and another one that a customer
    chooses: of the month, or of the week."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_billing_day_choices(self):
        """Return the days that a customer chooses from.

        :return: none where that is not theirs to choose
        :rtype: dict[str, str]
        """
        self.ensure_one()
        plan = self.plan_id
        if not plan.is_portal_billing_day or self.state not in BILLED_STATES:
            return {}
        if self._get_planned_changes().filtered("date_anchor"):
            return {}
        if plan.interval_unit == "day":
            return {}
        if plan.interval_unit == "week":
            return dict(plan._fields["anchor_weekday"]._description_selection(self.env))
        days = {str(day): str(day) for day in range(1, LAST_DAY)}
        return {
            **days,
            str(LAST_DAY): self.env._("%(day)s, or the last day", day=LAST_DAY),
        }

    def _get_billing_day(self):
        """Return the day of today, a key of ``_get_billing_day_choices``.

        :rtype: str
        """
        self.ensure_one()
        if self.plan_id.interval_unit == "week":
            return str(self.date_anchor.weekday())
        return str(self.anchor_day or self.date_anchor.day)

    def _find_anchor(self, choice):
        """Return a date from which periods are counted that begin on a day.

        :param str choice: a key of ``_get_billing_day_choices``
        :rtype: datetime.date
        """
        self.ensure_one()
        day, recurrence = int(choice), self._get_recurrence()
        following = self._get_period_end()
        if self.plan_id.interval_unit == "week":
            return following + timedelta(days=(day - following.weekday()) % 7)
        first = recurrence.index_on_or_before(following)
        starts = [recurrence.boundary(first + n) for n in range(MOST_PERIODS)]
        # A shorter month would stand for another day in all months.
        start = next((each for each in starts if _get_length(each) >= day), following)
        return start.replace(day=min(day, _get_length(start)))


def _get_length(day):
    """Return how many days the month of a date has."""
    return monthrange(day.year, day.month)[1]
