from decimal import Decimal

from odoo import models
from odoo.fields import Command


class SubscriptionPrice(models.Model):
    """What of a price is compared with one of Stripe's."""

    _inherit = "subscription.price"

    def _prepare_stripe_terms(self):
        """Return the terms as ``get_comparable`` returns those of Stripe."""
        self.ensure_one()
        return get_comparable(
            {
                "pricing_model": self.pricing_model,
                "price_unit": self.price_unit,
                "package_size": self.package_size,
                "tier_ids": [
                    Command.create(
                        {
                            "quantity_last": tier.quantity_last,
                            "price_unit": tier.price_unit,
                            "amount_flat": tier.amount_flat,
                        }
                    )
                    for tier in self.tier_ids
                    if not tier.block_size
                ],
            }
        )


def get_comparable(vals):
    """Return the values of a price's terms in a form that can be compared."""
    tiers = [
        tuple(Decimal(str(value)) for value in command[2].values())
        for command in vals["tier_ids"]
    ]
    names = ["price_unit"] if vals["pricing_model"] in ("per_unit", "package") else []
    names += ["package_size"] if vals["pricing_model"] == "package" else []
    return (
        vals["pricing_model"],
        *(Decimal(str(vals[name])) for name in names),
        *sorted(tiers),
    )
