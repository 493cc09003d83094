import logging
from collections import defaultdict

from markupsafe import Markup
from odoo import api, models

from .batch import (
    BatchMemory,
    analyze_grown_tables,
    limit_chunk,
    lock_first,
    retry_on_conflict,
    run_isolated,
)
from .clock import Clock

_logger = logging.getLogger(__name__)


class SubscriptionRenewal(models.AbstractModel):
    """The renewal run: every due period becomes a posted invoice, exactly once.

    Only ``_cron_renew`` commits. What it calls can be called within any transaction.
    """

    _name = "subscription.renewal"
    _description = "Subscription Renewal"

    #: subscriptions that are invoiced, posted and committed together, and collected
    #: while the next ones are: larger chunks save little, and let the collection wait
    _chunk_size = 100

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_renew(self):
        """Invoice all that is due, a chunk and a transaction at a time.

        Several workers may run this at once: each locks its own chunks.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_due())
        for company in self.env["res.company"].search([]):
            renewal = self._in_company(company)
            schedule = renewal.env["subscription.schedule"]
            retry_on_conflict(self.env, schedule._apply_counted_quantities)
            while processed := retry_on_conflict(self.env, schedule._run_chunk):
                left = cron._commit_progress(processed, remaining=self._count_due())
                if not left:
                    return
            while processed := retry_on_conflict(self.env, renewal._renew_chunk):
                self.env["subscription.collection"]._trigger_cron()
                # A subscription that is behind is due again: count, do not subtract.
                left = cron._commit_progress(processed, remaining=self._count_due())
                if not left:
                    return
                analyze_grown_tables(self.env)
        # What is still due is in the hands of another worker.
        cron._commit_progress(remaining=0)

    # === BUSINESS METHODS: THE RUN === #

    @api.model
    def _in_company(self, company):
        """Return this service with the one company as its environment.

        Nothing but the language and the clock of a preview stays of the context: a
        client's could tell core to leave an entry unbalanced. What has no payment term
        is due on core's day of today, which is to be the company's.
        """
        clock = self.env.context.get("subscription_clock")
        kept = {"subscription_clock": clock} if isinstance(clock, Clock) else {}
        return self.with_context(
            {"lang": self.env.lang, **kept},
            allowed_company_ids=company.ids,
            tz=company.subscription_tz or "UTC",
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )

    @api.model
    def _count_due(self):
        """Return how many subscriptions are due in all companies."""
        Subscription = self.env["subscription.subscription"]
        return sum(
            Subscription.search_count(
                Subscription._get_due_domain(company, company._get_subscription_today())
            )
            for company in self.env["res.company"].search([])
        )

    @api.model
    def _renew_chunk(self):
        """Bill one period of the next due subscriptions of the company.

        :return: the number of subscriptions taken up, billed or failed
        :rtype: int
        """
        subscriptions = self._lock_due(limit_chunk(self.env, self._chunk_size))
        run_isolated(subscriptions, self._bill, self._on_error)
        return len(subscriptions)

    @api.model
    def _lock_due(self, limit):
        """Lock and return due subscriptions that no other run has taken up.

        Those that are furthest behind come first.
        """
        company = self.env.company
        Subscription = self.env["subscription.subscription"]
        domain = Subscription._get_due_domain(
            company, company._get_subscription_today()
        )
        return lock_first(Subscription, domain, "date_next_invoice, id", limit)

    @api.model
    def _on_error(self, subscription, message):
        """Keep the error of a subscription that could not be billed."""
        _logger.warning("%s could not be billed: %s", subscription.name, message)
        subscription._set_billing_error(message)

    # === BUSINESS METHODS: BILLING === #

    @api.model
    def _bill(self, subscriptions):
        """Bill the next period of each subscription, whether it is due or not.

        Claims, invoices and next dates are written together, or not at all.

        :return: the invoices, and the credit notes of what was given back
        """
        subscriptions = self._apply_changes(subscriptions)
        periods = {each.id: each._get_next_period() for each in subscriptions}
        windows, usage = self._count_usage(
            subscriptions,
            {
                each.id: each.plan_id._get_usage_end(periods[each.id])
                for each in subscriptions
            },
        )
        bills, use_vals, following = [], [], {}
        for subscription in self._spare_prefetch(subscriptions):
            period = periods[subscription.id]
            used = subscription._get_usage_charges(windows, usage) if usage else []
            charges = subscription._get_charges(period, used)
            use_vals += subscription._prepare_discount_use_vals(charges, period)
            if not subscription._get_printed_charges(charges):
                subscription._log_free_period(period)
            bills.append((subscription, charges))
            following[subscription.id] = period.date_end
        moves = self._issue(bills)
        self._attach_usage(windows)
        self.env["subscription.discount.use"].create(use_vals)
        self._advance(subscriptions, following)
        return moves

    @api.model
    def _apply_changes(self, subscriptions):
        """Make the scheduled changes that hold when the next periods begin.

        :return: the subscriptions that have a next period after them
        """
        changes = self.env["subscription.change"].search(
            [("subscription_id", "in", subscriptions.ids), ("state", "=", "scheduled")]
        )
        changes.filtered(
            lambda change: change._is_due(change.subscription_id.date_next_period)
        )._apply()
        return subscriptions.filtered(
            lambda each: each._is_billed() and each.date_next_invoice
        )

    @api.model
    def _settle(self, subscriptions, until=None):
        """Bill and give back what is open, without a new period.

        :param datetime.date until: also bill served days before it
        :return: the invoices and credit notes
        """
        windows, usage = (
            self._count_usage(subscriptions, dict.fromkeys(subscriptions.ids, until))
            if until
            else ([], {})
        )
        bills, use_vals = [], []
        for subscription in self._spare_prefetch(subscriptions):
            used = subscription._get_usage_charges(windows, usage) if usage else []
            charges = subscription._get_settlement_charges(until, used)
            use_vals += subscription._prepare_settled_use_vals(charges, until)
            bills.append((subscription, charges))
        moves = self._issue(bills)
        self._attach_usage(windows)
        self.env["subscription.discount.use"].create(use_vals)
        subscriptions.filtered("date_settle_from").date_settle_from = False
        if until:
            behind = subscriptions.filtered(lambda s: s.date_next_period < until)
            behind.date_next_period = until
        return moves

    @api.model
    def _settle_now(self, subscription, until=None):
        """Settle one subscription at once, as the run would, for a person.

        :return: the invoices and credit notes
        """
        renewal = self.sudo()._in_company(subscription.company_id)
        owned = subscription.with_env(renewal.env)
        owned.lock_for_update()
        moves = renewal._settle(owned, until)
        renewal.env["subscription.collection"]._trigger_cron()
        return moves.with_env(self.env)

    @api.model
    def _count_usage(self, subscriptions, until):
        """Count what the metered lines bill, of all subscriptions in one query.

        Where corrections exceed what was counted, the days stay open: they are billed
        with the next period, and what was taken back is taken off there.

        :param dict[int, datetime.date] until: first day not billed, by subscription id
        :return: the windows, and what was counted in each, by line id
        """
        Meter = self.env["subscription.meter"]
        windows = subscriptions._get_usage_windows(until)
        usage = Meter._aggregate(windows)
        while any(counted.quantity < 0 for counted in usage.values()):
            windows = subscriptions._get_windows_to_bill(windows, usage)
            usage = Meter._aggregate(windows)
        return windows, usage

    @api.model
    def _attach_usage(self, windows):
        """Mark the events of billed windows with their claims."""
        if windows:
            claims = self.env["subscription.period"].search(
                [
                    ("kind", "=", "usage"),
                    ("line_id", "in", [window.line_id for window in windows]),
                    ("date_end", "in", [window.period.date_end for window in windows]),
                ]
            )
            self.env["subscription.usage"]._attach(windows, claims)

    @api.model
    def _spare_prefetch(self, subscriptions):
        """Return subscriptions that look up claims for those with changes only."""
        changed = subscriptions.filtered("date_settle_from")
        others = subscriptions - changed
        return [
            *others.with_prefetch(others._ids),
            *changed.with_prefetch(changed._ids),
        ]

    @api.model
    def _issue(self, bills):
        """Create the documents and claims of some subscriptions, and post them.

        :param bills: pairs of a subscription and its charges
        :return: the invoices and credit notes
        """
        documents, claim_vals = [], []
        for subscription, charges in bills:
            printed = subscription._get_printed_charges(charges)
            claim_vals += [
                subscription._prepare_period_vals(charge)
                for charge in charges
                if charge not in printed and charge.line_id
            ]
            for reversed_move, owed in subscription._split_charges(printed).items():
                vals = subscription._prepare_invoice_vals(owed, reversed_move)
                documents.append((subscription, vals))
        documents = self._consolidate(documents)
        moves = self.env["account.move"].create([vals for _owner, vals in documents])
        self.env["subscription.period"].create(claim_vals)
        if not self.env.context.get("subscription_clock"):
            self._log_origin(moves)
            modes = [owner.plan_id.invoice_mode for owner, _vals in documents]
            self._post(moves, modes)
        return moves

    @api.model
    def _post(self, moves, modes):
        """Post new documents as their plans say; what was given back is offset.

        :param list[str] modes: what to do with each, as of ``plan.invoice_mode``
        """
        by_mode = defaultdict(list)
        for move, mode in zip(moves, modes, strict=True):
            by_mode[mode].append(move.id)
        posted = moves.browse(by_mode["post"] + by_mode["send"]).with_prefetch(
            moves._ids
        )
        posted.with_context(subscription_batch=BatchMemory())._post(soft=False)
        moves.browse(by_mode["send"])._queue_sending()

    @api.model
    def _log_origin(self, invoices):
        """Write on each invoice which subscription it comes from."""
        invoices._message_log_batch(
            bodies={
                invoice.id: self.env._(
                    "This invoice was created from: %(subscription)s",
                    subscription=Markup(", ").join(
                        each._get_html_link() for each in invoice.subscription_ids
                    ),
                )
                for invoice in invoices
            }
        )

    @api.model
    def _advance(self, subscriptions, following):
        """Write the starts of the next periods, in one write per date.

        :param dict[int, datetime.date] following: the new dates by subscription id
        """
        for date, group in subscriptions.grouped(lambda s: following[s.id]).items():
            group.write({"date_next_period": date})
        subscriptions._recompute_recordset()
        subscriptions.filtered("date_settle_from").date_settle_from = False
        subscriptions._clear_billing_error()

    @api.model
    def _bill_now(self, subscription):
        """Bill all that is due, or the next period when nothing is due.

        :raises UserError: with the reason, when it cannot be billed
        :return: the posted invoices
        """
        renewal = self.sudo()._in_company(subscription.company_id)
        owned = subscription.with_env(renewal.env)
        owned.lock_for_update()
        invoices = renewal._bill(owned)
        invoices |= renewal._catch_up(owned)
        renewal.env["subscription.collection"]._trigger_cron()
        return invoices.with_env(self.env)

    @api.model
    def _retry(self, subscriptions):
        """Bill what is due of each subscription, and keep the errors that remain.

        :return: the posted invoices
        """
        invoices = self.env["account.move"]
        for subscription in subscriptions:
            renewal = self.sudo()._in_company(subscription.company_id)
            owned = subscription.with_env(renewal.env)
            owned.lock_for_update()
            billed = run_isolated(owned, renewal._catch_up, renewal._on_error)
            invoices |= (billed or invoices).with_env(self.env)
        self.env["subscription.collection"]._trigger_cron()
        return invoices

    @api.model
    def _catch_up(self, subscription):
        """Bill every period of one subscription up to today; return the invoices."""
        invoices = self.env["account.move"]
        today = subscription.company_id._get_subscription_today()
        while (due := subscription.date_next_invoice) and due <= today:
            invoices |= self._bill(subscription)
        subscription._clear_billing_error()
        return invoices
