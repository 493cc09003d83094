from odoo import fields, models


class SubscriptionSubscription(models.Model):
    """What price increases do to a subscription, and what keeps them from it."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    date_price_kept_until = fields.Date(
        string="Prices Guaranteed Until",
        copy=False,
        tracking=True,
        help="Last day on which the prices of all lines are promised. No price "
        "increase raises them before.",
    )
    increase_line_ids = fields.One2many(
        "subscription.increase.line",
        "subscription_id",
        string="Price Increases",
        readonly=True,
        groups="subscription_billing.group_subscription_user",
    )

    # === BUSINESS METHODS === #

    def _get_notified_partner(self):
        """Return who can be told by e-mail: the customer, else the invoice address."""
        self.ensure_one()
        partner = self.partner_id
        if not partner.email_normalized:
            partner = self.partner_invoice_id
        return partner if partner.email_normalized else partner.browse()

    def _get_announced_prices(self):
        """Return the new prices that the e-mail to the customer is about.

        :return: the ``subscription.increase.line`` of this announcement; in a preview
            of the e-mail, all that are announced
        """
        self.ensure_one()
        told = self.env.context.get("subscription_increase_lines")
        return self.increase_line_ids.filtered(
            lambda line: line.id in told if told else line.state == "announced"
        )
