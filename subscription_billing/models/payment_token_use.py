from collections import defaultdict

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
                subscription.payment_token_id or subscription._get_payment_methods()[:1]
            )
            if first in paid:
                paid[first] |= subscription
        return paid

    def _find_subscriptions(self):
        """Return the automatic subscriptions that these methods may be charged for."""
        subscriptions = self.env["subscription.subscription"].sudo()
        payers = self.sudo().commercial_partner_id
        return subscriptions.search(
            Domain("collection_method", "=", "automatic")
            & Domain("state", "not in", ("draft", "closed"))
            & subscriptions._get_charged_domain(self.ids, payers.ids),
            order="id",
        )

    def _is_replaced(self, subscription):
        """Return whether a newer method, which lasts longer, pays when this expires.

        :param subscription: a ``subscription.subscription`` that this method pays
        """
        self.ensure_one()
        return any(
            other.id > self.id
            and (not other.date_expiry or other.date_expiry > self.date_expiry)
            for other in subscription._get_payment_methods()
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

    def _find_tries(self):
        """Return when these cards were charged, wherever they are saved.

        :rtype: dict[str | int, list[datetime.datetime]], by ``_get_card_key``
        """
        tries = defaultdict(list)
        tokens = self.with_context(active_test=False)._get_same_cards()
        charges = self.env["payment.transaction"].sudo()
        for charge in charges.search(
            [("token_id", "in", tokens.ids), ("date_sent", "!=", False)]
        ):
            tries[charge.token_id._get_card_key()].append(charge.date_sent)
        return tries

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
