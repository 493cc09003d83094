from odoo import fields, models


class PaymentTransaction(models.Model):
    """Why a charge was refused, as ``tools.outcome.Decline`` says it."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    decline_category = fields.Selection(
        selection=[
            ("retry", "Try Again Later"),
            ("customer", "Customer Has to Act"),
            ("never", "Never Try Again"),
            ("unknown", "Unclear"),
        ],
        readonly=True,
    )
    decline_code = fields.Char(readonly=True)
    decline_network_code = fields.Char(readonly=True)
    decline_advice = fields.Char(readonly=True)
