import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class SubscriptionSchedule(models.AbstractModel):
    """Visits that are due for planning."""

    _inherit = "subscription.schedule"

    # === BUSINESS METHODS === #

    @api.model
    def _get_jobs(self, today):
        """Plan visits too."""
        entitlement = self.env["subscription.entitlement"]
        return [
            *super()._get_jobs(today),
            (
                entitlement._name,
                entitlement._get_planning_domain(today),
                "date_next_visits, id",
                self._plan_visits,
            ),
        ]

    @api.model
    def _plan_visits(self, entitlements):
        """Plan the visits of the periods that run today."""
        return entitlements._plan_visits()

    @api.model
    def _on_error(self, record, message):
        """Try a planning that failed again tomorrow, and ask a person to mend it."""
        if record._name != "subscription.entitlement":
            return super()._on_error(record, message)
        _logger.warning("%s: no visits planned: %s", record.display_name, message)
        record.date_next_visits = fields.Date.add(record._get_day(), days=1)
        return record.subscription_id._schedule_billing_activity(message)
