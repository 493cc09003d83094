from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.clock import Clock


class SubscriptionSubscription(models.Model):
    """Subscriptions that Stripe has billed: one of the two bills them, never both."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    stripe_import_line_ids = fields.One2many(
        "stripe.import.line",
        "subscription_id",
        readonly=True,
        groups="subscription_billing.group_subscription_manager",
    )
    stripe_reference = fields.Char(
        string="Taken Over From",
        compute="_compute_stripe_reference",
        compute_sudo=True,
        help="The subscription at Stripe that this one continues.",
    )
    is_billed_by_stripe = fields.Boolean(
        compute="_compute_stripe_reference",
        compute_sudo=True,
        help="Whether Stripe still bills it, so that it cannot be confirmed here.",
    )

    # === COMPUTE METHODS === #

    @api.depends("stripe_import_line_ids.state")
    def _compute_stripe_reference(self):
        for subscription in self:
            line = subscription.stripe_import_line_ids
            subscription.stripe_reference = line.stripe_id
            subscription.is_billed_by_stripe = bool(line) and line.state != "done"

    # === BUSINESS METHODS === #

    def _check_can_confirm(self):
        """Refuse to bill what Stripe bills; a preview may imagine it."""
        result = super()._check_can_confirm()
        is_imagined = isinstance(self.env.context.get("subscription_clock"), Clock)
        if self.is_billed_by_stripe and not is_imagined:
            raise UserError(
                self.env._(
                    "Stripe still bills %(subscription)s as %(reference)s: the "
                    "customer would pay twice. Take it over with the Import from "
                    "Stripe, which ends it there first.",
                    subscription=self.display_name,
                    reference=self.stripe_reference,
                )
            )
        return result
