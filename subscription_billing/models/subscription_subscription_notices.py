import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.lifecycle import BILLED_STATES
from ..tools.notices import renewal_date
from .activity import schedule_once
from .subscription_notice_rule import CARD_KINDS

_logger = logging.getLogger(__name__)

ACTIVITY_TYPE = "subscription_billing.mail_activity_type_notice_failed"
LIVE_STATES = ("trial", "active", "paused", "past_due", "suspended")
#: kind of notice -> states in which the event lies ahead
EXPECTING_STATES = {
    "renewal": tuple(BILLED_STATES),
    "trial_end": ("trial",),
    "term_end": LIVE_STATES,
    **dict.fromkeys(CARD_KINDS, LIVE_STATES),
}


class SubscriptionSubscription(models.Model):
    """What the customer has to be told about a subscription, and what was told."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    notice_ids = fields.One2many(
        "subscription.notice", "subscription_id", string="Notices", readonly=True
    )
    notice_count = fields.Integer(
        string="Notices Sent", compute="_compute_notice_count"
    )
    notice_failed_count = fields.Integer(
        string="Failed Notices", compute="_compute_notice_count"
    )

    # === COMPUTE METHODS === #

    @api.depends("notice_ids.state")
    def _compute_notice_count(self):
        rows = (
            self.env["subscription.notice"]
            .sudo()
            ._read_group(
                [("subscription_id", "in", self.ids)],
                groupby=["subscription_id", "state"],
                aggregates=["__count"],
            )
        )
        counts = {(record.id, state): count for record, state, count in rows}
        for subscription in self:
            subscription.notice_failed_count = counts.get(
                (subscription.id, "failed"), 0
            )
            subscription.notice_count = sum(
                count
                for (id_, _state), count in counts.items()
                if id_ == subscription.id
            )

    # === ACTIONS === #

    def action_view_notices(self):
        """Open what the customer was told about this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_notice_action"
        )
        return {**action, "domain": [("subscription_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS: WHAT WAS TOLD === #

    def _has_notice(self, kind, event_key):
        """Return the proof that the customers were told of an event, or nothing.

        :param str kind: a key of ``subscription_notice_rule.KINDS``
        :param event_key: the key of the event; its date for those that are found ahead
        :return: the ``subscription.notice`` records that were sent
        """
        if not isinstance(event_key, str):
            event_key = fields.Date.to_string(event_key)
        return (
            self.env["subscription.notice"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.ids),
                    ("kind", "=", kind),
                    ("key", "=", event_key),
                    ("state", "=", "sent"),
                ]
            )
        )

    # === BUSINESS METHODS: WHAT IS AHEAD === #

    def _get_notice_date(self, kind):
        """Return the day of the event that lies ahead, False when there is none."""
        self.ensure_one()
        if kind == "renewal":
            following, term_end = self.date_next_period, self.date_term_end
            return renewal_date(following or None, term_end or None) or False
        return self.date_trial_end if kind == "trial_end" else self.date_term_end

    @api.model
    def _get_notice_due_domain(self, kind, first, last):
        """Return the domain of what has an event ahead that nobody was told of.

        Of cards it is who may be told: which of them expire is looked up among these.

        :param datetime.date first: the first day of the events
        :param datetime.date last: their last day
        """

        def to_sql(model, alias, query):
            event = model._get_notice_date_sql(kind, alias, query)
            return SQL(
                """
                %(event)s BETWEEN %(first)s AND %(last)s
                AND (%(end)s IS NULL OR %(end)s >= %(event)s OR %(is_end)s)
                AND NOT EXISTS (
                    SELECT 1
                      FROM subscription_notice notice
                     WHERE notice.subscription_id = %(id)s
                       AND notice.kind = %(kind)s
                       AND notice.date_event = %(event)s
                )
                """,
                event=event,
                end=model._field_to_sql(alias, "date_end", query),
                is_end=kind == "term_end",
                first=first,
                last=last,
                id=SQL.identifier(alias, "id"),
                kind=kind,
            )

        domain = Domain("state", "in", EXPECTING_STATES[kind])
        if kind in CARD_KINDS:
            return domain & Domain("collection_method", "=", "automatic")
        if kind == "renewal":
            # Never after the renewal; and there is none where the agreement ends.
            domain &= Domain("date_next_period", "<=", last)
            domain &= Domain("date_next_invoice", "!=", False)
            domain &= Domain([self._get_invoiced_domain()])
        return domain & Domain.custom(to_sql=to_sql)

    @api.model
    def _get_notice_date_sql(self, kind, alias, query):
        """Return ``_get_notice_date`` as an expression of SQL."""
        if kind == "renewal":
            # GREATEST leaves out what is NULL.
            return SQL(
                "GREATEST(%s, %s + 1)",
                self._field_to_sql(alias, "date_next_period", query),
                self._field_to_sql(alias, "date_term_end", query),
            )
        name = "date_trial_end" if kind == "trial_end" else "date_term_end"
        return self._field_to_sql(alias, name, query)

    # === BUSINESS METHODS: WHAT FAILED === #

    def _ask_to_mend_notice(self, reason):
        """Ask the salesperson to see to a notice that failed, once.

        A failure to do so is logged: the e-mails beside this one have gone out, and
        would go out again if this stopped the mail queue.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._schedule_notice_activity(reason)
        except Exception:
            _logger.exception("No activity for the failed notice of %s", self.name)

    def _schedule_notice_activity(self, reason):
        """Plan the activity, or bring the one that is open up to date."""
        schedule_once(self, ACTIVITY_TYPE, reason, self.user_id)

    def _forget_failed_notices(self):
        """Remove the requests to see to failed notices where none is left."""
        mended = self.filtered(
            lambda subscription: not subscription.notice_failed_count
        )
        mended.activity_unlink([ACTIVITY_TYPE])
