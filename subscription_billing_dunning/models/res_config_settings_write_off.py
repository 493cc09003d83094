from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # === FIELDS === #

    dunning_write_off_journal_id = fields.Many2one(
        related="company_id.dunning_write_off_journal_id", readonly=False
    )
    dunning_write_off_account_id = fields.Many2one(
        related="company_id.dunning_write_off_account_id", readonly=False
    )
    is_dunning_write_off_tax_corrected = fields.Boolean(
        related="company_id.is_dunning_write_off_tax_corrected", readonly=False
    )
    dunning_agency_id = fields.Many2one(
        related="company_id.dunning_agency_id", readonly=False
    )
