from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.dunning_fields import HOLD_REASONS


class DunningHold(models.TransientModel):
    """Until when nothing is done about cases, and why."""

    _name = "dunning.hold"
    _description = "Hold Dunning Cases"

    # === FIELDS === #

    case_ids = fields.Many2many("dunning.case", string="Cases", required=True)
    date_until = fields.Date(
        string="Until",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
        help="The first day on which something is done again.",
    )
    reason = fields.Selection(
        selection=HOLD_REASONS,
        required=True,
    )
    note = fields.Text(
        required=True, help="What was agreed, and with whom: kept on the case."
    )

    # === CONSTRAINTS === #

    @api.constrains("case_ids")
    def _check_cases(self):
        """Show nobody a case of another company."""
        # Constraints are checked as superuser.
        self.sudo(False).case_ids.check_access("read")

    # === ACTIONS === #

    def action_hold(self):
        """Put the cases on hold.

        :raises UserError: the day is not in the future, or a case is closed, or has a
            payment plan, which holds it by itself
        """
        self.ensure_one()
        if not self.note.strip():
            raise UserError(self.env._("Fill in Note: what was agreed, and with whom."))
        for case in self.case_ids:
            if self.date_until <= case.company_id._get_subscription_today():
                raise UserError(
                    self.env._("Until has to be a day after today: choose a later one.")
                )
            if case.state == "closed":
                raise UserError(
                    self.env._(
                        "%(case)s is closed: there is nothing to hold.",
                        case=case.display_name,
                    )
                )
            if case.agreement_id:
                raise UserError(
                    self.env._(
                        "A payment plan holds %(case)s. Cancel the plan first, then "
                        "hold the case.",
                        case=case.display_name,
                    )
                )
        self.case_ids._hold(self.date_until, self.reason, self.note)
        return {"type": "ir.actions.act_window_close"}
