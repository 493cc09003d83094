from dataclasses import replace

from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Invoices that an agency collects: we ask nobody for their money."""

    _inherit = "account.move"

    # === ACTIONS === #

    def action_collect(self):
        """Refuse to charge what an agency collects."""
        self._check_not_handed_over()
        return super().action_collect()

    # === BUSINESS METHODS === #

    def _is_handed_over(self):
        """Return whether an agency collects this invoice."""
        self.ensure_one()
        case = self.sudo().dunning_case_id
        return bool(case) and case._is_handed_over()

    def _get_hand_over_text(self):
        """Return that an agency collects this invoice, and what to do; None if none
        does."""
        self.ensure_one()
        if not self._is_handed_over():
            return None
        return self.env._(
            "%(agency)s collects %(invoice)s. Take the dunning case back before you "
            "ask for the money yourself.",
            agency=self.sudo().dunning_case_id.agency_id.display_name,
            invoice=self.display_name,
        )

    def _check_not_handed_over(self):
        """Refuse to ask for what an agency collects.

        :raises UserError: the first such invoice
        """
        for move in self:
            if reason := move._get_hand_over_text():
                raise UserError(reason)

    def _charge_now(self, token=None):
        """Refuse to charge what an agency collects."""
        self._check_not_handed_over()
        return super()._charge_now(token)

    def _send_payment_links(self):
        """Refuse to ask for what an agency collects."""
        self._check_not_handed_over()
        return super()._send_payment_links()

    def _queue_collection(self, *args, **options):
        """Leave what an agency collects out of the collection."""
        ours = self.filtered(lambda move: not move._is_handed_over())
        return super(AccountMove, ours)._queue_collection(*args, **options)

    def _get_dunning_invoice(self, facts):
        """Let no step be due about what an agency collects."""
        invoice = super()._get_dunning_invoice(facts)
        return replace(invoice, is_stopped=True) if self._is_handed_over() else invoice


class SubscriptionCollection(models.AbstractModel):
    """The collection charges nothing that an agency collects."""

    _inherit = "subscription.collection"

    # === BUSINESS METHODS === #

    def _get_obstacle(self, invoice):
        return invoice._get_hand_over_text() or super()._get_obstacle(invoice)
