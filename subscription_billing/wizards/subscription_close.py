from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionClose(models.TransientModel):
    """Close several subscriptions at once: one change of each."""

    _name = "subscription.close"
    _description = "Close Subscriptions"

    # === FIELDS === #

    subscription_ids = fields.Many2many(
        "subscription.subscription", required=True, readonly=True
    )
    timing = fields.Selection(
        selection=lambda self: (
            self.env["subscription.change"]._fields["timing"].selection
        ),
        string="When",
        default="period_end",
        required=True,
    )
    date_last = fields.Date(string="Last Day")
    is_credited = fields.Boolean(
        string="Credit Unserved Days",
        help="Give back what was billed for the days after the end.",
    )
    is_forced = fields.Boolean(
        string="Ignore Notice and Commitment",
        groups="subscription_billing.group_subscription_manager",
        help="End before the notice and the commitment allow it, without the fee for "
        "leaving early.",
    )
    reason_id = fields.Many2one("subscription.close.reason", required=True)
    note = fields.Text(help="What the customer said, for those who look later.")
    date_earliest_last = fields.Date(
        string="Last Day at the Earliest",
        compute="_compute_terms_of_leaving",
        help="The day on which notice and commitment let all of them end.",
    )
    fees = fields.Char(
        string="Early Termination Fees",
        compute="_compute_terms_of_leaving",
        help="Before taxes; on the last invoices.",
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_ids", "timing", "date_last", "is_forced", "is_credited")
    def _compute_terms_of_leaving(self):
        for wizard in self:
            subscriptions = wizard._get_open_subscriptions()
            ends = [each._get_earliest_last_day() for each in subscriptions]
            wizard.date_earliest_last = max(filter(None, ends), default=False)
            is_free = wizard.sudo().is_forced
            wizard.fees = "" if is_free else wizard._get_fees(subscriptions)

    # === CONSTRAINTS === #

    @api.constrains("timing", "date_last")
    def _check_date_last(self):
        if self.filtered(lambda w: w.timing == "date" and not w.date_last):
            raise UserError(self.env._("Fill in Last Day: the date of the end."))

    # === ACTIONS === #

    def action_close(self):
        """Close each subscription with the reason, now or on its day."""
        self.ensure_one()
        changes = self.env["subscription.change"].create(
            [
                self._prepare_change_vals(subscription)
                for subscription in self._get_open_subscriptions()
            ]
        )
        return changes.action_confirm()

    # === BUSINESS METHODS === #

    def _get_open_subscriptions(self):
        """Return the subscriptions that can be closed."""
        self.ensure_one()
        return self.subscription_ids.filtered(lambda each: each.state != "closed")

    def _get_day(self, subscription):
        """Return the first day without service, None where it is not known yet."""
        self.ensure_one()
        if subscription.state == "draft" or self.timing == "now":
            return subscription.company_id._get_subscription_today()
        if self.timing == "period_end":
            return subscription._get_period_end()
        return self.date_last and fields.Date.add(self.date_last, days=1)

    def _get_fees(self, subscriptions):
        """Return what leaving early costs, in words, one sum for each currency."""
        sums = []
        for currency, owned in subscriptions.grouped("currency_id").items():
            days = [(each, self._get_day(each)) for each in owned]
            fee = sum(
                each._get_termination_fee(day, self.is_credited)
                for each, day in days
                if day
            )
            if fee:
                sums.append(currency.format(fee))
        return ", ".join(sums)

    def _prepare_change_vals(self, subscription):
        """Return the values of the change that closes one subscription."""
        self.ensure_one()
        vals = {
            "subscription_id": subscription.id,
            "kind": "close",
            "timing": "now" if subscription.state == "draft" else self.timing,
            "date": self._get_day(subscription),
            "close_reason_id": self.reason_id.id,
            "is_credited": self.is_credited,
            "note": self.note,
        }
        if self.sudo().is_forced:
            vals["is_forced"] = True
        return vals
