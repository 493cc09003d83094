from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, format_list


class SubscriptionSubscription(models.Model):
    """What customers owe, and how they agree to pay from now on."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS: WHAT IS OPEN === #

    def _get_portal_owed(self):
        """Return the invoices of these subscriptions of which something is owed, the
        oldest first."""
        return (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("id", "in", self.invoice_ids.ids),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "in", ("not_paid", "partial")),
                ],
                order="invoice_date_due, id",
            )
        )

    def _get_portal_rights(self):
        """Let customers pay what is open, and see to their payment methods."""
        rights = super()._get_portal_rights()
        if self._get_portal_owed()._filter_portal_payable():
            rights.add("pay")
        if self.state != "closed":
            rights.add("methods")
        is_enrollable = bool(self._filter_enrollable(self.partner_invoice_id))
        if is_enrollable and not self._is_paid_automatically():
            rights.add("automatic")
        return rights

    # === BUSINESS METHODS: FROM NOW ON === #

    def _is_paid_automatically(self):
        """Return whether there is a method to which invoices are charged when due."""
        self.ensure_one()
        return self._is_charged() and self.has_payment_method

    def _filter_enrollable(self, partner):
        """Return those that a person's methods may be charged for from now on.

        :param partner: the ``res.partner`` who pays
        """
        payer = partner.commercial_partner_id
        invoiced = self.partner_invoice_id.commercial_partner_id
        kept_off = invoiced.filtered("is_charging_off")
        return self.filtered(
            lambda subscription: (
                subscription.state not in ("draft", "closed")
                and payer in subscription._get_payers()
                and subscription.partner_invoice_id.commercial_partner_id
                not in kept_off
            )
        )

    def _get_consent_text(self):
        """Return what customers agree to when they pay automatically from now on."""
        companies = self.company_id.mapped("name")
        return self.env._(
            "From now on, %(company)s charges the invoices of %(subscriptions)s to "
            "this payment method when they are due. The payment method is saved for "
            "that. You can choose another one at any time.",
            company=format_list(self.env, companies),
            subscriptions=format_list(self.env, self.mapped("name")),
        )

    def _pay_automatically(
        self, token, *, consent, author, date=None, is_by_link=False
    ):
        """Charge the invoices to a saved method from now on, as the customer agreed.

        :param token: the ``payment.token``
        :param str consent: what the customer agreed to, word for word
        :param author: the ``res.partner`` who agreed
        :param datetime.datetime date: when, now by default
        :param bool is_by_link: whether who agreed had the link, and no login
        :raises UserError: the method cannot pay for this subscription
        """
        self.ensure_one()
        token = token.sudo()
        # What the engine says of a method is for people in the back office.
        if not token or token._get_charge_obstacle():
            raise UserError(
                self.env._(
                    "This payment method cannot be charged automatically. Choose "
                    "another one, or add one."
                )
            )
        today = self.company_id._get_subscription_today()
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.id,
                "timing": "date",
                "date": max(today, self.date_start),
                "proration": "none",
                "collection_method": "automatic",
                "payment_token_id": token.id,
                "note": consent,
            }
        )
        change.action_confirm()
        self._log_consent(token, consent, author, date, is_by_link)
        invitations = self.env["subscription.invitation"].sudo()
        invitations._mark_done("payment", self.partner_id | author)

    def _log_consent(self, token, consent, author, date, is_by_link):
        """Keep who agreed to what, and when; tell it in the chatter."""
        self.ensure_one()
        self.env["subscription.consent"]._record(
            "automatic",
            self,
            partner=author,
            text=consent,
            date=date,
            is_by_link=is_by_link,
        )
        way = self.env._("logged in")
        if is_by_link:
            way = self.env._("by the link of the subscription")
        self._message_log(
            body=self.env._(
                "%(customer)s agreed on %(date)s, %(way)s, to pay automatically with "
                "%(method)s: “%(text)s”",
                customer=author.display_name,
                date=format_datetime(self.env, date or fields.Datetime.now()),
                way=way,
                method=token.display_name,
                text=consent,
            ),
            author_id=author.id,
        )
