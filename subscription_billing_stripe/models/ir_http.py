from odoo import models


class IrHttp(models.AbstractModel):
    """What our pages say in the browser is translated, too."""

    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        names = super()._get_translation_frontend_modules_name()
        return [*names, "subscription_billing_stripe"]
