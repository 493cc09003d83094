from odoo import fields, models

from ..tools.lifecycle import BILLED_STATES
from .derived import DEFERRED

#: records that are written on the subscription as they are
PLAIN_RECORDS = ("partner_id", "partner_invoice_id", "payment_token_id")


class SubscriptionChange(models.Model):
    """How a change of lines, plan, dates or addresses is made.

    A line that changes ends the day before, and another one begins: what was agreed
    when stays to be read, and billing settles the difference.
    """

    _inherit = "subscription.change"

    def _add_missing_lines(self):
        """Add the running lines that the change does not mention."""
        self.ensure_one()
        running = self.subscription_id.line_ids.filtered(
            lambda line: line._is_running_on(self.date)
        )
        missing = running - self.line_ids.line_id
        self.env["subscription.change.line"].create(
            [{"change_id": self.id, "line_id": line.id} for line in missing]
        )

    def _apply_modify(self):
        """Write the new values, and have the rest of the period settled."""
        self.ensure_one()
        subscription, day = self.subscription_id, self.date
        is_settled = self.proration in ("next_invoice", "invoice_now")
        lines = self.line_ids._follow(day).filtered(
            lambda line: self.plan_id or line._has_effect()
        )
        if self._has_new_interval():
            self._bill_until(day)
        if is_settled and lines and day < subscription._get_billed_end():
            subscription._mark_unsettled(day)
        first_billed = None if is_settled else self._get_first_billed()
        vals = self._prepare_subscription_vals(is_settled)
        deferred = self.with_context(subscription_revenue=DEFERRED)
        if vals:
            deferred.subscription_id.write(vals)
        deferred._replace_lines(lines, day, first_billed)
        subscription._record_revenue()
        self._log_applied()
        if self.proration == "invoice_now" and subscription.state in BILLED_STATES:
            self.env["subscription.renewal"]._settle_now(subscription)

    def _has_new_interval(self):
        """Return whether the new plan counts other periods."""
        self.ensure_one()
        old, new = self.subscription_id.plan_id, self.plan_id
        return bool(new) and new._get_interval() != old._get_interval()

    def _bill_until(self, day):
        """Bill what the old periods have left, before others are counted."""
        subscription = self.subscription_id
        if subscription.state in BILLED_STATES and subscription.date_next_period < day:
            self.env["subscription.renewal"]._settle_now(subscription, until=day)

    def _get_first_billed(self):
        """Return the first day that has the new prices, where the rest of the period
        is not prorated; None when that is the day of the change itself."""
        subscription, day = self.subscription_id, self.date
        if self._has_new_interval():
            first = subscription.date_next_period
        else:
            boundary = subscription._get_recurrence().boundary_on_or_after(day)
            first = max(subscription._get_billed_end(), boundary)
        return first if first > day else None

    def _replace_lines(self, lines, day, first_billed=None):
        """End the lines that change and begin those that follow them.

        A line of which nobody has had a day is written anew instead: what stands for it
        elsewhere, such as another change, still does.

        :param lines: the lines of the change that have an effect
        :param datetime.date first_billed: start of the next period, for a change
            without proration
        """
        vals_by_line = {
            line: {
                **self._prepare_line_vals(line, day),
                **line.line_id._prepare_unprorated_vals(day, first_billed),
                "subscription_id": self.subscription_id.id,
            }
            for line in lines
            if line.action != "remove"
        }
        anew = lines.filtered(
            lambda line: line in vals_by_line and line._is_rewriting(day)
        )
        for line in anew:
            line.line_id.with_env(self.env)._rewrite(vals_by_line.pop(line))
        # One line at a time may count a meter: the old one ends first.
        self._end_lines(lines - anew, day, first_billed)
        self.env["subscription.line"].create(list(vals_by_line.values()))

    def _end_lines(self, lines, day, first_billed):
        """End the lines that change; what is removed is paid until the next period
        where that is not prorated.

        :param lines: the lines of the change
        """
        ended = lines.line_id.with_env(self.env)
        removed = lines.filtered(lambda line: line.action == "remove").line_id
        paid = ended.filtered(
            lambda line: (
                first_billed
                and line in removed
                and (line.billed_with_id or not line._is_unserved(day))
            )
        )
        if paid:
            paid._stop(first_billed)
        (ended - paid)._stop(day)

    def _prepare_line_vals(self, line, day):
        """Return the values of the line that is served from ``day`` on.

        It goes on with what was agreed, unless that was another product; its price
        too, unless that was another plan.
        """
        vals = line._prepare_line_vals(day)
        if not line.line_id or line.line_id.product_id != line.product_id:
            return vals
        agreed = line.line_id._prepare_successor_vals(vals)
        if self.plan_id:
            agreed.pop("price_id", None)
            agreed.pop("bundle_id", None)
            if line.line_id.bundle_id or line._get_bundle():
                # A bundle has the taxes of what it includes, a product its own.
                agreed.pop("tax_ids", None)
        return agreed

    def _prepare_subscription_vals(self, is_settled):
        """Return the values to write on the subscription.

        :param bool is_settled: whether days already billed are given back
        """
        self.ensure_one()
        vals = {name: self[name].id for name in PLAIN_RECORDS if self[name]}
        if self.collection_method:
            vals["collection_method"] = self.collection_method
        if self.plan_id:
            vals["plan_id"] = self.plan_id.id
        if self._has_new_interval():
            vals.update(self._prepare_restart_vals(is_settled))
        elif self.date_anchor:
            vals.update(date_anchor=self.date_anchor, anchor_day=0)
        return vals

    def _prepare_restart_vals(self, is_settled):
        """Return the dates from which the periods of another plan are counted."""
        following = self.subscription_id.date_next_period
        start = self.date if is_settled else max(self.date, following)
        recurrence = self.plan_id._get_anchor_rule().align(
            start, self.plan_id._get_interval()
        )
        return {
            "date_anchor": recurrence.anchor,
            "anchor_day": recurrence.anchor_day,
            "date_next_period": start,
        }

    def _log_applied(self):
        """Tell in the chatter what has changed."""
        self.ensure_one()
        parts = [
            self.env._(
                "%(product)s: %(quantity)s × %(price)s",
                product=line.product_id.display_name,
                quantity=line.quantity,
                price=self.currency_id.format(line.price_unit),
            )
            if line.action != "remove"
            else self.env._("%(product)s removed", product=line.line_id.name)
            for line in self.line_ids
        ]
        if self.plan_id:
            parts.insert(
                0, self.env._("Plan: %(plan)s", plan=self.plan_id.display_name)
            )
        self.subscription_id._message_log(
            body=self.env._(
                "Changed on %(date)s. %(parts)s",
                date=fields.Date.to_string(self.date),
                parts="; ".join(parts),
            )
        )
