from odoo import models
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.activity import MANAGERS


class ResUsers(models.Model):
    """Who logs in with a second factor, as the companies ask for it.

    Core has it for employees or for all users; who has no app gets a code by e-mail.
    """

    _inherit = "res.users"

    # === BUSINESS METHODS: LOGGING IN === #

    def _update_last_login(self):
        """Keep that a customer who was invited has logged in."""
        result = super()._update_last_login()
        invitations = self.env["subscription.invitation"].sudo()
        invitations._mark_done("account", self.partner_id)
        return result

    # === BUSINESS METHODS: THE SECOND FACTOR === #

    def _mfa_type(self):
        """E-mail a code to who is asked for a second factor and has no other."""
        kind = super()._mfa_type()
        if kind is None and self._is_subscription_mfa_asked():
            return "totp_mail"
        return kind

    def _is_subscription_mfa_asked(self):
        """Return whether a company of this user asks for a second factor.

        Administrators have their companies; customers those that they have a
        subscription from.
        """
        self.ensure_one()
        user = self.sudo()
        if user._is_portal():
            return user._is_subscription_mfa_customer()
        is_manager = user.has_group(MANAGERS)
        return is_manager and any(
            user.company_ids.mapped("is_subscription_mfa_manager")
        )

    def _is_subscription_mfa_customer(self):
        """Return whether a company that asks for it has a subscription of theirs."""
        asking = self.env["res.company"].search(
            [("is_subscription_mfa_customer", "=", True)]
        )
        if not asking:
            return False
        Subscription = self.env["subscription.subscription"]
        return bool(
            Subscription.search_count(
                Subscription._get_portal_domain(self.partner_id)
                & Domain("company_id", "in", asking.ids),
                limit=1,
            )
        )
