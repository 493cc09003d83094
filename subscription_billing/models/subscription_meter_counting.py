from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.metering import TOTALS, Usage

#: the models whose rows the queries below read
READ_MODELS = (
    "subscription.line",
    "subscription.meter",
    "subscription.period",
    "subscription.usage",
)


class SubscriptionMeter(models.Model):
    """Counting in SQL, many lines and any number of events in one query.

    The rules are those of ``tools/metering.py``; a test compares the two.
    """

    _inherit = "subscription.meter"

    # === BUSINESS METHODS === #

    @api.model
    def _aggregate(self, windows):
        """Return what each window bills.

        A line has one window at most. Where a line took the place of another, the
        windows of both can be asked for at once: each event counts in one of them.

        :param list[tools.metering.Window] windows:
        :return: by line id, one for each window
        :rtype: dict[int, tools.metering.Usage]
        """
        usage = {window.line_id: Usage() for window in windows}
        if windows:
            self._flush_counted()
            rows = self.env.execute_query(self._get_aggregate_sql(windows))
            usage.update(
                (line_id, Usage(Decimal(quantity), event_count))
                for line_id, quantity, event_count in rows
            )
        return usage

    @api.model
    def _get_counted_quantities(self, lines, day):
        """Return the counted quantity in force on a day, for lines with such a meter.

        It is what the last day with events up to ``day`` comes to. A line whose meter
        has counted nothing yet is left out: its own quantity stands.

        :param lines: ``subscription.line``, those with a quantity meter count
        :rtype: dict[int, decimal.Decimal]
        """
        lines = lines.filtered("quantity_meter_id")
        if not lines:
            return {}
        self._flush_counted()
        rows = self.env.execute_query(
            SQL(
                "WITH %s, %s %s",
                self._get_levels_sql(lines.ids, day),
                self._get_level_counts_sql(),
                self._get_sums_sql(),
            )
        )
        return {line_id: Decimal(quantity) for line_id, quantity, _count in rows}

    @api.model
    def _flush_counted(self):
        """Write to the database what the queries read there."""
        for name in READ_MODELS:
            self.env[name].flush_model()

    # === BUSINESS METHODS: SQL === #

    @api.model
    def _get_aggregate_sql(self, windows):
        """Return the query of ``_aggregate``: (line id, quantity, event count)."""
        return SQL(
            "WITH %s, fresh AS (%s), %s %s",
            self._get_asked_sql(windows),
            self._get_fresh_sql(),
            self._get_window_counts_sql(),
            self._get_sums_sql(),
        )

    @api.model
    def _get_asked_sql(self, windows):
        """Return the CTE of the windows, with the rules of their meters.

        ``date_from`` is the end of the window before it, where a line took the place of
        another.
        """
        return SQL(
            """
            asked AS (
                SELECT w.line_id, line.subscription_id, w.meter_id,
                       meter.aggregation, meter.carries_over,
                       meter.carries_over AND meter.aggregation IN %s AS is_total,
                       w.date_start, w.date_end,
                       COALESCE(
                           lag(w.date_end) OVER (
                               PARTITION BY line.subscription_id, w.meter_id
                               ORDER BY w.date_end
                           ), '-infinity'
                       ) AS date_from
                  FROM unnest(%s::int[], %s::int[], %s::date[], %s::date[])
                       AS w(line_id, meter_id, date_start, date_end)
                  JOIN subscription_line line ON line.id = w.line_id
                  JOIN subscription_meter meter ON meter.id = w.meter_id
            )
            """,
            tuple(sorted(TOTALS)),
            [window.line_id for window in windows],
            [window.meter_id for window in windows],
            [window.period.date_start for window in windows],
            [window.period.date_end for window in windows],
        )

    @api.model
    def _get_fresh_sql(self):
        """Return the query of the events that the windows bill."""
        return SQL(
            """
            SELECT asked.line_id, asked.aggregation, event.id, event.date, event.time,
                   event.quantity, event.value
              FROM asked
              JOIN subscription_usage event
                ON event.subscription_id = asked.subscription_id
               AND event.meter_id = asked.meter_id
             WHERE event.state = 'accepted'
               AND event.period_id IS NULL
               AND event.date >= asked.date_from
               AND event.date < asked.date_end
               AND (
                    event.date >= asked.date_start
                    OR asked.is_total
                    OR EXISTS (
                        SELECT FROM subscription_period claim
                          JOIN subscription_line billed ON billed.id = claim.line_id
                         WHERE claim.subscription_id = asked.subscription_id
                           AND claim.kind = 'usage'
                           AND claim.date_start <= event.date
                           AND claim.date_end > event.date
                           AND billed.meter_id = asked.meter_id
                    )
               )
            """
        )

    @api.model
    def _get_window_counts_sql(self):
        """Return the CTE of all that counts: fresh events, and what is carried over."""
        return SQL(
            """
            counted AS (
                SELECT line_id, aggregation, id, date, time, quantity, value,
                       TRUE AS is_fresh
                  FROM fresh
                UNION ALL
                SELECT asked.line_id, asked.aggregation, event.id, event.date,
                       event.time, event.quantity, event.value, FALSE
                  FROM asked
                  JOIN subscription_usage event
                    ON event.subscription_id = asked.subscription_id
                   AND event.meter_id = asked.meter_id
                 WHERE asked.is_total
                   AND event.state = 'accepted'
                   AND event.date < asked.date_end
                   AND (event.period_id IS NOT NULL OR event.date < asked.date_from)
                UNION ALL
                SELECT asked.line_id, asked.aggregation, event.*, FALSE
                  FROM asked
                 CROSS JOIN LATERAL (%s) event
                 WHERE asked.carries_over AND NOT asked.is_total
            )
            """,
            self._get_last_before_sql(),
        )

    @api.model
    def _get_levels_sql(self, line_ids, day):
        """Return the CTE of lines with a quantity meter: their last day with events."""
        return SQL(
            """
            asked AS (
                SELECT line.id AS line_id, line.subscription_id,
                       line.quantity_meter_id AS meter_id,
                       meter.aggregation, meter.carries_over,
                       meter.carries_over AND meter.aggregation IN %s AS is_total,
                       (
                           SELECT max(event.date)
                             FROM subscription_usage event
                            WHERE event.subscription_id = line.subscription_id
                              AND event.meter_id = line.quantity_meter_id
                              AND event.state = 'accepted'
                              AND event.date <= %s
                       ) AS date_start
                  FROM subscription_line line
                  JOIN subscription_meter meter ON meter.id = line.quantity_meter_id
                 WHERE line.id IN %s
            )
            """,
            tuple(sorted(TOTALS)),
            day,
            tuple(line_ids),
        )

    @api.model
    def _get_level_counts_sql(self):
        """Return the CTE of all that counts for the quantities in force."""
        return SQL(
            """
            counted AS (
                SELECT asked.line_id, asked.aggregation, event.id, event.date,
                       event.time, event.quantity, event.value, TRUE AS is_fresh
                  FROM asked
                  JOIN subscription_usage event
                    ON event.subscription_id = asked.subscription_id
                   AND event.meter_id = asked.meter_id
                   AND event.state = 'accepted'
                   AND event.date <= asked.date_start
                   AND (asked.is_total OR event.date = asked.date_start)
                UNION ALL
                SELECT asked.line_id, asked.aggregation, event.*, FALSE
                  FROM asked
                 CROSS JOIN LATERAL (%s) event
                 WHERE asked.carries_over AND NOT asked.is_total
            )
            """,
            self._get_last_before_sql(),
        )

    @api.model
    def _get_last_before_sql(self):
        """Return the query of the last event before the first day that is asked for."""
        return SQL(
            """
            SELECT event.id, event.date, event.time, event.quantity, event.value
              FROM subscription_usage event
             WHERE event.subscription_id = asked.subscription_id
               AND event.meter_id = asked.meter_id
               AND event.state = 'accepted'
               AND event.date < asked.date_start
             ORDER BY event.date DESC, event.time DESC, event.id DESC
             LIMIT 1
            """
        )

    @api.model
    def _get_sums_sql(self):
        """Return the query that adds ``counted`` up: first by value, then by line.

        Quantities are exact numbers, as text: the driver would make floats of them.
        """
        return SQL(
            """
            , by_value AS (
                SELECT line_id, aggregation, value,
                       sum(quantity) AS quantity,
                       sum(CASE WHEN quantity < 0 THEN -1 ELSE 1 END) AS number,
                       max(quantity) AS highest,
                       sum(CASE WHEN quantity < 0 THEN -1 ELSE 1 END)
                           FILTER (WHERE is_fresh) AS fresh_number
                  FROM counted
                 GROUP BY line_id, aggregation, value
            ), latest AS (
                SELECT DISTINCT ON (line_id) line_id, quantity
                  FROM counted
                 WHERE aggregation = 'last'
                 ORDER BY line_id, date DESC, time DESC, id DESC
            )
            SELECT by_value.line_id,
                   (CASE by_value.aggregation
                        WHEN 'sum' THEN sum(by_value.quantity)
                        WHEN 'count' THEN sum(by_value.number)
                        WHEN 'maximum' THEN max(by_value.highest)
                        WHEN 'last' THEN min(latest.quantity)
                        WHEN 'unique' THEN count(*) FILTER (
                            WHERE by_value.value IS NOT NULL AND by_value.quantity > 0
                        )
                    END)::text,
                   COALESCE(sum(by_value.fresh_number), 0)::bigint
              FROM by_value
              LEFT JOIN latest ON latest.line_id = by_value.line_id
             GROUP BY by_value.line_id, by_value.aggregation
            """
        )
