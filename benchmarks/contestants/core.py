"""Odoo alone, as a script that goes through the customers one by one would use it.

Invoices: `create()` and `action_post()` for each. Collection: `_charge_with_token()`,
then `_post_process()`, for each. One commit at the end of either, which favours it: to
be safe it would have to commit after each charge.
"""

from odoo import Command

from .. import scene
from .base import Contestant


class Core(Contestant):
    """Invoices, and charges of saved demo cards."""

    share = 0.2

    def set_up(self, env):
        self.tokens = scene.make_tokens(env, self.partners)

    def prepare(self, env, partners):
        self.vals_list = self.each(
            partners,
            lambda partner, price: {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "quantity": 1,
                            "price_unit": price,
                        }
                    )
                ],
            },
        )

    def bill(self):
        for vals in self.vals_list:
            self.env["account.move"].create(vals).action_post()
        self.env.cr.commit()

    def collect(self):
        """Charge, pay and reconcile one invoice after the other."""
        tokens = {token.partner_id: token for token in self.tokens}
        for invoice in self.invoices():
            token = tokens[invoice.partner_id]
            charge = self.env["payment.transaction"].create(
                {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "amount": invoice.amount_residual,
                    "currency_id": invoice.currency_id.id,
                    "partner_id": invoice.partner_id.id,
                    "operation": "offline",
                    "invoice_ids": [Command.set(invoice.ids)],
                }
            )
            charge._charge_with_token()
            charge._post_process()
        self.env.cr.commit()
