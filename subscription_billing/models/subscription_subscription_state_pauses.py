from odoo import models


class SubscriptionSubscription(models.Model):
    """Days without service belong to states without service: they begin and end
    together, whoever changes the state."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _update_state(self, target, **vals):
        """Begin and end the days without service; call off what was to come after the
        end."""
        if target == "suspended":
            for subscription in self:
                today = subscription.company_id._get_subscription_today()
                subscription._bill_served_days(today)
        if target != "paused":
            vals = {"is_billed_in_pause": False, **vals}
        moved = super()._update_state(target, **vals)
        for subscription in moved:
            today = subscription.company_id._get_subscription_today()
            if target == "suspended":
                subscription._create_pause(today, "keep")
            elif target != "paused":
                subscription._end_pause(today)
        if target == "closed":
            moved.change_ids.filtered(lambda c: c.state == "scheduled").action_cancel()
        return moved

    def _bill_served_days(self, day):
        """Bill what was served until ``day``, such as in arrears: nobody bills it while
        there is no service."""
        self.ensure_one()
        if self.date_next_period and self.date_next_period < day:
            self.env["subscription.renewal"]._settle_now(self, until=day)

    def _create_pause(self, day, policy):
        """Record the days on which the service stops.

        :param str policy: what happens to billing, as of ``subscription.pause``
        """
        return (
            self.env["subscription.pause"]
            .sudo()
            .create({"subscription_id": self.id, "date_start": day, "policy": policy})
        )

    def _end_pause(self, day):
        """Serve again from ``day`` on, if the service stopped.

        Days that were not served are not billed, unless billing went on.
        """
        self.ensure_one()
        pause = self._stop_pause(day)
        if pause and pause.policy != "bill" and self.date_next_period < day:
            self.date_next_period = day

    def _stop_pause(self, day):
        """Note that the pause, if there is one, ends before ``day``; return it."""
        self.ensure_one()
        pause = self.pause_ids.filtered(lambda each: not each.date_end).sudo()
        if pause:
            pause.date_end = max(day, pause.date_start)
            pause.flush_recordset()
        return pause
