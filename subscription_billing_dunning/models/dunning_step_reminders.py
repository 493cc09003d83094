from odoo import fields, models

#: steps that whoever wants no reminders is spared, unless they are legal notices
REMINDERS = ("email", "sms")


class DunningStep(models.Model):
    """Steps that a customer can do without, and those that the law asks for."""

    _inherit = "dunning.step"

    # === FIELDS === #

    is_legal = fields.Boolean(
        string="Legal Notice",
        help="Customers get this even if they want no reminders. It has no link to end "
        "them.",
    )

    # === BUSINESS METHODS === #

    def _is_reminder(self):
        """Return whether customers may refuse this step."""
        self.ensure_one()
        return self.action in REMINDERS and not self.is_legal
