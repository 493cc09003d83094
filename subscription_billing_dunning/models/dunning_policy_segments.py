from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DunningPolicy(models.Model):
    """Customers told apart by what they have paid so far, and by what they owe."""

    _inherit = "dunning.policy"

    # === FIELDS === #

    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    min_lifetime = fields.Monetary(
        string="Paid So Far, From",
        help="Customers who have paid at least so much of their invoices since they "
        "came, in the company's currency; 0 for any.",
    )
    max_lifetime = fields.Monetary(
        string="Paid So Far, Below",
        help="Customers who have paid less than that since they came, in the company's "
        "currency; 0 for no limit.",
    )
    min_amount = fields.Monetary(
        string="Owed, From",
        help="Customers who owe at least so much when their case is opened, in the "
        "company's currency; 0 for any.",
    )
    max_amount = fields.Monetary(
        string="Owed, Below",
        help="Customers who owe less than that when their case is opened, in the "
        "company's currency; 0 for no limit.",
    )

    _bands_not_negative = models.Constraint(
        "CHECK (min_lifetime >= 0 AND max_lifetime >= 0"
        " AND min_amount >= 0 AND max_amount >= 0)",
        "Paid So Far and Owed must be 0 or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for policy in self:
            company = policy.company_id or self.env.company
            policy.currency_id = company.currency_id

    # === CONSTRAINTS === #

    @api.constrains("min_lifetime", "max_lifetime", "min_amount", "max_amount")
    def _check_bands(self):
        for policy in self:
            for first in ("min_lifetime", "min_amount"):
                last = first.replace("min", "max")
                if policy[last] and policy[last] <= policy[first]:
                    raise ValidationError(
                        self.env._(
                            "%(last)s must be more than %(first)s, or 0 for no limit.",
                            first=policy._fields[first].string,
                            last=policy._fields[last].string,
                        )
                    )

    # === BUSINESS METHODS === #

    def _map_paid(self, company, partners):
        """Return how much customers have paid so far, where one of these policies asks.

        :param partners: paying customers, as ``commercial_partner_id``
        :return: amounts in the company's currency; nobody is in it who has no invoice
        :rtype: dict[res.partner, float]
        """
        if not self.filtered(lambda each: each.min_lifetime or each.max_lifetime):
            return {}
        rows = self.env["account.move"]._read_group(
            [
                ("company_id", "=", company.id),
                ("commercial_partner_id", "in", partners.ids),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
            ],
            ["commercial_partner_id"],
            ["amount_total_signed:sum", "amount_residual_signed:sum"],
        )
        lost = self._map_lost(company, partners)
        return {
            partner: total - owed - lost.get(partner, 0)
            for partner, total, owed in rows
        }

    @api.model
    def _map_lost(self, company, partners):
        """Return what was written off of customers, in the company's currency.

        :rtype: dict[res.partner, float]
        """
        written_off = (
            self.env["dunning.write.off"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", partners.ids),
                    ("state", "=", "booked"),
                ]
            )
        )
        return {
            partner: -sum(
                mine.entry_id.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                ).mapped("balance")
            )
            for partner, mine in written_off.grouped("partner_id").items()
        }

    def _fits(self, partner, moves, paid):
        owed = sum(moves.mapped("amount_residual_signed"))
        currency = moves.company_id.currency_id
        return (
            super()._fits(partner, moves, paid)
            and is_within(paid, self.min_lifetime, self.max_lifetime, currency)
            and is_within(owed, self.min_amount, self.max_amount, currency)
        )


def is_within(amount, first, end, currency):
    """Return whether an amount is in a band: from ``first`` and below ``end``, if set.

    :param currency: the ``res.currency`` in whose steps amounts are compared
    """
    return currency.compare_amounts(amount, first) >= 0 and (
        not end or currency.compare_amounts(amount, end) < 0
    )
