from odoo import fields, models


class SubscriptionPlan(models.Model):
    """What customers on a plan may do alone, and what they may download."""

    _inherit = "subscription.plan"

    # === FIELDS: CHANGES === #

    portal_plan_ids = fields.Many2many(
        "subscription.plan",
        "subscription_plan_portal_plan_rel",
        "plan_id",
        "portal_plan_id",
        string="Plans to Change To",
        check_company=True,
        domain="[('id', '!=', id)]",
        help="Customers on this plan change to these alone, with a preview: larger or "
        "smaller ones, or the same with another billing period. When the change holds "
        "is what Changes During a Period says. Empty: they ask you.",
    )
    portal_product_ids = fields.Many2many(
        "product.product",
        "subscription_plan_portal_product_rel",
        "plan_id",
        "product_id",
        string="Products to Add",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        help="Customers on this plan add these alone, and remove them.",
    )
    is_portal_quantity = fields.Boolean(
        string="Quantities",
        help="Customers change how many they have. What a meter counts, bundles, and "
        "what they have at no charge are not theirs to change.",
    )
    is_portal_billing_day = fields.Boolean(
        string="Billing Day",
        help="Customers choose another day on which their billing periods begin.",
    )
    is_portal_coupon = fields.Boolean(
        string="Coupons",
        default=True,
        help="Customers redeem the codes of coupons, as far as the coupons allow.",
    )

    # === FIELDS: END === #

    is_portal_close = fields.Boolean(
        string="Cancel",
        default=True,
        help="Customers cancel without asking. In many countries they have to be able "
        "to.",
    )
    withdrawal_rule = fields.Selection(
        selection=[
            ("company", "As in the settings"),
            ("own", "For some days"),
            ("none", "Never"),
        ],
        string="Withdraw",
        default="company",
        required=True,
        help="How long after the start customers can withdraw from the contract, and "
        "get back what was billed for days that were not served.",
    )
    withdrawal_days = fields.Integer(
        string="Withdrawal Period",
        default=14,
        help="Days after the start in which customers can withdraw.",
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

    _withdrawal_days_not_negative = models.Constraint(
        "CHECK (withdrawal_days >= 0)", "Withdrawal Period must be 0 or more days."
    )
    _portal_pause_days_not_negative = models.Constraint(
        "CHECK (portal_pause_days >= 0)", "Longest Pause (Days) must be 0 or more."
    )

    # === BUSINESS METHODS === #

    def _get_withdrawal_days(self, company):
        """Return for how many days after the start customers can withdraw.

        :param company: the ``res.company`` of the subscription
        """
        self.ensure_one()
        days = {
            "company": company.subscription_withdrawal_days,
            "own": self.withdrawal_days,
        }
        return days.get(self.withdrawal_rule, 0)
