import logging
from datetime import timedelta

from odoo import fields, models

from ..tools.outcome import NotSentError, Outcome
from ..tools.side_by_side import run_side_by_side
from .batch import is_time_up, retry_on_conflict, run_isolated

_logger = logging.getLogger(__name__)

#: how long an answer may take before a charge counts as unknown: longer than all
#: time-outs and tries of a call together
ANSWER_TIME = timedelta(minutes=15)


class PaymentTransaction(models.Model):
    """How charges are sent: committed intents in, committed results out.

    What was sent is never sent again, but for asking with the same key what became of
    it. An exception is an unknown outcome, never a decline.
    """

    _inherit = "payment.transaction"

    #: charges that are marked as sent, and answers that are written, together
    _sending_size = 25
    #: charges that wait, marked as sent, for their call to begin: enough for the time
    #: in which answers are booked and further charges opened
    _sending_ahead = 75

    # === BUSINESS METHODS: SENDING === #

    def _send_charges(self, open_more):
        """Ask the providers for the money, as long as the scheduled action has time.

        Each result is committed before it is handed over. With a provider that has a
        gateway, the calls go on while the caller works on what has been answered, and
        with what is due next.

        :param open_more: returns the charges that follow some of one provider
        :return: an iterator of the charges that were sent here, not by another worker,
            as they are answered
        """
        for provider, charges in self.grouped("provider_id").items():
            if gateway := provider._get_charge_gateway():
                yield from charges._send_side_by_side(gateway, open_more)
            else:
                yield charges._send_one_by_one()

    def _send_side_by_side(self, gateway, open_more):
        """Send charges through a gateway, many at a time."""
        answers = run_side_by_side(
            gateway.charge,
            self._take_batches(open_more),
            threads=gateway.threads,
            batch=self._sending_size,
            ahead=self._sending_ahead,
        )
        for answered in answers:
            charges = retry_on_conflict(
                self.env, lambda batch=answered: self._commit_answers(batch)
            )
            yield charges

    def _take_batches(self, open_more):
        """Take charges for sending, some at a time; commit before each is sent.

        :return: an iterator of pairs of an id and what the gateway is asked for; None
            where nothing is due at present: invoices may come while calls go on
        """
        charges = last = self
        while True:
            for start in range(0, len(charges), self._sending_size):
                if is_time_up(self.env) or self.provider_id._is_charging_blocked():
                    return
                batch = charges.browse(charges.ids[start : start + self._sending_size])
                taken = retry_on_conflict(self.env, batch._commit_taking)
                yield from [(each.id, each.sudo().request_data) for each in taken]
            last = charges or last
            charges = open_more(last)
            if not charges:
                yield None

    def _send_one_by_one(self):
        """Send charges with core's own call, which has the cursor in its hands."""
        sent = self.browse()
        for id_ in self.ids:
            if is_time_up(self.env):
                break
            # Alone: each commit forgets what was read, and would have it read again
            # for all.
            charge = self.browse(id_)
            if retry_on_conflict(self.env, charge._commit_taking):
                charge._send_charge()
                self.env.cr.commit()
                sent |= charge
        return sent

    def _send_charge(self):
        """Call the provider; leave the charge open when its answer is not known."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._call_provider()
        except Exception as error:
            _logger.exception("The outcome of %s is unknown", self.reference)
            self._set_unknown(str(error) or type(error).__name__)

    def _call_provider(self):
        """Ask for the money with core's own call, in which a refusal is no error."""
        self._charge_with_token()

    # === BUSINESS METHODS: TAKING === #

    def _commit_taking(self):
        """Commit that these charges are being sent; return those that are ours."""
        taken = self._take_for_sending()
        self.env.cr.commit()
        return taken

    def _take_for_sending(self):
        """Lock the charges and mark them as sent.

        :return: those that are ours to send: not sent yet, in nobody else's hands,
            still wanted, and such that the provider can be asked for them
        """
        locked = self.try_lock_for_update()
        waiting = locked._filter_unsent()
        wanted = waiting.filtered(lambda tx: tx._may_be_sent())
        for charge in waiting - wanted:
            charge._withdraw()
        taken = run_isolated(
            wanted,
            lambda charges: charges._mark_as_sent(),
            lambda charge, message: charge._set_unsendable(message),
        )
        return taken or self.browse()

    def _filter_unsent(self):
        """Return those that no run has sent yet."""
        return self.filtered(lambda tx: tx.state == "draft" and not tx.date_sent)

    def _mark_as_sent(self):
        """Write down that the provider is about to be asked, and for what."""
        now = fields.Datetime.now()
        self.write({"date_sent": now, "date_next_check": now + ANSWER_TIME})
        for transaction in self:
            request = transaction._prepare_charge_request()
            transaction.sudo().request_data = request
        return self

    def _set_unsendable(self, reason):
        """Fail an attempt for which no request can be written, such as an amount that
        the provider does not know."""
        self.ensure_one()
        self._set_error(reason)
        self.env["subscription.collection"]._trigger_cron()

    def _prepare_charge_request(self):
        """Return what the provider's gateway is asked for, ready for JSON.

        A provider with a gateway overrides this.
        """
        self.ensure_one()
        return

    # === BUSINESS METHODS: ANSWERS === #

    def _commit_answers(self, answers):
        """Write down what a gateway has answered, and commit.

        :param answers: pairs of an id and an ``Outcome`` or an exception
        :return: the charges that now have an answer
        """
        charges = self.browse(id_ for id_, _answer in answers)
        given = dict(answers)
        run_isolated(
            charges,
            lambda batch: batch._write_answers(given),
            lambda charge, message: charge._set_unknown(message),
        )
        answered = charges.filtered("date_sent")
        answered.provider_id._clear_charging_problem()
        self.env.cr.commit()
        return answered

    def _write_answers(self, answers):
        """Write down what was answered.

        :param answers: an ``Outcome`` or an exception by id
        """
        for charge in self:
            answer = answers[charge.id]
            if isinstance(answer, NotSentError):
                charge._put_back(str(answer))
            else:
                charge._apply_outcome(charge._read_answer(answer))
        return self

    def _read_answer(self, answer):
        """Return an answer as an outcome: nobody knows what an exception means."""
        if isinstance(answer, Outcome):
            return answer
        _logger.error(
            "The outcome of charge %s is unknown", self.reference, exc_info=answer
        )
        return Outcome("unknown", message=str(answer) or type(answer).__name__)

    def _put_back(self, problem):
        """Keep a charge that could not be sent for the next run.

        :param str problem: what keeps the provider from being asked
        """
        self.ensure_one()
        self.write({"date_sent": False, "date_next_check": False})
        self.provider_id._set_charging_problem(problem)
