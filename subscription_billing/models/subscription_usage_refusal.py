from odoo import api, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

#: why an event is refused and how to mend it, by the code of ``RefusalError``
REFUSALS = {
    # What was sent
    "not_an_object": _lt("%(field)s: send an object with key, meter, subscription, …"),
    "unknown_field": _lt("%(field)s: there is no field %(name)s. Use %(fields)s."),
    "missing": _lt("%(field)s: is missing. Fill it in."),
    "both": _lt("%(field)s: send either subscription or reference, not both."),
    "not_text": _lt("%(field)s: send a text."),
    "not_an_id": _lt("%(field)s: there is no such id. Send a text, or an id above 0."),
    "too_long": _lt("%(field)s: send at most %(limit)s characters."),
    "unreadable": _lt(
        "%(field)s: has characters or values that cannot be kept. Send plain text and "
        "finite numbers."
    ),
    "not_a_number": _lt("%(field)s: send a number, such as 2.5 or -1."),
    "too_large": _lt("%(field)s: send a number below %(limit)s."),
    "not_a_time": _lt(
        "%(field)s: send a date and time in ISO 8601, such as 2026-01-31T09:30:00Z."
    ),
    "in_future": _lt(
        "%(field)s: lies more than %(minutes)s minutes in the future. Set the clock "
        "right, or send the event later."
    ),
    "not_properties": _lt("%(field)s: send an object with names and values."),
    "no_property": _lt("%(field)s: %(name)s is missing, which the meter counts."),
    "not_a_value": _lt("%(field)s: %(name)s must be a text or a whole number."),
    # What it is about
    "unknown_subscription": _lt(
        "%(field)s: there is no subscription %(name)s. Send its number or its id, or "
        "its customer reference as reference."
    ),
    "ambiguous": _lt(
        "%(field)s: several subscriptions are called %(name)s. Send the id as "
        "subscription."
    ),
    "draft_subscription": _lt(
        "%(field)s: %(name)s is a draft. Confirm it to count its usage."
    ),
    "paused_subscription": _lt(
        "%(field)s: %(name)s is paused. Resume it to count its usage."
    ),
    "closed_subscription": _lt(
        "%(field)s: %(name)s is closed. Reactivate it to count its usage."
    ),
    "unknown_meter": _lt("%(field)s: there is no meter %(name)s. Send its code."),
    "archived_meter": _lt("%(field)s: %(name)s is archived. Send another meter."),
    "no_meter_line": _lt(
        "%(field)s: no line of %(number)s is metered by %(name)s. Choose the meter on "
        "one of its lines."
    ),
    # Its day
    "no_line": _lt(
        "%(field)s: on %(day)s no line of the subscription counts with this meter. "
        "Correct the time, or the dates of the line."
    ),
    "too_old": _lt(
        "%(field)s: %(day)s is more than %(days)s days ago, and the meter refuses what "
        "is older."
    ),
    "billed": _lt(
        "%(field)s: %(day)s has been billed, and the meter refuses what comes late."
    ),
    "not_served": _lt(
        "%(field)s: %(day)s lies before the days that are billed for this line, when "
        "the subscription was not served."
    ),
}


class SubscriptionUsage(models.Model):
    """Why events are refused, in words."""

    _inherit = "subscription.usage"

    # === BUSINESS METHODS === #

    @api.model
    def _get_refusal_text(self, refusal):
        """Return the reason of a refusal: the field at fault and how to mend it.

        :param tools.metering.RefusalError refusal:
        """
        facts = {
            name: ", ".join(fact) if isinstance(fact, tuple) else fact
            for name, fact in refusal.facts.items()
        }
        facts["field"] = refusal.field
        text = self.env._(REFUSALS[refusal.code])
        return text % facts
