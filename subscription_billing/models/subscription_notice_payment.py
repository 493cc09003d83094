from odoo import fields, models
from odoo.tools import format_date

from ..tools.card import HIDDEN
from .subscription_notice_rule import CARD_KINDS


class SubscriptionNotice(models.Model):
    """What notices about cards and payments say."""

    _inherit = "subscription.notice"

    # === FIELDS === #

    payment_token_id = fields.Many2one(
        "payment.token",
        string="Payment Method",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )

    # === BUSINESS METHODS: THE RECIPIENT === #

    def _get_recipient(self):
        """Tell the owner of a card of it."""
        if self.kind in CARD_KINDS and self.payment_token_id:
            return self.payment_token_id.sudo().partner_id._get_notice_recipient()
        return super()._get_recipient()

    # === BUSINESS METHODS: CARDS === #

    def _get_card_name(self):
        """Return what the card is called, such as "Visa •••• 4242"."""
        token = self.payment_token_id.sudo()
        digits = token.last_digits and f"{HIDDEN} {token.last_digits}"
        named = " ".join(filter(None, (token.brand, digits)))
        return named or token.payment_details or token.payment_method_id.name

    def _get_card_facts(self):
        """Return which card expires, when, and what it pays for."""
        paid = self.payment_token_id.sudo()._get_paid_subscriptions()
        subscriptions = paid.get(self.payment_token_id) or self.subscription_id
        month = format_date(self.env, self.date_event, date_format="MM/yyyy")
        return [
            (self.env._("Card"), self._get_card_name()),
            (self.env._("Expires"), month),
            (
                self.env._("Pays for"),
                "\n".join(map(self._describe_paid, subscriptions)),
            ),
        ]

    def _describe_paid(self, subscription):
        """Return which agreement a card pays, and when it is charged next."""
        name = ", ".join((subscription.name, subscription.plan_id.name))
        if not subscription.date_next_invoice:
            return name
        return self.env._(
            "%(subscription)s; next payment on %(date)s",
            subscription=name,
            date=self._format_date(subscription.date_next_invoice),
        )

    def _get_methods_url(self):
        """Return the address of the page where the customer saves another card."""
        self.ensure_one()
        return f"{self.subscription_id.get_base_url()}/my/payment_method"

    # === BUSINESS METHODS: PAYMENT LINKS === #

    def _get_payment_url(self):
        """Return the address where the customer pays the invoice, or None."""
        self.ensure_one()
        return self.move_id._get_portal_payment_link() if self.move_id else None
