from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class SubscriptionChange(models.Model):
    """How the changes of a price increase are scheduled, made and called off.

    A price was announced for what the customer had then. On the day it is to hold,
    quantity and discount are what they are by then; a line whose product, plan or price
    is another by then stays as it is.
    """

    _inherit = "subscription.change"

    # === FIELDS === #

    increase_line_ids = fields.One2many(
        "subscription.increase.line", "change_id", string="New Prices", readonly=True
    )

    # === CONSTRAINTS === #

    @api.constrains("date")
    def _check_notice(self):
        for change in self:
            first = change._get_first_day()
            if first and change.date < first:
                raise ValidationError(
                    self.env._(
                        "Effective On must not be before %(date)s: the customer was "
                        "promised that much notice.",
                        date=format_date(self.env, first),
                    )
                )

    # === ACTIONS === #

    def action_cancel(self):
        """Keep that the new prices were called off, or came to nothing at the end."""
        scheduled = self.filtered(lambda change: change.state == "scheduled")
        result = super().action_cancel()
        lines = scheduled.sudo().increase_line_ids
        announced = lines.filtered(lambda line: line.state == "announced")
        closed = announced.filtered(lambda line: line.subscription_id.state == "closed")
        closed.write({"state": "lapsed", "reason": "closed"})
        (announced - closed).write({"state": "cancelled", "reason": "called_off"})
        return result

    # === BUSINESS METHODS === #

    def _schedule_increase(self, increase):
        """Schedule these drafts of a price increase, with a few queries for all."""
        for change in self:
            change._check_can_apply()
        self.sudo().state = "scheduled"
        bodies = {
            subscription.id: self.env._(
                "%(increase)s: new prices from %(dates)s.",
                increase=increase.name,
                dates=", ".join(
                    format_date(self.env, change.date) for change in changes
                ),
            )
            for subscription, changes in self.grouped("subscription_id").items()
        }
        self.subscription_id._message_log_batch(bodies=bodies)

    # pylint: disable-next=missing-return
    def _apply(self):
        """Look, before a new price holds, what it is the price of by now."""
        for change in self.sorted(lambda change: (change.date, change.id)):
            lines = change.sudo().increase_line_ids
            if not lines:
                super(SubscriptionChange, change)._apply()
            elif change._prepare_increase():
                before = {line: line.line_id.mrr for line in lines}
                super(SubscriptionChange, change)._apply()
                lines._record_outcome(before)

    def _prepare_increase(self):
        """Bring this change in line with what the subscription is by now.

        :return: whether it can be made now
        """
        self.ensure_one()
        self.subscription_id.lock_for_update()
        self.invalidate_recordset(["state"])
        if self.state != "scheduled" or self._has_to_wait():
            return False
        lines = self.sudo().increase_line_ids
        for line in lines.filtered(lambda line: line.state == "announced"):
            line._follow(self.date)
        if all(line.state != "announced" for line in lines):
            self.action_cancel()
            return False
        return True

    # === BUSINESS METHODS: DUE NOTICE === #

    def _get_first_day(self):
        """Return the first day on which all announced prices may hold, if any is.

        :rtype: datetime.date | None
        """
        self.ensure_one()
        lines = self.sudo().increase_line_ids
        return max((line._get_earliest() for line in lines), default=None)

    def _get_last_notice_day(self):
        """Return the last day on which the customer is told of this change in time.

        :rtype: datetime.date
        """
        self.ensure_one()
        lines = self.sudo().increase_line_ids
        days = max(line._get_needed_days() for line in lines)
        return fields.Date.subtract(self.date, days=days)

    def _note_told(self):
        """Write down that the customer was told today, without an e-mail."""
        self.ensure_one()
        lines = self.sudo().increase_line_ids
        lines.date_notified = self.company_id._get_subscription_today()
        lines._withdraw_notices()
        self._postpone(self._get_first_day())

    def _has_to_wait(self):
        """Return whether a change that would be made now has to wait after all.

        Its day may be billed already, since periods are counted anew or were billed
        before their time. And without proof that the customer was told there is no new
        price: it waits for the next period after the days of notice.
        """
        self.ensure_one()
        subscription = self.subscription_id
        if subscription.state == "closed":
            return False
        today = subscription.company_id._get_subscription_today()
        days = [subscription._get_billed_end(), self._get_first_day()]
        if not all(line._is_told() for line in self.sudo().increase_line_ids):
            days.append(fields.Date.add(max(self.date, today), days=1))
        if not self._postpone(*filter(None, days)):
            return False
        return self.date > max(today, subscription.date_next_period)

    def _postpone(self, *days):
        """Move to the first start of a period that is not before any of these days.

        :return: whether that is another day than before
        """
        self.ensure_one()
        recurrence = self.subscription_id._get_recurrence()
        start = recurrence.boundary_on_or_after(max(self.date, *days))
        if start == self.date:
            return False
        self.sudo().date = start
        lines = self.sudo().increase_line_ids
        lines.write({"date_effective": start, "is_postponed": True})
        lines.notice_id._put_off(start, self._get_last_notice_day())
        self.subscription_id._message_log(
            body=self.env._(
                "%(increase)s: the new prices are put off until %(date)s.",
                increase=lines.increase_id.name,
                date=format_date(self.env, start),
            )
        )
        return True

    def _postpone_untold(self):
        """Put off new prices that customers were not told of in time."""
        for change in self:
            change.subscription_id.lock_for_update()
            change._postpone(change._get_first_day())
        return self
