from odoo import api, fields, models
from odoo.exceptions import UserError

from .dunning_case import TO_DO
from .dunning_fields import HOLD_REASONS


class DunningCase(models.Model):
    """What people decide about a case; each decision is logged with who and why."""

    _inherit = "dunning.case"

    # === FIELDS === #

    date_hold_until = fields.Date(
        string="On Hold Until",
        readonly=True,
        tracking=True,
        help="Nothing is done before this day.",
    )
    hold_reason = fields.Selection(
        selection=HOLD_REASONS,
        readonly=True,
        tracking=True,
    )
    is_held = fields.Boolean(
        string="On Hold", compute="_compute_is_held", search="_search_is_held"
    )

    # === COMPUTE METHODS === #

    @api.depends("date_hold_until", "state")
    def _compute_is_held(self):
        for case in self:
            today = case.company_id._get_subscription_today()
            until = case.date_hold_until
            case.is_held = bool(case.state != "closed" and until and today < until)

    def _search_is_held(self, operator, _value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_subscription_today()
        return [("state", "!=", "closed"), ("date_hold_until", ">", today)]

    # === ACTIONS === #

    def action_hold(self):
        """Open the dialog that puts cases on hold."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold"),
            "res_model": "dunning.hold",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_ids": self.ids},
        }

    def action_resume(self):
        """Let held cases go on."""
        self.check_access("write")
        held = self.sudo().filtered("date_hold_until")
        held.write({"date_hold_until": False, "hold_reason": False})
        held._look_again()
        held._log_by_user(self.env._("The hold is lifted."))

    def action_skip(self):
        """Pass over the next step, or the one that could not be done."""
        self.check_access("write")
        cases = self.sudo()
        for case in cases:
            if not case._is_ours():
                raise UserError(
                    self.env._(
                        "%(case)s is not open, or an agency has it: there is nothing "
                        "to skip.",
                        case=case.display_name,
                    )
                )
        for case in cases:
            case._skip()

    def action_repeat(self):
        """Do the step again that could not be done."""
        self.check_access("write")
        stopped = self.sudo().filtered("error")
        if not stopped:
            raise UserError(
                self.env._("Only a step that could not be done can be repeated.")
            )
        failed = stopped.action_ids.filtered(lambda each: each.state == "failed")
        failed.unlink()
        stopped._go_on()
        stopped._log_by_user(self.env._("The step that failed is done again."))

    # === BUSINESS METHODS === #

    def _is_ours(self):
        """Return whether we do something about what is overdue in this case."""
        self.ensure_one()
        return self.state == "open" and not self.date_handed_over

    def _hold(self, until, reason, note):
        """Do nothing about these cases before a day.

        :param datetime.date until: the first day on which something may be done
        :param str reason: a key of ``hold_reason``
        :param str note: why, in words
        """
        self.check_access("write")
        cases = self.sudo()
        for case in cases:
            case.write(
                {
                    "date_hold_until": until,
                    "hold_reason": reason,
                    "date_next": case._get_day_start(until),
                }
            )
        cases._log_by_user(note)

    def _skip(self):
        """Write down that a step is passed over, and go on."""
        self.ensure_one()
        failed = self.action_ids.filtered(lambda each: each.state == "failed")
        step = failed.step_id or self.step_next_id
        if not step:
            raise UserError(
                self.env._("%(case)s has no step left.", case=self.display_name)
            )
        failed.state = "skipped"
        self.env["dunning.action"]._claim(
            [
                self._prepare_action_vals(step, move, "skipped")
                for move in self._get_overdue()
            ]
        )
        self._go_on()
        self._log_by_user(self.env._("%(step)s is skipped.", step=step.name))

    def _go_on(self):
        """Forget why cases had to wait for a person."""
        self.error = False
        self.activity_unlink([TO_DO])
        self._look_again()

    def _log_by_user(self, text):
        """Keep what somebody has decided in the chatter, under his name."""
        for case in self:
            case.message_post(body=text, author_id=self.env.user.partner_id.id)
