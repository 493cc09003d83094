from odoo import api, fields, models


class ResPartner(models.Model):
    """What a customer may claim."""

    _inherit = "res.partner"

    # === FIELDS === #

    entitlement_count = fields.Integer(
        compute="_compute_entitlement_summary",
        groups="subscription_billing.group_subscription_user",
    )
    entitlement_available_count = fields.Integer(
        compute="_compute_entitlement_summary",
        groups="subscription_billing.group_subscription_user",
    )
    entitlement_summary = fields.Char(
        compute="_compute_entitlement_summary",
        groups="subscription_billing.group_subscription_user",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("company", "allowed_company_ids")
    def _compute_entitlement_summary(self):
        for partner in self:
            partner.update(partner._get_entitlements()._prepare_summary_vals())

    # === ACTIONS === #

    def action_view_entitlements(self):
        """Open what this customer and its contacts may claim."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_entitlement_action"
        )
        return {
            **action,
            "domain": [("partner_id", "child_of", self.commercial_partner_id.ids)],
            "context": {"search_default_running": 1},
        }

    # === BUSINESS METHODS === #

    def _is_entitled(self, what, day=None):
        """Return whether this customer may claim a service: the one question to ask.

        The subscriptions of the company that the person belongs to count, and those of
        its other contacts.

        :param what: the service, as a product, a product template, an entitlement, or
            the included service of a plan
        :param datetime.date day: the company's today by default
        :rtype: models.subscription_entitlement_answer.Answer
        """
        self.ensure_one()
        return self._get_entitlements()._get_best_answer(what, day)

    def _get_entitlements(self):
        """Return the entitlements of the customer in the current companies."""
        return self.env["subscription.entitlement"].search(
            [
                ("partner_id", "child_of", self.commercial_partner_id.ids),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
