from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.batch import keep_others_away


class AccountMove(models.Model):
    """Invoices of which nobody expects the money any more, and the entries that say so.

    In the books such an invoice is paid. For everybody else it is not: nobody is
    thanked for a payment, and no service is taken up again.
    """

    _inherit = "account.move"

    # === FIELDS === #

    dunning_written_off_case_id = fields.Many2one(
        "dunning.case",
        string="Written Off in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The dunning case in which this entry gives up what a customer owes.",
    )
    dunning_write_off_ids = fields.One2many(
        "dunning.write.off", "move_id", string="Write-Offs", readonly=True
    )
    is_dunning_written_off = fields.Boolean(
        compute="_compute_is_dunning_written_off", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    @api.depends("dunning_write_off_ids.state")
    def _compute_is_dunning_written_off(self):
        for move in self:
            move.is_dunning_written_off = bool(move._get_write_offs())

    # === ACTIONS === #

    def button_draft(self):
        """Keep what is written off, and what writes it off, as it is in the books."""
        self._check_no_write_off()
        return super().button_draft()

    def button_cancel(self):
        """Keep what is written off, and what writes it off, as it is in the books."""
        self._check_no_write_off()
        return super().button_cancel()

    # === BUSINESS METHODS === #

    def _check_no_write_off(self):
        """Refuse to change an invoice that is written off, or the entry that does it.

        :raises UserError: the first such invoice or entry
        """
        ours = Domain("move_id", "in", self.ids) | Domain("entry_id", "in", self.ids)
        write_offs = self.env["dunning.write.off"].sudo()
        found = write_offs.search(Domain("state", "=", "booked") & ours, limit=1)
        if found:
            raise UserError(
                self.env._(
                    "%(invoice)s is written off. Press Take Back on its dunning case "
                    "first, then change it.",
                    invoice=found.move_id.display_name,
                )
            )

    def _get_write_offs(self):
        """Return what stands of these invoices as written off, as sudo.

        :rtype: dunning.write.off
        """
        write_offs = self.sudo().dunning_write_off_ids
        return write_offs.filtered(lambda each: each.state == "booked")

    def _is_lost(self):
        """Return whether what was left of this invoice is written off, and was not
        forgiven."""
        self.ensure_one()
        return any(not each.is_forgiven for each in self._get_write_offs())

    def _get_ending_obstacle(self):
        """Return why this invoice cannot be given up or out of our hands now, None when
        it can be."""
        self.ensure_one()
        if self.move_type != "out_invoice" or not self._is_unpaid():
            return self.env._(
                "Nothing is owed on %(invoice)s: it is not posted, or already settled.",
                invoice=self.display_name,
            )
        if (
            self._is_being_charged()
            or self._get_payment_block()
            or self._is_being_credited()
        ):
            return self.env._(
                "%(invoice)s is being charged, credited or disputed. Wait until that "
                "is over, or call it off, then try again.",
                invoice=self.display_name,
            )
        return None

    def _check_ending(self):
        """Refuse to give up, or out of our hands, what may still be paid by itself.

        Nobody else can charge, credit or pay these invoices before this ends.

        :raises UserError: the first invoice for which that is so
        """
        if self:
            keep_others_away(self)
        for move in self:
            if obstacle := move._get_ending_obstacle():
                raise UserError(obstacle)
        self._check_no_money_under_way()

    def _invoice_paid_hook(self):
        """Take a write-off for no payment: nobody is thanked for it."""
        paid = self.filtered(lambda move: not move._get_write_offs())
        return super(AccountMove, paid)._invoice_paid_hook()

    # === BUSINESS METHODS: THE ENTRY === #

    def _get_owed_lines(self):
        """Return the journal items that say what the customer still owes."""
        self.ensure_one()
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def _prepare_write_off_lines(self, account, *, is_tax_corrected):
        """Return the commands for the entry that writes off what is owed.

        :param account: where the loss goes
        :param bool is_tax_corrected: whether the taxes of the share that is lost are
            taken back, on their own accounts and with their tags
        """
        self.ensure_one()
        owed = self._get_owed_lines()
        parts = self._split_loss(owed) if is_tax_corrected else [(None, *_total(owed))]
        shared = {
            "partner_id": self.commercial_partner_id.id,
            "currency_id": self.currency_id.id,
            "name": self.name,
        }
        return [
            Command.create(
                {
                    **shared,
                    "account_id": line.account_id.id,
                    "amount_currency": -line.amount_residual_currency,
                    "balance": -line.amount_residual,
                }
            )
            for line in owed
        ] + [
            Command.create(
                {
                    **shared,
                    "account_id": account.id,
                    **_prepare_tax_vals(lines),
                    "analytic_distribution": _blend_analytic(lines or self.line_ids),
                    "amount_currency": amount,
                    "balance": balance,
                }
            )
            for lines, amount, balance in parts
            if amount or balance
        ]

    def _split_loss(self, owed):
        """Split what is owed as the invoice is: into its taxes, and what bears them.

        :return: the journal items of each part, its amount, and its balance
        """
        self.ensure_one()
        lines = self.line_ids.filtered(
            lambda line: line.account_id and line.account_type != "asset_receivable"
        ).filtered(lambda line: line.display_type != "cogs")
        # What rounding leaves over goes to the largest part that is no tax.
        groups = sorted(
            lines.grouped(
                lambda line: (
                    line.tax_repartition_line_id and line.account_id,
                    line.tax_repartition_line_id,
                    line.tax_tag_ids,
                )
            ).values(),
            key=lambda group: (
                bool(group.tax_repartition_line_id),
                sum(group.mapped("balance")),
            ),
        )
        amount, balance = _total(owed)
        amounts = _share(
            amount, [sum(g.mapped("amount_currency")) for g in groups], self.currency_id
        )
        balances = _share(
            balance,
            [sum(g.mapped("balance")) for g in groups],
            self.company_id.currency_id,
        )
        return list(zip(groups, amounts, balances, strict=True))


def _total(owed):
    """Return what some journal items leave open: in their currency, in the books."""
    return (
        sum(owed.mapped("amount_residual_currency")),
        sum(owed.mapped("amount_residual")),
    )


def _share(amount, weights, currency):
    """Return the parts of an amount by weights, rounded; the first takes the rest."""
    total = sum(weights)
    parts = [currency.round(amount * weight / total) for weight in weights[1:]]
    return [currency.round(amount - sum(parts)), *parts]


def _blend_analytic(lines):
    """Return the analytic distribution of journal items taken together.

    What has none, as taxes mostly have, leaves that of the others as it is.
    """
    lines = lines.filtered("analytic_distribution")
    total = sum(lines.mapped("balance"))
    shares = defaultdict(float)
    for line in lines if total else ():
        for accounts, percentage in line.analytic_distribution.items():
            shares[accounts] += percentage * line.balance / total
    return {accounts: round(share, 2) for accounts, share in shares.items()}


def _prepare_tax_vals(lines):
    """Return the values by which the tax report knows a part of the loss.

    :param lines: the journal items of the invoice that it stands against, if any
    """
    if not lines:
        return {}
    vals = {"tax_tag_ids": [Command.set(lines.tax_tag_ids.ids)]}
    if lines.tax_repartition_line_id:
        vals["account_id"] = lines.account_id.id
        vals["tax_repartition_line_id"] = lines.tax_repartition_line_id.id
        vals["group_tax_id"] = lines.group_tax_id[:1].id
    return vals
