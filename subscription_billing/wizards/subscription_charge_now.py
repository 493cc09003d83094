from odoo import api, fields, models


class SubscriptionChargeNow(models.TransientModel):
    _name = "subscription.charge.now"
    _description = "Charge Now"

    # === FIELDS === #

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Payment Method",
        domain="[('id', 'in', suitable_payment_token_ids)]",
        help="The only method to charge. Empty: the customer's methods, one after the "
        "other until one is not declined.",
    )
    suitable_payment_token_ids = fields.Many2many(
        "payment.token", compute="_compute_methods", compute_sudo=True
    )
    method_names = fields.Text(
        string="In This Order",
        compute="_compute_methods",
        compute_sudo=True,
        help="What is charged when no method is chosen.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_ids")
    def _compute_methods(self):
        for wizard in self:
            subscriptions = wizard.move_ids._origin.subscription_ids
            methods = [each._get_payment_methods() for each in subscriptions]
            common = wizard.payment_token_id.concat(*methods)
            for each in methods:
                common &= each
            wizard.suitable_payment_token_ids = common
            wizard.method_names = "\n".join(common.mapped("display_name"))

    # === ACTIONS === #

    def action_charge(self):
        """Have the collection run charge the invoices at once."""
        self.ensure_one()
        self.move_ids._charge_now(self.payment_token_id)
        return {"type": "ir.actions.act_window_close"}
