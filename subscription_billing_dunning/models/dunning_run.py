from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.batch import (
    is_time_up,
    lock_first,
    retry_on_conflict,
)
from odoo.addons.subscription_billing.models.once import insert_once


class DunningRun(models.AbstractModel):
    """The dunning run: opens cases of what is overdue, and does what is due in them.

    A chunk of cases is a transaction. Several workers may run this at once: each locks
    its own cases, and what one has done the database does not let another do again.
    """

    _name = "dunning.run"
    _description = "Dunning Run"

    #: cases worked on together
    _chunk_size = 100
    #: invoices that are put into cases together
    _open_size = 500

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_dun(self):
        """Follow up all that is overdue, with a commit between the chunks."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([]):
            run = self._in_company(company)
            for done in run._follow_up():
                cron._commit_progress(done, remaining=self._count_due())
            if is_time_up(self.env):
                return
        cron._commit_progress(remaining=0)

    @api.model
    def _follow_up(self):
        """Open, close and work on the cases of the company, while there is time.

        :return: an iterator of how many were seen to, each time to be committed
        """
        last_id = 0
        while moves := retry_on_conflict(
            self.env, lambda after=last_id: self._open_chunk(after)
        ):
            last_id = max(moves.ids)
            yield len(moves)
            if is_time_up(self.env):
                return
        for work in (self._close_chunk, self._work_chunk):
            while not is_time_up(self.env) and (
                done := retry_on_conflict(self.env, work)
            ):
                yield done

    @api.model
    def _in_company(self, company):
        """Return this service with the one company as its environment, and no more than
        the scheduled action's time."""
        end = self.env.context.get("cron_end_time")
        return self.with_context(
            {"lang": self.env.lang, **({"cron_end_time": end} if end else {})},
            allowed_company_ids=company.ids,
            dunning_run=True,
            mail_notrack=True,
            mail_create_nosubscribe=True,
        )

    @api.model
    def _count_due(self):
        """Return how many cases wait in all companies."""
        return self.env["dunning.case"].search_count(self._get_due_domain())

    @api.model
    def _get_due_domain(self):
        """Return the domain of the cases to look at now."""
        return (
            Domain("state", "!=", "closed")
            & Domain("date_next", "<=", fields.Datetime.now())
            & Domain("error", "=", False)
        )

    # === BUSINESS METHODS: OPENING === #

    @api.model
    def _open_chunk(self, after):
        """Put the next unpaid invoices that are in no case into one each.

        :param int after: the id of the last invoice of the chunk before
        :return: the invoices
        """
        company = self.env.company
        today = company._get_subscription_today()
        day = fields.Date.add(today, days=self._get_days_ahead())
        moves = lock_first(
            self.env["account.move"],
            self.env["account.move"]._get_dunning_domain(company, day)
            & Domain("id", ">", after),
            "id",
            self._open_size,
        )
        for partner, owed in moves.grouped("commercial_partner_id").items():
            for currency, unpaid in owed.grouped("currency_id").items():
                self._put_into_case(partner, currency, unpaid)
        return moves

    @api.model
    def _get_days_ahead(self):
        """Return how many days before the due date the first reminder is sent."""
        policies = self.env["dunning.policy"].search(
            [("company_id", "in", (False, self.env.company.id))]
        )
        return max((policy._get_days_ahead() for policy in policies), default=0)

    @api.model
    def _put_into_case(self, partner, currency, moves):
        """Put unpaid invoices of a customer into his case; open one at need."""
        company = self.env.company
        mine = {
            "partner_id": partner.id,
            "currency_id": currency.id,
            "company_id": company.id,
        }
        policy = self.env["dunning.policy"]._choose(company, partner, moves)
        case = self._find_case(mine)
        if not case and policy:
            insert_once(
                self.env["dunning.case"],
                [{**mine, "policy_id": policy.id, "state": "upcoming"}],
            )
            case = self._find_case(mine)
        if case:
            moves.sudo().with_context(skip_invoice_sync=True).dunning_case_id = case
            case._update()
            case._look_again()

    @api.model
    def _find_case(self, mine):
        """Return the open case of a customer, if there is one.

        :param dict mine: the ids of the customer, the currency and the company
        """
        domain = [(name, "=", value) for name, value in mine.items()]
        return self.env["dunning.case"].search([*domain, ("state", "!=", "closed")])

    # === BUSINESS METHODS: WORKING === #

    @api.model
    def _close_chunk(self):
        """Close cases of which nothing is owed any more.

        A payment closes them at once; this is for credit notes and the like.

        :return: how many there were
        """
        unpaid = self.env["dunning.case"]._get_unpaid_domain()
        settled = Domain("state", "!=", "closed") & Domain(
            "move_ids", "not any", unpaid
        )
        cases = lock_first(
            self.env["dunning.case"],
            settled & Domain("company_id", "=", self.env.company.id),
            "id",
            self._chunk_size,
        )
        cases._update()
        return len(cases)

    @api.model
    def _work_chunk(self):
        """Do what is due in the next cases.

        :return: how many there were
        """
        resting = Domain("partner_id.is_dunning_off", "=", False)
        cases = lock_first(
            self.env["dunning.case"],
            self._get_due_domain()
            & resting
            & Domain("company_id", "=", self.env.company.id),
            "date_next, id",
            self._chunk_size,
        )
        cases._update()
        cases.filtered(lambda case: case.state != "closed")._work()
        return len(cases)
