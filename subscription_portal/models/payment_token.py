from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_list


class PaymentToken(models.Model):
    """Saved payment methods as their customer sees and orders them."""

    _inherit = "payment.token"

    # === BUSINESS METHODS: WHAT IS SHOWN === #

    @api.model
    def _find_portal_methods(self, partner):
        """Return the saved methods of a person and their company, in the order in which
        they are charged.

        :param partner: the ``res.partner`` who looks
        """
        family = partner.commercial_partner_id
        return self.sudo().search(
            [("commercial_partner_id", "=", family.id)], order="sequence, id desc"
        )

    def _get_portal_facts(self):
        """Return what its owner knows this method by.

        :rtype: list[str]
        """
        self.ensure_one()
        facts = [self.payment_method_id.name]
        if self.brand and self.brand != facts[0]:
            facts.append(self.brand)
        if self.last_digits:
            digits = self.last_digits
            facts.append(self.env._("ends with %(digits)s", digits=digits))
        if self.expiry_label:
            label = self.expiry_label
            facts.append(self.env._("expires %(month)s", month=label))
        return facts

    def _get_portal_warning(self):
        """Return what its owner should know of this method, or None.

        Why a bank refuses a method is between the bank and its owner.
        """
        self.ensure_one()
        token = self.sudo()
        if token.is_expired:
            return self.env._("It has expired and is not charged any more.")
        if token.date_refused:
            return self.env._(
                "Your bank does not accept payments with it at present. Use another "
                "method, or ask your bank."
            )
        if token._get_charge_obstacle():
            return self.env._("It cannot be charged at present.")
        if token.is_expiring:
            return self.env._("It expires soon: add its successor in time.")
        return None

    def _get_portal_consent_text(self):
        """Return what a customer agrees to who has a subscription paid with this."""
        return self.env._(
            "The invoices of the subscription are charged to %(method)s when they are "
            "due, until another method is chosen.",
            method=self.display_name,
        )

    def _filter_portal_uses(self, subscriptions):
        """Return those subscriptions that this method could pay and does not yet.

        :param subscriptions: of the customer, who may have them charged
        """
        self.ensure_one()
        if self._get_charge_obstacle():
            return subscriptions.browse()
        return subscriptions.filtered(
            lambda subscription: (
                self.company_id in subscription.company_id.parent_ids
                and (
                    subscription.payment_token_id != self
                    or subscription.collection_method != "automatic"
                )
            )
        )

    # === BUSINESS METHODS: ORDER === #

    def _move_in_order(self, partner, places):
        """Move this method among those of its customer.

        :param partner: the ``res.partner`` who does it
        :param int | None places: how far down, less than 0 for up; None to the top
        """
        self.ensure_one()
        order = list(self._find_portal_methods(partner).ids)
        place = 0 if places is None else max(order.index(self.id) + places, 0)
        order.remove(self.id)
        order.insert(place, self.id)
        for number, token in enumerate(self.sudo().browse(order)):
            token._write_order({"sequence": number})

    # === BUSINESS METHODS: REMOVING === #

    def _remove_from_portal(self):
        """Remove this method for its owner.

        :raises UserError: an automatic subscription has no other one to be paid with
        """
        self.ensure_one()
        self._check_is_spare()
        self.sudo().active = False

    def _check_is_spare(self):
        """Refuse to remove what alone pays a subscription automatically.

        :raises UserError: with the subscriptions
        """
        self.ensure_one()
        token = self.sudo()
        bound = token._find_subscriptions().filtered(
            lambda subscription: (
                subscription._is_charged()
                and subscription._get_payment_methods() == token
            )
        )
        if bound:
            raise UserError(
                self.env._(
                    "%(method)s is the only payment method that pays %(subscriptions)s "
                    "automatically. Add another one first.",
                    method=self.display_name,
                    subscriptions=format_list(self.env, bound.mapped("name")),
                )
            )
