from odoo import fields, models


class SubscriptionPlan(models.Model):
    """What customers on a plan may do alone, and what they may download."""

    _inherit = "subscription.plan"

    # === FIELDS === #

    is_portal_close = fields.Boolean(
        string="Cancel",
        default=True,
        help="Customers cancel without asking. In many countries they have to be able "
        "to.",
    )
    portal_document_ids = fields.Many2many(
        "ir.attachment",
        "subscription_plan_portal_document_rel",
        "plan_id",
        "attachment_id",
        string="Documents for Customers",
        help="General terms, manuals and the like: customers on this plan download "
        "them from their pages.",
    )
