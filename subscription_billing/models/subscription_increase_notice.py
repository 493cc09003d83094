from datetime import timezone

from odoo import fields, models

from ..tools.metering import local_date
from .clock import Clock
from .subscription_notifier import Event

KIND = "price_change"


class SubscriptionIncreaseLine(models.Model):
    """How customers are told of their new prices, and from when on that counts."""

    _inherit = "subscription.increase.line"

    # === FIELDS === #

    notice_id = fields.Many2one(
        "subscription.notice",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        help="The e-mail to the customer, and what became of it.",
    )

    # === BUSINESS METHODS === #

    def _notify_customers(self):
        """Have an e-mail written for each subscription and day of these lines.

        Who is told by letter gets none.
        """
        told = self.filtered(lambda line: line.channel == "email")
        groups = told.grouped("change_id")
        events = [lines._prepare_notice_event() for lines in groups.values()]
        notices = self.env["subscription.notifier"]._notify_of(KIND, events)
        by_key = {(notice.subscription_id, notice.key): notice for notice in notices}
        for event, lines in zip(events, groups.values(), strict=True):
            lines.notice_id = by_key[event.subscription, event.key]

    def _prepare_notice_event(self):
        """Return what a customer is to be told of the lines of one change.

        :rtype: Event
        """
        change = self.change_id
        lang = change.subscription_id.partner_id.lang
        return Event(
            subscription=change.subscription_id,
            key=f"{change._name},{change.id}",
            date=change.date,
            details={
                "lines": [line._prepare_notice_line() for line in self],
                "reason": self.increase_id.with_context(lang=lang).message or None,
            },
        )

    def _prepare_notice_line(self):
        """Return what a notice says of this line: its price of one unit, else that of
        the period."""
        self.ensure_one()
        if self.is_rated:
            prices = {"price_before": self.amount_old, "price_after": self.amount_new}
            return {"product_id": self.product_id.id, **prices}
        return {
            "product_id": self.product_id.id,
            "quantity_before": self.quantity,
            "quantity_after": self.quantity,
            "price_before": self.price_old,
            "price_after": self.price_new,
        }

    def _get_told_on(self):
        """Return the day on which the customer was told.

        While the e-mail has not been sent that is today, and tomorrow it is another
        day. A preview takes it for sent.

        :rtype: datetime.date
        """
        self.ensure_one()
        notice, company = self.notice_id, self.company_id
        is_preview = isinstance(self.env.context.get("subscription_clock"), Clock)
        if notice.state == "sent":
            sent = notice.date_sent.replace(tzinfo=timezone.utc)
            return local_date(sent, company.subscription_tz or "UTC")
        if self.channel == "letter" or is_preview:
            return self.date_notified
        return company._get_subscription_today()

    def _withdraw_notices(self):
        """Keep e-mails about new prices that will not hold from being sent."""
        unsent = self.notice_id.filtered(lambda notice: notice.state == "queued")
        if unsent:
            unsent.action_cancel()
