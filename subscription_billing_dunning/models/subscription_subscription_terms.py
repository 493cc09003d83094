from odoo import fields, models
from odoo.exceptions import AccessError

from odoo.addons.subscription_billing.models.subscription_subscription_guards import (
    MANAGER,
)


class SubscriptionSubscription(models.Model):
    """What dunning does to subscriptions, until the money comes."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    is_change_restricted = fields.Boolean(
        string="Changes Restricted",
        readonly=True,
        copy=False,
        help="Because of what is overdue, no change is made that would cost more: no "
        "more units, no further products, no dearer plan.",
    )

    # === ACTIONS === #

    def action_allow_changes(self):
        """Let the customer change its subscriptions although it owes something.

        :raises AccessError: the user does not manage subscriptions
        """
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Only an administrator of subscriptions allows that.")
            )
        self.sudo()._end_restriction(
            self.env._(
                "Changes are allowed again by %(user)s.", user=self.env.user.name
            )
        )

    # === BUSINESS METHODS: RESTRICTIONS === #

    def _restrict(self):
        """Allow no change that costs more."""
        self.is_change_restricted = True
        self._message_log_batch(
            bodies=dict.fromkeys(
                self.ids,
                self.env._(
                    "Changes that cost more are refused until what is overdue is paid."
                ),
            )
        )

    def _end_restriction(self, reason):
        """Allow changes again; those that were planned before and could not be made are
        made by the next run.

        :param str reason: why, for the chatter
        """
        restricted = self.filtered("is_change_restricted")
        restricted.is_change_restricted = False
        restricted.change_ids.filtered(
            lambda each: (
                each.state == "scheduled" and each.kind == "modify" and each.error
            )
        ).error = False
        restricted._message_log_batch(bodies=dict.fromkeys(restricted.ids, reason))

    def _get_restriction_text(self):
        """Return why a change is refused: who owes how much, and what helps."""
        self.ensure_one()
        lost = self.invoice_ids._get_write_offs().filtered(lambda w: not w.is_forgiven)
        owed = sum(self._get_overdue().mapped("amount_residual"))
        owed += sum(lost.mapped("amount"))
        return self.env._(
            "%(customer)s owes %(amount)s for %(subscription)s that is overdue: until "
            "it is paid, no change is made that costs more. Record the payment, or "
            "have an administrator press Allow Changes on the subscription.",
            customer=self.partner_id.display_name,
            amount=self.currency_id.format(owed),
            subscription=self.name,
        )

    # === BUSINESS METHODS: PAUSES AND PLANS === #

    def _pause_unpaid(self, case, policy):
        """Pause what is served from today on.

        :param case: the ``dunning.case`` whose payment ends the pause
        :param str policy: what happens to billing, as of ``subscription.pause``
        """
        for subscription in self.filtered(lambda s: s.state in ("active", "past_due")):
            subscription._update_state("active")
            subscription._pause(
                subscription.company_id._get_subscription_today(), policy
            )
            pause = subscription.pause_ids.filtered(lambda each: not each.date_end)
            pause.dunning_case_id = case

    def _plan_change(self, case, vals):
        """Schedule a change of each of these with the end of its period.

        :param case: the ``dunning.case`` that asks for it
        :param dict vals: what changes, as of ``subscription.change``
        """
        self.env["subscription.change"].sudo().create(
            [
                {
                    **vals,
                    "subscription_id": subscription.id,
                    "timing": "period_end",
                    "dunning_case_id": case.id,
                }
                for subscription in self
            ]
        ).action_confirm()

    def _is_moving_to(self, plan):
        """Return whether this is on a plan, or will be by a scheduled change."""
        self.ensure_one()
        coming = self.change_ids.filtered(lambda each: each.state == "scheduled")
        return plan in self.plan_id | coming.plan_id

    def _is_ending(self):
        """Return whether this ends with its period anyway, or before."""
        self.ensure_one()
        return bool(self.date_end) and self.date_end < self._get_period_end()

    # === BUSINESS METHODS: MONEY === #

    def _end_dunning(self):
        """End what dunning has begun with those that owe nothing overdue any more."""
        restricted = self.sudo().filtered("is_change_restricted")
        pauses = self._find_dunning_pauses()
        closes = self._find_dunning_closes()
        paid = (restricted | pauses.subscription_id | closes.subscription_id).filtered(
            lambda each: not each._owes()
        )
        (restricted & paid)._end_restriction(
            self.env._("Changes are allowed again: what was overdue is paid.")
        )
        for subscription in pauses.subscription_id & paid:
            subscription._resume(subscription.company_id._get_subscription_today())
        closes.filtered(lambda each: each.subscription_id in paid).action_cancel()

    def _find_dunning_pauses(self):
        """Return the pauses of these that a payment ends."""
        return (
            self.env["subscription.pause"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.ids),
                    ("dunning_case_id", "!=", False),
                    ("date_end", "=", False),
                ]
            )
        )

    def _get_resume_obstacle(self):
        """Have customers pay what paused their service, and settle what was given up,
        before it goes on."""
        self.ensure_one()
        if self._find_dunning_pauses():
            return self.env._("The service goes on as soon as what is overdue is paid.")
        is_lost = any(move._is_lost() for move in self.invoice_ids)
        if is_lost and self.state == "closed":
            return self.env._(
                "It can go on once you have settled with us what is owed."
            )
        return super()._get_resume_obstacle()

    def _find_dunning_closes(self):
        """Return the planned ends of these that a payment calls off."""
        return (
            self.env["subscription.change"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.ids),
                    ("dunning_case_id", "!=", False),
                    ("kind", "=", "close"),
                    ("state", "=", "scheduled"),
                ]
            )
        )
