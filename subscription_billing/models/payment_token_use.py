from odoo import api, fields, models
from odoo.fields import Domain


class PaymentToken(models.Model):
    """Who pays with a saved method, and what happens to them when it goes."""

    _inherit = "payment.token"

    # === FIELDS === #

    subscription_count = fields.Integer(
        string="Paid Subscriptions",
        compute="_compute_subscription_count",
        compute_sudo=True,
        help="Subscriptions that are charged to this method first.",
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_ids", "sequence", "active")
    def _compute_subscription_count(self):
        paying = self._get_paid_subscriptions()
        for token in self:
            token.subscription_count = len(paying[token])

    # === ACTIONS === #

    def action_view_subscriptions(self):
        """Open the subscriptions that are charged to this method first."""
        self.ensure_one()
        self.check_access("read")
        subscriptions = self.sudo()._get_paid_subscriptions()[self]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {**action, "domain": [("id", "in", subscriptions.ids)], "context": {}}

    # === BUSINESS METHODS: USE === #

    def _get_paid_subscriptions(self):
        """Return the subscriptions that are charged to each of these methods first.

        :rtype: dict[payment.token, subscription.subscription]
        """
        candidates = self._find_subscriptions()
        paid = {token: candidates.browse() for token in self}
        for subscription in candidates:
            first = (
                subscription.payment_token_id
                or (subscription._get_payment_methods()[:1])
            )
            for token in first & self:
                paid[token] |= subscription
        return paid

    def _find_subscriptions(self):
        """Return the automatic subscriptions that these methods may be charged for."""
        own = Domain("payment_token_id", "in", self.ids)
        payers = self.sudo().commercial_partner_id
        backed = Domain("is_backup_allowed", "=", True) | Domain(
            "payment_token_id", "=", False
        )
        payer = Domain("partner_invoice_id.commercial_partner_id", "in", payers.ids)
        return (
            self.env["subscription.subscription"]
            .sudo()
            .search(
                Domain("collection_method", "=", "automatic")
                & Domain("state", "not in", ("draft", "closed"))
                & (own | (payer & backed)),
                order="id",
            )
        )

    def get_linked_records_info(self):
        """Name the subscriptions that a method pays, before its owner deletes it."""
        info = super().get_linked_records_info()
        self.check_access("read")
        token = self.sudo()
        for subscription in token._get_paid_subscriptions()[token]:
            info.append(
                {
                    "description": self.env._("Subscription"),
                    "id": subscription.id,
                    "name": f"{subscription.name}, {subscription.plan_id.name}",
                    "url": subscription._get_customer_url(),
                }
            )
        return info

    # === BUSINESS METHODS: CHANGES === #

    @api.model
    def _forget_orders(self):
        """Have the subscriptions look up again what they are charged to."""
        self.env["subscription.subscription"].invalidate_model(
            ["payment_method_ids", "has_payment_method"], flush=False
        )

    def _collect_failed(self):
        """Collect again what failed, now that these methods can be charged."""
        usable = self.sudo().filtered(lambda token: not token._get_charge_obstacle())
        if usable:
            usable._find_subscriptions()._queue_failed_collections()

    def _handle_archiving(self):
        """Tell the subscriptions which method takes the place of this one."""
        result = super()._handle_archiving()
        for token, subscriptions in self.sudo()._get_paid_subscriptions().items():
            for subscription in subscriptions:
                methods = subscription._get_payment_methods() - self
                subscription._on_method_archived(token, methods[:1])
        return result
