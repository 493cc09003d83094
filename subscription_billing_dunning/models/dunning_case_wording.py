from odoo import models
from odoo.tools import email_normalize, format_amount, format_date
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
#: what is said of all others
OTHER_REASON = _lt("the bank did not approve the payment")


class DunningCase(models.Model):
    """What the templates of steps ask of a case, in the customer's language."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _get_contact(self):
        """Return who is told: the address for invoices of the customer."""
        self.ensure_one()
        return self.partner_id._get_dunning_contact()

    def _has_email(self):
        """Return whether there is a valid address to write to."""
        self.ensure_one()
        return bool(email_normalize(self._get_contact().email))

    def _get_asked(self):
        """Return what the customer is asked to pay: what is overdue, or coming up."""
        self.ensure_one()
        return self._get_overdue() or self._get_unpaid()

    def _get_reason(self):
        """Return why the saved method could not be charged, in plain words, or None."""
        self.ensure_one()
        for move in self._get_overdue():
            charge = move._get_sent_charges()[-1:]
            if charge.state == "error":
                return self.env._(REASONS.get(charge.decline_code, OTHER_REASON))
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
            for move in self._get_asked()
        ]
        return self.env["ir.qweb"]._render(
            "subscription_billing.subscription_notice_facts",
            {"facts": facts},
            minimal_qcontext=True,
        )

    def _format_amount(self, amount):
        """Return an amount in the currency of the case, as the customer writes it."""
        return format_amount(self.env, amount, self.currency_id)
