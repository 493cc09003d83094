from odoo.exceptions import UserError
from odoo.http import request, route

from .pages import SubscriptionPages, of_subscription

URL = "/my/subscriptions/<int:subscription_id>/cancel"
ROUTE = {"type": "http", "auth": "public", "website": True}
#: characters of what a customer writes
LONGEST_NOTE = 2000


class SubscriptionCancel(SubscriptionPages):
    """Cancel in two steps: why, if one likes to tell, then what it means. It needs no
    login for who has the link, and can be undone until it takes effect."""

    # === PAGES === #

    @route(URL, methods=["GET"], **ROUTE)
    @of_subscription
    def show_cancel(self, subscription, access_token, **_others):
        """Ask why, and tell when it would end."""
        if "cancel" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_cancelled", access_token)
        return self._render_cancel(subscription, access_token)

    @route(URL, methods=["POST"], **ROUTE)
    @of_subscription
    def preview_cancel(
        self, subscription, access_token, reason_id=None, note="", **_others
    ):
        """Work out what cancelling means, to confirm it."""
        if "cancel" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_cancelled", access_token)
        typed = {"reason_id": reason_id, "note": note}
        reason = self._find_reason(reason_id)
        if reason is None:
            problem = request.env._("Reason: choose one of the list, or none.")
            return self._render_cancel(
                subscription, access_token, problem=problem, **typed
            )
        try:
            with request.env.cr.savepoint():
                change = subscription._create_portal_close(reason, note[:LONGEST_NOTE])
        except UserError as error:
            return self._render_cancel(
                subscription, access_token, problem=str(error), **typed
            )
        self._ask(subscription, reason, note)
        return self._lead_to_draft(change, access_token)

    @route(f"{URL}/confirm", methods=["GET"], **ROUTE)
    @of_subscription
    def show_cancel_draft(
        self, subscription, access_token, change_id=None, changed=None, **_others
    ):
        """Tell what cancelling means, and what is offered."""
        change = self._find_draft(subscription, change_id, "close")
        if not change or "cancel" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_cancelled", access_token)
        Cancellation = request.env["subscription.cancellation"].sudo()
        cancellation = Cancellation._find_open(subscription)
        return self._render_subpage(
            "portal_cancel_confirm_page",
            subscription,
            access_token,
            request.env._("Cancel"),
            change=change,
            cancellation=cancellation,
            offer=cancellation and cancellation._get_offer(),
            is_changed=changed,
        )

    @route(f"{URL}/keep", methods=["POST"], **ROUTE)
    @of_subscription
    def accept_offer(
        self, subscription, access_token, cancellation_id=None, shown=None, **_others
    ):
        """Stay, for what is offered."""
        cancellation = self._find_offered(subscription, cancellation_id)
        if not cancellation or "cancel" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_kept", access_token)
        try:
            with request.env.cr.savepoint():
                is_accepted = cancellation._accept(shown)
        except UserError as error:
            return self._render_cancel(subscription, access_token, problem=str(error))
        if not is_accepted:
            reason, note = cancellation.close_reason_id, cancellation.note
            change = subscription._create_portal_close(reason, note)
            return self._lead_to_draft(change, access_token, is_changed=True)
        is_contact = cancellation.offer_id.kind == "contact"
        done = "kept_contact" if is_contact else "kept"
        return self._return_to(subscription, done, access_token)

    @route(f"{URL}/confirm", methods=["POST"], **ROUTE)
    @of_subscription
    def confirm_cancel(
        self, subscription, access_token, change_id=None, shown=None, **_others
    ):
        """Cancel, when what was shown is still true."""
        change = self._find_draft(subscription, change_id, "close")
        if not change or "cancel" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_cancelled", access_token)
        try:
            with request.env.cr.savepoint():
                is_confirmed = change._confirm_shown(shown)
        except UserError as error:
            return self._render_cancel(subscription, access_token, problem=str(error))
        if not is_confirmed:
            return self._lead_to_draft(change, access_token, is_changed=True)
        self._decide(subscription, "cancelled")
        subscription._send_cancelled()
        return self._return_to(subscription, "cancelled", access_token)

    @route(f"{URL}/undo", methods=["POST"], **ROUTE)
    @of_subscription
    def undo_cancel(self, subscription, access_token, **_others):
        """Go on as if it had not been cancelled."""
        if "undo" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_undone", access_token)
        subscription.action_undo_end()
        self._decide(subscription, "undone")
        return self._return_to(subscription, "undone", access_token)

    # === HELPERS === #

    def _get_done_texts(self):
        """Tell what became of cancelling."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "cancelled": env._(
                "Your subscription is cancelled. You get an e-mail that confirms it, "
                "and can undo it until it takes effect."
            ),
            "not_cancelled": env._(
                "There is nothing to cancel: it is cancelled already, has ended, or is "
                "cancelled by a message to us."
            ),
            "kept": env._("We are glad that you stay. Nothing is cancelled."),
            "kept_contact": env._(
                "We will get in touch with you. Nothing is cancelled yet."
            ),
            "not_kept": env._("This offer is no longer open."),
            "undone": env._("Your subscription goes on."),
            "not_undone": env._("There is nothing to undo."),
        }

    def _find_reason(self, reason_id):
        """Return the reason that was chosen, an empty one for none, or None when it is
        none of the list."""
        reasons = self._get_reasons()
        if not reason_id:
            return reasons.browse()
        return reasons.filtered(lambda reason: str(reason.id) == reason_id) or None

    def _get_reasons(self):
        """Return the reasons that customers choose from."""
        Reason = request.env["subscription.close.reason"].sudo()
        return Reason.search([("is_portal", "=", True)])

    def _render_cancel(self, subscription, access_token, *, problem=None, **typed):
        """Return the page that asks why."""
        return self._render_subpage(
            "portal_cancel_page",
            subscription,
            access_token,
            request.env._("Cancel"),
            status=400 if problem else 200,
            reasons=self._get_reasons(),
            date_last=subscription._get_portal_end(),
            problem=problem,
            typed=typed,
        )

    def _ask(self, subscription, reason, note):
        """Keep that the customer is about to cancel, and choose what to offer."""
        Cancellation = request.env["subscription.cancellation"].sudo()
        return Cancellation._ask(subscription, reason, note[:LONGEST_NOTE])

    def _find_offered(self, subscription, cancellation_id):
        """Return what the customer has begun, if an offer was made that is open."""
        Cancellation = request.env["subscription.cancellation"].sudo()
        cancellation = Cancellation._find_open(subscription)
        is_meant = str(cancellation.id) == cancellation_id and cancellation._get_offer()
        return cancellation if is_meant else Cancellation

    def _decide(self, subscription, state):
        """Keep how it went on.

        :param str state: ``cancelled``, or ``undone`` what was
        """
        Cancellation = request.env["subscription.cancellation"].sudo()
        before = "cancelled" if state == "undone" else "open"
        Cancellation.search(
            [("subscription_id", "=", subscription.id), ("state", "=", before)], limit=1
        )._decide(state)
