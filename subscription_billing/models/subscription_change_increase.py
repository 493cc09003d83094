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
        """Keep that the new prices were called off."""
        scheduled = self.filtered(lambda change: change.state == "scheduled")
        result = super().action_cancel()
        lines = scheduled.sudo().increase_line_ids.filtered(
            lambda line: line.state == "announced"
        )
        lines.write({"state": "cancelled", "reason": "called_off"})
        lines._withdraw_notices()
        return result

    # === BUSINESS METHODS === #

    def _schedule_increase(self, increase):
        """Schedule these drafts of a price increase, with a few queries for all."""
        for change in self:
            change._check_can_apply()
        self.state = "scheduled"
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
                running = {line: line.change_line_id.line_id for line in lines}
                super(SubscriptionChange, change)._apply()
                lines._record_outcome(running, change.date)

    def _get_first_day(self):
        """Return the first day on which all announced prices may hold, if any is.

        :rtype: datetime.date | None
        """
        self.ensure_one()
        lines = self.sudo().increase_line_ids
        return max((line._get_earliest() for line in lines), default=None)

    def _prepare_increase(self):
        """Bring this change in line with what the subscription is by now.

        :return: whether it can be made now
        """
        self.ensure_one()
        self.subscription_id.lock_for_update()
        self.invalidate_recordset(["state"])
        if self.state != "scheduled" or self._postpone():
            return False
        lines = self.sudo().increase_line_ids
        for line in lines.filtered(lambda line: line.state == "announced"):
            line._follow(self.date)
        if all(line.state != "announced" for line in lines):
            self.action_cancel()
            return False
        return True

    def _postpone(self):
        """Move to the next start of a period that has not been billed.

        Periods that are counted anew, or were billed before their time, have another;
        and a customer whose e-mail was late, or waits to be sent, has the days of
        notice from then on.

        :return: whether it has to wait for that day
        """
        self.ensure_one()
        subscription = self.subscription_id
        if subscription.state == "closed":
            return False
        days = (self.date, subscription._get_billed_end(), self._get_first_day())
        start = subscription._get_recurrence().boundary_on_or_after(
            max(filter(None, days))
        )
        if start == self.date:
            return False
        self.date = start
        self.sudo().increase_line_ids.date_effective = start
        today = subscription.company_id._get_subscription_today()
        return start > max(today, subscription.date_next_period)
