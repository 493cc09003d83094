import logging

from odoo import Command, api, fields, models

from ..tools.lifecycle import BILLED_STATES
from .batch import limit_chunk, lock_first, run_isolated

#: states of an agreement that has begun and not ended
RUNNING_STATES = ("trial", "active", "past_due", "paused", "suspended")

_logger = logging.getLogger(__name__)


class SubscriptionSchedule(models.AbstractModel):
    """What is due on its date and is no invoice: changes, ends of trials, terms and
    agreements. The renewal run does all of it before it bills."""

    _name = "subscription.schedule"
    _description = "Subscription Schedule"

    #: records that are taken up together
    _chunk_size = 200

    # === BUSINESS METHODS === #

    @api.model
    def _run_chunk(self):
        """Do the next things that are due in the company.

        :return: how many records were taken up, done or failed
        :rtype: int
        """
        today = self.env.company._get_subscription_today()
        return sum(
            self._take_up(model, [*self._get_own_domain(model), *domain], order, work)
            for model, domain, order, work in self._get_jobs(today)
        )

    @api.model
    def _get_jobs(self, today):
        """Return what may be due: model, domain, order and the method to call.

        :param datetime.date today: the company's date
        """
        running = [("state", "in", RUNNING_STATES)]
        change = self._get_change_domain(today)
        trial = [("state", "=", "trial"), ("date_trial_end", "<=", today)]
        # A close that is scheduled knows more: reason, credit and fee.
        close = [("kind", "=", "close"), ("state", "=", "scheduled")]
        end = [
            *running,
            ("date_end", "<", today),
            ("change_ids", "not any", close),
        ]
        term = [
            *running,
            ("date_term_end", "<", today),
            ("plan_id.term_end_action", "=", "renew"),
        ]
        subscription = "subscription.subscription"
        return [
            ("subscription.change", change, "date, id", self._apply_changes),
            (subscription, trial, "date_trial_end, id", self._end_trials),
            (subscription, end, "date_end, id", self._end_agreements),
            (subscription, term, "date_term_end, id", self._renew_terms),
        ]

    @api.model
    def _get_own_domain(self, model):
        """Return the domain of the company's records that no error keeps out."""
        domain = [("company_id", "=", self.env.company.id)]
        if "date_next_try" in self.env[model]._fields:
            today = self.env.company._get_subscription_today()
            tried = ("date_next_try", "<=", today)
            domain += ["|", ("date_next_try", "=", False), tried]
        return domain

    @api.model
    def _get_change_domain(self, day):
        """Return the domain of the changes that hold on ``day`` and did not fail."""
        return [("state", "=", "scheduled"), ("date", "<=", day), ("error", "=", False)]

    @api.model
    def _take_up(self, model, domain, order, work):
        """Lock the next records of a domain and work on each, apart from the others."""
        limit = limit_chunk(self.env, self._chunk_size)
        records = lock_first(self.env[model], domain, order, limit)
        run_isolated(records, work, self._on_error)
        return len(records)

    @api.model
    def _apply_counted_quantities(self):
        """Change the lines whose counted quantity, such as seats, is another today.

        :return: the changes
        """
        today = self.env.company._get_subscription_today()
        lines = self.env["subscription.line"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("quantity_meter_id", "!=", False),
                ("subscription_id.state", "in", tuple(BILLED_STATES)),
                ("date_end", "=", False),
            ]
        )
        counted = self.env["subscription.meter"]._get_counted_quantities(lines, today)
        changed = lines.filtered(
            lambda line: line.quantity != float(counted.get(line.id, line.quantity))
        )
        changed -= self._find_planned(changed, counted)
        changes = self.env["subscription.change"].create(
            [
                {
                    "subscription_id": subscription.id,
                    "note": self.env._("Counted"),
                    "line_ids": [
                        Command.create(
                            {"line_id": line.id, "quantity": float(counted[line.id])}
                        )
                        for line in owned
                    ],
                }
                for subscription, owned in changed.grouped("subscription_id").items()
            ]
        )
        run_isolated(changes, self._confirm_changes, self._on_error)
        return changes

    @api.model
    def _find_planned(self, lines, counted):
        """Return the lines whose counted quantity is scheduled already, as on plans
        that change at the end of a period; call off what is scheduled and outdated.

        :param counted: quantities by id of line
        """
        planned = self.env["subscription.change.line"].search(
            [("line_id", "in", lines.ids), ("change_id.state", "=", "scheduled")]
        )
        same = planned.filtered(
            lambda each: each.quantity == float(counted[each.line_id.id])
        )
        outdated = (planned - same).change_id.filtered(
            lambda change: all(
                each.line_id.quantity_meter_id and each._is_new_quantity()
                for each in change.line_ids
            )
        )
        outdated.action_cancel()
        return same.line_id

    @api.model
    def _confirm_changes(self, changes):
        """Make changes that nobody has to look at before."""
        changes.action_confirm()
        return changes

    @api.model
    def _apply_changes(self, changes):
        """Make scheduled changes."""
        changes._apply()
        return changes

    @api.model
    def _end_trials(self, subscriptions):
        """End trials as their plans say."""
        for subscription in subscriptions:
            subscription._end_trial()
        return subscriptions

    @api.model
    def _end_agreements(self, subscriptions):
        """Close what has reached its end date, and bill the rest."""
        for subscription in subscriptions:
            subscription._finish(fields.Date.add(subscription.date_end, days=1))
        return subscriptions

    @api.model
    def _renew_terms(self, subscriptions):
        """Commit customers for another term where their plan says so."""
        for subscription in subscriptions:
            subscription._end_term()
        return subscriptions

    @api.model
    def _on_error(self, record, message):
        """Keep the error on the record, and out of the next runs, for a person."""
        _logger.warning("%s could not be done: %s", record.display_name, message)
        if record._name == "subscription.change":
            record.sudo().error = message
            record.subscription_id._schedule_billing_activity(message)
        else:
            record._set_billing_error(message)
