import logging
from functools import partial
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain

from .batch import lock_first, retry_on_conflict, run_isolated, trigger_cron
from .subscription_notice_rule import DATED_KINDS

_logger = logging.getLogger(__name__)


class Event(NamedTuple):
    """What a customer is to be told of."""

    #: the ``subscription.subscription``
    subscription: models.Model
    #: what tells one event of a kind from another
    key: str
    #: the day that the notice is about, a ``datetime.date``
    date: object
    #: values for JSON: ``subscription.notice._get_change_facts`` says which
    details: dict | None = None
    #: the ``account.move`` of an invoice or a receipt
    move: models.Model | None = None
    #: the last day on which it is told of in time, where that is not up to the rule
    date_latest: object = None


class SubscriptionNotifier(models.AbstractModel):
    """Tells customers what they have to know, each thing once, and keeps the proof.

    An event becomes a queued notice first, which costs one insertion; the scheduled
    action writes the e-mails, and core's mail queue sends them. Only ``_cron_notify``
    commits.
    """

    _name = "subscription.notifier"
    _description = "Subscription Notifier"

    #: events found and committed together
    _find_size = 1000
    #: e-mails written and committed together
    _write_size = 200

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_notify(self):
        """Find what is due, and write the e-mails, a chunk and a transaction at a time.

        Several workers may run this at once: each locks its own chunks.
        """
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([]):
            notifier = self._in_company(company)
            for rule, domain in notifier._get_due_domains():
                find = partial(notifier._find_chunk, rule, domain)
                while retry_on_conflict(self.env, find):
                    if not cron._commit_progress(remaining=self._count_unwritten()):
                        return
            while written := retry_on_conflict(self.env, notifier._write_chunk):
                left = cron._commit_progress(written, remaining=self._count_unwritten())
                if not left:
                    return
        # What is still unwritten is in the hands of another worker.
        cron._commit_progress(remaining=0)

    @api.model
    def _trigger_cron(self):
        """Wake the scheduled action, which writes what is queued."""
        trigger_cron(self.env, "subscription_billing.ir_cron_notify")

    @api.model
    def _in_company(self, company):
        """Return this service with the one company as its environment, and no more."""
        return self.with_context(
            {"lang": self.env.lang},
            allowed_company_ids=company.ids,
            tracking_disable=True,
            mail_notrack=True,
        )

    # === BUSINESS METHODS: TELLING OF WHAT HAPPENS === #

    @api.model
    def _notify(self, subscriptions, kind, event_key, date_event, values=None):
        """Tell the customers of one thing that happens to all these subscriptions.

        :param subscriptions: the ``subscription.subscription`` records
        :param str kind: a key of ``subscription_notice_rule.KINDS``
        :param str event_key: what tells this event from others of its kind
        :param datetime.date date_event: the day that it is about
        :param dict values: what changes, see ``subscription.notice._get_change_facts``
        :return: the new notices; none where no rule asks for them, or when the
            customer has been told before
        """
        events = [Event(s, event_key, date_event, values) for s in subscriptions]
        return self._notify_of(kind, events)

    @api.model
    def _notify_of(self, kind, events):
        """Tell of events that differ from one subscription to the other.

        :param str kind: a key of ``subscription_notice_rule.KINDS``
        :param list[Event] events: what happens
        :return: the new notices
        """
        notifier = self.sudo()
        rules = notifier._find_rules([kind])
        if not rules or not events:
            return self.env["subscription.notice"]
        events = [
            event._replace(subscription=event.subscription.sudo()) for event in events
        ]
        chosen = notifier._choose_rules(
            rules,
            notifier.env["subscription.subscription"].union(
                *(event.subscription for event in events)
            ),
        )
        notices = notifier._create_notices(
            (chosen[event.subscription.id], event)
            for event in events
            if event.subscription.id in chosen
        )
        if notices:
            self._trigger_cron()
        return notices.with_env(self.env)

    @api.model
    def _notify_of_invoices(self, moves, kind):
        """Tell of those of these journal entries that bill subscriptions.

        One query when no rule asks for it.

        :param str kind: ``invoice`` or ``receipt``
        """
        moves = moves.sudo().filtered(lambda move: move.is_sale_document())
        if not moves or not self.sudo()._find_rules([kind]):
            return
        self._notify_of(
            kind,
            [
                Event(
                    # One of several on one invoice stands for all.
                    subscription=move.subscription_ids.sorted("id")[0],
                    key=f"{move._name},{move.id}",
                    date=(
                        move.invoice_date
                        if kind == "invoice"
                        else move.company_id._get_subscription_today()
                    ),
                    move=move,
                )
                for move in moves
                if move.subscription_ids
            ],
        )

    @api.model
    def _get_days_before(self, subscriptions, kind):
        """Return how many days before an event the customers have to be told.

        :rtype: dict[int, int], by subscription id; 0 where no rule asks for it
        """
        rules = self.sudo()._find_rules([kind])
        chosen = self.sudo()._choose_rules(rules, subscriptions.sudo())
        return {
            id_: chosen[id_].days_before if id_ in chosen else 0
            for id_ in subscriptions.ids
        }

    # === BUSINESS METHODS: RULES === #

    @api.model
    def _find_rules(self, kinds):
        """Return the active rules of some kinds, of all companies."""
        # Said, because a client's context could ask for the archived ones too.
        return self.env["subscription.notice.rule"].search(
            [("kind", "in", kinds), ("active", "=", True)]
        )

    @api.model
    def _choose_rules(self, rules, subscriptions):
        """Return the rule that applies to each subscription that has one.

        :rtype: dict[int, subscription.notice.rule]
        """
        chosen = {}
        for company, owned in subscriptions.grouped("company_id").items():
            for rule, domain in rules._get_scoped_domains(company):
                chosen.update(dict.fromkeys(owned.filtered_domain(domain).ids, rule))
        return chosen

    # === BUSINESS METHODS: WHAT IS DUE === #

    @api.model
    def _get_due_domains(self):
        """Return the rules that look ahead, and what each has to tell in the company.

        :rtype: list[tuple[subscription.notice.rule, Domain]]
        """
        company = self.env.company
        today = company._get_subscription_today()
        Subscription = self.env["subscription.subscription"]
        return [
            (
                rule,
                Domain("company_id", "=", company.id)
                & domain
                & Subscription._get_notice_due_domain(
                    rule.kind, *rule._get_window().horizon(today)
                ),
            )
            for rule, domain in self._find_rules(DATED_KINDS)._get_scoped_domains(
                company
            )
        ]

    @api.model
    def _find_chunk(self, rule, domain):
        """Queue notices of the next events that are due.

        :return: how many are new
        :rtype: int
        """
        subscriptions = lock_first(
            self.env["subscription.subscription"], domain, "id", self._find_size
        )
        events = []
        for subscription in subscriptions:
            date = subscription._get_notice_date(rule.kind)
            events.append(Event(subscription, fields.Date.to_string(date), date))
        return len(self._create_notices((rule, event) for event in events))

    @api.model
    def _create_notices(self, pairs):
        """Queue a notice for each pair of a rule and an event, once for each event."""
        return self.env["subscription.notice"]._create_once(
            [self._prepare_notice_vals(rule, event) for rule, event in pairs]
        )

    @api.model
    def _prepare_notice_vals(self, rule, event):
        """Return the values of a queued notice."""
        company = event.subscription.company_id
        window = rule._get_window()
        today = company._get_subscription_today()
        return {
            "subscription_id": event.subscription.id,
            "company_id": company.id,
            "kind": rule.kind,
            "rule_id": rule.id,
            "key": event.key,
            "date_event": event.date,
            "date_due": window.first(event.date) if rule.kind in DATED_KINDS else today,
            "date_latest": event.date_latest or (window and window.last(event.date)),
            "move_id": event.move and event.move.id,
            "details": event.details,
            "partner_id": (event.move or event.subscription).partner_id.id,
            "channel": "email",
            "state": "queued",
        }

    # === BUSINESS METHODS: WRITING === #

    @api.model
    def _count_unwritten(self):
        """Return how many notices wait for their e-mail in all companies."""
        return self.env["subscription.notice"].search_count(
            [("state", "=", "queued"), ("date_queued", "=", False)]
        )

    @api.model
    def _write_chunk(self):
        """Write the e-mails of the next queued notices of the company.

        :return: the number of notices taken up, written or not
        :rtype: int
        """
        Notice = self.env["subscription.notice"]
        queued = Domain("company_id", "=", self.env.company.id) & Domain(
            "state", "=", "queued"
        )
        deleted = Notice.search(
            queued
            & Domain("date_queued", "!=", False)
            & Domain("mail_mail_id", "=", False)
        )
        deleted._cancel(self.env._("Its e-mail was deleted before it was sent."))
        unwritten = queued & Domain("date_queued", "=", False)
        notices = lock_first(Notice, unwritten, "id", self._write_size)
        self._write_notices(notices)
        return len(notices)

    @api.model
    def _write_notices(self, notices):
        """Write the e-mails of notices; keep the reason where it is not possible."""
        today = self.env.company._get_subscription_today()
        past = notices.filtered(
            lambda notice: notice.kind in DATED_KINDS and notice.date_event < today
        )
        past._cancel(self.env._("It would have come after the event."))
        ready = notices - past
        ready._set_recipient()
        refused = ready.filtered(lambda n: n.partner_id._refuses_notice(n.kind))
        refused._cancel(self.env._("The customer does not want such e-mails."))
        ready -= refused
        for notice in ready:
            if reason := notice._get_obstacle():
                notice._fail(reason)
                ready -= notice
        if ready and run_isolated(ready, self._write_mails, self._on_error):
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.model
    def _write_mails(self, notices):
        """Put the e-mails into core's queue, and keep their words; all or nothing.

        :return: the notices
        """
        if invoices := notices._get_invoices_to_print():
            self.env["account.move.send"]._generate_and_send_invoices(
                invoices, sending_methods=[], extra_edis=[]
            )
        for template, group in notices.grouped(lambda n: n.rule_id.template_id).items():
            mails = template.send_mail_batch(group.ids, force_send=False)
            for notice, mail in zip(group, mails, strict=True):
                notice._link_mail(mail)
        return notices

    @api.model
    def _on_error(self, notice, message):
        """Keep why the e-mail of one notice could not be written."""
        _logger.warning("%s could not be written: %s", notice, message)
        notice._fail(message)
