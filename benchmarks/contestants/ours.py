"""This repository's renewal and collection runs, by the scheduler's own code."""

from odoo import Command

from .. import scene
from ..workbench import run_scheduled_action
from .base import Contestant


class Ours(Contestant):
    """Automatic subscriptions of one line: claim, invoice, post, commit by chunk."""

    def set_up(self, env):
        self.plan = env["subscription.plan"].create({"name": "Monthly"})
        self.tokens = scene.make_tokens(env, self.partners)

    def prepare(self, env, partners):
        tokens = {token.partner_id.id: token.id for token in self.tokens}
        today = env.company._get_subscription_today()
        env["subscription.subscription"].create(
            self.each(
                partners,
                lambda partner, price: {
                    "partner_id": partner.id,
                    "plan_id": self.plan.id,
                    "state": "active",
                    "date_start": today,
                    "collection_method": "automatic",
                    "payment_token_id": tokens[partner.id],
                    "line_ids": [
                        Command.create(
                            {"product_id": self.product.id, "price_unit": price}
                        )
                    ],
                },
            )
        )

    def bill(self):
        run_scheduled_action(self.env, "subscription_billing.ir_cron_renewal")

    def collect(self):
        """Charge, pay and reconcile the round's invoices, committing as it goes."""
        run_scheduled_action(self.env, "subscription_billing.ir_cron_collection")
