from odoo import api, fields, models


class SubscriptionSubscription(models.Model):
    """What the form shows of the future, and the dialogs that it opens."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    date_next_period_last = fields.Date(
        string="Next Period Until",
        compute="_compute_date_next_period_last",
        help="Last day of the next period to invoice.",
    )
    is_backdated = fields.Boolean(
        compute="_compute_is_backdated",
        help="Whether a draft starts in the past, so that one has to say what to bill.",
    )
    is_close_scheduled = fields.Boolean(compute="_compute_is_close_scheduled")

    # === COMPUTE METHODS === #

    @api.depends("date_next_period", "date_anchor", "anchor_day", "date_end", "plan_id")
    def _compute_date_next_period_last(self):
        for subscription in self:
            period = subscription._get_next_period()
            subscription.date_next_period_last = period and period.date_last

    @api.depends("date_start", "state", "company_id")
    def _compute_is_backdated(self):
        for subscription in self:
            company = subscription.company_id or self.env.company
            today = company._get_subscription_today()
            start = subscription.date_start
            subscription.is_backdated = (
                subscription.state == "draft" and bool(start) and start < today
            )

    @api.depends("change_ids.state", "change_ids.kind")
    def _compute_is_close_scheduled(self):
        for subscription in self:
            subscription.is_close_scheduled = bool(subscription._get_scheduled_closes())

    # === ACTIONS === #

    def action_close(self):
        """Ask when and why to close; one subscription with a preview."""
        if len(self) == 1:
            return self._get_change_action("close")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close Subscriptions"),
            "res_model": "subscription.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_ids": self.ids},
        }

    def action_undo_end(self):
        """Go on: call the scheduled close off, or drop the end that was agreed."""
        self.check_access("write")
        for subscription in self.filtered(lambda s: s.state != "closed"):
            if closes := subscription._get_scheduled_closes():
                closes.action_cancel()
            else:
                subscription.sudo().date_end = False

    def action_preview_invoices(self):
        """Show the next invoices of this subscription."""
        self.ensure_one()
        preview = self.env["subscription.preview"].create({"subscription_id": self.id})
        return preview.action_preview()

    def action_forecast(self):
        """Ask for how long to forecast the invoices of these subscriptions."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_forecast_run_action"
        )
        return {**action, "context": {"default_subscription_ids": self.ids}}

    # === BUSINESS METHODS === #

    def _get_scheduled_closes(self):
        """Return the scheduled changes that close this subscription."""
        self.ensure_one()
        return self.change_ids.filtered(
            lambda change: change.kind == "close" and change.state == "scheduled"
        )

    def _get_earliest_last_day(self):
        """Return the first last day that notice and commitment allow, False when they
        allow any.

        :rtype: datetime.date | bool
        """
        self.ensure_one()
        earliest = self._get_earliest_end()
        is_bound = earliest > self.company_id._get_subscription_today()
        return is_bound and fields.Date.subtract(earliest, days=1)
