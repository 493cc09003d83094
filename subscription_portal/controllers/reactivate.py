from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.subscription_billing.models.batch import keep_others_away

from .pages import SubscriptionPages, of_own_subscription

URL = "/my/subscriptions/<int:subscription_id>/reactivate"
ROUTE = {"type": "http", "auth": "user", "website": True}


class SubscriptionReactivate(SubscriptionPages):
    """Come back to what has ended: one sees what it costs, and confirms."""

    @route(URL, methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_reactivate(self, subscription, **_others):
        """Show what coming back costs, or what is to be done before."""
        if "reactivate" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_reactivated")
        return self._render_reactivate(subscription)

    @route(URL, methods=["POST"], **ROUTE)
    @of_own_subscription
    def reactivate(self, subscription, shown=None, **_others):
        """Take it up again, when what was shown is still true."""
        keep_others_away(subscription)
        if "reactivate" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_reactivated")
        if subscription._get_return_obstacle():
            return self._render_reactivate(subscription)
        try:
            with request.env.cr.savepoint():
                is_done = subscription._return_shown(shown)
        except UserError as error:
            return self._render_reactivate(subscription, problem=str(error))
        if not is_done:
            return self._render_reactivate(subscription, is_changed=True)
        return self._return_to(subscription, "reactivated")

    # === HELPERS === #

    def _get_done_texts(self):
        """Tell what became of coming back."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "reactivated": env._("Welcome back. Your subscription runs again."),
            "not_reactivated": env._(
                "There is nothing to take up again: it runs, or is taken up again by a "
                "message to us."
            ),
        }

    def _render_reactivate(self, subscription, *, problem=None, is_changed=False):
        """Return the page that tells what coming back costs."""
        obstacle, preview = subscription._get_return_obstacle(), None
        if not obstacle and not problem:
            try:
                with request.env.cr.savepoint():
                    preview = subscription._preview_return()
            except UserError as error:
                problem = str(error)
        return self._render_subpage(
            "portal_reactivate_page",
            subscription,
            None,
            request.env._("Come back"),
            status=400 if problem else 200,
            obstacle=obstacle,
            preview=preview,
            shown=subscription._get_return_key(preview),
            problem=problem,
            is_changed=is_changed,
        )
