from dataclasses import replace

from odoo import fields, models

from ..tools.recurrence import Recurrence


class SubscriptionPlanEntitlement(models.Model):
    """A service that a plan includes, with its terms for new customers.

    A subscription gets a copy when it is confirmed. A change here is for those who come
    later; they keep what they agreed to.
    """

    _name = "subscription.plan.entitlement"
    _description = "Service Included in a Plan"
    _inherit = ["subscription.entitlement.terms"]
    _order = "plan_id, sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    plan_id = fields.Many2one(
        "subscription.plan", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="plan_id.company_id", store=True, precompute=True
    )
    name = fields.Char(translate=True)
    currency_id = fields.Many2one(
        required=True, default=lambda self: self.env.company.currency_id
    )
    counted_from = fields.Selection(
        selection=[
            ("anchor", "The billing periods"),
            ("start", "The customer's first day"),
        ],
        string="Periods Count From",
        default="anchor",
        required=True,
        help="Quarters that count from billing on the 1st of a month begin on the 1st; "
        "those that count from the customer's first day begin on that day.",
    )
    is_in_trial = fields.Boolean(
        string="Also in the Trial",
        default=True,
        help="Whether customers may claim the service while they try the plan.",
    )

    # === BUSINESS METHODS === #

    def _get_periods(self, subscription):
        """Return the periods of the allowance for a customer.

        :rtype: tools.recurrence.Recurrence
        """
        self.ensure_one()
        interval = self._get_allowance_interval()
        if self.counted_from == "anchor":
            return replace(subscription._get_recurrence(), interval=interval)
        return Recurrence(subscription.date_start, interval)

    def _get_first_day(self, subscription):
        """Return the first day on which a new customer may claim the service.

        One who was taken over from another system, and has paid there, has the whole
        period that runs.
        """
        self.ensure_one()
        today = subscription.company_id._get_subscription_today()
        first = subscription.date_start
        if subscription.date_trial_end and not self.is_in_trial:
            first = subscription.date_trial_end
        is_billed_from_there = subscription.date_next_period == first
        if first >= today or is_billed_from_there or subscription.date_trial_end:
            return first
        running = self._get_periods(subscription).period_containing(today)
        return max(first, running.date_start)
