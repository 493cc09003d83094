from odoo import fields, models
from odoo.tools import email_normalize_all


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

    def _has_notice_address(self):
        """Return whether notices reach the customer by e-mail."""
        self.ensure_one()
        email = self.partner_id._get_notice_recipient().email
        return bool(email and email_normalize_all(email))
