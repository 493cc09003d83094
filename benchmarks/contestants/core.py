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
            scene.charge_by_core(invoice, tokens[invoice.partner_id])
        self.env.cr.commit()
