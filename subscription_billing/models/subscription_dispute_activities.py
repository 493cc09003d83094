import logging
from datetime import timedelta, timezone

from odoo import api, fields, models

from ..tools.clock import local_date
from .activity import schedule_once
from .batch import lock_first, run_isolated

_logger = logging.getLogger(__name__)

ANSWER = "subscription_billing.mail_activity_type_dispute"
LAST_DAY = "subscription_billing.mail_activity_type_dispute_last_day"
WARNING = "subscription_billing.mail_activity_type_fraud_warning"
UNKNOWN = "subscription_billing.mail_activity_type_dispute_unknown"
#: how long before the provider's deadline somebody should have answered
DAYS_BEFORE = 2


class SubscriptionDispute(models.Model):
    """Who has to do what about a dispute, and until when."""

    _inherit = "subscription.dispute"

    # === FIELDS === #

    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    date_reminded = fields.Datetime(
        readonly=True, copy=False, help="The deadline that was reminded of."
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_id", "company_id")
    def _compute_user_id(self):
        for dispute in self:
            dispute.user_id = (
                dispute.company_id.subscription_dispute_user_id
                or dispute.subscription_id.user_id
            )

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_remind(self):
        """Remind of what has to be answered within a day.

        What another worker has taken up is left to it; what was reminded of is not
        again, unless the provider moves the deadline. One that fails does not stop the
        others, and is tried again with the next run.
        """
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        due = lock_first(self, self._get_reminder_domain(tomorrow), "due_by, id")
        run_isolated(
            due,
            type(self)._remind,
            lambda dispute, message: _logger.warning(
                "Nobody was reminded of dispute %s: %s", dispute.id, message
            ),
        )

    @api.model
    def _get_reminder_domain(self, latest):
        """Return the domain of what nobody has answered and was not reminded of.

        :param datetime.datetime latest: until when the answer is due, at most
        """
        return [
            ("is_to_answer", "=", True),
            ("due_by", "<=", latest),
            ("due_by", ">", fields.Datetime.now()),
            ("date_reminded", "=", False),
        ]

    # === BUSINESS METHODS === #

    def _remind(self):
        """Plan the answers of these disputes for their last day, or raise."""
        for dispute in self:
            dispute._schedule_once(
                LAST_DAY, dispute._get_local_date(dispute.due_by), dispute._get_to_do()
            )
            dispute.date_reminded = dispute.due_by
        return self

    def _update_activities(self):
        """Ask for what has to be done, and no more for what has not."""
        for dispute in self:
            if not dispute.charge_id:
                dispute._schedule_once(UNKNOWN, False, dispute._get_unknown_text())
            if dispute.is_to_answer:
                dispute._ask_to_answer()
            else:
                dispute.activity_unlink([ANSWER, LAST_DAY, WARNING])
            if dispute.date_reminded and dispute.date_reminded != dispute.due_by:
                dispute.date_reminded = False

    def _ask_to_answer(self):
        """Plan the answer, some days before the deadline."""
        self.ensure_one()
        if self.kind == "fraud_warning":
            if self.company_id.subscription_fraud_warning == "refund":
                self._schedule_once(WARNING, False, self._get_to_do())
            return
        deadline = self.due_by and self._get_local_date(
            self.due_by - timedelta(days=DAYS_BEFORE)
        )
        self._schedule_once(ANSWER, deadline, self._get_to_do())

    def _on_charge_found(self):
        """Go on with what had to wait until the disputed payment was known."""
        self.activity_unlink([UNKNOWN])
        self._update_activities()
        self._settle_books()

    def _schedule_once(self, activity_type, deadline, message):
        """Plan an activity, or bring the one that is planned up to date.

        :param deadline: the day, or False for today
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        schedule_once(
            self,
            activity_type,
            message,
            self.user_id,
            date_deadline=max(deadline or today, today),
        )

    def _get_local_date(self, time):
        """Return the company's day of a time.

        :param datetime.datetime time: UTC without a zone
        :rtype: datetime.date
        """
        zone = self.company_id.subscription_tz or "UTC"
        return local_date(time.replace(tzinfo=timezone.utc), zone)

    def _get_to_do(self):
        """Return what to do about a dispute that waits for an answer."""
        self.ensure_one()
        if self.kind == "fraud_warning":
            return self.env._(
                "Refund %(amount)s before it becomes a dispute, or close the warning.",
                amount=self.currency_id.format(self.amount),
            )
        if not self.due_by:
            return self.env._(
                "Answer it: %(reason)s.", reason=self._get_label("reason")
            )
        due = fields.Datetime.context_timestamp(
            self.with_context(tz=self.company_id.subscription_tz), self.due_by
        )
        return self.env._(
            "Answer until %(due)s, or the money is lost: %(reason)s.",
            due=due.strftime("%Y-%m-%d %H:%M %Z"),
            reason=self._get_label("reason"),
        )

    def _get_unknown_text(self):
        """Return what to do about a dispute of a payment that was not found."""
        self.ensure_one()
        return self.env._(
            "The disputed payment %(reference)s was not found here. Choose the Charge, "
            "so that its invoice is not charged again.",
            reference=self.charge_reference or "?",
        )
