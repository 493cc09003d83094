from datetime import datetime, timezone

from odoo import fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError

from ..tools.clock import local_date
from .clock import Clock


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

    subscription_deposit_account_id = fields.Many2one(
        "account.account",
        string="Customer Deposits Account",
        check_company=True,
        domain="[('account_type', 'in', "
        "('liability_current', 'liability_non_current'))]",
        help="Deposits that customers pay for subscriptions are owed to them, and are "
        "booked here until they are returned.",
    )

    _subscription_retry_days_positive = models.Constraint(
        "CHECK (subscription_retry_days > 0)",
        "Retry Billing After must be 1 day or more.",
    )

    def _get_subscription_today(self):
        """Return today's date in the company's time zone, or that of a preview.

        :rtype: datetime.date
        """
        self.ensure_one()
        clock = self.env.context.get("subscription_clock")
        if isinstance(clock, Clock):
            return clock.day
        now = datetime.now(tz=timezone.utc)
        return local_date(now, self.subscription_tz or "UTC")

    def _get_deposit_account(self):
        """Return the account that deposits are booked on.

        :raises UserError: none has been chosen
        """
        self.ensure_one()
        if not self.subscription_deposit_account_id:
            raise UserError(
                self.env._(
                    "Choose the Customer Deposits Account of %(company)s in the "
                    "settings of Subscriptions before you bill a deposit.",
                    company=self.display_name,
                )
            )
        return self.subscription_deposit_account_id
