from odoo import models
from odoo.exceptions import UserError

from .batch import keep_others_away


class AccountMove(models.Model):
    """What keeps anybody from asking for the money of an invoice a second time."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _check_no_obstacle(self):
        """Refuse to ask for money twice, or for nothing.

        :raises UserError: the first invoice with an obstacle, and which
        """
        if not self:
            raise UserError(self.env._("There is no open invoice to pay."))
        for move in self.sudo():
            if reason := move._get_payment_obstacle():
                raise UserError(reason)

    def _get_payment_obstacle(self):
        """Return why nobody may ask for the money of this invoice now, or None.

        Others add their reasons, such as a dispute: the first one counts.
        """
        self.ensure_one()
        name = self.display_name
        if self.move_type != "out_invoice" or not self.subscription_ids:
            return self.env._("%(invoice)s bills no subscription.", invoice=name)
        if not self._is_unpaid():
            return self.env._(
                "Nothing is due on %(invoice)s: it is not posted, or already paid.",
                invoice=name,
            )
        block = self._get_payment_block()
        return block and self._get_block_text(block)

    def _get_block_text(self, block):
        """Return what may still bring the money of this invoice, in words.

        :param str block: as of ``_get_payment_block``; None for a charge that is sent
            at this moment
        """
        name = self.display_name
        if block == "online":
            return self.env._(
                "The customer is paying %(invoice)s online. Wait until that is booked.",
                invoice=name,
            )
        if block == "unbooked":
            return self.env._(
                "The money for %(invoice)s was taken and is not in the books. Click "
                "Record Payment on its charge.",
                invoice=name,
            )
        return self.env._(
            "A charge of %(invoice)s is open. Wait for its outcome: a second charge "
            "could take the money twice.",
            invoice=name,
        )

    def _get_payment_block(self):
        """Return what may still bring the money of this invoice, or None.

        Others add theirs, such as a dispute: the first one counts.

        :return: ``unknown``: nobody knows what became of a charge; ``pending``: the
            bank takes its time; ``unbooked``: the money is there and not in the books;
            ``online``: the customer is paying by himself
        :rtype: str | None
        """
        self.ensure_one()
        move = self.sudo()
        if any(move.transaction_ids.mapped("is_outcome_unknown")):
            return "unknown"
        for charge in move.collection_charge_ids:
            if charge.state == "draft" and charge.date_sent:
                return "unknown"
            if charge.state in ("pending", "authorized"):
                return "pending"
            if charge.is_unbooked:
                return "unbooked"
        under_way = self.env["subscription.collection"]._get_payment_under_way_domain()
        return "online" if move.transaction_ids.filtered_domain(under_way) else None

    def _has_sent_charge(self):
        """Return whether a charge may have taken the money, or may still do."""
        return self._get_payment_block() in ("unknown", "pending", "unbooked")

    def _find_charged(self):
        """Return those of these invoices whose money a charge is taking, or has taken
        perhaps.

        Of the others no run takes it before this transaction ends: until then, it does
        not see that they are being paid.
        """
        moves = self.sudo()
        if collected := moves.filtered("collection_state"):
            keep_others_away(collected)
        unsent = moves.collection_charge_ids._filter_unsent()
        sending = unsent - unsent.try_lock_for_update()
        charged = moves.filtered(lambda move: move._has_sent_charge())
        return charged | sending.collection_invoice_id

    def _check_not_charged(self):
        """Refuse to charge a method by hand beside a charge of the run, or beside what
        somebody else has sent: a bank debit takes days.

        :raises UserError: the first invoice of which there is one
        """
        ours = self.sudo().filtered("subscription_ids")
        online = ours.filtered(lambda move: move._get_payment_block() == "online")
        if paying := (self._find_charged() | online)[:1]:
            raise UserError(paying._get_block_text(paying._get_payment_block()))

    def _has_to_be_paid(self):
        """Let nobody pay online what a charge is taking, or has taken perhaps."""
        return super()._has_to_be_paid() and not self._has_sent_charge()

    def _get_online_payment_error(self):
        message = super()._get_online_payment_error()
        if not self._has_sent_charge():
            return message
        waiting = self.env._("Your saved payment method is being charged.")
        return "\n".join(filter(None, (message, waiting)))
