from decimal import Decimal

from odoo import models

from ..tools.dunning import DunningFacts, next_attempt


class AccountMove(models.Model):
    """What whoever follows up unpaid invoices has to know of them."""

    _inherit = "account.move"

    # === BUSINESS METHODS: FACTS === #

    def _get_dunning_facts(self):
        """Return what is known of this invoice that is owed.

        :rtype: tools.dunning.DunningFacts
        """
        self.ensure_one()
        return self._map_dunning_facts()[self.id]

    def _map_dunning_facts(self):
        """Return the facts of many invoices, with no query for each.

        :rtype: dict[int, tools.dunning.DunningFacts]
        """
        moves = self.sudo().with_prefetch(self._ids)
        lasts = {move: move._get_sent_charges()[-1:] for move in moves}
        refused = moves.env["payment.transaction"].union(
            *(charge for charge in lasts.values() if charge.state == "error")
        )
        tries = refused.token_id._find_tries()
        return {
            move.id: DunningFacts(
                **move._prepare_debt_facts(),
                **move._prepare_attempt_facts(charge, tries),
            )
            for move, charge in lasts.items()
        }

    def _prepare_debt_facts(self):
        """Return what is owed, since when, and how it can still be collected."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        due = self.invoice_date_due or self.invoice_date
        days = (today - due).days if due else 0
        return {
            "amount_due": Decimal(str(self.currency_id.round(self.amount_residual))),
            "days_overdue": max(0, days),
            "methods_left": tuple(self._get_methods_left().ids),
            "block": self._get_payment_block(),
        }

    def _prepare_attempt_facts(self, last, tries):
        """Return how often it was tried, and what became of the last try.

        :param last: the last charge that was sent, or none
        :param dict tries: when each method was charged, by its card
        """
        self.ensure_one()
        charges = self._get_sent_charges()
        declined = last.state == "error"
        in_round = charges.filtered(
            lambda charge: charge.collection_round == self.collection_round
        )
        key = last.token_id and last.token_id._get_card_key()
        category = last.decline_category or "unknown"
        return {
            "attempts_in_round": len(in_round),
            "attempts": len(charges),
            "date_last_attempt": last.date_sent or None,
            "last_decline": last._get_decline() if declined else None,
            "date_next_attempt": (
                next_attempt(category, tries[key]) if declined and tries[key] else None
            ),
        }

    def _get_sent_charges(self):
        """Return the charges that were sent to their provider, oldest first."""
        self.ensure_one()
        sent = self.sudo().collection_charge_ids.filtered("date_sent")
        return sent.sorted(lambda charge: (charge.date_sent, charge.id))
