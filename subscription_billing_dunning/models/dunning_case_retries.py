from functools import partial

from odoo import fields, models

from ..tools.budgets import card_budgets
from ..tools.retries import Retry, Try, next_retry


class DunningCase(models.Model):
    """Charges that were declined are tried again, by the schedule of the policy."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _retry(self):
        """Put what is to be tried again in line for the collection.

        :return: when the next try of each case is due that is not due yet
        :rtype: dict[dunning.case, datetime.datetime]
        """
        now = fields.Datetime.now()
        hours = self._map_hours()
        coming = {}
        due = self.env["account.move"]
        for case, moves in self._map_failed().items():
            tries = moves._get_retry_method()._find_tries()
            for move in moves:
                schedule = case.policy_id.schedule_id
                date = move._get_retry(schedule, now, tries, hours.get(case)).date
                if date and date <= now:
                    due |= move
                    move._keep_planned(schedule, date)
                    # For the next invoice on the same card.
                    tries[move._get_retry_method()._get_card_key()].append(now)
                elif date:
                    coming[case] = min(date, coming.get(case, date))
        if due:
            due._queue_collection()
            self.env["subscription.collection"]._trigger_cron()
        return coming

    def _map_hours(self):
        """Return what is known of the best hours, for the cases that go by them.

        :rtype: dict[dunning.case, Hours]
        """
        smart = self.filtered(lambda case: case.policy_id.schedule_id.kind == "smart")
        known = {
            company: self.env["dunning.timing"]._get_hours(company)
            for company in smart.company_id
        }
        return {case: known[case.company_id] for case in smart}

    def _map_failed(self):
        """Return the invoices of each case that could not be charged, and may be."""
        scheduled = self.filtered("policy_id.schedule_id")
        return {
            case: failed
            for case, moves in scheduled._map_unpaid().items()
            if (failed := moves.filtered(lambda move: move._is_retryable()))
        }


class AccountMove(models.Model):
    """When an invoice that could not be charged is tried again."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _is_retryable(self):
        """Return whether this invoice may be put in line again by itself."""
        self.ensure_one()
        return (
            self.collection_state == "failed"
            and self._get_collection_subscription()._is_charged()
            and not self._get_payment_obstacle()
        )

    def _get_retry_method(self):
        """Return the methods that these invoices would be charged to first."""
        return self.env["payment.token"].union(
            *(
                move._get_collection_subscription()._get_payment_methods()[:1]
                for move in self
            )
        )

    def _get_declined_charges(self, token):
        """Return the charges of this invoice that one method declined, oldest first.

        :param token: the ``payment.token``
        """
        self.ensure_one()
        return self._get_sent_charges().filtered(
            lambda charge: charge.state == "error" and charge.token_id == token
        )

    def _get_retry(self, schedule, now, tries, hours=None):
        """Return when this invoice is tried again.

        :param schedule: the ``dunning.schedule``
        :param datetime.datetime now: in UTC
        :param dict tries: when each card was charged, by ``_get_card_key``
        :param hours: the ``Hours`` that the company knows of, where it goes by them
        :rtype: tools.retries.Retry
        """
        self.ensure_one()
        token = self._get_retry_method()
        if not token:
            return Retry(None, "customer")
        declined = self._get_declined_charges(token)
        if not declined:
            return Retry(now, "method")
        return next_retry(
            schedule._as_schedule(),
            [Try(charge.date_sent) for charge in declined],
            declined[-1:]._get_decline(),
            now=now,
            budgets=card_budgets(token.sudo().brand or ""),
            card_tries=tries[token._get_card_key()],
            choose=hours and partial(self._choose_hour, hours, declined),
        )

    def _keep_planned(self, schedule, date):
        """Keep of a retry whose hour nobody has chosen that the schedule had it.

        :param schedule: the ``dunning.schedule``
        :param datetime.datetime date: since when it is due, in UTC
        """
        self.ensure_one()
        last = self._get_declined_charges(self._get_retry_method())[-1:]
        if not last:
            return
        if schedule.kind != "smart":
            self._keep_retry(last, date, "fixed")
        elif not self._is_chosen(last, date):
            self._keep_retry(last, date, "other")

    def _set_collection_failed(self, message):
        """Have the case look at what could not be charged, when it is tried again."""
        result = super()._set_collection_failed(message)
        self.sudo().dunning_case_id._look_again()
        return result
