"""Work on many records at once without letting one of them stop the others."""

import logging

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from psycopg2 import IntegrityError

_logger = logging.getLogger(__name__)

#: how often work starts over after a conflict with another transaction
MAX_CONFLICTS = 5


def retry_on_conflict(env, work):
    """Return ``work()``; start its transaction over when another one was in the way.

    Only for scheduled actions: what the transaction did before is rolled back too.
    """
    for _attempt in range(MAX_CONFLICTS - 1):
        try:
            return work()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            env.cr.rollback()
    return work()


def run_isolated(records, work, on_error):
    """Do ``work`` on all records at once; on failure, halve until the guilty is alone.

    Each try runs in a savepoint, so that a failure, of the database included, leaves
    nothing behind. A conflict with another transaction is nobody's fault: it is raised
    for the caller to start over.

    :param records: a recordset
    :param work: ``work(records) -> recordset``, all or nothing
    :param on_error: ``on_error(record, message)``, called for each record that fails
    :return: the union of what ``work`` returned for the records that succeeded
    """
    try:
        with records.env.cr.savepoint():
            return work(records)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception as error:
        if len(records) == 1:
            _logger.info("%s failed", records, exc_info=True)
            on_error(records, _get_readable_message(records, error))
            return None
    middle = len(records) // 2
    done = [
        result
        for part in (records[:middle], records[middle:])
        if (result := run_isolated(part, work, on_error))
    ]
    return done[0].union(*done) if done else None


def _get_readable_message(records, error):
    """Return an error in words for the person who has to mend its cause."""
    if not isinstance(error, IntegrityError):
        return str(error) or type(error).__name__
    env = records.env
    tables = {model._table: name for name, model in env.registry.items()}
    model = env[tables.get(error.diag.table_name, records._name)]
    return model._sql_error_to_message(error)
