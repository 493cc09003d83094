from odoo import fields, models

#: what the money of a case came to, as ``dunning.recovery.report`` tells it
AMOUNTS = ("amount_recovered", "amount_lost", "amount_credited_company")


class DunningCase(models.Model):
    """What became of a case: kept when it closes."""

    _inherit = "dunning.case"

    # === FIELDS === #

    outcome = fields.Selection(
        selection=[
            ("paid", "Paid"),
            ("credited", "Credited"),
            ("written_off", "Written Off"),
        ],
        readonly=True,
        index="btree_not_null",
        help="Written Off: something was given up. Paid: money came, and nothing was "
        "given up. Credited: all was taken back. Empty: nothing was overdue, or "
        "it is owed later.",
    )
    amount_recovered = fields.Monetary(
        string="Recovered",
        readonly=True,
        help="Money that came from the day on which the case opened until it closed.",
    )
    amount_lost = fields.Monetary(
        string="Lost", readonly=True, help="What was written off."
    )
    days_open = fields.Integer(
        readonly=True,
        aggregator="avg",
        help="From the day on which something was overdue until nothing was.",
    )

    # === BUSINESS METHODS === #

    def _close(self):
        """Keep what became of cases in which something was overdue."""
        result = super()._close()
        self.filtered("date_opened")._keep_outcome()
        return result

    def _keep_outcome(self):
        """Keep what the books say of these closed cases."""
        sums = {
            case: amounts
            for case, *amounts in self.env["dunning.recovery.report"]
            .sudo()
            ._read_group(
                [("case_id", "in", self.ids)],
                groupby=["case_id"],
                aggregates=[f"{name}:sum" for name in AMOUNTS],
            )
        }
        for case in self:
            recovered, lost, credited = sums.get(case, (0, 0, 0))
            case.write(
                {
                    "outcome": case._get_outcome(recovered, lost, credited),
                    "amount_recovered": recovered,
                    "amount_lost": lost,
                    "days_open": (case.date_closed - case.date_opened).days,
                }
            )

    def _get_outcome(self, recovered, lost, credited):
        """Return how a case has ended, as of ``outcome``; False when it has not: what
        was overdue is owed later."""
        self.ensure_one()
        if not self.currency_id.is_zero(lost):
            return "written_off"
        if not self.currency_id.is_zero(recovered):
            return "paid"
        return bool(credited) and "credited"
