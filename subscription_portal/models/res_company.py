from odoo import api, fields, models


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
    subscription_invitation_days = fields.Integer(
        string="Days Between Invitations",
        default=7,
        help="A customer who was invited to pay automatically or to use the portal is "
        "not asked again within so many days.",
    )
    is_subscription_cancel_page = fields.Boolean(
        string="Public Cancel Page",
        default=True,
        help="Customers cancel and withdraw without a login, on a page to which the "
        "login page and the footer of the portal lead. The law asks for it in Germany "
        "and, for withdrawals, in the whole European Union.",
    )
    subscription_withdrawal_days = fields.Integer(
        string="Withdrawal Period",
        default=14,
        help="Days after the start in which customers can withdraw, unless the plan "
        "says otherwise; 0 for never.",
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

    _subscription_invitation_days_positive = models.Constraint(
        "CHECK (subscription_invitation_days > 0)",
        "Days Between Invitations must be 1 or more.",
    )
    _subscription_withdrawal_days_not_negative = models.Constraint(
        "CHECK (subscription_withdrawal_days >= 0)",
        "Withdrawal Period must be 0 or more days.",
    )
    _subscription_offer_months_not_negative = models.Constraint(
        "CHECK (subscription_offer_months >= 0)",
        "Months Between Retention Offers must be 0 or more.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_cancel_page_company(self):
        """Return the company whose public cancel page a visitor sees, if there is one:
        the one of the page they are on, else the first that has such a page.

        :return: ``res.company``, as superuser
        """
        current = self.env.company.sudo()
        if current.is_subscription_cancel_page:
            return current
        return self.sudo().search([("is_subscription_cancel_page", "=", True)], limit=1)
