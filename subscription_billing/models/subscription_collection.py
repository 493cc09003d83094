import logging

from odoo import Command, api, fields, models
from odoo.fields import Domain

from .batch import (
    analyze_grown_tables,
    is_time_up,
    limit_chunk,
    lock_first,
    retry_on_conflict,
    run_isolated,
    trigger_cron,
)

_logger = logging.getLogger(__name__)


class SubscriptionCollection(models.AbstractModel):
    """The collection run: due invoices are charged to the saved payment methods.

    Intents are committed, then the providers are called, then the results are
    committed and the payments are booked in batches. An invoice whose charge has an
    unknown outcome stays open, and is not charged again.
    """

    _name = "subscription.collection"
    _description = "Subscription Collection"

    #: invoices whose charges are opened together
    _chunk_size = 100

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_collect(self):
        """Collect all that is due, with a commit between the steps."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_due())
        for company in self.env["res.company"].search([]):
            collection = self._in_company(company)
            for processed in collection._collect():
                cron._commit_progress(processed, remaining=self._count_due())
                analyze_grown_tables(self.env)
            if is_time_up(self.env):
                return
        cron._commit_progress(remaining=0)

    @api.model
    def _collect(self):
        """Charge what is due and book it, until nothing is left or time is up.

        Before that, book what providers have answered since. Charges that an earlier
        run has opened and not sent are taken up with the new ones. What a booking puts
        in line again, for another payment method, is due, too.

        :return: an iterator of how many were booked; each time, all is committed
        """
        yield from self._book_answered()
        while not is_time_up(self.env):
            taken = retry_on_conflict(self.env, self._commit_intents)
            charges = self._find_unsent()
            yield from self._charge(charges)
            if not taken and charges._filter_unsent() == charges:
                return

    @api.model
    def _charge(self, charges):
        """Send charges, and after them what is due next; book the payments.

        While payments are booked and the next charges are opened, the calls go on.

        :return: as ``_collect``
        """
        for answered in charges._send_charges(self._open_more):
            yield self._book(answered)

    @api.model
    def _open_more(self, charges):
        """Open charges of what is due next, and commit.

        :return: those that follow ``charges``, of the same provider
        """
        retry_on_conflict(self.env, self._commit_intents)
        return self._find_unsent(
            [("id", ">", charges[-1].id), ("provider_id", "=", charges.provider_id.id)]
        )

    @api.model
    def _find_unsent(self, domain=()):
        """Return the next charges that no run has sent yet, the oldest first."""
        return self.env["payment.transaction"].search(
            [*self._get_unsent_domain(), *domain], order="id", limit=self._chunk_size
        )

    @api.model
    def _book_answered(self):
        """Book what providers have answered since, with a commit between the chunks.

        Money that could not be booked is tried again, once in each run.

        :return: as ``_collect``
        """
        last_id = 0
        while charges := self.env["payment.transaction"].search(
            [*self._get_unbooked_domain(), ("id", ">", last_id)],
            order="id",
            limit=self._chunk_size,
        ):
            last_id = charges[-1].id
            yield self._book(charges)

    @api.model
    def _book(self, charges):
        """Book what the providers answered, and commit; return how many those are."""
        retry_on_conflict(self.env, lambda: self._commit_booking(charges))
        return len(charges)

    @api.model
    def _commit_booking(self, charges):
        """Book what the providers answered, and commit."""
        self._settle(charges)
        self.env.cr.commit()

    @api.model
    def _commit_intents(self):
        """Take up due invoices, open a charge for each, and commit.

        What earlier runs have opened and not sent counts: a run that is short of time
        does not open more than it sends.

        :return: the number of invoices taken up
        :rtype: int
        """
        waiting = self.env["payment.transaction"].search_count(
            self._get_unsent_domain()
        )
        room = limit_chunk(self.env, self._chunk_size) - waiting
        invoices = self._lock_due(room) if room > 0 else self.env["account.move"]
        self._open_charges(invoices)
        self.env.cr.commit()
        return len(invoices)

    @api.model
    def _trigger_cron(self, date=None):
        """Wake the scheduled action, which charges what is due; not for a preview.

        :param datetime.datetime date: when, at once by default
        """
        if not self.env.context.get("subscription_clock"):
            trigger_cron(self.env, "subscription_billing.ir_cron_collection", date)

    # === BUSINESS METHODS: WHAT IS DUE === #

    @api.model
    def _in_company(self, company):
        """Return this service with the one company as its environment, and no more than
        the scheduled action's time."""
        end = self.env.context.get("cron_end_time")
        return self.with_context(
            {"lang": self.env.lang, **({"cron_end_time": end} if end else {})},
            allowed_company_ids=company.ids,
            subscription_collection=True,
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )

    @api.model
    def _get_due_domain(self, company):
        """Return the domain of the invoices of a company to charge today.

        What the customer is paying or has paid online waits until that is booked.
        """
        return [
            ("company_id", "=", company.id),
            ("collection_state", "=", "due"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            "|",
            ("is_collected_early", "=", True),
            ("invoice_date_due", "<=", company._get_subscription_today()),
            ("transaction_ids", "not any", self._get_payment_under_way_domain()),
        ]

    @api.model
    def _get_payment_under_way_domain(self):
        """Return the domain of transactions whose money may be on its way to the books.

        A bank transfer that a customer has announced is none: it may never come.
        """
        pending = Domain("state", "in", ("pending", "authorized"))
        booked_later = Domain("state", "=", "done")
        booked_later &= Domain("is_post_processed", "=", False)
        return (
            Domain("is_outcome_unknown", "=", True)
            | (pending & Domain("provider_id.code", "!=", "custom"))
            | booked_later
        )

    @api.model
    def _get_unsent_domain(self):
        """Return the domain of the company's charges that no run has sent yet."""
        return [
            ("company_id", "parent_of", self.env.company.id),
            ("collection_invoice_id.company_id", "=", self.env.company.id),
            ("state", "=", "draft"),
            ("date_sent", "=", False),
            "|",
            ("provider_id.date_charging_retry", "=", False),
            ("provider_id.date_charging_retry", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _get_unbooked_domain(self):
        """Return the domain of the company's charges and refunds that wait to be
        booked."""
        return [
            ("company_id", "parent_of", self.env.company.id),
            ("subscription_id.company_id", "=", self.env.company.id),
            ("is_post_processed", "=", False),
            ("state", "in", ("done", "error", "cancel")),
        ]

    @api.model
    def _count_due(self):
        """Return how many invoices and unsent charges wait in all companies."""
        return sum(
            self.env["account.move"].search_count(self._get_due_domain(company))
            + self.env["payment.transaction"].search_count(
                self._in_company(company)._get_unsent_domain()
            )
            for company in self.env["res.company"].search([])
        )

    @api.model
    def _lock_due(self, limit):
        """Lock and return due invoices that no other run has taken up."""
        domain = self._get_due_domain(self.env.company)
        return lock_first(
            self.env["account.move"], domain, "invoice_date_due, id", limit
        )

    # === BUSINESS METHODS: CHARGES === #

    @api.model
    def _open_charges(self, invoices):
        """Write the intent to charge each invoice; take out those that cannot be.

        :return: the new ``payment.transaction`` records, in state ``draft``
        """
        optional = invoices.filtered(lambda move: not move._is_charged())
        optional._write_collection({"collection_state": False})
        chargeable = invoices.browse()
        for invoice in invoices - optional:
            if reason := self._get_obstacle(invoice):
                invoice._set_collection_failed(reason)
            else:
                chargeable |= invoice
        charges = run_isolated(
            chargeable,
            self._create_charges,
            lambda invoice, message: invoice._set_collection_failed(message),
        )
        return charges or self.env["payment.transaction"]

    @api.model
    def _get_obstacle(self, invoice):
        """Return why an invoice cannot be charged, in words, or None."""
        token = invoice._get_next_payment_method()
        if not token:
            return invoice._get_method_obstacle()
        if not token.provider_id.journal_id:
            return self.env._(
                "The payment provider %(provider)s has no journal to book payments in. "
                "Set one on the provider, then collect again.",
                provider=token.provider_id.name,
            )
        return None

    @api.model
    def _create_charges(self, invoices):
        """Create a transaction for each invoice and mark the invoices as open."""
        attempts = dict(
            self.env["payment.transaction"]._read_group(
                [("collection_invoice_id", "in", invoices.ids)],
                ["collection_invoice_id"],
                ["attempt:max"],
            )
        )
        charges = self.env["payment.transaction"].create(
            [
                {
                    **self._prepare_charge_vals(invoice),
                    "attempt": attempts.get(invoice, 0) + 1,
                }
                for invoice in invoices
            ]
        )
        invoices._write_collection(
            {"collection_state": "open", "collection_error": False}
        )
        return charges

    @api.model
    def _prepare_charge_vals(self, invoice):
        """Return the values of the transaction that collects an invoice."""
        subscription = invoice._get_collection_subscription()
        token = invoice._get_next_payment_method()
        return {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "amount": invoice._get_amount_to_collect(),
            "currency_id": invoice.currency_id.id,
            "partner_id": invoice.partner_id.id,
            "operation": "offline",
            # Keeps core's post-processing away from charges without a result.
            "is_post_processed": True,
            "invoice_ids": [Command.set(invoice.ids)],
            "collection_invoice_id": invoice.id,
            "subscription_id": subscription.id,
        }

    @api.model
    def _settle(self, charges):
        """Book what the providers answered, many at once.

        A charge that is still in state ``draft`` or ``pending`` has no outcome yet: its
        invoice stays open.
        """
        answered = charges.filtered(
            lambda charge: charge.state in ("done", "error", "cancel")
        )
        run_isolated(answered, self._post_process, self._on_booking_error)

    @api.model
    def _post_process(self, charges):
        """Post-process charges and write one chatter line on each invoice."""
        charges._post_process()
        collected = charges.filtered(
            lambda charge: charge.state == "done" and charge.collection_invoice_id
        )
        collected.collection_invoice_id._message_log_batch(
            bodies={
                charge.collection_invoice_id.id: self.env._(
                    "%(amount)s collected with %(method)s: %(charge)s.",
                    amount=charge.currency_id.format(charge.amount),
                    method=charge.token_id.display_name,
                    charge=charge._get_html_link(),
                )
                for charge in collected
            }
        )
        return charges

    @api.model
    def _on_booking_error(self, charge, message):
        """Keep the error of money that has moved and could not be booked.

        It is tried again in the next run, and by core's own post-processing.
        """
        _logger.error("%s could not be booked: %s", charge.reference, message)
        charge._tell_of_unbooked(message)
