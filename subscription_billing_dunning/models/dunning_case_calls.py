from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.fields import Domain

from ..tools.calling import best_hour

#: how far back a customer's own payments tell when he can be reached
MEMORY = timedelta(days=730)
OWN_OPERATIONS = ("online_direct", "online_redirect", "online_token")


class DunningCase(models.Model):
    """When customers are best called."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _map_call_notes(self):
        """Return whom to call and when, in words, for whoever is asked to.

        :rtype: dict[dunning.case, str]
        """
        active = self._map_active_times()
        hours = self.policy_id._map_working_times()
        return {
            case: case._get_call_note(active[case], hours[case.policy_id])
            for case in self
        }

    def _map_active_times(self):
        """Return when the customers have paid of their own accord, in UTC.

        :rtype: dict[dunning.case, list[datetime.datetime]]
        """
        charges = self.env["payment.transaction"].sudo()
        partners = self.partner_id
        found = charges.search_fetch(
            Domain("partner_id.commercial_partner_id", "in", partners.ids)
            & Domain("operation", "in", OWN_OPERATIONS)
            & Domain("state", "=", "done")
            & Domain("last_state_change", ">=", fields.Datetime.now() - MEMORY),
            ["partner_id", "last_state_change"],
        )
        times = {partner: [] for partner in partners}
        for charge in found:
            times[charge.partner_id.commercial_partner_id].append(
                charge.last_state_change
            )
        return {case: times[case.partner_id] for case in self}

    def _get_call_note(self, active, working_time):
        """Return whom to call and when.

        :param list active: as of ``_map_active_times``
        :param working_time: a ``tools.working_time.WorkingTime``
        """
        self.ensure_one()
        contact, tz = self._get_contact(), self._get_tz()
        zone = ZoneInfo(tz)
        local = [time.replace(tzinfo=timezone.utc).astimezone(zone) for time in active]
        hour = best_hour([time.hour for time in local], working_time.whole_hours())
        return self.env._(
            "Call %(name)s, %(phone)s, best at about %(hour)s:00 (%(tz)s).",
            name=contact.display_name,
            phone=contact.phone or self.env._("no number known"),
            hour=hour,
            tz=tz,
        )
