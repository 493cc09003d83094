from odoo import Command, models
from odoo.exceptions import UserError

from .subscription_increase_line import OVERRULED_REASONS
from .subscription_schedule import RUNNING_STATES


class SubscriptionIncrease(models.Model):
    """How a price increase is announced, and called off.

    Customers are told and their changes scheduled together, or not at all; what follows
    is a matter of those changes.
    """

    _inherit = "subscription.increase"

    #: subscriptions that are announced at once, while the person waits
    _direct_limit = 50

    # === ACTIONS === #

    def action_announce(self):
        """Tell the customers and schedule their new prices, from the day given on.

        Pressed a second time, it does nothing more.

        :raises UserError: there is nothing to announce
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if self.state not in ("draft", "computed"):
            return None
        if self.state == "draft" or not self._count_left("included"):
            raise UserError(
                self.env._(
                    "%(increase)s has no new price to announce. Compute the prices, "
                    "and see why lines are left out.",
                    increase=self.name,
                )
            )
        self.sudo().state = "announcing"
        return self._announce_rest()

    def action_cancel(self):
        """Call off what has been announced and does not hold yet."""
        self.check_access("write")
        going = self.filtered(lambda each: each.state not in ("done", "cancelled"))
        going.lock_for_update(allow_referencing=True)
        going.sudo().state = "cancelling"
        return going._work_now_or_later()

    # === BUSINESS METHODS: WHO WORKS === #

    def _announce_rest(self):
        """Announce what is left of campaigns that have begun."""
        begun = self.filtered(
            lambda increase: increase.state in ("announcing", "announced", "done")
        )
        begun.sudo().state = "announcing"
        return begun._work_now_or_later()

    def _work_now_or_later(self):
        """Do what is due at once where it is little, else in the background."""
        run = self.env["subscription.increase.run"]
        later = self.browse()
        for increase in self:
            if not increase._is_due() or increase._count_left() > self._direct_limit:
                later += increase
            else:
                run._work_now(increase)
        if not later:
            return None
        run._trigger_cron()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The customers are told in the background, on the day given."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _is_due(self):
        """Return whether work on this campaign can go on today.

        What another worker announced while a person cancelled is called off as well.
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        return self.state in ("cancelling", "cancelled") or (
            self.state == "announcing" and self.date_notice <= today
        )

    def _get_left_domain(self, *states):
        """Return the domain of the lines that are still to be worked on."""
        self.ensure_one()
        known = {
            "announcing": ("included",),
            "cancelling": ("included", "announced"),
            "cancelled": ("announced",),
        }
        return [
            ("increase_id", "=", self.id),
            ("state", "in", states or known.get(self.state, ())),
            ("error", "=", False),
        ]

    def _count_left(self, *states):
        """Return how many subscriptions are still to be worked on."""
        rows = self.env["subscription.increase.line"]._read_group(
            self._get_left_domain(*states),
            aggregates=["subscription_id:count_distinct"],
        )
        return rows[0][0]

    # === BUSINESS METHODS: ANNOUNCING === #

    def _announce(self, subscriptions):
        """Schedule the new prices of some subscriptions and tell their customers.

        :return: the subscriptions
        """
        lines = self.env["subscription.increase.line"].search(
            [*self._get_left_domain(), ("subscription_id", "in", subscriptions.ids)]
        )
        ready = self._review(lines)
        if ready:
            self._schedule(ready)
            ready._notify_customers()
        return subscriptions

    def _review(self, lines):
        """Look again at lines that were computed some days ago.

        :return: the lines that can be announced
        """
        for line in lines.filtered("line_id"):
            line.line_id = line.line_id._get_latest()
        current = lines.line_id
        facts = self._get_facts(current)
        for line in lines:
            line.write(self._prepare_review_vals(line, facts))
        return lines.filtered(lambda line: line.state == "included")

    def _prepare_review_vals(self, line, facts):
        """Return what is to be written on an increase line before it is announced.

        :param Facts facts: what is known of the lines of its chunk
        """
        current, is_letter = line.line_id, line.channel == "letter"
        if not current or line.subscription_id.state not in RUNNING_STATES:
            return {"state": "excluded", "reason": "closed"}
        if not line._is_about(current):
            return {"state": "excluded", "reason": "changed"}
        vals = self._prepare_line_vals(current, facts, line)
        if is_letter:
            vals["channel"] = "letter"
        if vals["reason"] in (False, *OVERRULED_REASONS):
            state = "included" if vals["channel"] else "unreached"
            vals.update(state=state, reason=False)
        return vals

    def _schedule(self, lines):
        """Schedule one change for each subscription and day, with all its lines."""
        groups = lines.grouped(lambda line: (line.subscription_id, line.date_effective))
        changes = self.env["subscription.change"].create(
            [
                self._prepare_change_vals(subscription, day, group)
                for (subscription, day), group in groups.items()
            ]
        )
        for change, group in zip(changes, groups.values(), strict=True):
            planned = change.line_ids.grouped("line_id")
            for line in group:
                line.write(
                    {
                        "state": "announced",
                        "change_id": change.id,
                        "change_line_id": planned[line.line_id].id,
                        "date_notified": self.company_id._get_subscription_today(),
                    }
                )
        changes._schedule_increase(self)

    def _prepare_change_vals(self, subscription, day, lines):
        """Return the values of the change that brings new prices.

        It holds from the start of a period, so that nothing is to be prorated.
        """
        return {
            "subscription_id": subscription.id,
            "kind": "modify",
            "timing": "date",
            "date": day,
            "proration": "none",
            "note": self.name,
            "line_ids": [
                Command.create(
                    {
                        "line_id": line.line_id.id,
                        "price_id": line.price_id.id,
                        "price_unit": line.price_new,
                    }
                )
                for line in lines
            ],
        }

    # === BUSINESS METHODS: CALLING OFF === #

    def _call_off(self, subscriptions):
        """Cancel the scheduled changes of some subscriptions.

        :return: the subscriptions
        """
        lines = self.env["subscription.increase.line"].search(
            [*self._get_left_domain(), ("subscription_id", "in", subscriptions.ids)]
        )
        announced = lines.filtered(lambda line: line.state == "announced")
        announced.change_id.action_cancel()
        announced.write({"state": "cancelled", "reason": "called_off"})
        (lines - announced).write({"state": "excluded", "reason": "called_off"})
        return subscriptions

    # === BUSINESS METHODS: THE END === #

    def _update_progress(self):
        """Move to the status that the lines say, when nothing is left to do."""
        following = {"announcing": "announced", "cancelling": "cancelled"}
        for increase in self:
            if increase.state in following and not increase._count_left():
                increase.state = following[increase.state]
            if increase.state == "announced" and not increase._count_left("announced"):
                increase.state = "done"
