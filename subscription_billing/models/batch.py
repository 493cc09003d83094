"""Work on many records at once without letting one of them stop the others."""

import logging
import math
import random
import time

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL
from psycopg2 import IntegrityError

_logger = logging.getLogger(__name__)

#: how often work starts over after a conflict with another transaction
MAX_CONFLICTS = 5
#: seconds by which the pause before each of these tries may grow
PAUSE = 0.1
#: by how much a table has grown when PostgreSQL should look at it again
GROWTH = 4
#: how many records to take up while PostgreSQL takes a table for empty by mistake
FIRST_STEPS = 25
#: when it does: there are pages, and it has counted no rows in them
MISLEADING = SQL("relpages > 0 AND reltuples = 0")
#: what a run writes, or joins with what it writes
GROWING_MODELS = (
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "account.payment",
    "payment.transaction",
    "subscription.discount",
    "subscription.discount.use",
    "subscription.line",
    "subscription.period",
    "subscription.subscription",
    "subscription.usage",
)


class BatchMemory(dict):
    """What the records of one batch share, in the context key ``subscription_batch``.

    A class of its own, because a client can send a context with a plain dictionary.
    """


def retry_on_conflict(env, work):
    """Return ``work()``; start its transaction over when another one was in the way.

    What it has written goes to the database here, where a conflict can be met: the
    caller's commit comes too late for that.

    Only for scheduled actions: what the transaction did before is rolled back too.
    """
    for attempt in range(1, MAX_CONFLICTS):
        try:
            result = work()
            env.flush_all()
            return result
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            env.cr.rollback()
            time.sleep(random.uniform(0, PAUSE * attempt))
    return work()


def trigger_cron(env, name, date=None):
    """Wake a scheduled action, unless somebody has removed it.

    :param str name: XML id
    :param datetime.datetime date: when, at once by default
    """
    if cron := env.ref(name, raise_if_not_found=False):
        cron.sudo()._trigger(at=date)


def is_time_up(env):
    """Return whether the scheduled action that works here has to end."""
    return time.monotonic() > env.context.get("cron_end_time", math.inf)


def analyze_grown_tables(env):
    """Let PostgreSQL look again at tables that a run has made much larger; commit.

    On a database that was never analysed, or whose autovacuum lags behind a run, it
    plans for empty tables, and reconciling thousands of payments slows down to a halt.

    Only for scheduled actions.
    """
    for table in _find_tables(
        env,
        SQL(
            """
            pg_relation_size(oid) > %s * GREATEST(relpages, 1)
                                  * current_setting('block_size')::int
            OR %s
            """,
            GROWTH,
            MISLEADING,
        ),
    ):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    env.cr.commit()


def limit_chunk(env, size):
    """Return how many records to take up: fewer while PostgreSQL is misled.

    A table that was analysed after a large transaction was rolled back is taken for
    empty, and joining 500 new rows with it does not end. A few rows do; after them
    ``analyze_grown_tables`` sets it right.
    """
    return min(size, FIRST_STEPS) if _find_tables(env, MISLEADING) else size


def _find_tables(env, condition):
    """Return the names of the growing tables for which an SQL condition holds."""
    rows = env.execute_query(
        SQL(
            """
            SELECT relname
              FROM pg_class
             WHERE relname IN %s
               AND relkind = 'r'
               AND pg_table_is_visible(oid)
               AND (%s)
             ORDER BY relname
            """,
            tuple(env[name]._table for name in GROWING_MODELS),
            condition,
        )
    )
    return [name for (name,) in rows]


def lock_first(model, domain, order, limit=None, *, is_waiting=False):
    """Lock and return the first records of a domain that no other run has taken up.

    Searched and locked in one statement: a second run gets the records behind these.

    :param is_waiting: wait for what another run has taken up. It has changed then,
        which is a conflict to start over from.
    """
    query = model._search(domain, order=order, limit=limit)
    skip = SQL() if is_waiting else SQL("SKIP LOCKED")
    lock = SQL("FOR NO KEY UPDATE OF %s %s", SQL.identifier(model._table), skip)
    rows = model.env.execute_query(SQL("%s %s", query.select(), lock))
    return model.browse(id_ for (id_,) in rows)


def keep_others_away(records):
    """Make sure that nobody else works on these records at the same time.

    A row that is only locked may be read as it was before; one that was updated is a
    conflict, after which a request starts over and sees what the other one has done.
    """
    records.env.cr.execute(
        SQL(
            "UPDATE %s SET write_date = write_date WHERE id IN %s",
            SQL.identifier(records._table),
            tuple(records.ids),
        )
    )


def run_isolated(records, work, on_error):
    """Do ``work`` on all records at once; on failure, halve until the guilty is alone.

    Each try runs in a savepoint, so that a failure, of the database included, leaves
    nothing behind. A conflict with another transaction is nobody's fault: it is raised
    for the caller to start over.

    :param records: a recordset
    :param work: ``work(records) -> recordset``, all or nothing
    :param on_error: ``on_error(record, message)``, called for each record that fails
    :return: the union of what ``work`` returned for the records that succeeded; None
        where there are none
    """
    if not records:
        return None
    try:
        with records.env.cr.savepoint():
            return work(records)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception as error:
        if len(records) == 1:
            _logger.info("%s failed", records, exc_info=True)
            _report(records, error, on_error)
            return None
    middle = len(records) // 2
    done = [
        result
        for part in (records[:middle], records[middle:])
        if (result := run_isolated(part, work, on_error))
    ]
    return done[0].union(*done) if done else None


def _report(record, error, on_error):
    """Tell ``on_error``; its own failure does not stop the others either."""
    try:
        with record.env.cr.savepoint():
            on_error(record, _get_readable_message(record, error))
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception:
        _logger.exception("The error of %s could not be kept", record)


def _get_readable_message(records, error):
    """Return an error in words for the person who has to mend its cause."""
    if not isinstance(error, IntegrityError):
        return str(error) or type(error).__name__
    env = records.env
    tables = {model._table: name for name, model in env.registry.items()}
    model = env[tables.get(error.diag.table_name, records._name)]
    return model._sql_error_to_message(error)
