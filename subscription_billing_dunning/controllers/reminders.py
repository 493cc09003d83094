from odoo.http import Controller, request, route

from ..models.dunning_case_link import PAGES
from .link import ROUTE, find_case, refuse, render_page

PAGE = f"{PAGES['reminders']}/<string:token>"


class DunningReminders(Controller):
    """Where customers say that they want no reminders, or want them again."""

    @route(PAGE, methods=["GET", "POST"], **ROUTE)
    def choose(self, token, wanted=None, **_others):
        """Show whether reminders are sent; a POST changes it."""
        case, _is_good = find_case("reminders", token)
        if not case:
            return refuse()
        if request.httprequest.method == "POST" and wanted in ("yes", "no"):
            case._switch_reminders(is_wanted=wanted == "yes")
        return render_page(
            "reminders_page",
            case=case,
            is_off=case.partner_id.is_reminder_off,
            url=f"{PAGES['reminders']}/{token}",
        )

    @route(
        f"{PAGE}/off", methods=["GET", "POST"], csrf=False, save_session=False, **ROUTE
    )
    def switch_off(self, token, **_others):
        """End the reminders for who clicks Unsubscribe in his mail program, as RFC 8058
        has it; a program that only looks is shown the page."""
        if request.httprequest.method != "POST":
            return request.redirect(f"{PAGES['reminders']}/{token}")
        case, _is_good = find_case("reminders", token)
        if not case:
            return refuse()
        case._switch_reminders(is_wanted=False)
        return request.make_response("", headers=[("Content-Type", "text/plain")])
