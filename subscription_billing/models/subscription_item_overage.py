from odoo import fields, models
from odoo.tools import float_round


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

        What people have taken back of the invoice by hand is not credited again.

        :return: the quantity that this item could give
        """
        self.ensure_one()
        given = sum(self.credit_ids.mapped("quantity"))
        quantity = min(quantity, self.quantity - given)
        if self.kind != "overage" or quantity <= 0:
            return 0.0
        if self.move_line_id:
            if price := self._get_price_to_credit(quantity):
                self.create(self._prepare_overage_credit_vals(quantity, price))
        elif quantity < self.quantity:
            self.quantity -= quantity
        else:
            self.unlink()
        return quantity

    def _get_price_to_credit(self, quantity):
        """Return for how much each of ``quantity`` units of an invoiced item is given
        back: the price that was billed, or what the books have left of it."""
        self.ensure_one()
        standing = self.amount * float(self._get_standing_part())
        left = standing + sum(self.credit_ids.mapped("amount"))
        digits = self.env["decimal.precision"].precision_get("Product Price")
        share = float_round(
            max(left, 0) / quantity, precision_digits=digits, rounding_method="DOWN"
        )
        return min(self.price_unit, share)

    def _prepare_overage_credit_vals(self, quantity, price_unit):
        """Return the values of the credit that gives a part of an invoiced item back,
        as it was billed."""
        self.ensure_one()
        words = self.subscription_id._get_customer_words()
        return {
            "subscription_id": self.subscription_id.id,
            "kind": "credit",
            "origin_id": self.id,
            "consumption_id": self.consumption_id.id,
            "product_id": self.product_id.id,
            "name": words.env._("Credit: %(item)s", item=self.name),
            "quantity": quantity,
            "price_unit": price_unit,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
        }
