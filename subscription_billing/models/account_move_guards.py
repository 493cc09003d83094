from odoo import api, models

from .derived import refuse_internal

#: what collecting and disputes keep; buttons write it with all rights
KEPT_FIELDS = {
    "collection_error",
    "collection_round",
    "collection_state",
    "is_collected_early",
    "is_disputed",
}


class AccountMove(models.Model):
    """What of an invoice nobody writes: how it is collected, and what is disputed."""

    _inherit = "account.move"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        refuse_internal(self, vals_list, self._get_collection_text(), KEPT_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        refuse_internal(self, [vals], self._get_collection_text(), KEPT_FIELDS)
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _get_collection_text(self):
        """Return how people change what becomes of an invoice."""
        return self.env._(
            "Use the buttons of the invoice: Charge Now, Mark as Paid Outside and, on "
            "its disputes, Charge Invoice Again."
        )
