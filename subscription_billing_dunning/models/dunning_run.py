import logging

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.activity import schedule_once
from odoo.addons.subscription_billing.models.batch import (
    is_time_up,
    lock_first,
    retry_on_conflict,
    run_isolated,
)
from odoo.addons.subscription_billing.models.once import insert_once

from .dunning_case import TO_DO

_logger = logging.getLogger(__name__)


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
        # The scheduler takes what says nothing for done, such as after its time.
        cron._commit_progress(remaining=self._count_due())
        for company in self.env["res.company"].search([]):
            run = self._in_company(company)
            run.env["dunning.experiment"]._end_over(company)
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
        for work in self._get_works():
            while not is_time_up(self.env) and (
                done := retry_on_conflict(self.env, work)
            ):
                yield done

    @api.model
    def _get_works(self):
        """Return what is done about cases, in order: methods that work on a chunk and
        return how many cases there were."""
        return [self._close_chunk, self._work_chunk]

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
        return self.env["dunning.case"].search_count(
            self._get_due_domain() & self._get_wanted_domain()
        )

    @api.model
    def _get_due_domain(self):
        """Return the domain of the cases to look at now."""
        return (
            Domain("state", "!=", "closed")
            & Domain("date_next", "<=", fields.Datetime.now())
            & Domain("error", "=", False)
        )

    @api.model
    def _get_wanted_domain(self):
        """Return the domain of the cases whose customers are not left alone."""
        return Domain("partner_id.is_dunning_off", "=", False)

    # === BUSINESS METHODS: OPENING === #

    @api.model
    def _open_chunk(self, after):
        """Put the next unpaid invoices that are in no case into one each.

        :param int after: the id of the last invoice of the chunk before
        :return: the invoices
        """
        today = self.env.company._get_subscription_today()
        day = fields.Date.add(today, days=self._get_days_ahead())
        moves = lock_first(
            self.env["account.move"],
            self._get_opening_domain(day) & Domain("id", ">", after),
            "id",
            self._open_size,
        )
        run_isolated(moves, self._put_into_cases, self._on_open_error)
        return moves

    @api.model
    def _get_opening_domain(self, day):
        """Return the domain of invoices to put into cases: of customers who have
        one, or for whom there may be a policy.

        All others would be looked at in vain by every run.

        :param datetime.date day: as in ``_get_dunning_domain``
        """
        company, model = self.env.company, self.env["account.move"]
        moves = model._get_dunning_domain(company, day)
        policies = self.env["dunning.policy"]._find(company)
        starts = policies.mapped("date_start")
        if policies and not all(starts):
            return moves
        cases = self.env["dunning.case"]
        is_open = Domain("company_id", "=", company.id) & Domain(
            "state", "!=", "closed"
        )
        customers = _select(cases, is_open, "partner_id")
        taken = Domain("commercial_partner_id", "in", customers)
        if policies:
            recent = moves & model._get_due_since_domain(min(starts))
            customers = _select(model, recent, "commercial_partner_id")
            taken |= Domain("commercial_partner_id", "in", customers)
        return moves & taken

    @api.model
    def _get_days_ahead(self):
        """Return how many days before the due date the first reminder is sent."""
        company = self.env.company
        policies = self.env["dunning.policy"].search(
            [("company_id", "in", (False, company.id))]
        )
        # The second policy of a test is archived until the test begins, or for good.
        policies |= self.env["dunning.experiment"]._find_running(company).policy_b_id
        return max((policy._get_days_ahead() for policy in policies), default=0)

    @api.model
    def _put_into_cases(self, moves):
        """Put unpaid invoices into the cases of their customers; open some at need.

        :return: the invoices
        """
        moves = moves.sudo()
        owed = moves.grouped(
            lambda move: (move.commercial_partner_id, move.currency_id)
        )
        known = self._find_cases(moves)
        self._open_cases({key: mine for key, mine in owed.items() if key not in known})
        known = self._find_cases(moves)
        cases = self.env["dunning.case"].union(*known.values())
        for key, mine in owed.items():
            if case := known.get(key):
                mine._without_line_checks().dunning_case_id = case
        cases._update()
        cases._look_again()
        return moves

    @api.model
    def _open_cases(self, owed):
        """Open a case for each customer and currency for which there is a policy.

        :param dict owed: the unpaid invoices by customer and currency
        """
        company = self.env.company
        policies = self.env["dunning.policy"]._find(company)
        tests = self.env["dunning.experiment"]._find_running(company)
        partners = self.env["res.partner"].union(*(partner for partner, _ in owed))
        paid = policies._map_paid(company, partners)
        insert_once(
            self.env["dunning.case"],
            [
                {
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "company_id": company.id,
                    "state": "upcoming",
                    **tests._prepare_policy_vals(policy, partner),
                }
                for (partner, currency), moves in owed.items()
                if (policy := policies._choose(partner, moves, paid.get(partner, 0)))
            ],
        )

    @api.model
    def _find_cases(self, moves):
        """Return the open cases of the customers of some invoices.

        :rtype: dict[tuple[res.partner, res.currency], dunning.case]
        """
        cases = self.env["dunning.case"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", moves.commercial_partner_id.ids),
                ("currency_id", "in", moves.currency_id.ids),
                ("state", "!=", "closed"),
            ]
        )
        return {(case.partner_id, case.currency_id): case for case in cases}

    @api.model
    def _on_open_error(self, move, message):
        """Ask a person about an invoice that could not be put into a case."""
        _logger.error("%s could not be followed up: %s", move.name, message)
        subscription = move._get_collection_subscription()
        schedule_once(move, TO_DO, message, subscription.user_id)

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
        settled &= Domain("error", "=", False)
        return self._take_up(settled, "id", lambda cases: cases._update())

    @api.model
    def _work_chunk(self):
        """Do what is due in the next cases.

        :return: how many there were
        """
        due = self._get_due_domain() & self._get_wanted_domain()
        return self._take_up(due, "date_next, id", self._work_on)

    @api.model
    def _take_up(self, domain, order, work, size=None):
        """Lock the next cases of the company, and work on them; one that fails waits
        for a person.

        :param work: called with the cases that are worked on together; returns them
        :param int size: how many of them at most
        :return: how many there were
        """
        cases = lock_first(
            self.env["dunning.case"],
            domain & Domain("company_id", "=", self.env.company.id),
            order,
            size or self._chunk_size,
        )
        run_isolated(cases, work, self._on_error)
        return len(cases)

    @api.model
    def _work_on(self, cases):
        """Bring cases to what is owed now, and do what is due in them.

        :return: the cases
        """
        cases._update()
        # A payment plan may let some of them rest.
        held = cases.filtered("is_held")
        for case in held.filtered(lambda each: not each.agreement_id):
            case.date_next = case._get_day_start(case.date_hold_until)
        left = cases.filtered(lambda case: case.state != "closed") - held
        left._assess_risk()
        left._work()
        return cases

    @api.model
    def _on_error(self, case, message):
        """Let a case that could not be worked on wait for a person; log why."""
        _logger.error("%s could not be worked on: %s", case.display_name, message)
        case.error = message
        run_isolated(case, lambda case: case._ask_person(message), _log_unasked)


def _log_unasked(case, message):
    """Log that nobody could be asked; the case rests with its error all the same."""
    _logger.error("Nobody was asked about %s: %s", case.display_name, message)


def _select(model, domain, name):
    """Return the query of a field of the records of a domain."""
    return model._search(domain).subselect(model._field_to_sql(model._table, name))
