from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    subscription_period_ids = fields.One2many(
        "subscription.period",
        "move_line_id",
        string="Billed Periods",
        copy=False,
        readonly=True,
    )

    subscription_item_ids = fields.One2many(
        "subscription.item",
        "move_line_id",
        string="Subscription Items",
        copy=False,
        readonly=True,
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed_period(self):
        claim = (
            self.env["subscription.period"]
            .sudo()
            .search([("move_line_id", "in", self.ids)], limit=1)
        )
        if claim:
            raise UserError(
                self.env._(
                    "This invoice bills %(subscription)s from %(start)s to %(last)s "
                    "and cannot be deleted. Reverse it with a credit note instead.",
                    subscription=claim.subscription_id.display_name,
                    start=claim.date_start,
                    last=claim.date_last,
                )
            )

    # === BUSINESS METHODS === #

    def _get_taken_back(self):
        """Return what people have taken back of this invoice line by hand, untaxed.

        It is what a claim has lost in the books without a claim that gives it back.

        :rtype: Decimal
        """
        if not self:
            return Decimal(0)
        return self.move_id._get_taken_back().get(self, Decimal(0))
