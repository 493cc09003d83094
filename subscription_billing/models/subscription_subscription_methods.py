from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from .activity import schedule_once

ACTIVITY_TYPE = "subscription_billing.mail_activity_type_payment_method"


class SubscriptionSubscription(models.Model):
    """Which saved methods a subscription is charged to, and in which order.

    Its own comes first, then those of the customer that is invoiced, in the customer's
    order.
    """

    _inherit = "subscription.subscription"

    # === FIELDS === #

    is_backup_allowed = fields.Boolean(
        string="Try Other Methods",
        default=True,
        tracking=True,
        help="When its payment method cannot be charged or is declined, the customer's "
        "other saved methods are tried, in the customer's order.",
    )
    payment_method_ids = fields.Many2many(
        "payment.token",
        string="Methods in Order",
        compute="_compute_payment_method_ids",
        compute_sudo=True,
        help="What its invoices are charged to: the first, and the others when that is "
        "declined.",
    )
    payment_method_names = fields.Text(
        string="Charged To", compute="_compute_payment_method_names", compute_sudo=True
    )
    has_payment_method = fields.Boolean(
        compute="_compute_payment_method_names",
        compute_sudo=True,
        search="_search_has_payment_method",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "payment_token_id", "partner_invoice_id", "company_id", "is_backup_allowed"
    )
    def _compute_payment_method_ids(self):
        saved = self._find_saved_methods()
        self.payment_token_id.sudo().mapped("active")  # read them all at once
        for subscription in self:
            methods = subscription._order_methods(
                saved[subscription.partner_invoice_id.commercial_partner_id.id]
            )
            subscription.payment_method_ids = methods.ids

    @api.depends("payment_method_ids")
    def _compute_payment_method_names(self):
        for subscription in self:
            methods = subscription._get_payment_methods()
            names = methods.mapped("display_name")
            subscription.payment_method_names = "\n".join(names)
            subscription.has_payment_method = bool(methods)

    def _search_has_payment_method(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(
            Domain("company_id", "=", company.id) & self._get_method_domain(company)
            for company in self.env.companies
        )

    # === ACTIONS === #

    def action_view_payment_methods(self):
        """Open the saved methods of the customer, to put them in order."""
        self.ensure_one()
        return self.partner_invoice_id.action_view_payment_methods()

    # === BUSINESS METHODS: ORDER === #

    def _get_payment_methods(self):
        """Return what can be charged for this subscription today, in order.

        Worked out for all records of its prefetch at once.

        :return: ``payment.token`` records as superuser: active, of an enabled provider
            of the company that takes payments at once, neither expired nor refused for
            good, each card once
        """
        self.ensure_one()
        return self.sudo().payment_method_ids._origin

    def _find_saved_methods(self):
        """Return the active saved methods of the invoiced customers, in their order.

        :rtype: dict[int, payment.token], by commercial partner
        """
        payers = self.partner_invoice_id.commercial_partner_id
        Token = self.env["payment.token"].sudo()
        saved = defaultdict(lambda: Token)
        tokens = Token.search(
            [("commercial_partner_id", "in", payers.ids)], order="sequence, id desc"
        )
        saved.update(tokens.grouped(lambda token: token.commercial_partner_id.id))
        return saved

    def _order_methods(self, saved):
        """Return the own method and those of the customer that can be charged.

        Without backups it is the own one, or the customer's default, or nothing.

        :param saved: the customer's ``payment.token`` records in order
        """
        self.ensure_one()
        companies = self.company_id.parent_ids
        saved = saved.filtered(lambda token: token.company_id in companies)
        own = self.payment_token_id.sudo()
        line = own | saved
        if not self.is_backup_allowed:
            line = own or saved[:1]
        refused = {t._get_card_key() for t in line if t.date_refused}
        cards = {}
        for token in line:
            key = token._get_card_key()
            if key not in refused and not token._get_charge_obstacle():
                cards.setdefault(key, token.id)
        return line.browse(cards.values())

    @api.model
    def _get_method_domain(self, company):
        """Return the domain of what has a method to charge in a company."""
        usable = (
            Domain("active", "=", True)
            & Domain("is_expired", "=", False)
            & Domain("date_refused", "=", False)
            & Domain("provider_id.state", "!=", "disabled")
            & Domain("provider_id.capture_manually", "=", False)
        )
        Token = self.env["payment.token"].sudo()
        saved = Token._search(usable & Domain(Token._check_company_domain(company)))
        return self._get_charged_domain(
            Token._search(usable), saved.subselect("commercial_partner_id")
        )

    @api.model
    def _get_charged_domain(self, tokens, payers):
        """Return the domain of what may be charged to some methods.

        :param tokens: the ids of the ``payment.token`` records, or a query of them
        :param payers: the ids of the commercial partners who have saved them, or SQL
        """
        backed = Domain("is_backup_allowed", "=", True) | Domain(
            "payment_token_id", "=", False
        )
        payer = Domain("partner_invoice_id.commercial_partner_id", "in", payers)
        return Domain("payment_token_id", "in", tokens) | (payer & backed)

    # === BUSINESS METHODS: WHAT IS MISSING === #

    def _get_method_obstacle(self):
        """Return why none of its methods can be charged, in words."""
        self.ensure_one()
        own = (
            self.payment_token_id.sudo()
            or (
                self._find_saved_methods()[
                    self.partner_invoice_id.commercial_partner_id.id
                ]
            )
        )
        reason = own and own[0]._get_charge_obstacle()
        if not reason:
            return self.env._(
                "%(subscription)s has no saved payment method. Choose one there, and "
                "the invoice is collected again.",
                subscription=self.name,
            )
        return self.env._(
            "%(reason)s Choose another one on %(subscription)s, and the invoice is "
            "collected again.",
            reason=reason,
            subscription=self.name,
        )

    def _get_customer_url(self):
        """Return where the customer sees this subscription.

        Without pages of its own, it is the list of the saved methods.
        """
        self.ensure_one()
        return "/my/payment_method"

    def _on_method_archived(self, token, following):
        """Say that the method is gone that pays this subscription.

        :param following: the ``payment.token`` that takes its place, or none
        """
        self.ensure_one()
        name = token.display_name
        if following:
            self._message_log(
                body=self.env._(
                    "The payment method %(token)s was deleted. From now on "
                    "%(following)s is charged.",
                    token=name,
                    following=following.display_name,
                )
            )
            return
        message = self.env._(
            "The payment method %(token)s was deleted, and there is no other one: the "
            "next invoices cannot be collected.",
            token=name,
        )
        self._message_log(body=message)
        self._ask_for_method(message)

    def _forget_missing_methods(self):
        """Remove the requests for another payment method, now that there is one."""
        self.activity_unlink([ACTIVITY_TYPE])

    def _ask_for_method(self, message):
        """Ask the salesperson to get another payment method, once."""
        self.ensure_one()
        schedule_once(self, ACTIVITY_TYPE, message, self.user_id)
