from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === FIELDS === #

    dunning_case_ids = fields.One2many(
        "dunning.case", "partner_id", string="Dunning Cases", readonly=True
    )
    is_dunning_off = fields.Boolean(
        string="No Dunning",
        copy=False,
        tracking=True,
        help="Nothing is done about unpaid invoices of this customer: no case is "
        "opened, and open ones rest. When this is lifted, the steps go on from where "
        "they were.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_switches(self):
        return super()._get_switches() | {"is_dunning_off"}

    def _get_dunning_contact(self):
        """Return who is told of unpaid invoices: the address for invoices."""
        self.ensure_one()
        contact = self.browse(self.address_get(["invoice"])["invoice"])
        return contact._get_notice_recipient()

    def _get_dunning_tz(self, company):
        """Return the name of this customer's time zone."""
        return self._get_dunning_contact().tz or company.subscription_tz or "UTC"
