import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.metering import RefusalError
from ..tools.usage_event import Event, count_event, read_event

#: events that one call may bring
MAX_EVENTS = 10_000
#: characters that are kept of a refused event
MAX_SENT = 2_000


@dataclass(slots=True)
class Outcome:
    """What becomes of one event on its way in."""

    raw: object
    event: Event | None = None
    subscription: models.Model | None = None
    meter: models.Model | None = None
    #: what no two counted events share: meter, company and key
    identity: tuple[int, int, str] | None = None
    day: date | None = None
    row: dict | None = None
    #: of the event that was counted; of the first one, for a duplicate
    id: int | bool = False
    is_duplicate: bool = False
    refusal: RefusalError | None = None

    def parse(self, now):
        """Read what the client sent."""
        self.event = read_event(self.raw, now)

    @property
    def result(self):
        """Return the outcome in one word, for the client."""
        if self.refusal:
            return "refused"
        return "duplicate" if self.is_duplicate else "accepted"


class SubscriptionUsage(models.Model):
    """The way in: events are read, looked up, checked and written in batches.

    A batch takes a fixed number of queries. Whatever a client sends, a bad event is
    refused with its reason and the others are counted; the checks are therefore made
    before anything is written. Of two transactions that bring the same key, the unique
    index lets one through; the other starts over and finds a duplicate.
    """

    _inherit = "subscription.usage"

    # === ACTIONS === #

    @api.model
    def record(self, events):
        """Count events of usage; to be called over the external API.

        An event has the fields ``key``, ``meter``, ``subscription`` or ``reference``,
        ``quantity``, ``time`` and ``properties``: see ``tools/usage_event.py``.

        :param list[dict] events: at most 10,000
        :return: what became of each event, in order: ``result`` is accepted, duplicate
            or refused; a refused event has a ``reason``
        :rtype: list[dict]
        :raises UserError: there is no list of events
        """
        self.check_access("create")
        if isinstance(events, Mapping):
            events = [events]
        if not isinstance(events, (list, tuple)) or len(events) > MAX_EVENTS:
            raise UserError(
                self.env._(
                    "events: send a list of at most %(limit)s events in one call.",
                    limit=MAX_EVENTS,
                )
            )
        outcomes = self._ingest(events)
        self._keep_refused([outcome for outcome in outcomes if outcome.refusal])
        return [self._prepare_result(outcome) for outcome in outcomes]

    # === BUSINESS METHODS: THE WAY IN === #

    @api.model
    def _ingest(self, raws):
        """Count what can be counted; nothing is kept of what is refused.

        :return: what became of each event, in order
        :rtype: list[Outcome]
        """
        # A reporter sees neither subscriptions nor meters, and a client may send any
        # company in its context: it is checked before the rights are left behind.
        companies = self.env.companies
        self = self.sudo().with_context(allowed_company_ids=companies.ids)
        now = datetime.now(tz=timezone.utc).replace(tzinfo=None)
        outcomes = [Outcome(raw) for raw in raws]
        self._attempt(outcomes, lambda outcome: outcome.parse(now))
        self._attempt(outcomes, self._get_resolver(outcomes))
        self._mark_duplicates(outcomes)
        self._attempt(outcomes, self._get_checker(outcomes))
        written = self._insert(self._keep_first(outcomes))
        # What another transaction has written since we looked is a duplicate too.
        self._mark_duplicates([o for o in outcomes if o.row and o.id not in written])
        return outcomes

    @api.model
    def _attempt(self, outcomes, step):
        """Do ``step`` on each event that is still under way."""
        for outcome in outcomes:
            if not outcome.refusal and not outcome.is_duplicate:
                try:
                    step(outcome)
                except RefusalError as refusal:
                    outcome.refusal = refusal

    # === BUSINESS METHODS: ROWS === #

    @api.model
    def _prepare_row(self, outcome, rules):
        """Return the columns of an event that is accepted."""
        event = outcome.event
        quantity, value = count_event(event, rules)
        return {
            "company_id": outcome.subscription.company_id.id,
            "subscription_id": outcome.subscription.id,
            "meter_id": outcome.meter.id,
            "key": event.key,
            "quantity": str(quantity),
            "value": value,
            "time": event.time.isoformat(),
            "date": outcome.day.isoformat(),
            "properties": event.properties or None,
        }

    @api.model
    def _keep_first(self, outcomes):
        """Return the events to write, with their ids; of those with one key the first.

        Ids rise in the order in which events were sent, whatever order they are written
        in.
        """
        first = {}
        for outcome in outcomes:
            if outcome.row:
                leader = first.setdefault(outcome.identity, outcome)
                outcome.is_duplicate = leader is not outcome
        rows = self.env.execute_query(
            SQL(
                """
                SELECT nextval('subscription_usage_id_seq')
                  FROM generate_series(1, %s)
                """,
                len(first),
            )
        )
        for outcome, (id_,) in zip(first.values(), rows, strict=True):
            outcome.id = outcome.row["id"] = id_
        for outcome in outcomes:
            if outcome.row:
                outcome.id = first[outcome.identity].id
        return list(first.values())

    @api.model
    def _insert(self, outcomes):
        """Write accepted events in one query.

        They are written in the order of their keys, so that two transactions with the
        same keys wait for each other and do not lock each other up.

        :return: the ids that were written
        :rtype: set[int]
        """
        if not outcomes:
            return set()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO subscription_usage (
                    id, company_id, subscription_id, meter_id, key, quantity, value,
                    time, date, properties, state,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT id, company_id, subscription_id, meter_id, key, quantity, value,
                       time, date, properties, 'accepted',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM jsonb_to_recordset(%(rows)s::jsonb) AS sent(
                       id int, company_id int, subscription_id int, meter_id int,
                       key varchar, quantity numeric, value varchar, time timestamp,
                       date date, properties jsonb
                  )
                 ORDER BY meter_id, company_id, key
                ON CONFLICT (meter_id, company_id, key) WHERE state != 'refused'
                DO NOTHING
                RETURNING id
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=json.dumps([outcome.row for outcome in outcomes]),
            )
        )
        return {id_ for (id_,) in rows}

    # === BUSINESS METHODS: WHAT IS REFUSED === #

    @api.model
    def _keep_refused(self, outcomes):
        """Keep refused events for people to look at, each once."""
        if not outcomes:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO subscription_usage (
                    company_id, subscription_id, meter_id, key, quantity, time, date,
                    state, reason, sent,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT company_id, subscription_id, meter_id, key, quantity, time, date,
                       'refused', reason, sent,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM jsonb_to_recordset(%(rows)s::jsonb) AS sent(
                       company_id int, subscription_id int, meter_id int, key varchar,
                       quantity numeric, time timestamp, date date,
                       reason varchar, sent text
                  )
                ON CONFLICT DO NOTHING
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=json.dumps([self._prepare_refused_row(o) for o in outcomes]),
            )
        )

    @api.model
    def _prepare_refused_row(self, outcome):
        """Return the columns of an event that is refused, as far as they are known."""
        subscription, event = outcome.subscription, outcome.event
        company = subscription.company_id if subscription else self.env.company
        quantity = event and event.quantity
        return {
            "company_id": company.id,
            "subscription_id": subscription and subscription.id,
            "meter_id": outcome.meter and outcome.meter.id,
            "key": event and event.key,
            "quantity": None if quantity is None else str(quantity),
            "time": event and event.time.isoformat(),
            "date": outcome.day and outcome.day.isoformat(),
            "reason": self._get_refusal_text(outcome.refusal),
            "sent": self._get_text_sent(outcome.raw),
        }

    @api.model
    def _get_text_sent(self, raw):
        """Return what a client sent, as text; the beginning where it is long."""
        try:
            return json.dumps(raw, default=str)[:MAX_SENT]
        except (TypeError, ValueError, RecursionError):
            return self.env._("(cannot be shown)")

    @api.model
    def _prepare_result(self, outcome):
        """Return what the client is told of one event."""
        refusal = outcome.refusal
        return {
            "key": outcome.event.key if outcome.event else False,
            "result": outcome.result,
            "id": outcome.id,
            "reason": self._get_refusal_text(refusal) if refusal else False,
        }
