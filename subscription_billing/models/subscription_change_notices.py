from odoo import api, fields, models
from odoo.tools import format_date


class SubscriptionChange(models.Model):
    """What customers are told of a change, as soon as it is decided.

    A new price for what they have already is a price change; anything else that lines
    or plan become is a plan change. The notice rules say whether an e-mail is sent.
    """

    _inherit = "subscription.change"

    # === FIELDS === #

    date_announced = fields.Date(
        string="Earliest With Notice",
        compute="_compute_date_announced",
        help="The first day on which a higher price can hold when the customer is told "
        "as many days before as the notice rules ask for; empty when that is kept.",
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_id", "kind", "state", "date", "line_ids.price_unit")
    @api.depends("plan_id", "line_ids.line_id", "line_ids.discount")
    def _compute_date_announced(self):
        notifier = self.env["subscription.notifier"]
        days = notifier._get_days_before(self.subscription_id, "price_change")
        for change in self:
            subscription = change.subscription_id
            earliest = fields.Date.add(
                subscription.company_id._get_subscription_today(),
                days=days.get(subscription._origin.id, 0),
            )
            is_short = change.date and change.date < earliest
            change.date_announced = (
                earliest
                if is_short and change.state == "draft" and change._raises_price()
                else False
            )

    # === ACTIONS === #

    def action_confirm(self):
        """Tell the customers of what has been decided."""
        drafts = self.filtered(lambda change: change.state == "draft")
        facts = {change.id: change._get_notice_facts() for change in drafts}
        action = super().action_confirm()
        for change in drafts:
            change._notify_customer(*facts[change.id])
        return action

    def action_cancel(self):
        """Withdraw what customers were not told yet of changes that are called off."""
        called_off = self.filtered(lambda change: change.state == "scheduled")
        result = super().action_cancel()
        notices = called_off._get_notices()
        unsent = notices.filtered(lambda notice: notice.state in ("queued", "failed"))
        unsent._withdraw_mail()
        unsent._cancel(self.env._("The change was called off."))
        for notice in notices.filtered(lambda notice: notice.state == "sent"):
            notice.subscription_id._message_log(
                body=self.env._(
                    "%(customer)s was told on %(date)s of the change that is called "
                    "off.",
                    customer=notice.partner_name,
                    date=format_date(self.env, notice.date_sent),
                )
            )
        return result

    # === BUSINESS METHODS === #

    def _raises_price(self):
        """Return whether something that the customer has already will cost more."""
        self.ensure_one()
        return not self.plan_id and any(
            line._is_higher_price() for line in self.line_ids
        )

    def _get_notice_key(self):
        """Return what tells the notice of this change from others."""
        self.ensure_one()
        return f"{self._name},{self.id}"

    def _get_notices(self):
        """Return what customers were told, or will be, of these changes."""
        return (
            self.env["subscription.notice"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.subscription_id.ids),
                    ("key", "in", [change._get_notice_key() for change in self]),
                ]
            )
        )

    def _get_notice_facts(self):
        """Return what the customer is told of, before it is made.

        :return: the kind of notice, None when there is nothing to tell, and values for
            ``subscription.notice._get_change_facts``
        :rtype: tuple[str | None, dict]
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: self.plan_id or line._has_effect())
        if self.kind != "modify" or not (self.plan_id or lines):
            return None, {}
        is_price = not self.plan_id and all(line._is_new_price() for line in lines)
        return (
            "price_change" if is_price else "plan_change",
            {
                "plan_before_id": (
                    self.subscription_id.plan_id.id if self.plan_id else False
                ),
                "amount_before": self.subscription_id.amount_total,
                "lines": [line._prepare_notice_vals() for line in lines],
            },
        )

    def _notify_customer(self, kind, details):
        """Tell the customer of a change that is decided.

        :param kind: the kind of notice; None tells nothing
        """
        self.ensure_one()
        if not kind:
            return
        if self.state == "applied":
            details["amount_after"] = self.subscription_id.amount_total
        else:
            del details["amount_before"]
        self.env["subscription.notifier"]._notify(
            self.subscription_id, kind, self._get_notice_key(), self.date, details
        )
