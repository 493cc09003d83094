"""OCA `subscription_oca` 19.0: its scheduled action, which bills one after the other.

Monthly template without end, invoicing mode "draft" (its default, and its cheapest: the
other modes post, send or go by a sales order), subscriptions in progress. Billed
subscriptions are archived after each round, as its action reads all that are not.
"""

from odoo import Command, fields

from ..workbench import run_scheduled_action
from .base import Contestant


class SubscriptionOca(Contestant):
    """Subscriptions in progress, on a pricelist in the company's currency."""

    addon = "subscription_oca"
    share = 0.2
    invoice_state = "draft"

    def set_up(self, env):
        self.template = env["sale.subscription.template"].create(
            {
                "name": "Monthly",
                "recurring_rule_type": "months",
                "recurring_interval": 1,
                "recurring_rule_boundary": "unlimited",
                "invoicing_mode": "draft",
            }
        )
        self.pricelist = env["product.pricelist"].create({"name": "Public"})
        self.stage = env.ref("subscription_oca.subscription_stage_in_progress")

    def prepare(self, env, partners):
        today = fields.Date.today()
        self.subscriptions = env["sale.subscription"].create(
            self.each(
                partners,
                lambda partner, price: {
                    "partner_id": partner.id,
                    "template_id": self.template.id,
                    "pricelist_id": self.pricelist.id,
                    "date_start": today,
                    "recurring_next_date": today,
                    "sale_subscription_line_ids": [
                        Command.create(
                            {"product_id": self.product.id, "price_unit": price}
                        )
                    ],
                },
            )
        )
        self.subscriptions.write({"stage_id": self.stage.id})

    def bill(self):
        run_scheduled_action(
            self.env, "subscription_oca.ir_cron_subscription_management"
        )

    def retire(self):
        self.subscriptions.active = False
