from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: how many days ahead something may be planned; a day beyond it is a slip of the pen
MOST_DAYS = 5 * 366


class SubscriptionSubscription(models.Model):
    """How customers pause the service, and have it go on."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS: RIGHTS === #

    def _get_portal_rights(self):
        """Let customers pause what is served, call it off before, and go on."""
        rights = super()._get_portal_rights()
        if self.state == "paused" and self._is_resumable():
            rights.add("resume")
        elif self.state == "active" and self.plan_id.is_portal_pause:
            if self._get_planned_pauses():
                rights.add("undo_pause")
            elif not self.is_close_scheduled:
                rights.add("pause")
        return rights

    def _is_resumable(self):
        """Return whether its customer may end the pause: one that is theirs, or the one
        that follows a trial until they tell to go on."""
        self.ensure_one()
        pause = self.pause_ids.filtered(lambda each: not each.date_end)
        follows_trial = self.date_trial_end and pause.date_start == self.date_trial_end
        is_theirs = self.plan_id.is_portal_pause or follows_trial
        return is_theirs and not self._get_resume_obstacle()

    def _get_planned_pauses(self):
        """Return the pauses that are still to come."""
        self.ensure_one()
        return self.change_ids.filtered(
            lambda change: change.kind == "pause" and change.state == "scheduled"
        )

    def _lacks_portal_method(self):
        """Return whether it is paid automatically, and there is nothing to charge."""
        self.ensure_one()
        return self.collection_method == "automatic" and not self.has_payment_method

    # === BUSINESS METHODS: PAUSING === #

    def _create_portal_pause(self, date_start, date_resume):
        """Return a draft of the pause that a customer asks for, with its preview.

        :param datetime.date date_start: first day without service
        :param datetime.date | None date_resume: first day with service again
        :raises UserError: with the field, when it cannot be paused like this
        """
        self.ensure_one()
        self._check_portal_pause_start(date_start)
        self._check_portal_pause_end(date_start, date_resume)
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.id,
                "kind": "pause",
                "timing": "date",
                "date": date_start,
                "date_resume": date_resume,
            }
        )
        change.action_preview()
        return change

    def _check_portal_pause_start(self, date_start):
        """Refuse a pause that begins before today, or when nothing is served.

        :raises UserError: with the days to choose from
        """
        today = self.company_id._get_subscription_today()
        first = max(today, self.date_start)
        last = self.date_end or fields.Date.add(today, days=MOST_DAYS)
        if not first <= date_start <= last:
            raise UserError(
                self.env._(
                    "Pause from: choose a day from %(first)s to %(last)s.",
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            )

    def _check_portal_pause_end(self, date_start, date_resume):
        """Refuse a pause that ends before it begins, or lasts longer than the plan
        allows.

        :raises UserError: with the days to choose from
        """
        longest = self.plan_id.portal_pause_days
        if not date_resume and not longest:
            return
        first = fields.Date.add(date_start, days=1)
        last = fields.Date.add(date_start, days=longest or MOST_DAYS)
        if not date_resume or not first <= date_resume <= last:
            raise UserError(
                self.env._(
                    "Goes on from: choose a day from %(first)s to %(last)s.",
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            )

    # === BUSINESS METHODS: GOING ON === #

    def _create_portal_resume(self):
        """Return a draft of the end of the pause, today, with its preview."""
        self.ensure_one()
        change = self.env["subscription.change"].create(
            {"subscription_id": self.id, "kind": "resume", "timing": "now"}
        )
        change.action_preview()
        return change
