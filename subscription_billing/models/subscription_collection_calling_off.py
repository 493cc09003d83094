from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from .batch import is_time_up, lock_first, retry_on_conflict
from .payment_transaction_waiting import CONFIRMATION_TIME


class SubscriptionCollection(models.AbstractModel):
    """Calls off what customers could still confirm, and should not any more.

    A payment that waits for its customer must not be confirmed beside another charge of
    the invoice, nor after the invoice was paid in another way. Where the provider says
    that it went through in the meantime, that counts, and nothing else is charged.
    """

    _inherit = "subscription.collection"

    # === SCHEDULED ACTION === #

    @api.model
    def _collect(self):
        """Call off first what stands in the way of new charges."""
        while not is_time_up(self.env):
            charges = retry_on_conflict(self.env, self._commit_calling_off)
            if not charges:
                break
            for provider, group in charges.grouped("provider_id").items():
                self._call_off(provider, group)
        yield from super()._collect()

    @api.model
    def _commit_calling_off(self):
        """Take up payments to call off, so that no other worker does; commit."""
        charges = lock_first(
            self.env["payment.transaction"],
            self._get_superseded_domain(),
            "id",
            self._chunk_size,
        )
        charges.date_next_check = fields.Datetime.now() + CONFIRMATION_TIME
        self.env.cr.commit()
        return charges

    # === BUSINESS METHODS: WHAT IS CALLED OFF === #

    @api.model
    def _get_left_open_domain(self):
        """Return the domain of the company's payments that could be confirmed."""
        company = self.env.company
        return (
            Domain("is_left_open", "=", True)
            & Domain("company_id", "parent_of", company.id)
            & Domain("collection_invoice_id.company_id", "=", company.id)
        )

    @api.model
    def _get_superseded_domain(self):
        """Return the domain of the payments to call off now.

        Those that were given up, and those of invoices that are charged anew or do not
        ask for their amount any more.
        """
        over = self._get_not_owed_domain()
        anew = [("collection_state", "in", ("due", "open"))]
        # Before it is booked, its own invoice is still open.
        failed = Domain("state", "=", "error") & Domain("is_post_processed", "=", True)
        failed &= over | Domain("collection_invoice_id", "any", anew)
        in_hands = Domain("state", "=", "draft") & over
        given_up = Domain("state", "=", "cancel")
        date_check = Domain("date_next_check", "=", False)
        date_check |= Domain("date_next_check", "<=", fields.Datetime.now())
        return (
            self._get_left_open_domain() & date_check & (failed | in_hands | given_up)
        )

    @api.model
    def _get_not_owed_domain(self):
        """Return the domain of charges whose invoices do not ask for their amount."""
        unpaid = Domain("state", "=", "posted") & Domain(
            "payment_state", "in", ("not_paid", "partial")
        )
        partly = Domain("collection_invoice_id.payment_state", "=", "partial")
        charges = self.env["payment.transaction"].search(
            self._get_left_open_domain() & partly
        )
        changed = charges.filtered(lambda charge: not charge._is_still_owed())
        return Domain("collection_invoice_id", "any", ~unpaid) | Domain(
            "id", "in", changed.ids
        )

    @api.model
    def _get_unsent_domain(self):
        """Leave out what waits for an earlier payment to be called off."""
        left_open = [("is_left_open", "=", True)]
        return [
            *super()._get_unsent_domain(),
            ("collection_invoice_id.transaction_ids", "not any", left_open),
        ]

    # === BUSINESS METHODS: CALLING OFF === #

    @api.model
    def _call_off(self, provider, charges):
        """Have a provider call payments off; commit and book what it answers."""
        gateway = provider._get_charge_gateway()
        if not gateway:
            return
        if not hasattr(gateway, "call_off"):
            # There is no page either on which it could be confirmed.
            charges.is_left_open = False
            self.env.cr.commit()
            return
        for answered in charges._ask_side_by_side(gateway, gateway.call_off):
            found = retry_on_conflict(
                self.env, partial(self._commit_called_off, charges, answered)
            )
            self._book(found)

    @api.model
    def _commit_called_off(self, charges, answers):
        """Write down what a provider says of payments to call off, and commit.

        :return: the charges that went through in the meantime
        """
        found = charges.browse(id_ for id_, _answer in answers)
        for charge, (_id, answer) in zip(found, answers, strict=True):
            outcome = charge._read_answer(answer)
            if outcome.status == "cancelled":
                charge._set_called_off()
            elif outcome.status in ("done", "pending"):
                charge._apply_confirmation(outcome)
        if waiting := found.filtered("is_left_open"):
            self._trigger_cron(min(waiting.mapped("date_next_check")))
        self.env.cr.commit()
        return found.filtered(lambda charge: charge.state == "done")
