from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: how often a customer tries codes, within how many hours
MOST_TRIES = 10
TRY_HOURS = 1
#: characters of a code
LONGEST_CODE = 64


class SubscriptionSubscription(models.Model):
    """The codes of coupons that a customer redeems."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_portal_rights(self):
        """Let customers redeem codes where there are any."""
        rights = super()._get_portal_rights()
        if (
            self.plan_id.is_portal_coupon
            and self.state != "closed"
            and not self.is_close_scheduled
            and self._has_coupons()
        ):
            rights.add("coupon")
        return rights

    def _has_coupons(self):
        """Return whether the company offers any code at all."""
        self.ensure_one()
        offered = Domain("code", "!=", False) & Domain(
            "company_id", "in", (False, self.company_id.id)
        )
        return bool(self.env["subscription.coupon"].search_count(offered, limit=1))

    def _is_coupon_try_allowed(self):
        """Count a try, and return whether it may be made: nobody finds codes by trying.

        The contacts of a customer share their tries, on all their subscriptions.
        """
        self.ensure_one()
        return self.env["subscription.attempt"]._is_allowed(
            "coupon", self.partner_id.commercial_partner_id.id, MOST_TRIES, TRY_HOURS
        )

    def _redeem_portal_code(self, code):
        """Redeem a code that a customer has typed.

        :param str code: as it was typed
        :raises UserError: the same words whatever the reason, so that they do not tell
            which codes there are
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._add_coupon(code.replace("\x00", "").strip()[:LONGEST_CODE])
        except UserError as error:
            raise UserError(
                self.env._(
                    "Code: this one cannot be redeemed here. Check its spelling, until "
                    "when it is offered, and what it is for."
                )
            ) from error
