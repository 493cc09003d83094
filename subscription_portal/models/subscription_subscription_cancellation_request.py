from odoo import fields, models

from odoo.addons.subscription_billing.models.clock import Clock

from .subscription_cancellation_request import OPEN_STATES


class SubscriptionSubscription(models.Model):
    """What was declared about a subscription on the public page."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    cancellation_request_ids = fields.One2many(
        "subscription.cancellation.request",
        "subscription_id",
        string="Cancellation Requests",
        groups="subscription_billing.group_subscription_user",
    )
    cancellation_request_count = fields.Integer(
        compute="_compute_cancellation_request_count",
        groups="subscription_billing.group_subscription_user",
    )

    # === COMPUTE METHODS === #

    def _compute_cancellation_request_count(self):
        counts = dict(
            self.env["subscription.cancellation.request"]._read_group(
                [("subscription_id", "in", self.ids), ("state", "!=", "no_match")],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            subscription.cancellation_request_count = counts.get(subscription, 0)

    # === ACTIONS === #

    def action_view_cancellation_requests(self):
        """Open what was declared about this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_portal.subscription_cancellation_request_action"
        )
        domain = [("subscription_id", "=", self.id), ("state", "!=", "no_match")]
        return {**action, "domain": domain, "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _as_of(self, day):
        """Return this subscription with a calendar that shows another day.

        :param datetime.date day: what is today there
        """
        return self.with_context(subscription_clock=Clock(day))

    def _get_earliest_end(self):
        """Count the notice from the day on which a declaration has arrived."""
        declared = self._get_declared_day()
        dated = self._as_of(declared) if declared else self
        return super(SubscriptionSubscription, dated)._get_earliest_end()

    def _get_declared_day(self):
        """Return the day of the first declaration that waits to be carried out.

        :rtype: datetime.date | None
        """
        self.ensure_one()
        request = (
            self.env["subscription.cancellation.request"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self._origin.ids),
                    ("state", "in", OPEN_STATES),
                ],
                order="date_received, id",
                limit=1,
            )
        )
        return request._get_day_received() if request else None

    def _get_declaring_partners(self):
        """Return those whose word counts, by the addresses that are on file."""
        self.ensure_one()
        return (
            self.partner_id
            | self.partner_id.commercial_partner_id
            | self.partner_invoice_id
        )

    def _get_last_day_to_withdraw(self):
        """Return the last day on which the customer can withdraw, None where they
        cannot.

        :rtype: datetime.date | None
        """
        self.ensure_one()
        days = self.plan_id._get_withdrawal_days(self.company_id)
        return fields.Date.add(self.date_start, days=days) if days else None
