from markupsafe import Markup
from odoo import api, fields, models

from ..models.subscription_invitation import KINDS


class SubscriptionInvitationSend(models.TransientModel):
    """Ask customers to pay automatically, or to use the portal: who gets an e-mail, and
    who gets none and why."""

    _name = "subscription.invitation.send"
    _description = "Invite Customers"

    # === FIELDS === #

    kind = fields.Selection(
        selection=KINDS, string="Invite To", required=True, default="payment"
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        required=True,
        readonly=True,
        default=lambda self: self._default_partner_ids(),
        context={"active_test": False},
    )
    invited_count = fields.Integer(
        string="Get an E-mail", compute="_compute_invited_count"
    )
    obstacles = fields.Html(
        string="Get None",
        compute="_compute_invited_count",
        help="Who is left out, why, and how to mend it.",
    )

    # === DEFAULTS === #

    def _default_partner_ids(self):
        """Return the customers that were chosen in a list."""
        context = self.env.context
        chosen = context.get("active_ids") or []
        if context.get("active_model") == "res.partner":
            return self.env["res.partner"].browse(chosen)
        if context.get("active_model") == "subscription.subscription":
            return self.env["subscription.subscription"].browse(chosen).partner_id
        return self.env["res.partner"]

    # === COMPUTE METHODS === #

    @api.depends("kind", "partner_ids")
    def _compute_invited_count(self):
        Invitation = self.env["subscription.invitation"]
        for wizard in self:
            partners = wizard.with_context(active_test=False).partner_ids._origin
            found = Invitation._find_obstacles(wizard.kind or "payment", partners)
            wizard.invited_count = len(partners) - len(found)
            items = Markup().join(
                Markup("<li><b>%s</b> %s</li>") % (partner.display_name, text)
                for partner, text in found.items()
            )
            wizard.obstacles = items and Markup("<ul>%s</ul>") % items

    # === ACTIONS === #

    def action_send(self):
        """Write those who can be asked, and show the invitations."""
        self.ensure_one()
        partners = self.with_context(active_test=False).partner_ids
        invitations = self.env["subscription.invitation"]._invite(self.kind, partners)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_portal.subscription_invitation_action"
        )
        return {**action, "domain": [("id", "in", invitations.ids)], "context": {}}
