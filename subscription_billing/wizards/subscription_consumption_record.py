from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class SubscriptionConsumptionRecord(models.TransientModel):
    _name = "subscription.consumption.record"
    _description = "Record Use"

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, readonly=True
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    entitlement_id = fields.Many2one(
        "subscription.entitlement",
        required=True,
        domain="[('subscription_id', '=', subscription_id)]",
    )
    product_uom_id = fields.Many2one(
        related="entitlement_id.product_uom_id", string="Unit"
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    date = fields.Date(
        compute="_compute_date",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    name = fields.Char(string="Description")
    reference = fields.Char(help="Number of the job, ticket or report elsewhere.")
    quantity_left = fields.Float(
        string="Left", compute="_compute_outcome", digits="Product Unit"
    )
    period_label = fields.Char(string="Period", compute="_compute_outcome")
    quantity_overage = fields.Float(
        string="Beyond the Allowance", compute="_compute_outcome", digits="Product Unit"
    )
    amount_overage = fields.Monetary(string="Costs", compute="_compute_outcome")
    error = fields.Char(compute="_compute_outcome")

    # === COMPUTE METHODS === #

    @api.depends("subscription_id")
    def _compute_date(self):
        for wizard in self:
            company = wizard.subscription_id.company_id or self.env.company
            wizard.date = wizard.date or company._get_subscription_today()

    @api.depends("entitlement_id", "quantity", "date")
    def _compute_outcome(self):
        """Work out what recording would do, without recording it."""
        for wizard in self:
            wizard.update(wizard._prepare_outcome())

    # === ACTIONS === #

    def action_record(self):
        """Record the use."""
        self.ensure_one()
        self.env["subscription.consumption"].create([self._prepare_consumption_vals()])
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _get_dialog(self, subscription, entitlement=None):
        """Return the window action of the dialog.

        :param entitlement: what is used; by default the first that is available
        :raises UserError: the subscription includes nothing
        """
        subscription.ensure_one()
        if not entitlement:
            owned = subscription.entitlement_ids
            available = owned.filtered(lambda each: each.availability == "available")
            entitlement = (available or owned)[:1]
        if not entitlement:
            raise UserError(
                self.env._(
                    "%(subscription)s includes no services. Add them to its plan "
                    "before you confirm it, or to its Entitlements.",
                    subscription=subscription.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Use"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_subscription_id": subscription.id,
                "default_entitlement_id": entitlement.id,
            },
        }

    def _prepare_consumption_vals(self):
        """Return the values of the use."""
        self.ensure_one()
        return {
            "entitlement_id": self.entitlement_id.id,
            "date": self.date,
            "quantity": self.quantity,
            "name": self.name,
            "reference": self.reference,
        }

    def _prepare_outcome(self):
        """Return what the dialog says before anything is recorded."""
        self.ensure_one()
        outcome = {
            "quantity_left": 0.0,
            "period_label": False,
            "quantity_overage": 0.0,
            "amount_overage": 0.0,
            "error": False,
        }
        if not (self.entitlement_id and self.date and self.quantity):
            return outcome
        entitlement = self.entitlement_id.sudo()
        ledger = entitlement._get_ledgers()[entitlement]
        if balance := ledger.balance(self.date):
            outcome["quantity_left"] = float(balance.left)
            outcome["period_label"] = self.env._(
                "%(start)s to %(last)s",
                start=format_date(self.env, balance.period.date_start),
                last=format_date(self.env, balance.period.date_last),
            )
        Consumption = self.env["subscription.consumption"]
        try:
            use = Consumption._read_use(
                {"date": self.date, "quantity": self.quantity}, entitlement._get_day()
            )
            excess = float(entitlement._rate(ledger, use))
        except UserError as error:
            return {**outcome, "error": str(error)}
        price = entitlement.overage_price if entitlement.overage == "billed" else 0.0
        return {
            **outcome,
            "quantity_overage": excess,
            "amount_overage": entitlement.currency_id.round(excess * price),
        }
