import logging

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from .batch import is_time_up, retry_on_conflict, run_isolated

_logger = logging.getLogger(__name__)


class SubscriptionCollection(models.AbstractModel):
    """The collection run also pays money back.

    As with charges, a refund is committed before the provider is asked for it, and its
    answer before anything else. What was sent is never sent again: no answer leaves it
    unknown, until the provider or a person has said what became of it.
    """

    _inherit = "subscription.collection"

    # === SCHEDULED ACTION === #

    @api.model
    def _collect(self):
        """Pay back first: what was paid twice should not wait for new charges."""
        yield from self._send_refunds()
        yield from super()._collect()

    @api.model
    def _send_refunds(self):
        """Send the refunds that wait in this company, and book what was answered.

        One call and one commit at a time, as long as the scheduled action has time.

        :return: as ``_collect``
        """
        refunds = self.env["payment.transaction"]
        for refund in refunds.search(self._get_unsent_refund_domain(), order="id"):
            if is_time_up(self.env):
                break
            if retry_on_conflict(self.env, refund._commit_taking):
                refund._send_refund()
                self.env.cr.commit()
        if booked := retry_on_conflict(self.env, self._commit_refund_booking):
            yield booked

    @api.model
    def _count_due(self):
        """Count the refunds that wait, too."""
        refunds = self.env["payment.transaction"]
        return super()._count_due() + sum(
            refunds.search_count(self._in_company(company)._get_unsent_refund_domain())
            for company in self.env["res.company"].search([])
        )

    # === BUSINESS METHODS === #

    @api.model
    def _get_refund_domain(self):
        """Return the domain of the refunds of subscriptions of this company."""
        return [
            ("operation", "=", "refund"),
            ("subscription_id.company_id", "=", self.env.company.id),
        ]

    @api.model
    def _get_unsent_refund_domain(self):
        """Return the domain of the refunds that no run has sent yet."""
        return [
            *self._get_refund_domain(),
            ("state", "=", "draft"),
            ("date_sent", "=", False),
            ("is_post_processed", "=", True),
        ]

    @api.model
    def _commit_refund_booking(self):
        """Book what providers have answered, now or since, and commit.

        :return: how many refunds that were
        """
        answered = self.env["payment.transaction"].search(
            [
                *self._get_refund_domain(),
                ("state", "in", ("done", "error", "cancel")),
                ("is_post_processed", "=", False),
            ],
            order="id",
        )
        if answered:
            run_isolated(answered, self._book_refunds, self._on_refund_booking_error)
            self.env.cr.commit()
        return len(answered)

    @api.model
    def _book_refunds(self, refunds):
        """Post-process refunds."""
        refunds._post_process()
        return refunds

    @api.model
    def _on_refund_booking_error(self, refund, message):
        """Ask a person to mend what keeps a refund out of the books; it is tried again
        in the next run."""
        _logger.error("Refund %s could not be booked: %s", refund.reference, message)
        refund._get_refund_document()._schedule_refund_activity(
            self.env._(
                "The refund %(refund)s has an outcome that could not be recorded: "
                "%(error)s",
                refund=refund.reference,
                error=message,
            )
        )


class PaymentTransaction(models.Model):
    """How one refund is sent."""

    _inherit = "payment.transaction"

    def _is_still_owed(self):
        """Return whether the customer is still owed what a refund pays back.

        Somebody may have used or cancelled the credit note since.
        """
        self.ensure_one()
        if self.operation != "refund":
            return super()._is_still_owed()
        note = self.refund_move_id
        owed = note.amount_residual if note else self._get_source_surplus()
        is_posted = not note or note.state == "posted"
        return is_posted and self.currency_id.compare_amounts(owed, -self.amount) >= 0

    def _withdraw(self):
        """Call off a refund that is no longer owed."""
        if self.operation != "refund":
            return super()._withdraw()
        self._set_canceled(self.env._("It is no longer owed."))
        self.is_post_processed = True
        self.source_transaction_id._update_surplus()
        return None

    def _get_source_surplus(self):
        """Return what the charge has left that pays nothing."""
        return float(self.source_transaction_id._get_surplus_left())

    def _send_refund(self):
        """Ask the provider to pay back; no clear answer leaves the refund unknown."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._request_refund()
        except Exception as error:
            _logger.exception("The outcome of refund %s is unknown", self.reference)
            self._set_unknown(str(error) or type(error).__name__)

    def _request_refund(self):
        """Call the provider; a plain refusal is a failure."""
        self.ensure_one()
        try:
            self._ensure_provider_is_not_disabled()
        except UserError as error:
            self._set_error(str(error))
            return
        try:
            with self.env.cr.savepoint():
                self._send_refund_request()
        except ValidationError as error:
            self._set_error(str(error))
            return
        if self.state == "draft":
            self._set_unknown(self.env._("the provider did not say what became of it"))
