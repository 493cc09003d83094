from odoo.http import request, route

from ..models.subscription_invitation import URL
from .pages import HEADERS, SubscriptionPages


class SubscriptionInvitationLink(SubscriptionPages):
    """The link of an invitation: it is kept that it was followed, then it leads on."""

    @route(
        f"{URL}/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        multilang=False,
        sitemap=False,
    )
    def open_invitation(self, token, **_others):
        """Lead to where the customer does what they were asked for."""
        Invitation = request.env["subscription.invitation"].sudo()
        invitation = Invitation._read_link(token)
        if not invitation:
            return self._leave()
        # Programs ask for the head alone, to see whether there is a page.
        if request.httprequest.method == "HEAD":
            return request.make_response("", headers=list(HEADERS.items()))
        response = request.redirect(invitation._open(), code=303)
        response.headers.update(HEADERS)
        return response
