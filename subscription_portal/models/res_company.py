from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # === FIELDS === #

    is_subscription_signup = fields.Boolean(
        string="Sign-Up Page",
        help="Visitors choose a plan and order it by themselves, on a public page.",
    )
    subscription_offer_months = fields.Integer(
        string="Months Between Retention Offers",
        default=6,
        help="A customer who cancels is made no second offer within so many months; 0 "
        "for no limit.",
    )

    is_subscription_mfa_customer = fields.Boolean(
        string="Two-Factor Authentication of Customers",
        help="Customers who have a subscription of this company log in to the portal "
        "with a second factor: their app, or else a code that is e-mailed to them.",
    )
    is_subscription_mfa_manager = fields.Boolean(
        string="Two-Factor Authentication of Administrators",
        help="Administrators of subscriptions of this company log in with a second "
        "factor: their app, or else a code that is e-mailed to them.",
    )

    _subscription_offer_months_not_negative = models.Constraint(
        "CHECK (subscription_offer_months >= 0)",
        "Months Between Retention Offers must be 0 or more.",
    )
