from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === FIELDS === #

    dunning_case_ids = fields.One2many(
        "dunning.case", "partner_id", string="Dunning Cases", readonly=True
    )
    is_dunning_off = fields.Boolean(
        string="No Dunning",
        tracking=True,
        help="Nothing is done about unpaid invoices of this customer: no case is "
        "opened, and open ones rest. When this is lifted, the steps go on from where "
        "they were.",
    )
