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

    # === FIELDS: PAUSE AND RETURN === #

    is_portal_pause = fields.Boolean(
        string="Pause",
        help="Customers pause the service, and have it go on. Nothing is billed "
        "meanwhile, and days that are paid for are given back.",
    )
    portal_pause_days = fields.Integer(
        string="Longest Pause (Days)",
        default=90,
        help="A pause that a customer begins ends by itself after so many days at the "
        "latest; 0 for any time.",
    )
    is_portal_reactivate = fields.Boolean(
        string="Come Back",
        default=True,
        help="Customers take a subscription up again after its end, at its old prices.",
    )

    # === FIELDS: DOCUMENTS === #

    portal_document_ids = fields.Many2many(
        "ir.attachment",
        "subscription_plan_portal_document_rel",
        "plan_id",
        "attachment_id",
        string="Documents for Customers",
        help="General terms, manuals and the like: customers on this plan download "
        "them from their pages.",
    )

    _portal_pause_days_not_negative = models.Constraint(
        "CHECK (portal_pause_days >= 0)", "Longest Pause (Days) must be 0 or more."
    )
