from odoo import fields, models

PRORATIONS = [
    ("next_invoice", "Credit and debit on the next invoice"),
    ("invoice_now", "Credit and debit at once"),
    ("none", "No credit and no debit; new prices from the next period"),
    ("period_end", "Change at the end of the period"),
]
TRIAL_ENDS = [
    ("active", "Start billing"),
    ("paused", "Pause"),
    ("closed", "Close"),
]


class SubscriptionPlan(models.Model):
    """The rules of a plan for trials, changes, the end of a term, and invoices."""

    _inherit = "subscription.plan"

    # === FIELDS: TRIAL === #

    trial_days = fields.Integer(
        string="Trial (Days)",
        tracking=True,
        help="Days that new customers try the plan for free; 0 for no trial.",
    )
    is_trial_method_required = fields.Boolean(
        string="Trial Needs a Payment Method",
        help="A trial with automatic payment starts with a saved payment method only.",
    )
    trial_end_action = fields.Selection(
        selection=TRIAL_ENDS,
        string="When the Trial Ends",
        default="active",
        required=True,
        help="What happens to customers who can be charged: with a payment method, or "
        "who pay their invoices themselves.",
    )
    trial_end_without_method = fields.Selection(
        selection=TRIAL_ENDS,
        string="Without a Payment Method",
        default="active",
        required=True,
        help="What happens when the trial ends and automatic payment has no method to "
        "charge.",
    )

    # === FIELDS: TERM === #

    term_end_action = fields.Selection(
        selection=[
            ("continue", "Go on without commitment"),
            ("renew", "Renew for the same time"),
            ("close", "Close"),
        ],
        string="When the Commitment Ends",
        default="continue",
        required=True,
        tracking=True,
    )
    notice_days = fields.Integer(
        string="Notice (Days)",
        tracking=True,
        help="Days between a cancellation and the end of the subscription, at least.",
    )
    early_termination = fields.Selection(
        selection=[
            ("allowed", "Any time"),
            ("fee", "Any time, for a fee"),
            ("refused", "Not before the commitment ends"),
        ],
        string="Cancellation",
        default="allowed",
        required=True,
        tracking=True,
        help="What the commitment means for a customer who wants to leave before it "
        "ends.",
    )
    early_fee_percent = fields.Float(
        string="Fee (% of the Rest)",
        help="Percentage of what the rest of the commitment would cost.",
    )
    early_fee_amount = fields.Float(
        string="Fixed Fee",
        digits="Product Price",
        help="Added to the percentage, in the subscription's currency.",
    )
    early_fee_product_id = fields.Many2one(
        "product.product",
        string="Fee Product",
        check_company=True,
        help="Gives the early termination fee its account and taxes.",
    )

    # === FIELDS: CHANGES AND INVOICES === #

    proration = fields.Selection(
        selection=PRORATIONS,
        string="Changes During a Period",
        default="next_invoice",
        required=True,
        tracking=True,
        help="How the rest of a period is settled when a customer changes quantities, "
        "products, prices or the plan.",
    )
    invoice_mode = fields.Selection(
        selection=[
            ("draft", "Leave as a draft to review"),
            ("post", "Post"),
            ("send", "Post and send by e-mail"),
        ],
        string="New Invoices",
        default="post",
        required=True,
        tracking=True,
    )
    is_zero_invoiced = fields.Boolean(
        string="Invoice Free Periods",
        help="Make an invoice of zero for periods without an amount, instead of a note "
        "on the subscription.",
    )

    is_explained = fields.Boolean(
        string="Show How Amounts Are Worked Out",
        help="Each line of an invoice tells its formula: the price and the days, tier "
        "by tier, less its discount. Customers can ask for it on their own as well.",
    )

    # === FIELDS: WHAT COMES WITH IT === #

    bundle_ids = fields.One2many("subscription.bundle", "plan_id", string="Bundles")
    item_ids = fields.One2many(
        "subscription.plan.item",
        "plan_id",
        string="One-off Items",
        copy=True,
        help="What new subscriptions are billed once, with their first invoice.",
    )

    _trial_days_not_negative = models.Constraint(
        "CHECK (trial_days >= 0 AND trial_days <= 730)",
        "Trial (Days) must be between 0 and 730.",
    )
    _notice_days_not_negative = models.Constraint(
        "CHECK (notice_days >= 0)", "Notice (Days) must be 0 or more."
    )
    _early_fee_valid = models.Constraint(
        "CHECK (early_fee_percent >= 0 AND early_fee_percent <= 100"
        " AND early_fee_amount >= 0)",
        "Fee (% of the Rest) must be between 0 and 100, and Fixed Fee 0 or more.",
    )
    _early_fee_product_required = models.Constraint(
        "CHECK (early_termination != 'fee' OR early_fee_product_id IS NOT NULL)",
        "Choose the Fee Product that gives the early termination fee its account and "
        "taxes.",
    )
