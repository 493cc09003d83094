from odoo import fields, models


class DunningCaseFile(models.TransientModel):
    """A file of cases, for as long as it takes to download it."""

    _name = "dunning.case.file"
    _description = "Case File"

    # === FIELDS === #

    name = fields.Char(required=True, readonly=True)
    content = fields.Binary(attachment=False, required=True, readonly=True)
