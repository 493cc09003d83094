from dataclasses import replace

from odoo import fields, models


class SubscriptionEntitlement(models.Model):
    """How one entitlement follows another: with a plan, a product, or other terms."""

    _inherit = "subscription.entitlement"

    # === ACTIONS === #

    def action_new_terms(self):
        """End this entitlement and open the one that follows it, for other terms.

        What was used of the running period, and what was carried into it, goes along.
        """
        self.ensure_one()
        self.check_access("write")
        self.check_access("create")
        today = self.company_id._get_subscription_today()
        vals = {**self._prepare_terms_vals(), **self._prepare_successor_vals(today)}
        successor = self.sudo()._replace([vals], today).sudo(False)
        return {
            **successor._get_records_action(name=self.env._("New Terms")),
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    def _prepare_successor_vals(self, day):
        """Return what an entitlement from ``day`` on keeps of this one."""
        self.ensure_one()
        return {
            "subscription_id": self.subscription_id.id,
            "plan_id": self.plan_id.id,
            "plan_entitlement_id": self.plan_entitlement_id.id,
            "date_start": max(day, self.date_start),
            "date_end": self.date_end,
            "date_anchor": self.date_anchor,
            "anchor_day": self.anchor_day,
            "predecessor_id": self.id,
        }

    def _replace(self, vals_list, day):
        """End these entitlements on the day before ``day`` and begin others.

        :param list[dict] vals_list: the values of the new ones; those with a
            ``predecessor_id`` take over what it leaves
        :return: the new ones
        """
        successors = self.create(vals_list)
        self._end(day)
        for successor in successors.filtered("predecessor_id"):
            successor.quantity_opening = successor._get_brought_along()
        unused = self.filtered(
            lambda each: each.date_start >= day and not each.consumption_ids
        )
        for entitlement in unused:
            entitlement.successor_ids.predecessor_id = entitlement.predecessor_id
        unused.unlink()
        return successors

    def _end(self, day):
        """End these entitlements on the day before ``day``."""
        self._cancel_visits()
        for entitlement in self:
            last = fields.Date.subtract(max(day, entitlement.date_start), days=1)
            entitlement.date_end = min(entitlement.date_end or last, last)

    def _get_brought_along(self):
        """Return what this entitlement takes over from the one that it follows.

        With the whole allowance for a part of a period, all that was claimed in the
        period counts: who changes the plan in the middle does not get it twice. By its
        days, what the days before have left or exceeded goes along. What is left goes
        along only where both carry over.

        :rtype: float
        """
        self.ensure_one()
        old = self.predecessor_id
        day = max(fields.Date.subtract(self.date_start, days=1), old.date_start)
        is_prorated = self.partial_period == "prorated"
        ledger = old._get_ledgers()[old]
        allowance = replace(ledger.allowance, is_prorated=is_prorated)
        balance = replace(ledger, allowance=allowance).balance(day)
        since = self._get_takeover_start()
        counted = old.sudo().consumption_ids.filtered(
            lambda each: each.state == "recorded" and each.date >= since
        )
        brought = float(balance.carried) - sum(
            each.quantity - each.quantity_overage for each in counted
        )
        if is_prorated:
            brought += float(balance.granted)
        if old.date_start > since:
            brought += min(old.quantity_opening, 0)
        carries = "none" not in (self.carry_over, old.carry_over)
        return min(brought, float(balance.left) if carries else 0.0)

    def _get_takeover_start(self):
        """Return the first day whose uses on the former terms count for these.

        :rtype: datetime.date
        """
        self.ensure_one()
        if self.partial_period == "full":
            recurrence, day = self._get_recurrence(), self.date_start
        else:
            recurrence = self.predecessor_id._get_recurrence()
            day = fields.Date.subtract(self.date_start, days=1)
        return recurrence.period_containing(day).date_start
