import logging
from functools import partial

from odoo import api, models
from odoo.fields import Domain

from .batch import (
    limit_chunk,
    lock_first,
    retry_on_conflict,
    run_isolated,
    trigger_cron,
)
from .subscription_schedule import RUNNING_STATES

_logger = logging.getLogger(__name__)


class SubscriptionIncreaseRun(models.AbstractModel):
    """Announces price increases, calls them off and puts them off, a chunk at a time.

    Only ``_cron_work`` commits. A line is announced in the transaction that schedules
    its change, with its subscription locked: once, however often and wherever this
    runs.
    """

    _name = "subscription.increase.run"
    _description = "Price Increase Run"

    #: subscriptions that are worked on and committed together
    _chunk_size = 200

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_work(self):
        """Work on all campaigns that have something to do, a chunk at a time.

        Several workers may run this at once: each locks its own chunks.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_left())
        for company in self.env["res.company"].search([]):
            run = self._in_company(company)
            while processed := retry_on_conflict(self.env, run._work_chunk):
                if not cron._commit_progress(processed, remaining=self._count_left()):
                    return
            retry_on_conflict(self.env, run._update_progress)
        # What is still left is in the hands of another worker.
        cron._commit_progress(remaining=0)

    @api.model
    def _trigger_cron(self):
        """Wake the scheduled action."""
        trigger_cron(self.env, "subscription_billing.ir_cron_increase")

    # === BUSINESS METHODS === #

    @api.model
    def _in_company(self, company):
        """Return this service with the one company as its environment, and no more."""
        return self.with_context(
            {"lang": self.env.lang},
            allowed_company_ids=company.ids,
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )

    @api.model
    def _get_due(self):
        """Return the campaigns of the company that have something to do today."""
        work = Domain("state", "in", ("announcing", "cancelling")) | (
            Domain("state", "=", "cancelled")
            & Domain("line_ids", "any", [("state", "=", "announced")])
        )
        return (
            self.env["subscription.increase"]
            .search(
                Domain("company_id", "=", self.env.company.id) & work,
                order="date_notice, id",
            )
            .filtered(lambda increase: increase._is_due())
        )

    @api.model
    def _count_left(self):
        """Return how many subscriptions are left to work on in all companies."""
        return sum(
            increase._count_left()
            for company in self.env["res.company"].search([])
            for increase in self._in_company(company)._get_due()
        )

    @api.model
    def _work_chunk(self):
        """Work on the next subscriptions of the company.

        :return: how many were taken up, done or failed
        :rtype: int
        """
        for increase in self._get_due():
            subscriptions = self._lock_left(increase)
            if subscriptions:
                self._work(increase, subscriptions)
                return len(subscriptions)
        return self._postpone_chunk()

    @api.model
    def _postpone_chunk(self):
        """Put off the next new prices that customers were not told of in time.

        :return: how many changes were taken up, done or failed
        :rtype: int
        """
        today = self.env.company._get_subscription_today()
        late = [("state", "!=", "sent"), ("date_latest", "<", today)]
        untold = [("state", "=", "announced"), ("notice_id", "any", late)]
        return self.env["subscription.schedule"]._take_up(
            "subscription.change",
            [
                ("company_id", "=", self.env.company.id),
                ("state", "=", "scheduled"),
                ("error", "=", False),
                ("subscription_id.state", "in", RUNNING_STATES),
                ("increase_line_ids", "any", untold),
            ],
            "date, id",
            lambda changes: changes._postpone_untold(),
        )

    @api.model
    def _lock_left(self, increase):
        """Lock and return subscriptions of a campaign that no other run has taken."""
        return lock_first(
            self.env["subscription.subscription"],
            [("increase_line_ids", "any", increase._get_left_domain())],
            "id",
            limit_chunk(self.env, self._chunk_size),
        )

    @api.model
    def _work(self, increase, subscriptions):
        """Announce, or call off, for some subscriptions, each apart from the others."""
        is_begun = increase.state == "announcing"
        run_isolated(
            subscriptions,
            increase._announce if is_begun else increase._call_off,
            partial(self._on_error, increase),
        )

    @api.model
    def _work_now(self, increase):
        """Do all that is due of one campaign, for a person."""
        run = self.sudo()._in_company(increase.company_id)
        owned = increase.with_env(run.env)
        while subscriptions := run._lock_left(owned):
            run._work(owned, subscriptions)
        owned._update_progress()

    @api.model
    def _update_progress(self):
        """Give campaigns of the company the status that their lines say."""
        begun = self.env["subscription.increase"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("announcing", "announced", "cancelling")),
            ]
        )
        begun.filtered(
            lambda each: each._is_due() or each.state == "announced"
        )._update_progress()

    @api.model
    def _on_error(self, increase, subscription, message):
        """Keep why a subscription could not be worked on, for a person."""
        _logger.warning("%s: %s failed: %s", increase.name, subscription.name, message)
        lines = self.env["subscription.increase.line"].search(
            [*increase._get_left_domain(), ("subscription_id", "=", subscription.id)]
        )
        lines.error = message
