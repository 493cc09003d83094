from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: states of what was sent in which the provider can still say more
UNANSWERED = ("draft", "pending", "authorized")


class PaymentTransaction(models.Model):
    """What people do about charges whose outcome is unknown, or not in the books."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    can_be_settled = fields.Boolean(
        compute="_compute_can_be_settled",
        compute_sudo=True,
        help="Only a person can find out what became of this payment.",
    )
    is_unbooked = fields.Boolean(
        compute="_compute_is_unbooked",
        compute_sudo=True,
        help="Money was taken that is not in the books, or not any more: somebody has "
        "cancelled or deleted its payment.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "date_sent", "operation", "invoice_ids")
    def _compute_can_be_settled(self):
        for transaction in self:
            transaction.can_be_settled = transaction._is_unresolved()

    @api.depends(
        "state", "is_post_processed", "collection_invoice_id", "payment_id.state"
    )
    def _compute_is_unbooked(self):
        for transaction in self:
            payment = transaction.payment_id
            is_gone = transaction.collection_invoice_id and (
                not payment or payment.state == "canceled"
            )
            transaction.is_unbooked = transaction.state == "done" and bool(
                not transaction.is_post_processed or is_gone
            )

    # === ACTIONS === #

    def action_ask_outcome(self):
        """Have the provider asked at once what became of these charges."""
        self.check_access("read")
        for charge in self:
            if charge.state not in UNANSWERED or not charge.date_sent:
                charge._refuse_as_answered()
            if not charge.sudo()._can_be_asked():
                raise UserError(
                    self.env._(
                        "%(provider)s cannot be asked what became of %(charge)s. Look "
                        "it up there, and settle the charge.",
                        provider=charge.sudo().provider_id.name,
                        charge=charge.reference,
                    )
                )
        now = fields.Datetime.now()
        self.sudo().date_next_check = now
        self.env["subscription.collection"]._trigger_resolving(now)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The provider is asked in the background. Its answer is here in a "
                    "minute or so."
                ),
            },
        }

    def action_settle(self):
        """Open the dialog in which a person says what became of a charge."""
        self.ensure_one()
        self.sudo()._check_is_unresolved()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle a Charge"),
            "res_model": "subscription.charge.settle",
            "view_mode": "form",
            "target": "new",
            "context": {"default_transaction_id": self.id},
        }

    def action_record_payment(self):
        """Book money that was taken and could not be booked.

        :raises UserError: it is booked, or was not taken
        :raises AccessError: only people who do invoices record payments
        """
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Only people who do invoices can record a payment.")
            )
        self.check_access("read")
        for transaction in self.sudo():
            if not transaction.is_unbooked:
                raise UserError(
                    self.env._(
                        "%(charge)s does not wait to be recorded: look at its status "
                        "and its payment.",
                        charge=transaction.reference,
                    )
                )
            transaction._post_process()

    # === BUSINESS METHODS === #

    def _is_unresolved(self):
        """Return whether a person may say what became of this attempt.

        What the bank takes days for is left to the provider, as long as it can be
        asked. A bank transfer that a customer has announced is none of it, and refunds
        have a way of their own.
        """
        self.ensure_one()
        if self.operation == "refund":
            return False
        if self.state != "pending":
            return self.state == "draft" and bool(self.date_sent)
        is_ours = self._get_paid_invoice().subscription_ids
        return (
            bool(is_ours)
            and self.provider_code != "custom"
            and not self._can_be_asked()
        )

    def _check_is_unresolved(self):
        """Refuse to settle what has an outcome, or will get one.

        :raises UserError: the charge was not sent, or its outcome is known
        """
        if not self._is_unresolved():
            self._refuse_as_answered()

    def _refuse_as_answered(self):
        """Say that there is nothing to find out.

        :raises UserError: always
        """
        self.ensure_one()
        if self.state == "pending":
            raise UserError(
                self.env._(
                    "%(provider)s will say what becomes of %(charge)s: wait for it, or "
                    "ask it.",
                    provider=self.sudo().provider_id.name,
                    charge=self.reference,
                )
            )
        raise UserError(
            self.env._(
                "%(charge)s does not wait for an answer any more: look at its status.",
                charge=self.reference,
            )
        )
