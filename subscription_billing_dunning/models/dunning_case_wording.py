from odoo import models
from odoo.tools import format_amount, format_date
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: why a charge was declined, for the customer's eyes: what it is about, never a
#: suspicion, by the provider's word for it
REASONS = {
    "insufficient_funds": _lt("there was not enough money on the account"),
    "withdrawal_count_limit_exceeded": _lt("the limit of the card was reached"),
    "card_velocity_exceeded": _lt("the limit of the card was reached"),
    "expired_card": _lt("the card has expired"),
    "authentication_required": _lt("the bank asks you to confirm the payment"),
    "incorrect_cvc": _lt("the details of the card are not up to date"),
    "incorrect_number": _lt("the details of the card are not up to date"),
}


class DunningCase(models.Model):
    """What the templates of steps ask of a case, in the customer's language."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _get_contact(self):
        """Return who is told: the address for invoices of the customer."""
        self.ensure_one()
        return self.partner_id._get_dunning_contact()

    def _get_pay_url(self):
        """Return where the customer pays the oldest invoice, without a login."""
        self.ensure_one()
        move = (self._get_overdue() or self._get_unpaid())[:1]
        # It gets its token here.
        move = move._without_line_checks()
        return f"{move.get_base_url()}{move.get_portal_url()}" if move else ""

    def _get_reason(self):
        """Return why the saved method could not be charged, in plain words, or None."""
        self.ensure_one()
        for move in self._get_overdue():
            charge = move._get_sent_charges()[-1:]
            if charge.state == "error":
                reason = REASONS.get(charge.decline_code)
                return (
                    str(reason)
                    if reason
                    else self.env._("the bank did not approve the payment")
                )
        return None

    def _render_invoices(self):
        """Return the unpaid invoices as a table for an e-mail."""
        self.ensure_one()
        facts = [
            (
                move.name,
                self.env._(
                    "%(amount)s, due on %(date)s",
                    amount=self._format_amount(move.amount_residual),
                    date=format_date(self.env, move._get_day_due()),
                ),
            )
            for move in self._get_overdue() or self._get_unpaid()
        ]
        return self.env["ir.qweb"]._render(
            "subscription_billing.subscription_notice_facts",
            {"facts": facts},
            minimal_qcontext=True,
        )

    def _format_amount(self, amount):
        """Return an amount in the currency of the case, as the customer writes it."""
        return format_amount(self.env, amount, self.currency_id)
