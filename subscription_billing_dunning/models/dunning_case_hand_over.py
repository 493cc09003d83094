from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.batch import trigger_cron

CRON = "subscription_billing_dunning.ir_cron_dunning"


class DunningCase(models.Model):
    """Cases that an agency collects: we do nothing more about them.

    A payment closes them all the same. A person takes them back.
    """

    _inherit = "dunning.case"

    # === FIELDS === #

    date_handed_over = fields.Date(
        string="Handed Over",
        readonly=True,
        tracking=True,
        help="Since this day an agency collects what is owed: no reminder is sent, "
        "nothing is charged, and no fee is booked.",
    )
    agency_id = fields.Many2one(
        "res.partner", readonly=True, tracking=True, ondelete="restrict"
    )
    file_id = fields.Many2one(
        "ir.attachment",
        string="Case File",
        readonly=True,
        ondelete="set null",
        help="What the agency gets.",
    )

    _file_index = models.Index(
        "(company_id, date_handed_over, id)"
        " WHERE date_handed_over IS NOT NULL AND file_id IS NULL"
    )

    # === ACTIONS === #

    def action_hand_over(self):
        """Open the dialog that hands cases over to an agency."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand Over to Collection"),
            "res_model": "dunning.hand.over",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_ids": self.ids},
        }

    def action_take_back(self):
        """Follow cases up ourselves again.

        :raises UserError: one of them is with no agency
        """
        self.check_access("write")
        cases = self.sudo()
        for case in cases:
            if not case._is_handed_over():
                raise UserError(
                    self.env._(
                        "%(case)s is with no agency: there is nothing to take back.",
                        case=case.display_name,
                    )
                )
            agency = case.agency_id.display_name
            case.write({"date_handed_over": False, "agency_id": False})
            case.file_id = False
            case._log_by_user(self.env._("Taken back from %(agency)s.", agency=agency))
        cases._look_again()

    # === BUSINESS METHODS === #

    def _is_handed_over(self):
        """Return whether an agency collects what is owed in this case."""
        self.ensure_one()
        return bool(self.date_handed_over) and self.state != "closed"

    def _apply_collect(self, step, _actions):
        """Let an agency collect what is owed."""
        for case in self:
            agency = step.agency_id or case.company_id._get_dunning_agency()
            case._hand_over(agency, step.name)

    def _hand_over(self, agency, note):
        """Give one case out of our hands; the next run writes its file.

        :param agency: the ``res.partner`` who collects
        :param str note: why, in words
        :raises UserError: it is with an agency, or something of it may still be paid
            by itself
        """
        self.ensure_one()
        if not self._is_ours():
            raise UserError(
                self.env._(
                    "%(case)s is not open, or an agency has it already.",
                    case=self.display_name,
                )
            )
        self._get_overdue()._check_ending()
        self.agreement_id._end("cancelled", self.env._("The case is handed over."))
        self.write(
            {
                "date_handed_over": self.company_id._get_subscription_today(),
                "agency_id": agency.id,
                "date_hold_until": False,
                "hold_reason": False,
                "date_next": False,
                "error": False,
            }
        )
        # Nobody calls the customer any more.
        self.activity_ids.filtered("automated").unlink()
        self._log_by_user(
            self.env._(
                "Handed over to %(agency)s. %(note)s",
                agency=agency.display_name,
                note=note,
            )
        )
        trigger_cron(self.env, CRON)
