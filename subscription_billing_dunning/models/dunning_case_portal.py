from odoo import api, fields, models


class DunningCase(models.Model):
    """A notice in the portal, which customers see when they log in."""

    _inherit = "dunning.case"

    # === FIELDS === #

    date_portal_notice = fields.Date(
        string="Notice in the Portal Since",
        readonly=True,
        help="From this day until all is paid, the customer's portal says what is "
        "overdue.",
    )

    # === BUSINESS METHODS === #

    def _apply_portal(self, _step, _actions):
        """Say in the customers' portal what is overdue."""
        for case in self.filtered(lambda case: not case.date_portal_notice):
            case.date_portal_notice = case.company_id._get_subscription_today()

    @api.model
    def _find_portal_notices(self):
        """Return the cases of which the current user is told in the portal, as
        superuser."""
        user = self.env.user
        cases = self.sudo().search(
            [
                ("partner_id", "=", user.commercial_partner_id.id),
                ("company_id", "in", user.company_ids.ids),
                ("state", "=", "open"),
                ("date_handed_over", "=", False),
                ("date_portal_notice", "!=", False),
            ],
            order="id",
        )
        return cases.filtered(
            lambda case: (
                not case.is_held
                and not case.partner_id.is_dunning_off
                and case._get_overdue()
            )
        )
