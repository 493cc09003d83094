from decimal import Decimal

from odoo import fields, models


class AccountMove(models.Model):
    """Invoices that cost more because they are late, and the invoices of these fees."""

    _inherit = "account.move"

    # === FIELDS === #

    dunning_fee_ids = fields.One2many(
        "dunning.fee", "fee_move_id", string="Late Fees Billed", readonly=True
    )
    is_dunning_fee_waivable = fields.Boolean(
        compute="_compute_is_dunning_fee_waivable", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    def _compute_is_dunning_fee_waivable(self):
        for move in self:
            states = move.dunning_fee_ids.mapped("state")
            move.is_dunning_fee_waivable = "booked" in states

    # === ACTIONS === #

    def action_waive_dunning_fee(self):
        """Open the dialog that waives the late fee of this invoice."""
        self.ensure_one()
        return self.dunning_fee_ids.action_waive()

    # === BUSINESS METHODS === #

    def _is_overdue(self):
        """Count late fees at once: they are due at once."""
        return super()._is_overdue() or bool(self.sudo().dunning_fee_ids)

    def _get_round_methods(self):
        """Charge no late fee by itself: no customer has agreed to that."""
        if self.sudo().dunning_fee_ids:
            return self.env["payment.token"]
        return super()._get_round_methods()

    def _get_open_amounts(self):
        """Return what was open on this invoice from the end of which day on.

        :rtype: list[tuple[datetime.date, decimal.Decimal]]
        """
        self.ensure_one()
        lines = self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        partials = lines.matched_credit_ids.sorted("max_date")
        days = [self.date, self._get_day_due(), *partials.mapped("max_date")]
        left = Decimal(
            str(self.currency_id.round(sum(lines.mapped("amount_currency"))))
        )
        amounts = [(min(days), left)]
        for partial in partials:
            paid = self.currency_id.round(partial.debit_amount_currency)
            left = max(left - Decimal(str(paid)), Decimal(0))
            amounts.append((partial.max_date, left))
        return amounts
