from collections import defaultdict
from datetime import timezone

from odoo import fields, models
from odoo.fields import Domain

from ..tools import decision
from ..tools.working_time import next_moment


class DunningCase(models.Model):
    """What is known of a case, and what its policy asks for."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS: DECIDING === #

    def _decide(self):
        """Return what the policies of these cases ask for now.

        :rtype: dict[dunning.case, tools.decision.Decision]
        """
        done = self._map_done()
        unpaid = self._map_unpaid()
        facts = self.env["account.move"].union(*unpaid.values())._map_dunning_facts()
        hours = self.policy_id._map_working_times()
        return {
            case: decision.decide(
                case.policy_id.step_ids._as_steps(
                    case.currency_id, hours[case.policy_id]
                ),
                case._get_facts(
                    unpaid[case], facts, done[case.id], hours[case.policy_id]
                ),
            )
            for case in self
        }

    def _get_facts(self, moves, facts, done, working_time):
        """Return what is known of one case.

        :param moves: its unpaid invoices
        :param dict facts: of the invoices, as of ``_map_dunning_facts``
        :param dict done: on which day which step was done for which invoice
        :param working_time: a ``tools.working_time.WorkingTime``
        :rtype: tools.decision.Facts
        """
        self.ensure_one()
        return decision.Facts(
            today=self.company_id._get_subscription_today(),
            invoices=tuple(move._get_dunning_invoice(facts[move.id]) for move in moves),
            done=done,
            tags=frozenset(self.partner_id.category_id.ids),
            risk=self.dunning_risk,
            is_working=self._get_moment(working_time) <= fields.Datetime.now(),
        )

    def _get_moment(self, working_time):
        """Return from when the customer may be contacted, now at the earliest, in UTC.

        :param working_time: a ``tools.working_time.WorkingTime``
        """
        self.ensure_one()
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return next_moment(working_time, now, self._get_tz()).replace(tzinfo=None)

    def _map_done(self):
        """Return when which step was done for which invoice.

        :rtype: dict[int, dict[tuple[int, int], datetime.date]], by case
        """
        rows = self.env["dunning.action"].search_read(
            [("case_id", "in", self.ids)],
            ["case_id", "step_id", "move_id", "date"],
            load=None,
        )
        done = defaultdict(dict)
        for row in rows:
            done[row["case_id"]][row["step_id"], row["move_id"]] = row["date"]
        return done

    def _map_unpaid(self):
        """Return the unpaid invoices of each case, with no query for each.

        :rtype: dict[dunning.case, account.move]
        """
        moves = self.env["account.move"].search(
            self._get_unpaid_domain() & Domain("dunning_case_id", "in", self.ids),
            order="invoice_date_due, id",
        )
        by_case = moves.grouped("dunning_case_id")
        return {case: by_case.get(case, moves.browse()) for case in self}

    # === BUSINESS METHODS: TOTALS === #

    def _update(self):
        """Bring totals, status and subscriptions to what is owed now.

        A case of which nothing is overdue any more is closed.

        :return: these cases
        """
        settled = self.browse()
        for case, moves in self._map_unpaid().items():
            overdue = moves.filtered(lambda move: move._is_overdue())
            case.write(case._prepare_totals(overdue))
            if overdue and case.state == "upcoming":
                case._open()
            elif not overdue and not (moves and case.state == "upcoming"):
                settled |= case
        settled._close()
        self._update_subscriptions()
        return self

    def _prepare_totals(self, overdue):
        """Return the values that tell what is overdue."""
        self.ensure_one()
        return {
            "amount_overdue": sum(overdue.mapped("amount_residual")),
            "invoice_count": len(overdue),
            "date_oldest": min(
                (move._get_day_due() for move in overdue), default=False
            ),
        }

    def _open(self):
        """Begin to follow up what is overdue."""
        self.write(
            {
                "state": "open",
                "date_opened": self.company_id._get_subscription_today(),
            }
        )

    def _close(self):
        """End cases in which nothing is overdue any more."""
        for company, cases in self.grouped("company_id").items():
            cases.write(
                {
                    "state": "closed",
                    "date_closed": company._get_subscription_today(),
                    "date_next": False,
                    "error": False,
                }
            )
        self.activity_ids.filtered("automated").unlink()

    # === BUSINESS METHODS: SUBSCRIPTIONS === #

    def _update_subscriptions(self):
        """Let subscriptions be past due while their invoices are, and active again at
        once when those are paid."""
        late = served = self.env["subscription.subscription"]
        for case in self:
            subscriptions = case._get_subscriptions(case.sudo().move_ids)
            late |= subscriptions._filter_past_due(case.policy_id.past_due_days)
            served |= subscriptions._filter_paid()
        late._update_state("past_due")
        served._serve_again()
