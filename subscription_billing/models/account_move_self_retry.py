from odoo import api, fields, models


class AccountMove(models.Model):
    """Invoices whose charge the provider itself tries again."""

    _inherit = "account.move"

    # === FIELDS === #

    date_provider_retry_until = fields.Datetime(
        string="Provider Tries Until",
        compute="_compute_date_provider_retry_until",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "collection_charge_ids.state", "collection_charge_ids.date_provider_retry_until"
    )
    def _compute_date_provider_retry_until(self):
        for move in self:
            charge = move._get_provider_retry()
            move.date_provider_retry_until = charge.date_provider_retry_until

    # === BUSINESS METHODS === #

    def _get_provider_retry(self):
        """Return the charge of this invoice that its provider still tries by itself.

        As long as there is one, nobody else collects the invoice; its
        ``date_provider_retry_until`` says when that ends at the latest.

        :return: a ``payment.transaction`` as superuser, or none
        """
        self.ensure_one()
        charges = self.sudo().collection_charge_ids
        return charges.filtered(lambda charge: charge._is_retried_by_provider())[-1:]
