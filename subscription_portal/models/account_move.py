from odoo import models

from odoo.addons.subscription_billing.models.batch import keep_others_away


class AccountMove(models.Model):
    """Invoices of subscriptions as their customer pays them."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _filter_portal_payable(self):
        """Return those that can be paid online now: no other money for them may be on
        its way."""
        return self.filtered(
            lambda move: move._has_to_be_paid() and not move._get_payment_block()
        )

    def _get_portal_pay_label(self):
        """Return what the link says that leads to paying this invoice."""
        self.ensure_one()
        return self.env._("Pay %(invoice)s", invoice=self.name)

    def _hold_for_portal_payment(self):
        """Let nobody else start a payment of these invoices before this one is known.

        A second request starts over after this one, and sees what it has done.
        """
        if self:
            keep_others_away(self)

    def _get_portal_pay_url(self, user):
        """Return where a visitor pays this invoice along with others, and may have the
        next ones paid automatically.

        None where that is not theirs, nothing is to be paid, or no subscription is
        billed.

        :param user: the ``res.users`` who looks
        """
        self.ensure_one()
        move = self.sudo()
        if user._is_public() or not move.subscription_ids:
            return None
        mine = move.subscription_ids.filtered_domain(
            move.subscription_ids._get_portal_domain(user.partner_id)
        )
        if not mine or not move._filter_portal_payable():
            return None
        return f"/my/subscriptions/pay?invoice={move.id}"
