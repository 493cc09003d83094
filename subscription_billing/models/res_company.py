from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.addons.base.models.res_partner import _tz_get


class ResCompany(models.Model):
    _inherit = "res.company"

    subscription_tz = fields.Selection(
        selection=_tz_get,
        string="Subscription Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        required=True,
        help="The time zone in which a billing day begins and ends.",
    )
    subscription_retry_days = fields.Integer(
        string="Retry Billing After (Days)",
        default=1,
        help="Days before the renewal run tries a subscription with a billing error "
        "again by itself.",
    )

    _subscription_retry_days_positive = models.Constraint(
        "CHECK (subscription_retry_days > 0)",
        "Retry Billing After must be 1 day or more.",
    )

    def _get_subscription_today(self):
        """Return today's date in the company's time zone.

        :rtype: datetime.date
        """
        self.ensure_one()
        now = datetime.now(tz=timezone.utc)
        return now.astimezone(ZoneInfo(self.subscription_tz or "UTC")).date()
