from odoo import api, models
from odoo.exceptions import ValidationError


class ResourceCalendar(models.Model):
    """The hours at which customers are contacted: the same each week."""

    _inherit = "resource.calendar"

    # === CONSTRAINT METHODS === #

    @api.constrains("two_weeks_calendar")
    def _check_two_weeks_calendar(self):
        """Refuse to let weeks differ by which customers are contacted."""
        policies = self.env["dunning.policy"].sudo().with_context(active_test=False)
        used = policies.search([("calendar_id", "in", self.ids)])
        used.calendar_id._check_dunning_weeks()

    # === BUSINESS METHODS === #

    def _check_dunning_weeks(self):
        """Refuse weeks that differ: customers are contacted by one and the same.

        :raises ValidationError: one of these calendars alternates
        """
        for calendar in self:
            if calendar.two_weeks_calendar:
                raise ValidationError(
                    self.env._(
                        "%(calendar)s alternates between two weeks. Working Hours of a "
                        "dunning policy are the same each week.",
                        calendar=calendar.name,
                    )
                )
