from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.http import request


class DunningPortal(CustomerPortal):
    """A banner in the portal that says what is overdue."""

    def _prepare_portal_layout_values(self):
        """Add what a step has asked to show to this customer."""
        values = super()._prepare_portal_layout_values()
        values["dunning_notices"] = request.env["dunning.case"]._find_portal_notices()
        return values
