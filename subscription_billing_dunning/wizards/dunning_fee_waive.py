from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningFeeWaive(models.TransientModel):
    """Which late fees are waived, and why."""

    _name = "dunning.fee.waive"
    _description = "Waive Late Fees"

    # === FIELDS === #

    fee_ids = fields.Many2many(
        "dunning.fee",
        string="Fees",
        required=True,
        domain="[('state', '=', 'booked')]",
    )
    reason = fields.Text(required=True, help="Kept on the case and on the fee.")

    # === CONSTRAINTS === #

    @api.constrains("fee_ids")
    def _check_fees(self):
        """Show nobody a fee of another company."""
        # Constraints are checked as superuser.
        self.sudo(False).fee_ids.check_access("read")

    # === ACTIONS === #

    def action_waive(self):
        """Credit the fees.

        :raises UserError: no reason is given
        """
        self.ensure_one()
        if not self.reason.strip():
            raise UserError(self.env._("Fill in Reason: why the fee is waived."))
        self.fee_ids._waive(self.reason)
        return {"type": "ir.actions.act_window_close"}
