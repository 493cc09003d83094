from functools import partial

from odoo import api, fields, models

from .subscription_increase_line import ANNOUNCED_STATES

#: announced lines whose customers have not been told
UNTOLD = [
    ("state", "=", "announced"),
    ("channel", "=", "email"),
    ("notice_id.state", "!=", "sent"),
]


class SubscriptionIncrease(models.Model):
    """What a price increase will bring, and what came of it."""

    _inherit = "subscription.increase"

    # === FIELDS: WHAT IT WILL BRING === #

    line_count = fields.Integer(string="Number of Lines", compute="_compute_counts")
    included_count = fields.Integer(string="To Announce", compute="_compute_counts")
    excluded_count = fields.Integer(string="Left Out", compute="_compute_counts")
    unreachable_count = fields.Integer(
        string="Without E-mail",
        compute="_compute_counts",
        help="Lines of customers who can only be told by letter.",
    )
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    mrr_old = fields.Monetary(
        string="MRR Before",
        compute="_compute_counts",
        help="Price per month, before the increase, of the lines that are to be "
        "announced or have been.",
    )
    mrr_delta = fields.Monetary(
        string="MRR Effect",
        compute="_compute_counts",
        help="By how much the MRR of these lines rises when all new prices hold.",
    )
    mrr_new = fields.Monetary(string="MRR Expected", compute="_compute_counts")

    # === FIELDS: WHAT CAME OF IT === #

    announced_count = fields.Integer(
        string="Announced",
        compute="_compute_counts",
        help="Lines whose new price was announced, whatever became of it.",
    )
    pending_count = fields.Integer(string="Scheduled", compute="_compute_counts")
    untold_count = fields.Integer(
        string="E-mail Not Sent",
        compute="_compute_counts",
        help="Scheduled lines whose customers have not been told yet. Their prices "
        "wait: there is no new price without proof of the notice.",
    )
    postponed_count = fields.Integer(
        string="Postponed",
        compute="_compute_counts",
        help="Lines whose new price holds later than was announced, such as those "
        "whose customers were not told in time.",
    )
    applied_count = fields.Integer(string="Applied", compute="_compute_counts")
    cancelled_count = fields.Integer(string="Called Off", compute="_compute_counts")
    lapsed_count = fields.Integer(
        string="Lapsed",
        compute="_compute_counts",
        help="Lines that had ended, or had another price, on the day the new one was "
        "to hold.",
    )
    change_count = fields.Integer(string="Changes", compute="_compute_counts")
    mrr_applied = fields.Monetary(
        string="MRR Gained",
        compute="_compute_counts",
        help="By how much the MRR rose when the new prices were applied.",
    )
    subscription_count = fields.Integer(
        string="Subscriptions Told", compute="_compute_churn"
    )
    closed_count = fields.Integer(
        string="Closed Since",
        compute="_compute_churn",
        help="Subscriptions that were told of a new price and are closed today.",
    )
    churn_rate = fields.Float(
        string="Churn (%)",
        compute="_compute_churn",
        help="Share of the subscriptions told that are closed today.",
    )
    mrr_lost = fields.Monetary(
        string="MRR Lost",
        compute="_compute_churn",
        help="MRR of the lines of these closed subscriptions, at the prices they had.",
    )
    mrr_today = fields.Monetary(
        string="MRR Today",
        compute="_compute_churn",
        help="MRR of the announced lines before, plus what was gained, less what was "
        "lost.",
    )

    # === COMPUTE METHODS === #

    def _compute_counts(self):
        totals = self._get_totals()
        waiting = self._count_lines(
            [("state", "in", ("included", "unreached")), ("channel", "=", False)]
        )
        failed = self._count_lines([("error", "!=", False)])
        untold = self._count_lines(UNTOLD)
        postponed = self._count_lines([("is_postponed", "=", True)])
        counted = ("included", *ANNOUNCED_STATES)
        for increase in self:
            add = partial(self._add, totals.get(increase, {}))
            increase.included_count = add("count", "included")
            increase.excluded_count = add("count", "excluded")
            increase.pending_count = add("count", "announced")
            increase.applied_count = add("count", "applied")
            increase.cancelled_count = add("count", "cancelled")
            increase.lapsed_count = add("count", "lapsed")
            increase.announced_count = add("count", *ANNOUNCED_STATES)
            increase.change_count = add("changes", *ANNOUNCED_STATES)
            increase.line_count = add("count", *totals.get(increase, ()))
            increase.mrr_old = add("mrr_old", *counted)
            increase.mrr_delta = add("mrr_delta", *counted)
            increase.mrr_new = increase.mrr_old + increase.mrr_delta
            increase.mrr_applied = add("mrr_applied", *ANNOUNCED_STATES)
            increase.unreachable_count = waiting.get(increase, 0)
            increase.failed_count = failed.get(increase, 0)
            increase.untold_count = untold.get(increase, 0)
            increase.postponed_count = postponed.get(increase, 0)

    def _compute_churn(self):
        told = self._get_cohort([])
        closed = self._get_cohort([("subscription_id.state", "=", "closed")])
        for increase in self:
            count, mrr = told.get(increase, (0, 0.0))
            lost_count, lost_mrr = closed.get(increase, (0, 0.0))
            increase.subscription_count = count
            increase.closed_count = lost_count
            increase.churn_rate = 100 * lost_count / count if count else 0.0
            increase.mrr_lost = lost_mrr
            increase.mrr_today = mrr - lost_mrr

    # === ACTIONS === #

    def action_view_lines(self):
        """Open the lines with their new prices."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_increase_line_action"
        )
        filters = {"computed": "included", "announcing": "included"}
        name = filters.get(self.state)
        return {
            **action,
            "domain": [("increase_id", "=", self.id)],
            "context": {f"search_default_{name}": 1} if name else {},
        }

    def action_view_changes(self):
        """Open the changes that bring the new prices."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Changes"),
            "res_model": "subscription.change",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("increase_line_ids.increase_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_view_closed(self):
        """Open the subscriptions that were closed after they had been told."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        told = [
            ("increase_id", "=", self.id),
            ("state", "in", ANNOUNCED_STATES),
        ]
        return {
            **action,
            "domain": [("state", "=", "closed"), ("increase_line_ids", "any", told)],
            "context": {},
        }

    # === BUSINESS METHODS === #

    def _get_totals(self):
        """Return what the lines add up to, by increase and status.

        :rtype: dict[subscription.increase, dict[str, dict[str, float]]]
        """
        totals = {}
        for increase, state, count, changes, old, delta, applied in self.env[
            "subscription.increase.line"
        ]._read_group(
            [("increase_id", "in", self.ids)],
            groupby=["increase_id", "state"],
            aggregates=[
                "__count",
                "change_id:count_distinct",
                "mrr_old:sum",
                "mrr_delta:sum",
                "mrr_applied:sum",
            ],
        ):
            totals.setdefault(increase, {})[state] = {
                "count": count,
                "changes": changes,
                "mrr_old": old,
                "mrr_delta": delta,
                "mrr_applied": applied,
            }
        return totals

    @api.model
    def _add(self, totals, name, *states):
        """Return what a figure of the lines in some statuses adds up to."""
        return sum(totals[state][name] for state in states if state in totals)

    def _count_lines(self, domain):
        """Return how many lines of each campaign are in a domain."""
        return dict(
            self.env["subscription.increase.line"]._read_group(
                [("increase_id", "in", self.ids), *domain],
                groupby=["increase_id"],
                aggregates=["__count"],
            )
        )

    def _get_cohort(self, domain):
        """Return how many subscriptions were told, and their MRR with what was gained.

        :param domain: which of them count
        :rtype: dict[subscription.increase, tuple[int, float]]
        """
        rows = self.env["subscription.increase.line"]._read_group(
            [
                ("increase_id", "in", self.ids),
                ("state", "in", ANNOUNCED_STATES),
                *domain,
            ],
            groupby=["increase_id"],
            aggregates=[
                "subscription_id:count_distinct",
                "mrr_old:sum",
                "mrr_applied:sum",
            ],
        )
        return {
            increase: (count, old + applied) for increase, count, old, applied in rows
        }
