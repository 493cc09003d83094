from odoo import fields, models
from odoo.exceptions import UserError

from .clock import Clock
from .subscription_notifier import Event

KIND = "price_change"


class SubscriptionIncreaseLine(models.Model):
    """How customers are told of their new prices, and from when on that counts.

    The notice is the proof. Until it is sent, the new price does not hold.
    """

    _inherit = "subscription.increase.line"

    # === FIELDS === #

    channel = fields.Selection(
        selection=[("email", "E-mail"), ("letter", "Letter or Call")],
        string="Told By",
        readonly=True,
        help="Empty: the customer cannot be told by e-mail, without an address or "
        "without a notice rule for price changes, and has not been told.",
    )
    notice_id = fields.Many2one(
        "subscription.notice",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        help="The e-mail to the customer, and what became of it.",
    )
    notice_state = fields.Selection(
        related="notice_id.state",
        string="E-mail",
        help="Until it is sent, the new price does not hold.",
    )
    date_notified = fields.Date(
        string="Told On",
        readonly=True,
        help="Day of the announcement. An e-mail that is sent later counts from then.",
    )
    notice_days = fields.Integer(
        string="Notice (Days)",
        readonly=True,
        help="Days between the announcement and the new price, at least: those of the "
        "price increase or of the notice rule, whichever are more.",
    )
    is_postponed = fields.Boolean(
        string="Postponed",
        readonly=True,
        help="The new price holds later than was announced: the customer was not told "
        "in time, or has other periods since then.",
    )

    # === ACTIONS === #

    def action_told_by_letter(self):
        """Note that these customers have been told today, by letter or by phone.

        A line that could not be announced for want of an e-mail address is announced.

        :raises UserError: they have been told
        """
        self.check_access("write")
        untold = self.filtered(lambda line: line._is_untold())
        if not untold:
            raise UserError(self.env._("None of these customers is still to be told."))
        changes = untold.sudo().change_id
        # An e-mail is about all lines of a change.
        (untold.sudo() | changes.increase_line_ids).channel = "letter"
        for change in changes:
            change._note_told()
        unreached = untold.filtered(lambda line: line.state == "unreached")
        return unreached._announce_again()

    # === BUSINESS METHODS: TELLING === #

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
            date_latest=change._get_last_notice_day(),
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

    def _withdraw_notices(self):
        """Keep e-mails about new prices that will not hold from being sent."""
        unsent = self.notice_id.filtered(
            lambda each: each.state in ("queued", "failed")
        )
        if unsent:
            unsent.action_cancel()

    # === BUSINESS METHODS: THE PROOF === #

    def _is_untold(self):
        """Return whether nobody has told the customer, by e-mail or otherwise."""
        self.ensure_one()
        if self.state == "announced":
            return not self._is_told()
        return self.state in ("included", "unreached") and not self.change_id

    def _is_told(self):
        """Return whether it is proven that the customer was told, or noted.

        A preview takes an e-mail that is not sent yet for sent.
        """
        self.ensure_one()
        is_preview = isinstance(self.env.context.get("subscription_clock"), Clock)
        is_sent = self.notice_id.state == "sent"
        return is_sent or is_preview or self.channel == "letter"

    def _get_day_told(self):
        """Return the day on which the customer was told: today, while nobody has.

        :rtype: datetime.date
        """
        self.ensure_one()
        if not self._is_told():
            return self.company_id._get_subscription_today()
        return self.notice_id._get_day_sent() or self.date_notified

    def _get_needed_days(self):
        """Return how many days before the new price the customer has to be told."""
        self.ensure_one()
        return self.notice_days if self._is_raise() else 0
