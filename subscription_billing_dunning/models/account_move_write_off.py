from odoo import fields, models


class AccountMove(models.Model):
    """The entry that books what is given up."""

    _inherit = "account.move"

    # === FIELDS === #

    dunning_written_off_case_id = fields.Many2one(
        "dunning.case",
        string="Written Off in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The dunning case in which this entry gives up what a customer owes.",
    )
