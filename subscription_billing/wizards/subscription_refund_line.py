from odoo import api, fields, models


class SubscriptionRefundLine(models.TransientModel):
    """What of one line of an invoice is refunded."""

    _name = "subscription.refund.line"
    _description = "Line to Refund"

    refund_id = fields.Many2one(
        "subscription.refund", required=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line", string="Invoice Line", required=True, ondelete="cascade"
    )
    name = fields.Char(related="move_line_id.name")
    currency_id = fields.Many2one(related="refund_id.currency_id")
    amount_available = fields.Monetary(
        string="Still Stands",
        compute="_compute_amount_available",
        help="What of the line has not been given back, including taxes.",
    )
    amount = fields.Monetary(string="To Refund", help="Including taxes.")

    # === COMPUTE METHODS === #

    @api.depends("move_line_id")
    def _compute_amount_available(self):
        by_invoice = self.grouped(lambda line: line.move_line_id.move_id)
        for invoice, lines in by_invoice.items():
            standing = invoice._get_refundable_lines() if invoice else {}
            for line in lines:
                line.amount_available = float(standing.get(line.move_line_id, 0))
