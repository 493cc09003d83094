from odoo import fields, models


class SubscriptionForecastLine(models.TransientModel):
    """One invoice of a forecast, or why a subscription could not be forecast."""

    _name = "subscription.forecast.line"
    _description = "Forecast Invoice"
    _order = "date, id"
    _rec_name = "subscription_id"
    #: a forecast of a large book takes hours
    _transient_max_hours = 48

    # === FIELDS === #

    run_id = fields.Many2one(
        "subscription.forecast.run",
        string="Forecast",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, ondelete="cascade", readonly=True
    )
    partner_id = fields.Many2one(
        related="subscription_id.partner_id", store=True, string="Customer"
    )
    plan_id = fields.Many2one(related="subscription_id.plan_id", store=True)
    company_id = fields.Many2one(related="subscription_id.company_id", store=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id", store=True)
    date = fields.Date(string="Invoice Date", readonly=True)
    amount_untaxed = fields.Monetary(
        string="Untaxed", readonly=True, help="Negative on a credit note."
    )
    amount_tax = fields.Monetary(string="Tax", readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    error = fields.Text(
        readonly=True, help="Why this subscription could not be forecast."
    )

    # === ACTIONS === #

    def action_view_subscription(self):
        """Open the subscription that will be invoiced."""
        self.ensure_one()
        return self.subscription_id._get_records_action(context={})
