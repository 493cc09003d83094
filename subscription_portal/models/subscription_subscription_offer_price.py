from odoo import Command, models


class SubscriptionSubscription(models.Model):
    """What a customer would pay for what is offered, before they choose it.

    The amounts are those of the engine, for a subscription that is never saved; with
    taxes, for a whole period, and without coupons.
    """

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_plan_price(self, plan):
        """Return what these lines cost for a billing period of another plan."""
        self.ensure_one()
        lines = [
            {
                "product_id": line.product_id.id,
                "quantity": line.quantity,
                "discount": line.discount,
            }
            for line in self._get_kept_lines()
        ]
        return self._get_offer_price(plan, lines)

    def _get_price_today(self):
        """Return what these lines cost for a billing period of today's plan."""
        self.ensure_one()
        lines = self._get_kept_lines()
        return sum(lines.mapped("price_subtotal")) + sum(lines.mapped("price_tax"))

    def _get_addon_price(self, product):
        """Return what one of a product costs for a billing period."""
        self.ensure_one()
        return self._get_offer_price(self.plan_id, [{"product_id": product.id}])

    def _get_offer_price(self, plan, lines):
        """Return what lines cost for a billing period of a plan.

        :param list[dict] lines: values of the lines
        """
        offer = self.new(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "fiscal_position_id": self.fiscal_position_id.id,
                "plan_id": plan.id,
                "line_ids": [Command.create(vals) for vals in lines],
            }
        )
        return offer.amount_total
