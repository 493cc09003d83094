from odoo import api, models

from .derived import refuse_internal, without_internal_defaults

#: what collecting and disputes keep; buttons write it with all rights
KEPT_FIELDS = {
    "collection_amount",
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
        if self.env.su:
            return super().create(vals_list)
        self._refuse_kept(vals_list)
        kept = set().union(*self._get_kept().values())
        model = without_internal_defaults(self, kept)
        return super(AccountMove, model).create(vals_list)

    def write(self, vals):
        self._refuse_kept([vals])
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _refuse_kept(self, vals_list):
        """Refuse values from a client for what is kept here.

        :param vals_list: as in ``derived.refuse_internal``
        :raises UserError: with the names of the fields
        """
        if self.env.su:
            return  # Runs write often: they look up no sentence.
        for way, names in self._get_kept().items():
            refuse_internal(self, vals_list, way, names)

    @api.model
    def _get_kept(self):
        """Return the fields that nobody writes, by how a person changes what they say.

        :rtype: dict[str, set[str]]
        """
        way = self.env._(
            "Use the buttons of the invoice: Charge Now, Mark as Paid Outside and, on "
            "its disputes, Charge Invoice Again."
        )
        return {way: KEPT_FIELDS}
