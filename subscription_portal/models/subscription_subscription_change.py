from dataclasses import dataclass

from odoo import Command, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.tools.lifecycle import BILLED_STATES

#: what is paused, or suspended for want of a payment, goes on first
CHANGED_STATES = BILLED_STATES | {"trial"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wishes to be changed; what is empty stays as it is.

    :param plan: the ``subscription.plan`` to change to
    :param quantities: how many of each line, by its id
    :param added: the ``product.product`` records to add
    :param removed: the ``subscription.line`` records to remove
    :param billing_day: a key of ``_get_billing_day_choices``
    """

    plan: models.Model
    quantities: dict[int, float]
    added: models.Model
    removed: models.Model
    billing_day: str = ""

    def is_empty(self):
        """Return whether nothing would change."""
        return not (
            self.plan
            or self.quantities
            or self.added
            or self.removed
            or self.billing_day
        )


class SubscriptionSubscription(models.Model):
    """What a customer changes alone: the plan, quantities and products.

    What is offered is what the plan allows, and each change is asked for once: what is
    planned already is not offered again.
    """

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS: WHAT IS OFFERED === #

    def _get_portal_rights(self):
        """Let customers change what runs, where there is something to choose."""
        rights = super()._get_portal_rights()
        if self._is_portal_changeable() and (
            self._get_portal_plans()
            or self._get_portal_quantity_lines()
            or self._get_portal_addons()
            or self._get_portal_removable_lines()
            or self._get_billing_day_choices()
        ):
            rights.add("change")
        return rights

    def _is_portal_changeable(self):
        """Return whether a customer can change anything of this now."""
        self.ensure_one()
        return self.state in CHANGED_STATES and not self.is_close_scheduled

    def _get_planned_changes(self):
        """Return what is decided and still to come."""
        self.ensure_one()
        return self.change_ids.filtered(
            lambda change: change.kind == "modify" and change.state == "scheduled"
        )

    def _get_portal_plans(self):
        """Return the plans to change to; none while a change of plan is planned."""
        self.ensure_one()
        plans = self.plan_id.portal_plan_ids - self.plan_id
        if self._get_planned_changes().plan_id:
            return plans.browse()
        return plans.filtered(self._is_of_company)

    def _get_portal_quantity_lines(self):
        """Return the lines of which the customer chooses how many."""
        self.ensure_one()
        if not self.plan_id.is_portal_quantity:
            return self.line_ids.browse()
        return self._get_kept_lines().filtered(lambda line: line._is_portal_countable())

    def _get_portal_addons(self):
        """Return the products to add: those that are neither there nor planned."""
        self.ensure_one()
        products = self.plan_id.portal_product_ids
        if not products:
            return products
        today = self._get_portal_day()
        there = self.line_ids.filtered(lambda line: not line._is_over(today))
        planned = self._get_planned_changes().line_ids.filtered(
            lambda line: line.action == "add"
        )
        return (products - there.product_id - planned.product_id).filtered(
            lambda product: product.sale_ok and self._is_of_company(product)
        )

    def _get_portal_removable_lines(self):
        """Return the lines that the customer could have added."""
        self.ensure_one()
        products = self.plan_id.portal_product_ids
        return self._get_kept_lines().filtered(
            lambda line: line.product_id in products and not line.date_end
        )

    def _get_kept_lines(self):
        """Return the lines that run and are not about to be removed."""
        self.ensure_one()
        planned = self._get_planned_changes().line_ids.filtered(
            lambda line: line.action == "remove"
        )
        return self._get_running_lines(self._get_portal_day()) - planned.line_id

    def _is_of_company(self, record):
        """Return whether a plan or a product is for the company of this."""
        return record.company_id in (self.company_id, self.company_id.browse())

    # === BUSINESS METHODS: WHAT IS ASKED FOR === #

    def _create_portal_change(self, wish):
        """Return a draft of what a customer wishes, with its preview.

        :param Wish wish: of what is offered
        :raises UserError: it cannot be made, with the reason in words for customers
        """
        self.ensure_one()
        self._check_wish(wish)
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.id,
                "is_portal": True,
                "plan_id": wish.plan.id,
                "date_anchor": wish.billing_day and self._find_anchor(wish.billing_day),
                "line_ids": self._prepare_wished_lines(wish),
                **self._prepare_wished_timing(),
            }
        )
        if change.plan_id:
            change._add_missing_lines()
        change.action_preview()
        return change

    def _check_wish(self, wish):
        """Refuse a wish that makes no sense."""
        if wish.is_empty():
            raise UserError(
                self.env._("Nothing would change: choose something else first.")
            )
        is_all = wish.removed and wish.removed == self._get_kept_lines()
        if is_all and not wish.added:
            raise UserError(
                self.env._(
                    "Products to remove: at least one has to stay. To have none, "
                    "cancel the subscription."
                )
            )
        is_other_interval = (
            wish.plan and wish.plan._get_interval() != self.plan_id._get_interval()
        )
        if is_other_interval and wish.billing_day:
            raise UserError(
                self.env._(
                    "Billing day: a plan with another billing period begins a new one. "
                    "Choose the day after that."
                )
            )

    def _prepare_wished_lines(self, wish):
        """Return the commands for the lines of a change."""
        changed = [
            {"line_id": line_id, "quantity": quantity}
            for line_id, quantity in wish.quantities.items()
            if line_id not in wish.removed.ids
        ]
        removed = [{"line_id": line.id, "action": "remove"} for line in wish.removed]
        added = [
            {"product_id": product.id, "action": "add", "quantity": 1}
            for product in wish.added
        ]
        return [Command.create(vals) for vals in (*changed, *removed, *added)]

    def _prepare_wished_timing(self):
        """Return when a change holds: as the plan says, once something is billed.

        Before that there is nothing to settle, nor a period to wait for.
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        if self.date_start > today:
            return {"timing": "date", "date": self.date_start, "proration": "none"}
        if self.state == "trial":
            return {"timing": "now", "proration": "none"}
        return {"timing": "now"}
