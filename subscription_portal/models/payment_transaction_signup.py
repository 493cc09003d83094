from odoo import fields, models


class PaymentTransaction(models.Model):
    """Saves the payment method for which an order waits.

    The order is carried out here: also when the customer's browser never came back.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    signup_id = fields.Many2one(
        "subscription.signup",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The order that starts once the payment method is saved.",
    )

    # === BUSINESS METHODS === #

    def _post_process(self):
        """Start what was ordered with methods that are saved by now."""
        result = super()._post_process()
        saved = self.filtered(
            lambda tx: tx.signup_id and tx.state == "done" and tx.token_id
        )
        for transaction in saved:
            transaction.signup_id._start(transaction.token_id)
        return result
