import re
from datetime import date

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.subscription_billing.models.batch import keep_others_away

from .methods import METHODS
from .pages import SubscriptionPages, of_own_subscription

PAUSE = "/my/subscriptions/<int:subscription_id>/pause"
RESUME = "/my/subscriptions/<int:subscription_id>/resume"
ROUTE = {"type": "http", "auth": "user", "website": True}
#: a day, as a browser sends it
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class SubscriptionPause(SubscriptionPages):
    """Pause in two steps: from when until when, then what it means. It is called off
    until it begins, and ended at any time after that."""

    # === PAGES: PAUSE === #

    @route(PAUSE, methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_pause(self, subscription, **_others):
        """Ask when the pause begins and ends."""
        if "pause" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_paused")
        today = subscription.company_id._get_subscription_today()
        first = max(today, subscription.date_start)
        return self._render_pause(subscription, date_start=first.isoformat())

    @route(PAUSE, methods=["POST"], **ROUTE)
    @of_own_subscription
    def preview_pause(self, subscription, date_start="", date_resume="", **_others):
        """Work out what the pause means, to confirm it."""
        if "pause" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_paused")
        try:
            with request.env.cr.savepoint():
                change = subscription._create_portal_pause(
                    *self._read_days(date_start, date_resume)
                )
        except UserError as error:
            return self._render_pause(
                subscription,
                problem=str(error),
                date_start=date_start,
                date_resume=date_resume,
            )
        return self._lead_to_draft(change)

    @route(f"{PAUSE}/confirm", methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_pause_draft(self, subscription, change_id=None, changed=None, **_others):
        """Tell what the pause means."""
        change = self._find_draft(subscription, change_id, "pause")
        if not change or "pause" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_paused")
        return self._render_subpage(
            "portal_pause_confirm_page",
            subscription,
            None,
            request.env._("Pause"),
            change=change,
            is_changed=changed,
        )

    @route(f"{PAUSE}/confirm", methods=["POST"], **ROUTE)
    @of_own_subscription
    def confirm_pause(self, subscription, change_id=None, shown=None, **_others):
        """Pause, when what was shown is still true."""
        keep_others_away(subscription)
        change = self._find_draft(subscription, change_id, "pause")
        if not change or "pause" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_paused")
        try:
            with request.env.cr.savepoint():
                # The plan may allow less by now.
                subscription._check_portal_pause_end(change.date, change.date_resume)
                is_confirmed = change._confirm_shown(shown)
        except UserError as error:
            return self._render_pause(subscription, problem=str(error))
        if not is_confirmed:
            return self._lead_to_draft(change, is_changed=True)
        is_planned = change.state == "scheduled"
        return self._return_to(
            subscription, "pause_planned" if is_planned else "paused"
        )

    @route(f"{PAUSE}/undo", methods=["POST"], **ROUTE)
    @of_own_subscription
    def undo_pause(self, subscription, **_others):
        """Call off a pause that has not begun."""
        if "undo_pause" not in subscription._get_portal_rights():
            return self._return_to(subscription, "pause_not_undone")
        subscription._get_planned_pauses().action_cancel()
        return self._return_to(subscription, "pause_undone")

    # === PAGES: RESUME === #

    @route(RESUME, methods=["POST"], **ROUTE)
    @of_own_subscription
    def preview_resume(self, subscription, **_others):
        """Work out what it means when the service goes on, to confirm it."""
        if "resume" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_resumed")
        if subscription._lacks_portal_method():
            return self._render_resume(subscription)
        try:
            with request.env.cr.savepoint():
                change = subscription._create_portal_resume()
        except UserError as error:
            return self._render_resume(subscription, problem=str(error))
        return self._lead_to_draft(change)

    @route(f"{RESUME}/confirm", methods=["GET"], **ROUTE)
    @of_own_subscription
    def show_resume_draft(self, subscription, change_id=None, changed=None, **_others):
        """Tell what it means when the service goes on."""
        change = self._find_draft(subscription, change_id, "resume")
        if not change or "resume" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_resumed")
        return self._render_resume(subscription, change, is_changed=changed)

    @route(f"{RESUME}/confirm", methods=["POST"], **ROUTE)
    @of_own_subscription
    def confirm_resume(self, subscription, change_id=None, shown=None, **_others):
        """Go on, when what was shown is still true."""
        keep_others_away(subscription)
        change = self._find_draft(subscription, change_id, "resume")
        if not change or "resume" not in subscription._get_portal_rights():
            return self._return_to(subscription, "not_resumed")
        if subscription._lacks_portal_method():
            return self._lead_to(METHODS)
        try:
            with request.env.cr.savepoint():
                is_confirmed = change._confirm_shown(shown)
        except UserError as error:
            return self._render_resume(subscription, problem=str(error))
        if not is_confirmed:
            return self._lead_to_draft(change, is_changed=True)
        return self._return_to(subscription, "resumed")

    # === HELPERS === #

    def _get_done_texts(self):
        """Tell what became of a pause."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "paused": env._("The service is paused."),
            "pause_planned": env._(
                "The pause is planned. You can call it off until it begins."
            ),
            "not_paused": env._(
                "There is nothing to pause: it is paused already, cannot be paused "
                "now, or is paused by a message to us."
            ),
            "pause_undone": env._("The pause is called off. The service goes on."),
            "pause_not_undone": env._(
                "There is nothing to call off: the pause has begun, or was called off "
                "already."
            ),
            "resumed": env._("The service goes on."),
            "not_resumed": env._(
                "There is no pause that you can end: the service goes on already, or "
                "goes on after a message to us."
            ),
        }

    def _read_days(self, date_start, date_resume):
        """Return the days that were entered; None for no end.

        :raises UserError: with the field that is no day
        """
        env = request.env
        start = self._cast_as_day(date_start)
        if not start:
            raise UserError(env._("Pause from: enter a day."))
        resume = self._cast_as_day(date_resume)
        if date_resume and not resume:
            raise UserError(env._("Goes on from: enter a day."))
        return start, resume

    def _cast_as_day(self, text):
        """Return the day that a browser sent, or None."""
        try:
            return date.fromisoformat(text) if DAY.fullmatch(text) else None
        except ValueError:
            return None

    def _render_pause(self, subscription, *, problem=None, **typed):
        """Return the page that asks for the days."""
        return self._render_subpage(
            "portal_pause_page",
            subscription,
            None,
            request.env._("Pause"),
            status=400 if problem else 200,
            longest=subscription.plan_id.portal_pause_days,
            today=subscription.company_id._get_subscription_today().isoformat(),
            problem=problem,
            typed=typed,
        )

    def _render_resume(
        self, subscription, change=None, *, problem=None, is_changed=False
    ):
        """Return the page that tells what going on means, or what is missing for it."""
        return self._render_subpage(
            "portal_resume_page",
            subscription,
            None,
            request.env._("Resume"),
            status=400 if problem else 200,
            change=change,
            lacks_method=subscription._lacks_portal_method(),
            problem=problem,
            is_changed=is_changed,
        )
