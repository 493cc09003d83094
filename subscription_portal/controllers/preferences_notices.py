from odoo.http import request, route

from .preferences import URL, SubscriptionPreferences


class SubscriptionPreferencesNotices(SubscriptionPreferences):
    """Which e-mails customers want, and what they have agreed to."""

    @route(f"{URL}/notices", type="http", auth="user", website=True, methods=["POST"])
    def save_notices(self, **_others):
        """Send what is ticked, and hold back what is not."""
        partner = request.env.user.partner_id.sudo()
        wanted = set(request.httprequest.form.getlist("notice"))
        partner._choose_notices(wanted)
        return self._return_to_preferences("notices")

    # === HELPERS === #

    def _get_preference_texts(self):
        return {
            **super()._get_preference_texts(),
            "notices": request.env._("We write to you as you have chosen."),
        }

    def _prepare_preferences(self):
        """Add which e-mails are sent, and what was agreed to."""
        partner = request.env.user.partner_id.sudo()
        return {
            **super()._prepare_preferences(),
            "notices": partner._get_notice_choices(),
            "notice_labels": partner._get_notice_switches(),
            "owed_notices": partner._get_owed_notices(),
            "consents": request.env["subscription.consent"]._find_portal_consents(
                partner
            ),
        }
