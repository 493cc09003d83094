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

    def _prepare_refund_line_vals(self, booked, before, amount):
        """Return the values of the line that gives a part of this one back.

        It has the taxes of this line, and the amounts of the invoice in proportion:
        they are set, so that no rounding makes the total another one.

        :param BookedLine booked: this line in the books
        :param before: what refunds have given back of it, Decimal, including taxes
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
            **booked.prepare_part_vals(before, amount, self.company_currency_id),
        }
