import json

from odoo.http import content_disposition, request, route

from .pages import HEADERS, SubscriptionPages

URL = "/my/subscriptions/preferences"


class SubscriptionPreferences(SubscriptionPages):
    """What customers set for themselves, and what they may know and have erased."""

    @route(URL, type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def show_preferences(self, done=None, **_others):
        """Show language and time zone, and what can be asked for."""
        return self._render_preferences(done=self._get_preference_texts().get(done))

    @route(f"{URL}/save", type="http", auth="user", website=True, methods=["POST"])
    def save_preferences(self, lang=None, tz=None, **_others):
        """Keep language and time zone."""
        if problem := self._check_preferences(lang, tz):
            return self._render_preferences(problem=problem, status=400)
        request.env.user.partner_id.write({"lang": lang, "tz": tz or False})
        response = self._return_to_preferences("saved")
        response.set_cookie("frontend_lang", lang)
        return response

    @route(f"{URL}/data", type="http", auth="user", website=True, methods=["GET"])
    def download_data(self, **_others):
        """Send what is kept about the customer, as a file."""
        partner = request.env.user.partner_id.with_env(self._get_subscriptions().env)
        body = json.dumps(partner._prepare_portal_data(), indent=2, ensure_ascii=False)
        disposition = content_disposition("my-data.json")
        headers = {
            **HEADERS,
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": disposition,
        }
        return request.make_response(body, list(headers.items()))

    @route(f"{URL}/erasure", type="http", auth="user", website=True, methods=["POST"])
    def request_erasure(self, **_others):
        """Ask the company to erase what it need not keep."""
        request.env.user.partner_id.sudo()._request_erasure()
        return self._return_to_preferences("erasure")

    def _check_preferences(self, lang, tz):
        """Return what is wrong with what was chosen, in words, or None."""
        env = request.env
        if lang not in dict(env["res.lang"].get_installed()):
            return env._("Language: choose one of the list.")
        zones = dict(env["res.partner"]._fields["tz"]._description_selection(env))
        if tz and tz not in zones:
            return env._("Time zone: choose one of the list.")
        return None

    def _get_preference_texts(self):
        """Return what the page tells after something was done."""
        env = request.env
        return {
            "saved": env._("Your preferences are saved."),
            "erasure": env._(
                "We have received your request, and will answer you. What the books "
                "need is kept as long as the law asks for."
            ),
        }

    def _return_to_preferences(self, done):
        """Lead back to the page.

        :param str done: what it tells first, a key of ``_get_preference_texts``
        """
        return self._lead_to(URL, done=done)

    def _prepare_preferences(self):
        """Return what the page shows of the customer."""
        env, partner = request.env, request.env.user.partner_id
        return {
            "partner": partner,
            "languages": env["res.lang"].get_installed(),
            "zones": env["res.partner"]._fields["tz"]._description_selection(env),
            "is_erasure_requested": bool(partner.sudo()._get_erasure_requests()),
        }

    def _render_preferences(self, *, status=200, typed=None, **values):
        """Return the page of preferences."""
        return self._render_page(
            "portal_preferences",
            {
                "page_name": "subscription",
                "subpage": request.env._("Preferences"),
                "typed": typed or {},
                **self._prepare_preferences(),
                **values,
            },
            status=status,
        )
