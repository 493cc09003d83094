from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import Period


class SubscriptionPause(models.Model):
    """Days on which a subscription is not served, and what that means for billing."""

    _name = "subscription.pause"
    _description = "Subscription Pause"
    _order = "date_start desc, id desc"
    _rec_name = "date_start"

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True)
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(
        string="Resumed On",
        readonly=True,
        help="First day on which it is served again; empty while it is open.",
    )
    policy = fields.Selection(
        selection=[
            ("credit", "Stop billing and give back the days already billed"),
            ("keep", "Stop billing; what is billed stays billed"),
            ("bill", "Go on billing; only the service stops"),
        ],
        string="Billing",
        default="credit",
        required=True,
        readonly=True,
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_start)", "A pause must not end before it begins."
    )
    _one_open = models.UniqueIndex(
        "(subscription_id) WHERE date_end IS NULL",
        "This subscription already has a pause without an end.",
    )

    # === CONSTRAINTS === #

    @api.constrains("subscription_id", "date_start", "date_end")
    def _check_overlap(self):
        for pause in self:
            others = pause.subscription_id.pause_ids - pause
            if any(
                (not other.date_end or other.date_end > pause.date_start)
                and (not pause.date_end or pause.date_end > other.date_start)
                for other in others
            ):
                raise ValidationError(
                    self.env._(
                        "%(subscription)s is already paused on some of the days from "
                        "%(start)s.",
                        subscription=pause.subscription_id.display_name,
                        start=pause.date_start,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_spans(self, window):
        """Return the days of ``window`` in these pauses.

        :param tools.recurrence.Period window: the days asked for
        :rtype: list[tools.recurrence.Period]
        """
        spans = [
            (
                max(pause.date_start, window.date_start),
                min(pause.date_end or window.date_end, window.date_end),
            )
            for pause in self
        ]
        return [Period(start, end) for start, end in spans if start < end]
