from odoo import fields, models


class SubscriptionItem(models.Model):
    """Items that bill what was consumed beyond an allowance, and give it back."""

    _inherit = "subscription.item"

    # === FIELDS === #

    kind = fields.Selection(
        selection_add=[("overage", "Beyond the Allowance")],
        ondelete={"overage": "cascade"},
    )
    consumption_id = fields.Many2one(
        "subscription.consumption",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The use that is billed, or given back.",
    )
    credit_ids = fields.One2many(
        "subscription.item", "origin_id", string="Given Back By", readonly=True
    )

    # === BUSINESS METHODS === #

    def _take_back(self, quantity):
        """Bill less of an overage: change the pending item, or credit the invoiced one.

        Nothing is credited of an invoice that was reversed as a whole.

        :return: the quantity that this item could give
        """
        self.ensure_one()
        given = sum(self.credit_ids.mapped("quantity"))
        quantity = min(quantity, self.quantity - given)
        if self.kind != "overage" or quantity <= 0:
            return 0.0
        if self.move_line_id:
            if self.move_id.payment_state != "reversed":
                self.create(self._prepare_overage_credit_vals(quantity))
        elif quantity < self.quantity:
            self.quantity -= quantity
        else:
            self.unlink()
        return quantity

    def _prepare_overage_credit_vals(self, quantity):
        """Return the values of the credit that gives a part of an invoiced item back,
        as it was billed."""
        self.ensure_one()
        return {
            "subscription_id": self.subscription_id.id,
            "kind": "credit",
            "origin_id": self.id,
            "consumption_id": self.consumption_id.id,
            "product_id": self.product_id.id,
            "name": self.env._("Credit: %(item)s", item=self.name),
            "quantity": quantity,
            "price_unit": self.price_unit,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
        }
