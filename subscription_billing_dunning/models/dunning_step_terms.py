from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .dunning_fields import ENDING_ACTIONS


class DunningStep(models.Model):
    """What a step needs to know that changes or ends subscriptions, or debts."""

    _inherit = "dunning.step"
    _check_company_auto = True

    # === FIELDS === #

    pause_policy = fields.Selection(
        selection=lambda self: (
            self.env["subscription.pause"]._fields["policy"].selection
        ),
        string="Billing While Paused",
        default="credit",
    )
    target_plan_id = fields.Many2one(
        "subscription.plan",
        check_company=True,
        ondelete="restrict",
        help="From the end of the period on. Who pays then stays on this plan: a "
        "person moves the customer back.",
    )
    agency_id = fields.Many2one(
        "res.partner",
        check_company=True,
        ondelete="restrict",
        help="Who collects the debt. Empty: the agency in the settings.",
    )

    _pause_policy_required = models.Constraint(
        "CHECK (action != 'pause' OR pause_policy IS NOT NULL)",
        "Choose Billing While Paused: what the pause means for invoices.",
    )
    _target_plan_required = models.Constraint(
        "CHECK (action != 'plan' OR target_plan_id IS NOT NULL)",
        "Choose the Target Plan to which the step moves subscriptions.",
    )

    # === CONSTRAINTS === #

    @api.constrains("action", "timing", "days")
    def _check_ending_days(self):
        """Let nothing be changed or ended before it is overdue."""
        labels = dict(self._fields["action"]._description_selection(self.env))
        for step in self.filtered(lambda each: each.action in ENDING_ACTIONS):
            if step.timing == "due" and step.days < 1:
                raise ValidationError(
                    self.env._(
                        "%(step)s (%(action)s) comes before anything is overdue: it "
                        "must be due 1 day after the due date, or later.",
                        step=step.name,
                        action=labels[step.action],
                    )
                )
