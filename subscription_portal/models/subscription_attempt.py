from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

#: how long attempts are kept; no limit looks back further
KEPT_HOURS = 31 * 24


class SubscriptionAttempt(models.Model):
    """How often somebody has tried something lately, so that nobody finds a secret by
    trying, such as the code of a coupon.

    Nothing here tells who it was, nor what was tried. A page asks ``_is_allowed``
    before it looks, and answers without an exception, as what was counted is kept only
    with the rest of the request.
    """

    _name = "subscription.attempt"
    _description = "Attempts of Visitors"
    _log_access = False
    _rec_name = "kind"

    # === FIELDS === #

    kind = fields.Char(required=True, readonly=True, help="What is tried.")
    key_hash = fields.Char(
        required=True,
        readonly=True,
        help="Stands for who tries it, which cannot be read from it.",
    )
    date_hour = fields.Datetime(
        string="Hour", required=True, readonly=True, help="Begin of the hour."
    )
    count = fields.Integer(
        string="Attempts", required=True, readonly=True, help="How many in this hour."
    )

    _hour_unique = models.UniqueIndex("(key_hash, kind, date_hour)")

    # === CRUD METHODS === #

    @api.autovacuum
    def _gc_attempts(self):
        """Forget what no limit looks at any more."""
        limit = fields.Datetime.now() - timedelta(hours=KEPT_HOURS)
        self.search([("date_hour", "<", limit)]).unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _is_allowed(self, kind, key, limit, hours):
        """Count an attempt, and return whether it may be made.

        One that is refused is not counted, so that it is allowed again after a while.
        Of two at the same time, the database has the second one start over and see the
        first: nobody gets more by trying in parallel.

        :param str kind: what is tried; each kind is counted on its own
        :param key: who tries it, such as the id of a customer or an address
        :param int limit: how many are allowed
        :param int hours: within how many hours; those of a part of an hour before count
            as well
        :rtype: bool
        """
        hour = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        key_hash = hmac(self.env(su=True), f"{self._name}.{kind}", str(key))
        if self._count(kind, key_hash, hour - timedelta(hours=hours)) >= limit:
            return False
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO subscription_attempt (kind, key_hash, date_hour, count)
                     VALUES (%s, %s, %s, 1)
                ON CONFLICT (key_hash, kind, date_hour)
              DO UPDATE SET count = subscription_attempt.count + 1
                """,
                kind,
                key_hash,
                hour,
            )
        )
        self.invalidate_model(["count"], flush=False)
        return True

    def _count(self, kind, key_hash, since):
        """Return how many attempts there were.

        :param datetime.datetime since: the first hour that counts
        """
        [(count,)] = self.sudo()._read_group(
            [
                ("kind", "=", kind),
                ("key_hash", "=", key_hash),
                ("date_hour", ">=", since),
            ],
            aggregates=["count:sum"],
        )
        return count or 0
