import re

from odoo.exceptions import UserError
from odoo.http import request, route

from ..models.subscription_line import MOST
from ..models.subscription_subscription_change import Wish
from .pages import SubscriptionPages, of_own_subscription

URL = "/my/subscriptions/<int:subscription_id>/change"
ROUTE = {"type": "http", "auth": "user", "website": True}
#: how many, as a browser sends it
NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
#: the fields of the form that stand for a record
CHOICE = re.compile(r"(quantity|add|remove)_.*", re.DOTALL)


class SubscriptionChange(SubscriptionPages):
    """Change in two steps: what, then what it means. Only with a login: a link shows,
    pays and ends a subscription."""

    # === PAGES === #

    @route(URL, methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_change(self, subscription, **_others):
        """Show what may be changed."""
        if "change" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_changed")
        return self._render_change(subscription)

    @route(URL, methods=["POST"], **ROUTE)
    @of_own_subscription
    def preview_change(self, subscription, **typed):
        """Work out what a change means, to confirm it."""
        if "change" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_changed")
        try:
            wish = self._read_wish(subscription, typed)
            with request.env.cr.savepoint():
                change = subscription._create_portal_change(wish)
        except UserError as error:
            return self._render_change(subscription, problem=str(error), typed=typed)
        return self._lead_to_draft(change)

    @route(f"{URL}/confirm", methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_change_draft(self, subscription, change_id=None, changed=None, **_others):
        """Tell what a change means."""
        change = self._find_draft(subscription, change_id, "modify")
        if not change or not change._is_portal_allowed():
            return self._return_to(subscription, "not_changed")
        at_once, following = change._get_portal_bills()
        return self._render_subpage(
            "portal_change_confirm_page",
            subscription,
            None,
            request.env._("Change"),
            change=change,
            at_once=at_once,
            following=following,
            is_changed=changed,
        )

    @route(f"{URL}/confirm", methods=["POST"], **ROUTE)
    @of_own_subscription
    def confirm_change(self, subscription, change_id=None, shown=None, **_others):
        """Change, when what was shown is still true."""
        change = self._find_draft(subscription, change_id, "modify")
        if not change or not change._is_portal_allowed():
            return self._return_to(subscription, "not_changed")
        owed = subscription._get_portal_owed()
        try:
            with request.env.cr.savepoint():
                is_confirmed = change._confirm_shown(shown)
        except UserError as error:
            return self._render_change(subscription, problem=str(error))
        if not is_confirmed:
            return self._lead_to_draft(change, is_changed=True)
        if change.state == "scheduled":
            return self._return_to(subscription, "change_planned")
        return self._lead_to_bill(subscription, owed)

    @route(f"{URL}/cancel", methods=["POST"], **ROUTE)
    @of_own_subscription
    def cancel_change(self, subscription, change_id=None, **_others):
        """Take back what is planned and was asked for here."""
        change = subscription.change_ids.filtered(
            lambda each: str(each.id) == change_id and each._is_portal_revocable()
        )
        if not change:
            return self._return_to(subscription, "change_not_cancelled")
        change.action_cancel()
        return self._return_to(subscription, "change_cancelled")

    # === HELPERS === #

    def _get_done_texts(self):
        """Tell what became of a change."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "changed": env._("Your subscription is changed."),
            "changed_due": env._(
                "Your subscription is changed. The invoice for it is to be paid now."
            ),
            "change_planned": env._(
                "Your change is planned. Until it takes effect, you can take it back."
            ),
            "not_changed": env._(
                "There is nothing to change: it was changed already, cannot be changed "
                "now, or is changed by a message to us."
            ),
            "change_cancelled": env._(
                "Your change is taken back. Everything stays as it is."
            ),
            "change_not_cancelled": env._(
                "There is nothing to take back: it has taken effect, or was taken back "
                "already."
            ),
        }

    def _lead_to_bill(self, subscription, owed):
        """Lead to what is to be paid for a change, else back to the subscription.

        :param owed: the invoices that were open before
        """
        due = (subscription._get_portal_owed() - owed)._filter_portal_payable()
        due = due.filtered(lambda move: not move._is_charged())
        if not due:
            return self._return_to(subscription, "changed")
        url = f"{subscription.access_url}/pay"
        return self._lead_to(url, invoice=due[:1].id, done="changed_due")

    def _render_change(self, subscription, *, problem=None, typed=None):
        """Return the page with what may be changed."""
        return self._render_subpage(
            "portal_change_page",
            subscription,
            None,
            request.env._("Change"),
            status=400 if problem else 200,
            plans=subscription._get_portal_plans(),
            counted=subscription._get_portal_quantity_lines(),
            addons=subscription._get_portal_addons(),
            removable=subscription._get_portal_removable_lines(),
            days=subscription._get_billing_day_choices(),
            planned=subscription._get_planned_changes(),
            format_quantity=request.env["subscription.explanation"]._format_quantity,
            problem=problem,
            typed=typed or {},
        )

    # === WHAT WAS CHOSEN === #

    def _read_wish(self, subscription, typed):
        """Return what a customer has chosen of what is offered.

        :param dict typed: what the form has sent
        :rtype: Wish
        :raises UserError: something is not offered, or no number
        """
        addons = subscription._get_portal_addons()
        removable = subscription._get_portal_removable_lines()
        counted = subscription._get_portal_quantity_lines()
        offered = {
            *(f"add_{product.id}" for product in addons),
            *(f"remove_{line.id}" for line in removable),
            *(f"quantity_{line.id}" for line in counted),
        }
        if any(CHOICE.fullmatch(name) and name not in offered for name in typed):
            raise UserError(
                request.env._(
                    "Something that you chose is not offered any more. Please look at "
                    "the choices again."
                )
            )
        return Wish(
            plan=self._read_plan(subscription, typed.get("plan_id")),
            quantities=self._read_quantities(counted, typed),
            added=addons.filtered(lambda product: f"add_{product.id}" in typed),
            removed=removable.filtered(lambda line: f"remove_{line.id}" in typed),
            billing_day=self._read_billing_day(subscription, typed.get("billing_day")),
        )

    def _read_plan(self, subscription, plan_id):
        """Return the plan that was chosen, an empty one to stay."""
        plans = subscription._get_portal_plans()
        if not plan_id:
            return plans.browse()
        plan = plans.filtered(lambda each: str(each.id) == plan_id)
        if not plan:
            raise UserError(request.env._("Plan: choose one of the list."))
        return plan

    def _read_quantities(self, lines, typed):
        """Return the quantities that differ from those of today, by line id."""
        quantities = {}
        for line in lines:
            text = typed.get(f"quantity_{line.id}", "").strip()
            if not text:
                continue
            quantity = float(text) if NUMBER.fullmatch(text) else 0.0
            if not line._is_portal_quantity(quantity):
                raise UserError(self._get_quantity_problem(line))
            if quantity != line.quantity:
                quantities[line.id] = quantity
        return quantities

    def _get_quantity_problem(self, line):
        """Return which quantities there can be of a line."""
        words = request.env["subscription.explanation"]
        vals = {
            "product": line.name.splitlines()[0],
            "most": words._format_quantity(MOST),
        }
        if line._get_portal_decimals():
            return request.env._(
                "Quantity of %(product)s: enter a number above 0, up to %(most)s.",
                **vals,
            )
        return request.env._(
            "Quantity of %(product)s: enter a whole number from 1 to %(most)s.", **vals
        )

    def _read_billing_day(self, subscription, day):
        """Return the day that was chosen, empty for that of today."""
        if not day or day == subscription._get_billing_day():
            return ""
        if day not in subscription._get_billing_day_choices():
            raise UserError(request.env._("Billing day: choose one of the list."))
        return day
