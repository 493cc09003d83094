from datetime import UTC, timedelta
from functools import partial

from odoo import fields, models

from ..tools.asking import ask
from ..tools.side_by_side import run_side_by_side

#: how long to wait before a provider is asked again, by how often it was asked
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
#: how often to ask after what takes days by nature, such as a bank debit
PENDING_WAIT = timedelta(days=1)
#: after how many enquiries a person is asked to look
PATIENCE = len(WAITS)


class PaymentTransaction(models.Model):
    """What became of an attempt, and the facts of a failure."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: OUTCOMES === #

    def _apply_outcome(self, outcome):
        """Write down what a provider says of this transaction.

        What comes late or out of order changes nothing that is known better: money that
        has moved stays moved.

        :param outcome: a ``tools.outcome.Outcome``
        """
        self.ensure_one()
        if outcome.status == "unknown":
            self._set_unknown(outcome.message)
            return
        if self.state == "done":
            return
        self._write_facts(outcome)
        match outcome.status:
            case "done":
                # Money counts, even when a person had given the attempt up.
                self._set_done(extra_allowed_states=("cancel",))
            case "pending":
                self._set_pending(state_message=outcome.message or None)
            case "cancelled":
                self._set_canceled(outcome.message)
            case "declined" | "action":
                self._set_error(outcome.message)

    def _write_facts(self, outcome):
        """Keep the provider's reference, and why it refused."""
        decline = outcome.decline
        vals = {
            "decline_category": decline and decline.category,
            "decline_code": decline and decline.code,
            "decline_network_code": decline and decline.network_code,
            "decline_advice": decline and decline.advice,
        }
        if outcome.reference:
            vals["provider_reference"] = outcome.reference
        self.write(vals)

    def _set_unknown(self, message):
        """Keep this attempt open, and see to it that the provider is asked.

        :param str message: why its outcome is not known
        """
        self.ensure_one()
        if self.state not in ("draft", "pending", "authorized"):
            return
        now = fields.Datetime.now()
        date_next = now + WAITS[min(self.check_count, len(WAITS) - 1)]
        self.write(
            {
                "is_outcome_unknown": self.state == "draft",
                "state_message": message,
                "date_next_check": date_next,
            }
        )
        if self.state == "draft":
            self._tell_of_unknown(message)
        self.env["subscription.collection"]._trigger_resolving(date_next)

    def _tell_of_unknown(self, message):
        """Show it on the invoice; ask a person when the provider does not answer."""
        text = self.env._(
            "The outcome of charge %(reference)s is unknown: %(error)s",
            reference=self.reference,
            error=message,
        )
        if self._has_to_be_looked_up():
            self._ask_for_help(text)
        else:
            self.collection_invoice_id._write_collection({"collection_error": text})

    def _ask_for_help(self, message):
        """Ask a person to see to this payment, once.

        :param str message: what is wrong with it, and what to do
        """
        self.ensure_one()
        if invoice := self.collection_invoice_id:
            invoice._set_collection_problem(message)
            return
        # What a person has sent: the invoice goes on waiting for its money.
        for subscription in self._get_paid_invoice().subscription_ids[:1]:
            subscription._schedule_billing_activity(message)

    def _has_to_be_looked_up(self):
        """Return whether a person has to ask, as the provider does not say."""
        self.ensure_one()
        return self.check_count >= PATIENCE or not self._can_be_asked()

    def _set_unanswerable(self):
        """Stop asking about an attempt that the provider cannot be asked about.

        A draft waits for a person; what is pending, for the provider's own message.
        """
        self.ensure_one()
        self.date_next_check = False
        if self.state == "draft":
            self.is_outcome_unknown = True
            self._tell_of_unknown(self.env._("no answer was written down"))

    def _update_state(self, allowed_states, target_state, state_message):
        """Know the outcome from now on; ask after what takes days from time to time."""
        changed = super()._update_state(allowed_states, target_state, state_message)
        charges = changed.filtered("date_sent")
        is_pending = target_state in ("pending", "authorized")
        if charges:
            charges.write(
                {
                    "is_outcome_unknown": False,
                    "check_count": 0,
                    "date_next_check": (
                        is_pending and fields.Datetime.now() + PENDING_WAIT
                    ),
                }
            )
        return changed

    # === BUSINESS METHODS: ENQUIRIES === #

    def _can_be_asked(self):
        """Return whether the provider can say what became of this attempt.

        What core's own call has sent leaves nothing to ask with.
        """
        self.ensure_one()
        return bool(self.sudo().request_data and self.provider_id._has_charge_gateway())

    def _prepare_enquiry(self):
        """Return what a gateway needs to find out what became of this attempt.

        :return: ``request``, what was asked for; ``sent``, when (seconds since 1970);
            ``reference``, the provider's, where it is known; ``is_owed``, whether the
            money is still wanted: only then may the same request be made again
        :rtype: dict
        """
        self.ensure_one()
        return {
            "request": self.sudo().request_data,
            "sent": self.date_sent.replace(tzinfo=UTC).timestamp(),
            "reference": self.provider_reference or "",
            "is_owed": self._may_be_sent(),
        }

    def _ask_side_by_side(self, gateway, call):
        """Ask a provider about many attempts at a time.

        :param call: ``find_charge`` or ``call_off`` of the gateway
        :return: an iterator of answers, some at a time: pairs of an id and an outcome,
            or an exception
        """
        return run_side_by_side(
            partial(ask, call),
            [(charge.id, charge._prepare_enquiry()) for charge in self],
            threads=gateway.threads,
            batch=self._sending_size,
        )

    def _take_up_for_enquiry(self):
        """Note that the provider is asked now, and when it is asked again."""
        now = fields.Datetime.now()
        for charge in self:
            wait = (
                WAITS[min(charge.check_count, len(WAITS) - 1)]
                if charge.state == "draft"
                else PENDING_WAIT
            )
            charge.write(
                {
                    "check_count": charge.check_count + 1,
                    "date_next_check": now + wait,
                }
            )
