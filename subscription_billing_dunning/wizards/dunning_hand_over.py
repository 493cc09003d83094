from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningHandOver(models.TransientModel):
    """Who collects cases from now on, and why."""

    _name = "dunning.hand.over"
    _description = "Hand Over to Collection"

    # === FIELDS === #

    case_ids = fields.Many2many("dunning.case", string="Cases", required=True)
    agency_id = fields.Many2one(
        "res.partner",
        required=True,
        default=lambda self: self.env.company.dunning_agency_id,
    )
    note = fields.Text(required=True, help="Why: kept on the case.")

    # === CONSTRAINTS === #

    @api.constrains("case_ids")
    def _check_cases(self):
        """Show nobody a case of another company."""
        # Constraints are checked as superuser.
        self.sudo(False).case_ids.check_access("read")

    # === ACTIONS === #

    def action_hand_over(self):
        """Hand the cases over.

        :raises UserError: no reason is given, or one cannot be handed over
        """
        self.ensure_one()
        self.case_ids.check_access("write")
        if not self.note.strip():
            raise UserError(self.env._("Fill in Note: why it is handed over."))
        for case in self.case_ids.sudo():
            case._hand_over(self.agency_id, self.note)
        return {"type": "ir.actions.act_window_close"}
