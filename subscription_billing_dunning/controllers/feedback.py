from odoo.http import Controller, request, route

from ..models.dunning_case_link import PAGES
from ..models.dunning_feedback import ANSWERS
from .link import ROUTE, find_case, refuse, render_page


class DunningFeedback(Controller):
    """Where customers say what they think of the reminders they got."""

    @route(f"{PAGES['feedback']}/<string:token>", methods=["GET", "POST"], **ROUTE)
    def give(self, token, answer=None, comment="", **_others):
        """Show the choice; a POST keeps it, once."""
        case, _is_good = find_case("feedback", token)
        if not case:
            return refuse()
        feedback = request.env["dunning.feedback"].sudo()
        is_given = bool(feedback.search_count([("case_id", "=", case.id)], limit=1))
        is_chosen = answer in dict(ANSWERS)
        if request.httprequest.method == "POST" and is_chosen and not is_given:
            # A form may send a file in place of the text.
            text = comment if isinstance(comment, str) else ""
            feedback._keep(case, answer, text)
            is_given = True
        return render_page(
            "feedback_page",
            case=case,
            is_given=is_given,
            answer=answer if is_chosen else None,
            answers=feedback._fields["answer"]._description_selection(request.env),
        )
