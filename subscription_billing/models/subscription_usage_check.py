from collections import defaultdict
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.metering import COUNTED_STATES, RefusalError, check_day
from ..tools.recurrence import Period
from ..tools.usage_event import day_of

#: what is read of the subscriptions and lines of a batch
READ_FIELDS = ["name", "state", "company_id", "client_order_ref", "date_start"]
LINE_FIELDS = [
    "subscription_id",
    "meter_id",
    "quantity_meter_id",
    "date_start",
    "date_end",
]


class SubscriptionUsage(models.Model):
    """Whether an event may be counted: its subscription, its meter and its day.

    Each look-up is one query for a whole batch.
    """

    _inherit = "subscription.usage"

    # === BUSINESS METHODS: SUBSCRIPTIONS AND METERS === #

    @api.model
    def _get_resolver(self, outcomes):
        """Return the step that finds the subscription and the meter of an event."""
        events = [outcome.event for outcome in outcomes if outcome.event]
        subscriptions = self._find_subscriptions(events)
        meters = self._find_meters(events)

        def resolve(outcome):
            outcome.subscription = self._pick_subscription(outcome.event, subscriptions)
            company = outcome.subscription.company_id
            name = outcome.event.meter
            # A code means one meter for each company: see the meter's constraints.
            for meter in meters[name]:
                if not meter.company_id or meter.company_id == company:
                    outcome.meter = meter
            if not outcome.meter:
                raise RefusalError("unknown_meter", "meter", name=name)
            outcome.identity = (outcome.meter.id, company.id, outcome.event.key)

        return resolve

    @api.model
    def _find_subscriptions(self, events):
        """Return the subscriptions that events name, by (field, value)."""
        names = [event.subscription for event in events]
        values = {
            "id": {name for name in names if isinstance(name, int)},
            "name": {name for name in names if isinstance(name, str)},
            "client_order_ref": {e.reference for e in events if e.reference},
        }
        found = defaultdict(list)
        Subscription = self.env["subscription.subscription"]
        for field, wanted in values.items():
            if wanted:
                domain = [
                    (field, "in", list(wanted)),
                    ("company_id", "in", self.env.companies.ids),
                ]
                for subscription in Subscription.search_fetch(domain, READ_FIELDS):
                    found[field, subscription[field]].append(subscription)
        return found

    @api.model
    def _pick_subscription(self, event, subscriptions):
        """Return the one subscription that an event means.

        A number or a reference that several subscriptions have means the one that is
        running.
        """
        if event.reference:
            field, name, key = "reference", event.reference, "client_order_ref"
        else:
            field, name = "subscription", event.subscription
            key = "id" if isinstance(name, int) else "name"
        found = subscriptions[key, name]
        if not found:
            raise RefusalError("unknown_subscription", field, name=name)
        if len(found) > 1:
            found = [each for each in found if each.state in COUNTED_STATES]
        if len(found) != 1:
            raise RefusalError("ambiguous", field, name=name)
        return found[0]

    @api.model
    def _find_meters(self, events):
        """Return the meters that events name, archived ones too, by code and id."""
        names = {event.meter for event in events}
        domain = Domain("company_id", "in", [False, *self.env.companies.ids]) & (
            Domain("code", "in", [name for name in names if isinstance(name, str)])
            | Domain("id", "in", [name for name in names if isinstance(name, int)])
        )
        found = defaultdict(list)
        Meter = self.env["subscription.meter"].with_context(active_test=False)
        for meter in Meter.search(domain):
            found[meter.code].append(meter)
            found[meter.id].append(meter)
        return found

    # === BUSINESS METHODS: CHECKS === #

    @api.model
    def _mark_duplicates(self, outcomes):
        """Mark the events whose key has been counted, whatever has come since."""
        resolved = [outcome for outcome in outcomes if outcome.identity]
        known = self._find_known(resolved)
        for outcome in resolved:
            if id_ := known.get(outcome.identity):
                outcome.id = id_
                outcome.is_duplicate = True

    @api.model
    def _find_known(self, outcomes):
        """Return the ids of the events that have been counted, by identity."""
        identities = [outcome.identity for outcome in outcomes]
        if not identities:
            return {}
        meter_ids, company_ids, keys = map(list, zip(*identities, strict=True))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT event.meter_id, event.company_id, event.key, event.id
                  FROM unnest(%s::int[], %s::int[], %s::varchar[])
                       AS sent(meter_id, company_id, key)
                  JOIN subscription_usage event USING (meter_id, company_id, key)
                 WHERE event.state != 'refused'
                """,
                meter_ids,
                company_ids,
                keys,
            )
        )
        return {(meter, company, key): id_ for meter, company, key, id_ in rows}

    @api.model
    def _get_checker(self, outcomes):
        """Return the step that checks whether an event may be counted."""
        pending = [o for o in outcomes if not o.refusal and not o.is_duplicate]
        zones = {}
        for outcome in pending:
            company = outcome.subscription.company_id
            if company not in zones:
                zones[company] = ZoneInfo(company.subscription_tz or "UTC")
            outcome.day = day_of(outcome.event.time, zones[company])
        today = {company: company._get_subscription_today() for company in zones}
        served, billed = self._find_spans(pending)
        rules = {meter: meter._get_definition() for meter in {o.meter for o in pending}}

        def check(outcome):
            subscription, meter = outcome.subscription, outcome.meter
            pair = (subscription.id, meter.id)
            self._check_is_counted(subscription, meter, pair in served)
            check_day(
                rules[meter],
                outcome.day,
                today=today[subscription.company_id],
                served=served[pair],
                billed=billed[pair],
            )
            outcome.row = self._prepare_row(outcome, rules[meter])

        return check

    @api.model
    def _check_is_counted(self, subscription, meter, has_line):
        """Refuse an event where nothing is counted at all."""
        if not meter.active:
            raise RefusalError("archived_meter", "meter", name=meter.code)
        if subscription.state not in COUNTED_STATES:
            raise RefusalError(
                f"{subscription.state}_subscription",
                "subscription",
                name=subscription.name,
            )
        if not has_line:
            raise RefusalError(
                "no_meter_line", "meter", name=meter.code, number=subscription.name
            )

    @api.model
    def _find_spans(self, outcomes):
        """Return the days that lines count, and those that have been billed.

        :return: two dicts by (subscription id, meter id): spans of days, the second
            date exclusive or None; and periods, those that end after the first event
        """
        served, billed = defaultdict(list), defaultdict(list)
        if not outcomes:
            return served, billed
        meter_ids = list({outcome.meter.id for outcome in outcomes})
        lines = self.env["subscription.line"].search_fetch(
            [
                ("subscription_id", "in", [o.subscription.id for o in outcomes]),
                "|",
                ("meter_id", "in", meter_ids),
                ("quantity_meter_id", "in", meter_ids),
            ],
            LINE_FIELDS,
        )
        for line in lines:
            for meter in line.meter_id | line.quantity_meter_id:
                served[line.subscription_id.id, meter.id].append(line._get_span())
        claims = self.env["subscription.period"].search(
            [
                ("line_id", "in", lines.filtered("meter_id").ids),
                ("kind", "=", "usage"),
                ("date_end", ">", min(outcome.day for outcome in outcomes)),
            ]
        )
        for claim in claims:
            pair = (claim.subscription_id.id, claim.line_id.meter_id.id)
            billed[pair].append(Period(claim.date_start, claim.date_end))
        return served, billed
