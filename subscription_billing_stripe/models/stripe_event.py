from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.batch import trigger_cron

#: how long to wait before an event is tried again, by how often it was tried
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
#: after how many tries only a person tries again
MOST_ATTEMPTS = 10
#: bodies that are emptied in one step
EMPTYING_SIZE = 1000


class IgnoredEventError(Exception):
    """An event that is none of our business; its text says why."""


class EarlyEventError(Exception):
    """An event that has overtaken what it is about; its text says what it waits for."""


class StripeEvent(models.Model):
    """What Stripe has reported: each event once, whatever happens to it afterwards.

    An event only says that something has changed. What is so now is asked of Stripe,
    so that nothing depends on the order, and an event may be processed any number of
    times.
    """

    _name = "stripe.event"
    _description = "Stripe Event"
    _rec_name = "reference"
    _order = "date_created desc, id desc"

    # === FIELDS === #

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    reference = fields.Char(string="Stripe's Event", required=True, readonly=True)
    type = fields.Char(required=True, readonly=True, index=True)
    api_version = fields.Char(string="API Version", readonly=True)
    object_reference = fields.Char(string="About", readonly=True, index=True)
    object_type = fields.Char(string="Kind of Object", readonly=True)
    subject = fields.Char(
        required=True,
        readonly=True,
        index=True,
        help="The payment or the saved method that it is about. Events with the same "
        "one are processed one after the other.",
    )
    database = fields.Char(
        readonly=True, help="The database that has asked Stripe for the object."
    )
    is_live = fields.Boolean(string="Live Mode", readonly=True)
    date_created = fields.Datetime(
        string="Happened On", required=True, readonly=True, help="Stripe's time."
    )
    date_received = fields.Datetime(string="Received On", required=True, readonly=True)
    date_processed = fields.Datetime(string="Processed On", readonly=True)
    state = fields.Selection(
        selection=[
            ("received", "Received"),
            ("processed", "Processed"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="received",
        index=True,
        help="Ignored: it is none of this database's business; the result says why.",
    )
    result = fields.Char(readonly=True)
    error = fields.Text(readonly=True)
    attempts = fields.Integer(string="Tries", readonly=True, aggregator=None)
    date_next_try = fields.Datetime(string="Next Try", readonly=True)
    body = fields.Text(
        string="Message",
        readonly=True,
        groups="subscription_billing.group_subscription_manager",
        help="As Stripe has sent it, without client secrets. It is emptied some time "
        "after it was processed; see the payment provider.",
    )

    _reference_unique = models.UniqueIndex(
        "(provider_id, reference)", "This event is there already."
    )
    _next_try_index = models.Index(
        "(date_next_try, subject) WHERE date_next_try IS NOT NULL"
    )
    _body_index = models.Index(
        "(provider_id, date_received) "
        "WHERE body IS NOT NULL AND state IN ('processed', 'ignored')"
    )

    # === ACTIONS === #

    def action_retry(self):
        """Process these events again, at once; those that were processed, too.

        :raises AccessError: the person is no administrator of subscriptions
        """
        self.check_access("read")
        manager = "subscription_billing.group_subscription_manager"
        if not (self.env.su or self.env.user.has_group(manager)):
            raise AccessError(
                self.env._("Only a subscription administrator can process events.")
            )
        self.sudo().write(
            {"date_next_try": fields.Datetime.now(), "attempts": 0, "state": "received"}
        )
        self._trigger_processing()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The events are processed in the background, in a minute or so."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS: RECEIVING === #

    @api.model
    def _receive(self, provider, facts):
        """Store an event, once for its id, and have it processed.

        :param provider: the ``payment.provider`` that it was sent to, as superuser
        :param facts: ``gateway.messages.EventFacts``
        :return: whether it was new
        :rtype: bool
        """
        values = self._prepare_vals(provider, facts)
        columns = [SQL.identifier(name) for name in values]
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO stripe_event (%s)
                     VALUES %s
                ON CONFLICT (provider_id, reference) DO NOTHING
                  RETURNING id
                """,
                SQL(", ").join(columns),
                tuple(values.values()),
            )
        )
        if rows:
            self._trigger_processing()
        return bool(rows)

    @api.model
    def _prepare_vals(self, provider, facts):
        """Return the columns of a new event."""
        now = fields.Datetime.now()
        return {
            "provider_id": provider.id,
            "company_id": provider.company_id.id,
            "reference": facts.id,
            "type": facts.type,
            "api_version": facts.api_version,
            "object_reference": facts.object_id,
            "object_type": facts.object_type,
            "subject": facts.subject,
            "database": facts.database,
            "is_live": facts.is_live,
            "date_created": facts.created,
            "date_received": now,
            "date_next_try": now,
            "state": "received",
            "attempts": 0,
            "body": facts.body,
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }

    @api.model
    def _trigger_processing(self, date=None):
        """Wake the scheduled action, at a moment or at once."""
        trigger_cron(self.env, "subscription_billing_stripe.ir_cron_events", date)

    # === BUSINESS METHODS: OUTCOMES === #

    def _close(self, state, result):
        """Note that nothing is left to do.

        :param str state: ``processed``, or ``ignored`` when nothing followed from it
        :param str result: what was done, or why nothing was
        """
        self.write(
            {
                "state": state,
                "result": result,
                "error": False,
                "date_next_try": False,
                "date_processed": fields.Datetime.now(),
                "attempts": self.attempts + 1,
            }
        )

    def _set_waiting(self, reason):
        """Look again soon at an event that has overtaken what it is about.

        What it waits for does not come any more when it was the last time.
        """
        if self._is_last_try():
            self._set_failed(reason)
        else:
            self._try_later({"state": "received", "result": reason, "error": False})

    def _set_failed(self, message):
        """Keep the error for people; try again, longer after each time."""
        self._try_later({"state": "failed", "result": False, "error": message})

    def _is_last_try(self):
        """Return whether only a person tries this event again."""
        return self.attempts + 1 >= MOST_ATTEMPTS

    def _try_later(self, vals):
        wait = WAITS[min(self.attempts, len(WAITS) - 1)]
        date = not self._is_last_try() and fields.Datetime.now() + wait
        self.write({**vals, "date_next_try": date, "attempts": self.attempts + 1})
        if date:
            self._trigger_processing(date)

    # === BUSINESS METHODS: KEEPING === #

    @api.model
    def _empty_bodies(self):
        """Empty messages that were processed longer ago than they are kept.

        :return: how many; more may be left
        :rtype: int
        """
        events = self.browse()
        for provider in self.env["payment.provider"].search([("code", "=", "stripe")]):
            date = fields.Datetime.now() - timedelta(days=provider.stripe_event_days)
            events |= self.search(
                [
                    ("provider_id", "=", provider.id),
                    ("state", "in", ("processed", "ignored")),
                    ("date_received", "<", date),
                    ("body", "!=", False),
                ],
                limit=EMPTYING_SIZE,
            )
        events.body = False
        return len(events)
