from odoo import api, models

from .batch import BatchMemory


class AccountAnalyticDistributionModel(models.Model):
    _inherit = "account.analytic.distribution.model"

    @api.model
    def _get_applicable_models(self, vals):
        """Look once for a batch whether there are any, instead of twice a payment.

        The context's ``subscription_batch`` is the memory of one batch.
        """
        memory = self.env.context.get("subscription_batch")
        if not isinstance(memory, BatchMemory):
            return super()._get_applicable_models(vals)
        if self._name not in memory:
            memory[self._name] = bool(self.search_count([], limit=1))
        return (
            super()._get_applicable_models(vals)
            if memory[self._name]
            else self.browse()
        )
