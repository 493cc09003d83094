from odoo import fields, models


class SubscriptionPause(models.Model):
    _inherit = "subscription.pause"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The case in which the service was paused: a payment ends this pause.",
    )
