from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from odoo.addons.subscription_billing.models.activity import choose_user
from odoo.addons.subscription_billing.models.batch import run_isolated
from odoo.addons.subscription_billing.tools.clock import day_bounds

from .dunning_case import TO_DO


class DunningCase(models.Model):
    """What the steps of a policy do to cases, many at once."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS: DOING === #

    def _work(self):
        """Do what the policies ask for, step after step, until nothing is due now."""
        retries = self._retry()
        waiting = self.filtered(lambda case: not case.error)
        while waiting:
            decisions = waiting._decide()
            due = {
                case: decision.due[0]
                for case, decision in decisions.items()
                if decision.due
            }
            for case in waiting.filtered(lambda case, due=due: case not in due):
                case.date_next = case._get_time_next(decisions[case], retries.get(case))
            waiting = waiting.browse()
            claimed = self._claim(due)
            for step, actions in claimed.grouped("step_id").items():
                waiting |= actions.case_id._do(step, actions)

    def _claim(self, due):
        """Write down what is about to be done; return what nobody else does.

        :param dict due: a ``tools.decision.Due`` by case
        :return: the new ``dunning.action`` records
        """
        Move, Step = self.env["account.move"], self.env["dunning.step"]
        return self.env["dunning.action"]._claim(
            [
                case._prepare_action_vals(Step.browse(each.step), move, "done")
                for case, each in due.items()
                for move in Move.browse(each.invoices)
            ]
        )

    def _prepare_action_vals(self, step, move, state):
        """Return the values that tell of a step for an invoice.

        :param str state: what becomes of it, as of ``dunning.action``
        """
        self.ensure_one()
        return {
            "case_id": self.id,
            "step_id": step.id,
            "move_id": move.id,
            "company_id": self.company_id.id,
            "action": step.action,
            "state": state,
            "date": self.company_id._get_subscription_today(),
            "amount": move.amount_residual,
        }

    def _do(self, step, actions):
        """Do one step in many cases; keep the reason where it is not possible.

        :param actions: the ``dunning.action`` records that were claimed for it
        :return: the cases in which it was done
        """
        by_case = actions.grouped("case_id")

        def apply(cases):
            mine = actions.browse().union(*(by_case[case] for case in cases))
            cases._apply_step(step, mine)
            cases.step_id = step
            return cases

        def on_error(case, message):
            by_case[case].write({"state": "failed", "error": message})
            case._stop(step, message)

        return run_isolated(self, apply, on_error) or self.browse()

    def _stop(self, step, message):
        """Let a case wait for a person: a step could not be done, and what comes after
        it must not overtake it."""
        self.ensure_one()
        self.error = message
        self._ask_person(
            self.env._(
                "%(step)s could not be done: %(error)s", step=step.name, error=message
            )
        )

    def _get_time_next(self, decision, retry):
        """Return when to look at a case again, in UTC; False while nothing is to come.

        :param decision: a ``tools.decision.Decision``
        :param retry: when the next charge is due, None without one
        """
        self.ensure_one()
        if decision.is_waiting_for_hours:
            start = self._get_moment(self.policy_id._get_working_time())
        else:
            start = decision.date_next and self._get_day_start(decision.date_next)
        changes = [self._get_day_start(day) for day in self._get_days_of_change()]
        return min(filter(None, [start, retry, *changes]), default=False)

    def _get_days_of_change(self):
        """Return the days to come on which an invoice is overdue, or past its grace."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        days = {
            fields.Date.add(move._get_day_due(), days=1 + grace)
            for move in self._get_unpaid()
            for grace in (0, self.policy_id.past_due_days)
        }
        return [day for day in days if day > today]

    def _get_day_start(self, day):
        """Return when a day of the company begins, in UTC."""
        start, _end = day_bounds(day, self.company_id.subscription_tz or "UTC")
        return start.replace(tzinfo=None)

    # === BUSINESS METHODS: STEPS === #

    def _apply_step(self, step, actions):
        """Do one step in these cases, all or nothing.

        Other addons add kinds of steps with a method of this name.

        :param step: the ``dunning.step``
        :param actions: the ``dunning.action`` records: for which invoices
        """
        getattr(self, f"_apply_{step.action}")(step, actions)

    def _apply_email(self, step, actions):
        """Write the customers, with the template of the step."""
        for case in self:
            case._check_email()
        mails = self._queue_mails(step.template_id)
        by_case = actions.grouped("case_id")
        for case, mail in zip(self, mails, strict=True):
            by_case[case].sudo().mail_message_id = mail.mail_message_id

    def _queue_mails(self, template):
        """Write these customers, by core's queue; return the e-mails in this order."""
        mails = template.sudo().send_mail_batch(self.ids, force_send=False)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return mails

    def _check_email(self):
        """Refuse to write to nobody.

        :raises UserError: the customer has no e-mail address, or none that is valid
        """
        self.ensure_one()
        if not self._has_email():
            raise UserError(
                self.env._(
                    "%(partner)s has no valid e-mail address. Enter one, then repeat "
                    "the step.",
                    partner=self._get_contact().display_name,
                )
            )

    def _apply_activity(self, step, actions):
        """Ask a person to do something."""
        kind = step.activity_type_id or self.env.ref(TO_DO)
        by_case = actions.grouped("case_id")
        notes = self._map_call_notes() if kind.category == "phonecall" else {}
        for case in self:
            people = case._get_people(by_case[case].move_id)
            user = choose_user(case, step.user_id + people)
            # Whoever is asked gets no e-mail of it: there may be many at once.
            case.with_context(mail_activity_quick_update=True).activity_schedule(
                activity_type_id=kind.id,
                summary=step.name,
                note=plaintext2html(
                    "\n".join(filter(None, [step.note, notes.get(case)]))
                ),
                user_id=user.id,
            )

    def _apply_suspend(self, _step, actions):
        """Stop serving what is not paid for."""
        self._get_subscriptions(actions.move_id)._suspend()

    def _apply_close(self, step, actions):
        """End the subscriptions that are not paid for."""
        for subscription in self._get_running_subscriptions(actions):
            subscription._finish(
                subscription.company_id._get_subscription_today(),
                reason=step.close_reason_id,
                is_released=True,
            )
