from odoo import fields, models

#: in these there is something to cancel
RUNNING_STATES = ("trial", "active", "past_due", "paused", "suspended")
CANCELLED_TEMPLATE = "subscription_portal.mail_template_cancelled"


class SubscriptionSubscription(models.Model):
    """How a customer cancels, and takes it back before it takes effect."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_portal_rights(self):
        """Let customers cancel what runs, and undo it until it takes effect."""
        rights = super()._get_portal_rights()
        if self.is_close_scheduled:
            rights.add("undo")
        elif self.plan_id.is_portal_close and self.state in RUNNING_STATES:
            rights.add("cancel")
        return rights

    def _get_portal_end(self):
        """Return the first day without service for who cancels today: after what is
        paid for, or when notice and commitment allow.

        :rtype: datetime.date
        """
        self.ensure_one()
        is_trial = self.state == "trial"
        served = self._get_first_day() if is_trial else self._get_period_end()
        return max(served, self._get_earliest_end())

    def _create_portal_close(self, reason, note):
        """Return a draft of the end that a customer asks for, with its preview.

        :param reason: a ``subscription.close.reason``, or none
        :param str note: why, in the customer's words
        """
        self.ensure_one()
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.id,
                "kind": "close",
                "timing": "date",
                "date": self._get_portal_end(),
                "close_reason_id": reason.id,
                "note": note,
            }
        )
        change.action_preview()
        return change

    def _send_cancelled(self):
        """Confirm to the customer that it is cancelled, and until when it runs."""
        self.ensure_one()
        self.env.ref(CANCELLED_TEMPLATE).send_mail(self.id)

    def _get_portal_last_day(self):
        """Return the last day of what is cancelled.

        :rtype: datetime.date
        """
        self.ensure_one()
        close = self._get_scheduled_closes()[:1]
        if not close:
            return self.date_end
        return fields.Date.subtract(close.date, days=1)
