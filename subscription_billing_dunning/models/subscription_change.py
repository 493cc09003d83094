from contextlib import closing

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.clock import Clock


class SubscriptionChange(models.Model):
    """Changes that dunning plans, and those that it does not allow."""

    _inherit = "subscription.change"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The case in which this was planned because the customer did not pay.",
    )

    # === BUSINESS METHODS === #

    def _check_state(self):
        """Refuse what makes a subscription cost more whose customer does not pay."""
        result = super()._check_state()
        subscription = self.subscription_id.sudo()
        if (
            self.kind == "modify"
            and subscription.is_change_restricted
            and self._is_asked_for()
            and self._costs_more()
        ):
            raise UserError(subscription._get_restriction_text())
        return result

    def _is_asked_for(self):
        """Return whether somebody wishes this change: price increases, counted
        quantities and what dunning does are none."""
        self.ensure_one()
        change = self.sudo()
        is_counted = bool(change.line_ids) and all(
            line.line_id.quantity_meter_id and line._is_new_quantity()
            for line in change.line_ids
        )
        is_ours = change.dunning_case_id or change.increase_line_ids or is_counted
        return not is_ours

    def _costs_more(self):
        """Return whether the subscription costs more per month once this is made.

        Discounts of coupons are left out, and so is what is not billed by the period.
        """
        self.ensure_one()
        subscription = self.subscription_id.sudo()
        clock = Clock(subscription.company_id._get_subscription_today())
        change = self.sudo().with_context(subscription_clock=clock)
        day = max(self.date, subscription._get_billed_end())
        day = subscription._get_recurrence().boundary_on_or_after(day)
        with closing(self.env.cr.savepoint()):
            before = change._get_monthly_cost(day)
            change._prepare_day()
            change._apply_modify()
            after = change._get_monthly_cost(day)
        return self.currency_id.compare_amounts(after, before) > 0

    def _get_monthly_cost(self, day):
        """Return what the subscription costs per month from a day on, untaxed."""
        lines = self.subscription_id._get_running_lines(day)
        return sum(lines.mapped("mrr"))
