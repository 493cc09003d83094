from odoo import api, models
from odoo.fields import Domain

#: how a state is told to customers, and the colour of its badge
BADGES = {
    "trial": "info",
    "active": "success",
    "paused": "secondary",
    "past_due": "danger",
    "suspended": "danger",
    "closed": "secondary",
}
#: in these the customer has something to do
ATTENTION_STATES = ("past_due", "suspended")


class SubscriptionSubscription(models.Model):
    """A subscription in the portal: whose it is, and where its page is.

    Customers have no rights on the model: each page looks for what is theirs, and
    reads it as superuser.
    """

    _name = "subscription.subscription"
    _inherit = ["subscription.subscription", "portal.mixin"]

    # === COMPUTE METHODS === #

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for subscription in self:
            subscription.access_url = f"/my/subscriptions/{subscription.id}"
        return result

    # === ACTIONS === #

    def action_preview_as_customer(self):
        """Open the page as the customer sees it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "target": "self",
            "url": self.get_portal_url(),
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_portal_domain(self, partner):
        """Return the domain of what a person sees in the portal: what is their own and
        their company's, once it is agreed.

        :param partner: the ``res.partner`` who looks
        """
        family = partner.commercial_partner_id
        return Domain("partner_id", "child_of", family.ids) & Domain(
            "state", "!=", "draft"
        )

    @api.model
    def _get_attention_domain(self):
        """Return the domain of what waits for the customer: money, or a method that
        can be charged."""
        served = Domain("state", "not in", ("draft", "closed"))
        unpaid = Domain("state", "in", ATTENTION_STATES)
        unchargeable = Domain("collection_method", "=", "automatic") & Domain(
            "has_payment_method", "=", False
        )
        return served & (unpaid | unchargeable)

    def _get_customer_url(self):
        """Lead to the page of this subscription."""
        self.ensure_one()
        return self.access_url

    def _get_portal_state(self):
        """Return the state as the customer reads it.

        :return: the text, and the colour of its badge
        :rtype: tuple[str, str]
        """
        self.ensure_one()
        texts = {
            "trial": self.env._("Trial"),
            "active": self.env._("Active"),
            "paused": self.env._("Paused"),
            "past_due": self.env._("Payment overdue"),
            "suspended": self.env._("Suspended"),
            "closed": self.env._("Ended"),
        }
        return texts.get(self.state, ""), BADGES.get(self.state, "secondary")

    def _get_portal_rights(self):
        """Return what its customer may do with this subscription alone, as it is today.

        :rtype: set[str]
        """
        self.ensure_one()
        return set()
