from odoo import models


class DunningCase(models.Model):
    """Steps that change what a customer has until it pays."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS: STEPS === #

    def _apply_restrict(self, _step, actions):
        """Let the subscriptions cost no more than they do."""
        subscriptions = self._get_running_subscriptions(actions)
        subscriptions.filtered(lambda each: not each.is_change_restricted)._restrict()

    def _apply_pause(self, step, actions):
        """Pause the subscriptions from today on."""
        for case, mine in actions.grouped("case_id").items():
            subscriptions = case._get_running_subscriptions(mine)
            subscriptions._pause_unpaid(case, step.pause_policy)

    def _apply_plan(self, step, actions):
        """Move the subscriptions to another plan with the next period."""
        plan = step.target_plan_id
        for case, mine in actions.grouped("case_id").items():
            subscriptions = case._get_running_subscriptions(mine)
            subscriptions.filtered(
                lambda each: not each._is_moving_to(plan)
            )._plan_change(case, {"kind": "modify", "plan_id": plan.id})

    def _apply_close_period(self, step, actions):
        """End the subscriptions with their period."""
        for case, mine in actions.grouped("case_id").items():
            subscriptions = case._get_running_subscriptions(mine)
            subscriptions.filtered(lambda each: not each._is_ending())._plan_change(
                case,
                {
                    "kind": "close",
                    "close_reason_id": step.close_reason_id.id,
                    # Leaving early is not the customer's wish.
                    "is_forced": True,
                },
            )

    def _get_running_subscriptions(self, actions):
        """Return the subscriptions that some invoices bill and that go on.

        :param actions: the ``dunning.action`` records
        """
        return (
            self._get_subscriptions(actions.move_id)
            .sudo()
            .filtered(lambda each: each.state not in ("draft", "closed"))
        )

    # === BUSINESS METHODS: MONEY === #

    def _update_subscriptions(self):
        """End what dunning has begun, too, as soon as the money is there."""
        result = super()._update_subscriptions()
        self._get_subscriptions(self.sudo().move_ids)._end_dunning()
        return result
