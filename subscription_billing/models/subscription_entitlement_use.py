from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date


class SubscriptionEntitlement(models.Model):
    """Whether a use may be recorded, and what of it is beyond the allowance."""

    _inherit = "subscription.entitlement"

    # === BUSINESS METHODS === #

    def _rate(self, ledger, use):
        """Return what of a use is beyond the allowance.

        :param tools.entitlement.Ledger ledger: what was used before
        :param tools.entitlement.Use use: the new use
        :raises UserError: it cannot be claimed on that day, or not that much of it
        :rtype: decimal.Decimal
        """
        self.ensure_one()
        reason = self._get_obstacle(ledger, use.day)
        if reason:
            raise UserError(
                self.env._(
                    "%(entitlement)s cannot be claimed on %(date)s. %(reason)s",
                    entitlement=self.display_name,
                    date=format_date(self.env, use.day),
                    reason=self._get_reason_text(reason, 0.0),
                )
            )
        excess = ledger.excess(use, self._get_day())
        if excess and self.overage == "refused":
            balance = ledger.balance(use.day)
            raise UserError(
                self.env._(
                    "Quantity %(quantity)s is more than what is left: %(left)s of "
                    "%(total)s %(unit)s of %(entitlement)s from %(start)s to "
                    "%(last)s. Record less, or have an administrator agree on New "
                    "Terms.",
                    quantity=f"{use.quantity:f}",
                    left=f"{float(balance.left):g}",
                    total=f"{float(balance.granted + balance.carried):g}",
                    unit=self.product_uom_id.name,
                    entitlement=self.display_name,
                    start=format_date(self.env, balance.period.date_start),
                    last=format_date(self.env, balance.period.date_last),
                )
            )
        return excess
