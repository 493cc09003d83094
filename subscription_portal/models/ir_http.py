"""What becomes of a form that is sent too late, and of who opens its address."""

from odoo import models
from odoo.http import request
from werkzeug.exceptions import MethodNotAllowed, abort
from werkzeug.urls import url_encode

#: where the addresses of the portal begin, and the page of those that have none
ROOTS = {
    "/my/subscriptions": "/my/subscriptions",
    "/subscriptions": "/subscriptions/plans",
}


class IrHttp(models.AbstractModel):
    """A customer who was away for long finds the way back to the page they were on."""

    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        """Lead who opens the address of a form, such as after a login, to its page."""
        try:
            return super()._match(path_info)
        except MethodNotAllowed:
            page = cls._find_form_page()
            if page and request.httprequest.method == "GET":
                abort(request.redirect_query(page, request.httprequest.args))
            raise

    @classmethod
    def _get_error_html(cls, env, code, values):
        """Tell who sends a form of another session where to do it again."""
        page = cls._find_form_page()
        form = request.httprequest.form
        if code != 400 or not page or request.validate_csrf(form.get("csrf_token")):
            return super()._get_error_html(env, code, values)
        if token := form.get("access_token"):
            page = f"{page}?{url_encode({'access_token': token})}"
        return code, env["ir.ui.view"]._render_template(
            "subscription_portal.form_too_late", {**values, "page": page}
        )

    @classmethod
    def _find_form_page(cls):
        """Return the path of the page from which a form of the portal is sent.

        It is the nearest one above the form's own address.

        :returns: None for what is not of the portal
        :rtype: str
        """
        path = request.httprequest.path
        root = next((root for root in ROOTS if f"{path}/".startswith(f"{root}/")), None)
        if not root:
            return None
        routes = request.env["ir.http"].routing_map()
        adapter = routes.bind_to_environ(request.httprequest.environ)
        while path != root:
            if adapter.test(path, method="GET"):
                return path
            path = path.rpartition("/")[0]
        return ROOTS[root]
