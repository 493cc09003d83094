from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.retries import Schedule, Smart


class DunningSchedule(models.Model):
    """When a charge that was declined is tried again.

    Whatever it says, the reason of the decline and the limits of the card networks
    come first: ``tools.retries``.
    """

    _name = "dunning.schedule"
    _description = "Retry Schedule"
    _order = "sequence, id"

    # === FIELDS === #

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        selection=[
            ("fixed", "Fixed days"),
            ("spread", "Spread over some days"),
            ("smart", "At the best hours of some days"),
        ],
        default="fixed",
        required=True,
        help="The best hours are learnt from the company's own retries, and are those "
        "of experience as long as these are few.",
    )
    days = fields.Char(
        help="Days between the tries, with commas: 3, 5, 7 is three days after the "
        "first decline, five after the second, seven after the third.",
    )
    tries = fields.Integer(help="How often it is tried again.")
    span_days = fields.Integer(
        string="Within (Days)", help="Days after the first decline in which it is."
    )
    stop_declines = fields.Integer(
        string="Stop After Declines", help="0 for any number of them."
    )
    stop_attempts = fields.Integer(
        string="Stop After Attempts", help="0 for any number of them."
    )
    stop_days = fields.Integer(
        string="Stop After Days",
        help="No try is later than so many days after the first; 0 for no limit.",
    )

    # === CONSTRAINTS === #

    @api.constrains("kind", "days", "tries", "span_days")
    def _check_tries(self):
        for schedule in self:
            schedule._as_schedule()

    _not_negative = models.Constraint(
        "CHECK (stop_declines >= 0 AND stop_attempts >= 0 AND stop_days >= 0)",
        "The limits after which a schedule stops must be 0 (none) or more.",
    )

    # === BUSINESS METHODS === #

    def _as_schedule(self):
        """Return this schedule as a rule.

        :rtype: tools.retries.Schedule
        :raises ValidationError: it makes no sense, and why
        """
        self.ensure_one()
        limits = {
            name: self[name] or None
            for name in ("stop_declines", "stop_attempts", "stop_days")
        }
        if self.kind == "fixed":
            return Schedule(days=self._get_days(), **limits)
        if self.tries < 1 or self.span_days < 1:
            raise ValidationError(
                self.env._(
                    "Tries and Within (Days) of %(schedule)s must be 1 or more.",
                    schedule=self.name,
                )
            )
        return Schedule(smart=Smart(self.tries, self.span_days), **limits)

    def _get_days(self):
        """Return the days between the tries.

        :raises ValidationError: they are no whole numbers above 0
        """
        texts = [text.strip() for text in (self.days or "").split(",")]
        if not all(text.isdecimal() and int(text) for text in texts):
            raise ValidationError(
                self.env._(
                    "Days of %(schedule)s must be whole numbers above 0 with commas "
                    "between them, such as 3, 5, 7.",
                    schedule=self.name,
                )
            )
        return tuple(map(int, texts))
