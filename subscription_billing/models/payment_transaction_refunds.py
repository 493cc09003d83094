from decimal import Decimal

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.refund import FAILED, NO_PAYMENT
from .batch import keep_others_away


class PaymentTransaction(models.Model):
    """The refund: money that goes back to the payment method it came from.

    It is written and committed before the provider is asked for it, and has a key of
    its own, as a charge has.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    refund_move_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The credit note that this refund pays. Empty for a payment too many, "
        "which pays itself back.",
    )
    refund_reason_id = fields.Many2one(
        "subscription.refund.reason", readonly=True, copy=False, ondelete="restrict"
    )

    _one_open_refund = models.UniqueIndex(
        "(refund_move_id, source_transaction_id) "
        "WHERE refund_move_id IS NOT NULL AND state IN ('draft', 'pending')",
        "A refund of this credit note is still open; a second one could pay the money "
        "back twice.",
    )

    # === ACTIONS === #

    def action_refund_was_paid(self):
        """Note that a refund without an answer has reached the customer."""
        self._check_settling()
        refunds = self.sudo()
        refunds._set_done(state_message=self._get_settling_message())
        refunds._post_process()

    def action_refund_was_not_paid(self):
        """Note that a refund without an answer has not moved any money."""
        self._check_settling()
        refunds = self.sudo()
        refunds._set_error(self._get_settling_message())
        refunds._post_process()

    def _check_settling(self):
        """Check that a person may say what became of these refunds.

        :raises AccessError: the person is no administrator of subscriptions
        :raises UserError: the outcome is known, or the provider was not asked yet
        """
        manager = "subscription_billing.group_subscription_manager"
        self.check_access("write")
        if not self.env.user.has_group(manager):
            raise AccessError(
                self.env._("Only a subscription administrator can settle a refund.")
            )
        if any(tx.operation != "refund" or not tx.is_outcome_unknown for tx in self):
            raise UserError(
                self.env._("Only a refund whose outcome is unknown can be settled.")
            )

    def _get_settling_message(self):
        """Return who has said what became of a refund."""
        return self.env._(
            "Settled by %(user)s after a look at the payment provider.",
            user=self.env.user.name,
        )

    # === BUSINESS METHODS: WHAT CAN BE REFUNDED === #

    def _is_under_way(self):
        """Return whether money of the customer may still move for this transaction.

        A form that a customer has left open on the portal moves nothing, nor does a
        bank transfer that was announced.
        """
        self.ensure_one()
        if self.operation in NO_PAYMENT:
            return False
        is_charge_open = self.state == "draft" and self.collection_invoice_id
        is_pending = self.state in ("pending", "authorized")
        return bool(
            is_charge_open
            or self.is_outcome_unknown
            or (is_pending and self.provider_code != "custom")
        )

    def _can_be_refunded(self):
        """Return whether the provider can give back what this transaction took."""
        self.ensure_one()
        return bool(
            self.operation not in NO_PAYMENT
            and self.payment_id.state in ("in_process", "paid")
            and self.provider_id.state != "disabled"
            and "none" not in self._get_refund_support()
        )

    def _get_refund_support(self):
        """Return how much the provider and the payment method give back.

        :return: out of ``none``, ``full_only`` and ``partial``
        :rtype: set[str]
        """
        self.ensure_one()
        method = self.payment_method_id
        method = method.primary_payment_method_id or method
        return {self.provider_id.support_refund, method.support_refund}

    def _get_amount_left(self, besides=None):
        """Return what was taken and has no refund yet, those under way included.

        What the bank takes back, or has, is not paid back a second time.

        :param besides: a refund that does not count
        :rtype: Decimal
        """
        self.ensure_one()
        refunds = self.child_transaction_ids.filtered(
            lambda tx: (
                tx.operation == "refund" and tx.state not in FAILED and tx != besides
            )
        )
        refunded = -sum(Decimal(str(refund.amount)) for refund in refunds)
        left = Decimal(str(self.amount)) - refunded - self._get_amount_disputed()
        return max(left, Decimal(0))

    def _get_amount_paid(self, invoice):
        """Return what this charge has paid of an invoice and not given back for it.

        :rtype: Decimal
        """
        self.ensure_one()
        if self.currency_id != invoice.currency_id:
            return Decimal(0)
        partials = self.payment_id.move_id.line_ids.matched_debit_ids
        paid = sum(
            Decimal(str(partial.debit_amount_currency))
            for partial in partials
            if partial.debit_move_id.move_id == invoice
        )
        refunds = self.child_transaction_ids.filtered(
            lambda tx: (
                tx.refund_move_id.reversed_entry_id == invoice
                and tx.state not in FAILED
            )
        )
        return paid + sum(Decimal(str(refund.amount)) for refund in refunds)

    # === BUSINESS METHODS: REFUNDING === #

    def _create_refund(self, amount, reason, note=None):
        """Write the intent to give money of this charge back.

        :param amount: Decimal, above zero
        :param reason: a ``subscription.refund.reason``
        :param note: the credit note that is paid, if there is one
        :return: the refund in state ``draft``, for the scheduled action to send
        """
        self.ensure_one()
        keep_others_away(self)
        if amount > self._get_amount_left():
            raise UserError(
                self.env._(
                    "Amount: %(left)s of %(charge)s has not been paid back yet, and "
                    "no more can be.",
                    left=self.currency_id.format(float(self._get_amount_left())),
                    charge=self.reference,
                )
            )
        self._check_partial_refund(amount)
        note = note or self.env["account.move"]
        charge = self.with_context(payment_backend_action=True)
        refund = charge._create_child_transaction(
            float(amount),
            is_refund=True,
            refund_move_id=note.id,
            refund_reason_id=reason.id,
            invoice_ids=[Command.set(note.ids)],
            # Keeps core's post-processing away from what has no result.
            is_post_processed=True,
        )
        refund._log_sent_message()
        return refund

    def _create_child_transaction(
        self, amount, is_refund=False, **custom_create_values
    ):
        """Let refunds know the subscription; a payment method that was archived since
        is no reason not to pay back."""
        if is_refund:
            custom_create_values = {
                "subscription_id": self._get_subscription().id,
                "token_id": self.token_id.active and self.token_id.id,
                **custom_create_values,
            }
        return super()._create_child_transaction(
            amount, is_refund, **custom_create_values
        )

    def _get_subscription(self):
        """Return the subscription that this transaction pays, if any."""
        self.ensure_one()
        return self.subscription_id or self._get_paid_invoice().subscription_ids[:1]

    def _check_partial_refund(self, amount):
        """Refuse to give a part back where the provider only gives back all of it."""
        self.ensure_one()
        is_whole = amount == Decimal(str(self.amount))
        if not is_whole and "full_only" in self._get_refund_support():
            raise UserError(
                self.env._(
                    "Amount: %(provider)s gives back a payment as a whole only: "
                    "%(amount)s. Refund that, or choose another way.",
                    provider=self.provider_id.name,
                    amount=self.currency_id.format(self.amount),
                )
            )
