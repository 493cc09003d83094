from contextlib import closing
from hashlib import sha256

from odoo import fields, models

from odoo.addons.subscription_billing.models.batch import trigger_cron

RENEWAL = "subscription_billing.ir_cron_renewal"
#: how many invoices to come within how many days are shown
COMING_COUNT = 2
COMING_DAYS = 366


class SubscriptionSubscription(models.Model):
    """How customers come back to what has ended."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_portal_rights(self):
        """Let customers take up again what has ended."""
        rights = super()._get_portal_rights()
        plan = self.plan_id
        is_offered = plan.active and plan.is_portal_reactivate and self.line_ids
        if self.state == "closed" and is_offered and not self._get_resume_obstacle():
            rights.add("reactivate")
        return rights

    def _get_return_obstacle(self):
        """Return what has to be done before it is taken up again, a key of what the
        page tells, or None.

        :rtype: str | None
        """
        self.ensure_one()
        if self._get_portal_owed():
            return "pay"
        return "method" if self._lacks_portal_method() else None

    def _preview_return(self):
        """Return what will be invoiced once it is taken up again, as tables to read.

        :rtype: markupsafe.Markup
        :raises UserError: it cannot be taken up again
        """
        self.ensure_one()
        forecast = self.env["subscription.forecast"]
        today = self.company_id._get_subscription_today()
        until = fields.Date.add(today, days=COMING_DAYS)
        with closing(self.env.cr.savepoint()):
            self.action_reactivate()
            coming = forecast._preview(self, count=COMING_COUNT, until=until)
        nothing = self.env._("Nothing is invoiced within a year.")
        return forecast._render(coming, self, nothing)

    def _get_return_key(self, preview):
        """Return what the form that takes it up again carries, to know later which
        preview its customer has looked at.

        :rtype: str
        """
        return sha256(str(preview).encode()).hexdigest()

    def _return_shown(self, key):
        """Take it up again, when what its customer has seen is still true.

        :param str key: the ``_get_return_key`` of what was seen
        :return: whether it is done
        :rtype: bool
        :raises UserError: it cannot be taken up again
        """
        self.ensure_one()
        if key != self._get_return_key(self._preview_return()):
            return False
        self.action_reactivate()
        trigger_cron(self.env, RENEWAL)
        return True
