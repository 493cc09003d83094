from odoo import fields, models


class DunningPolicy(models.Model):
    """What customers think of the reminders of a policy."""

    _inherit = "dunning.policy"

    # === FIELDS === #

    is_thanking = fields.Boolean(
        string="Thank and Ask",
        default=True,
        tracking=True,
        help="Customers who pay after a reminder are thanked by e-mail, and asked with "
        "one click how the reminders were.",
    )
    feedback_count = fields.Integer(
        string="Feedback", compute="_compute_feedback_count", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    def _compute_feedback_count(self):
        counts = dict(
            self.env["dunning.feedback"]._read_group(
                [("policy_id", "in", self.ids)],
                groupby=["policy_id"],
                aggregates=["__count"],
            )
        )
        for policy in self:
            policy.feedback_count = counts.get(policy, 0)

    # === ACTIONS === #

    def action_view_feedback(self):
        """Open what customers think of the reminders of this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_dunning.dunning_feedback_action"
        )
        return {**action, "domain": [("policy_id", "=", self.id)]}
