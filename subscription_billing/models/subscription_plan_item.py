from odoo import api, fields, models


class SubscriptionPlanItem(models.Model):
    """What new subscriptions on a plan are billed once, such as a set-up fee."""

    _name = "subscription.plan.item"
    _description = "One-off Item of a Plan"
    _inherit = ["analytic.mixin"]
    _order = "plan_id, sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    plan_id = fields.Many2one(
        "subscription.plan", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        related="plan_id.company_id", store=True, precompute=True
    )
    kind = fields.Selection(
        selection=[
            ("setup", "Set-up Fee"),
            ("deposit", "Deposit"),
            ("charge", "Charge"),
        ],
        default="setup",
        required=True,
        help="A deposit is the customer's money: it is booked as a liability, and "
        "returned with the last invoice.",
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        domain="[('sale_ok', '=', True)]",
        check_company=True,
    )
    name = fields.Text(
        string="Description",
        translate=True,
        help="What the invoice says; the name of the product when empty.",
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        digits="Product Price",
        help="Converted at the rate of the day for subscriptions in another currency.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "Quantity must be above 0."
    )
    _price_not_negative = models.Constraint(
        "CHECK (price_unit >= 0)", "Unit Price must be 0 or more."
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_price_unit(self):
        for item in self:
            item.price_unit = item.product_id.lst_price

    # === BUSINESS METHODS === #

    def _prepare_item_vals(self, subscription):
        """Return the values of the item that a new subscription gets."""
        self.ensure_one()
        vals = {
            "plan_item_id": self.id,
            "kind": self.kind,
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "price_unit": self._get_price(subscription),
        }
        if name := self.with_context(lang=subscription.partner_id.lang).name:
            vals["name"] = name
        if self.analytic_distribution:
            vals["analytic_distribution"] = self.analytic_distribution
        return vals

    def _get_price(self, subscription):
        """Return the unit price in the currency of a subscription."""
        self.ensure_one()
        company = subscription.company_id or self.env.company
        currency = subscription.currency_id or company.currency_id
        today = company._get_subscription_today()
        return self.currency_id._convert(self.price_unit, currency, company, today)
