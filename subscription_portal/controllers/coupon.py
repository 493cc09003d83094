from odoo.exceptions import UserError
from odoo.http import request, route

from .pages import UNKNOWN, SubscriptionPages, of_own_subscription

URL = "/my/subscriptions/<int:subscription_id>/coupon"
ROUTE = {"type": "http", "auth": "user", "website": True}


class SubscriptionCoupon(SubscriptionPages):
    """Redeem the code of a coupon."""

    @route(URL, methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_coupon(self, subscription, **_others):
        """Ask for the code."""
        if "coupon" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_redeemed")
        return self._render_coupon(subscription)

    @route(URL, methods=["POST"], **ROUTE)
    @of_own_subscription
    def redeem_coupon(self, subscription, code="", **_others):
        """Redeem a code; who has tried too many waits."""
        if "coupon" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_redeemed")
        code = code.replace(UNKNOWN, "")
        if not code.strip():
            problem = request.env._("Code: enter the one that you were given.")
            return self._render_coupon(subscription, problem=problem, code=code)
        # What is counted is kept with the answer, whichever it is.
        if not subscription._is_coupon_try_allowed():
            problem = request.env._(
                "Too many codes were tried. Please wait some hours, or write to us."
            )
            return self._render_coupon(
                subscription, problem=problem, code=code, status=429
            )
        try:
            subscription._redeem_portal_code(code)
        except UserError as error:
            return self._render_coupon(subscription, problem=str(error), code=code)
        return self._return_to(subscription, "redeemed")

    def _get_done_texts(self):
        """Tell what became of a code."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "redeemed": env._(
                "Your code is redeemed. You see what it takes off under What it "
                "includes."
            ),
            "not_redeemed": env._("No code can be redeemed here at the moment."),
        }

    def _render_coupon(self, subscription, *, problem=None, status=None, code=""):
        """Return the page that asks for a code."""
        return self._render_subpage(
            "portal_coupon_page",
            subscription,
            None,
            request.env._("Redeem a Code"),
            status=status or (400 if problem else 200),
            problem=problem,
            code=code,
        )
