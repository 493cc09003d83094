"""OCA `contract` 19.0: its scheduled action, which creates all drafts in one batch.

One-line contracts, monthly, in advance. Its scheduled action leaves drafts: they are
posted by one `action_post()` on all of them, in a transaction of its own.
"""

from odoo import Command, fields

from ..workbench import run_scheduled_action
from .base import Contestant


class Contract(Contestant):
    """Contracts with the company's default journal."""

    addon = "contract"
    invoice_state = "posted"

    def prepare(self, env, partners):
        today = fields.Date.context_today(self.partners)
        self.contracts = env["contract.contract"].create(
            self.each(
                partners,
                lambda partner, price: {
                    "name": partner.name,
                    "partner_id": partner.id,
                    "date_start": today,
                    "recurring_next_date": today,
                    "recurring_rule_type": "monthly",
                    "recurring_interval": 1,
                    "contract_line_ids": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "name": self.product.name,
                                "quantity": 1,
                                "uom_id": self.product.uom_id.id,
                                "price_unit": price,
                                "date_start": today,
                                "recurring_next_date": today,
                            }
                        )
                    ],
                },
            )
        )

    def bill(self):
        run_scheduled_action(self.env, "contract.contract_cron_for_invoice")

    def post(self):
        """Post the round's drafts in one batch."""
        self.invoices().action_post()
        self.env.cr.commit()

    def retire(self):
        self.contracts.active = False
