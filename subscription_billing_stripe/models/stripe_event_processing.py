import zlib

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.batch import retry_on_conflict

from ..gateway import get_masked_logger, mask
from ..tools.event_types import HANDLERS
from .stripe_event import EarlyEventError, IgnoredEventError

_logger = get_masked_logger(__name__)

#: what tells our locks in the database from those of others
LOCKS = zlib.crc32(b"stripe.event") - 2**31
#: subjects that are looked up together
SUBJECTS = 100


class StripeEvent(models.Model):
    """How events are processed: subject by subject, each event by itself.

    One that fails stops neither those after it nor any other. Two workers never have
    the same subject in their hands.
    """

    _inherit = "stripe.event"

    # === SCHEDULED ACTIONS === #

    @api.model
    def _cron_process(self):
        """Process all events that are due, with a commit after each subject."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_due())
        seen = set()
        while subjects := self._find_due_subjects(seen):
            for subject in subjects:
                seen.add(subject)
                done = retry_on_conflict(
                    self.env, lambda subject=subject: self._commit_subject(subject)
                )
                if not cron._commit_progress(done, remaining=self._count_due()):
                    return
        cron._commit_progress(remaining=0)

    @api.model
    def _cron_empty_bodies(self):
        """Empty what is kept no longer, some at a time."""
        cron = self.env["ir.cron"]
        while emptied := self._empty_bodies():
            if not cron._commit_progress(emptied):
                return

    @api.model
    def _commit_subject(self, subject):
        """Process what is due about one subject, and commit.

        :return: how many events were processed, 0 when another worker is at it
        :rtype: int
        """
        events = self._lock_due(subject)
        for event in events:
            event._process()
        self.env.cr.commit()
        return len(events)

    # === BUSINESS METHODS: WHAT IS DUE === #

    @api.model
    def _get_due_domain(self):
        """Return the domain of the events to process now."""
        return [("date_next_try", "<=", fields.Datetime.now())]

    @api.model
    def _count_due(self):
        """Return how many events wait."""
        return self.search_count(self._get_due_domain())

    @api.model
    def _find_due_subjects(self, seen):
        """Return subjects with events that are due, the longest waiting first.

        :param set seen: those that this run has looked at
        """
        rows = self._read_group(
            [*self._get_due_domain(), ("subject", "not in", list(seen))],
            ["subject"],
            order="date_created:min, subject",
            limit=SUBJECTS,
        )
        return [subject for (subject,) in rows]

    @api.model
    def _lock_due(self, subject):
        """Lock a subject; return what is due about it, in Stripe's order.

        The rows are locked as well: what another worker has processed since this
        transaction began is a conflict, to start over from.
        """
        [(is_ours,)] = self.env.execute_query(
            SQL(
                "SELECT pg_try_advisory_xact_lock(%s, %s)",
                LOCKS,
                zlib.crc32(subject.encode()) - 2**31,
            )
        )
        if not is_ours:
            return self.browse()
        query = self._search(
            [*self._get_due_domain(), ("subject", "=", subject)],
            order="date_created, id",
        )
        rows = self.env.execute_query(SQL("%s FOR NO KEY UPDATE", query.select()))
        return self.browse(id_ for (id_,) in rows)

    # === BUSINESS METHODS: ONE EVENT === #

    def _process(self):
        """Do what follows from this event; whatever goes wrong stays with it."""
        self.ensure_one()
        event = self.with_company(self.company_id).with_context(
            lang=self.company_id.partner_id.lang
        )
        try:
            with self.env.cr.savepoint():
                result = event._handle()
                self.env.flush_all()
            self._close("processed", result)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except IgnoredEventError as reason:
            self._close("ignored", str(reason))
        except EarlyEventError as reason:
            self._set_waiting(str(reason))
        except Exception as error:
            _logger.info("Event %s failed", self.reference, exc_info=True)
            self._set_failed(mask(str(error)) or type(error).__name__)

    def _handle(self):
        """Do what follows from this event.

        :return: in words, what that was
        :raises IgnoredEventError: nothing does
        :raises EarlyEventError: it cannot be told yet
        """
        self.ensure_one()
        handler = HANDLERS.get(self.type)
        if not handler:
            raise IgnoredEventError(self.env._("Nothing follows from this type."))
        gateway = self.provider_id._get_stripe_gateway()
        if self.is_live != gateway.config.is_live:
            raise IgnoredEventError(
                self.env._("It is of the other mode than the provider's keys.")
            )
        self._check_database(self.database)
        return getattr(self, handler)(gateway)

    def _check_database(self, database):
        """Ignore what another database has asked for.

        :raises IgnoredEventError: it was another one
        """
        if database and database != self.provider_id._get_database_id():
            raise IgnoredEventError(self.env._("It belongs to another database."))
