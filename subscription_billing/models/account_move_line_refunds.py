from odoo import fields, models


class AccountMoveLine(models.Model):
    """Lines of credit notes know which line of the invoice they give back."""

    _inherit = "account.move.line"

    # === FIELDS === #

    refund_origin_id = fields.Many2one(
        "account.move.line",
        string="Gives Back",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The line of a subscription invoice that a refund gives back, or a part "
        "of it.",
    )

    # === BUSINESS METHODS === #

    def _prepare_refund_line_vals(self, amount):
        """Return the values of the line that gives a part of this one back.

        It has the taxes of this line, and the amounts of the invoice in proportion:
        they are set, so that no rounding makes the total another one.

        :param amount: Decimal, including taxes
        """
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "name": self.name,
            "account_id": self.account_id.id,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "quantity": 1,
            "refund_origin_id": self.id,
            **self._prepare_refund_price_vals(amount),
        }

    def _prepare_refund_price_vals(self, amount):
        """Return price and tax amounts with which a line is worth ``amount``."""
        taxes = self.env["account.tax"]
        key = f"refund_{self.id}"
        base_line = taxes._prepare_base_line_for_taxes_computation(
            self,
            quantity=1,
            discount=0,
            price_unit=self.price_unit * self.quantity * (100 - self.discount) / 100,
            rate=self.move_id.invoice_currency_rate,
            computation_key=key,
        )
        taxes._add_tax_details_in_base_lines([base_line], self.company_id)
        taxes._round_base_lines_tax_details([base_line], self.company_id)
        reduced = taxes._reduce_base_lines_to_target_amount(
            [base_line], self.company_id, "fixed", float(amount), computation_key=key
        )
        taxes._fix_base_lines_tax_details_on_manual_tax_amounts(
            reduced, self.company_id
        )
        return {
            "price_unit": reduced[0]["price_unit"],
            "extra_tax_data": taxes._export_base_line_extra_tax_data(reduced[0]),
        }
