from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from .subscription_discount_terms import TERMS


class SubscriptionCoupon(models.Model):
    """A discount that is offered: its terms, and who may redeem it until when.

    A redemption copies the terms (``subscription.discount``): what is changed here
    afterwards holds for those who come later.
    """

    _name = "subscription.coupon"
    _description = "Subscription Coupon"
    _inherit = ["mail.thread", "subscription.discount.terms"]
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(
        copy=False,
        tracking=True,
        help="What a customer types, in capitals or not, and reads on the invoice. "
        "A coupon without a code is given by colleagues only.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to offer this coupon in every company."
    )
    currency_id = fields.Many2one(
        default=lambda self: self.env.company.currency_id,
        help="A fixed amount is taken off subscriptions in this currency only.",
    )
    kind = fields.Selection(tracking=True)
    percentage = fields.Float(tracking=True)
    amount = fields.Monetary(tracking=True)
    duration = fields.Selection(tracking=True)
    bundle_product_ids = fields.Many2many(relation="subscription_coupon_bundle_rel")
    is_first_time_only = fields.Boolean(
        string="New Customers Only",
        help="For customers who had no other subscription before, in their first "
        "billing period.",
    )
    date_start = fields.Date(
        string="Offered From", help="First day on which the coupon can be redeemed."
    )
    date_end = fields.Date(
        string="Offered Until",
        tracking=True,
        help="Last day on which the coupon can be redeemed. What has been redeemed "
        "goes on.",
    )
    limit_total = fields.Integer(
        string="Redemptions at Most",
        tracking=True,
        help="How often all customers together can redeem this coupon; 0 for no limit.",
    )
    limit_per_customer = fields.Integer(
        string="Per Customer at Most",
        default=1,
        help="How often one customer can redeem this coupon, on all subscriptions "
        "together; 0 for no limit.",
    )
    discount_ids = fields.One2many(
        "subscription.discount", "coupon_id", string="Redemptions"
    )
    redemption_count = fields.Integer(
        string="Redeemed", compute="_compute_redemption_count"
    )

    _code_unique = models.UniqueIndex(
        "(COALESCE(company_id, 0), code) WHERE code IS NOT NULL AND active",
        "Another coupon has this Code. Choose another code, or archive that coupon.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end IS NULL OR date_start IS NULL OR date_end >= date_start)",
        "Offered Until must not be before Offered From.",
    )
    _limit_total_not_negative = models.Constraint(
        "CHECK (limit_total >= 0)", "Redemptions at Most must be 0 (no limit) or more."
    )
    _limit_per_customer_not_negative = models.Constraint(
        "CHECK (limit_per_customer >= 0)",
        "Per Customer at Most must be 0 (no limit) or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "code")
    def _compute_display_name(self):
        for coupon in self:
            name = coupon.name or ""
            coupon.display_name = f"[{coupon.code}] {name}" if coupon.code else name

    @api.depends_context("allowed_company_ids")
    def _compute_redemption_count(self):
        counts = dict(
            self.env["subscription.discount"]._read_group(
                [("coupon_id", "in", self.ids)],
                groupby=["coupon_id"],
                aggregates=["__count"],
            )
        )
        for coupon in self:
            coupon.redemption_count = counts.get(coupon, 0)

    # === CONSTRAINTS === #

    @api.constrains("code", "company_id", "active")
    def _check_code(self):
        for coupon in self.filtered(lambda coupon: coupon.code and coupon.active):
            clashing = Domain("code", "=", coupon.code) & Domain("id", "!=", coupon.id)
            if coupon.company_id:
                clashing &= Domain("company_id", "in", (False, coupon.company_id.id))
            if self.sudo().search_count(clashing, limit=1):
                raise ValidationError(
                    self.env._(
                        "The Code %(code)s is taken by another coupon. Choose another "
                        "code, or archive that coupon.",
                        code=coupon.code,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Write codes as they are compared."""
        return super().create([_with_clean_code(vals) for vals in vals_list])

    def write(self, vals):
        """Write codes as they are compared."""
        return super().write(_with_clean_code(vals))

    def copy_data(self, default=None):
        """Tell a copy by its name."""
        return [
            {**vals, "name": self.env._("%(name)s (copy)", name=coupon.name)}
            if "name" not in (default or {})
            else vals
            for coupon, vals in zip(self, super().copy_data(default), strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_redeemed(self):
        for coupon in self:
            if coupon.sudo().discount_ids:
                raise UserError(
                    self.env._(
                        "%(coupon)s has been redeemed and is kept. Archive it: it can "
                        "then no longer be redeemed.",
                        coupon=coupon.display_name,
                    )
                )

    # === ACTIONS === #

    def action_view_redemptions(self):
        """Open the discounts that were given with this coupon."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_discount_action"
        )
        return {**action, "domain": [("coupon_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #

    @api.model
    def _find_by_code(self, code, company):
        """Return the coupon that a customer means by ``code``.

        :param str code: as it was typed
        :param company: the company whose coupons count, beside those of all
        :raises UserError: there is none
        """
        domain = [
            ("code", "=", clean_code(code)),
            ("company_id", "in", (False, company.id)),
        ]
        coupon = clean_code(code) and self.search(domain, limit=1)
        if not coupon:
            raise UserError(
                self.env._(
                    "There is no coupon with the code %(code)s. Check its spelling.",
                    code=code,
                )
            )
        return coupon

    def _prepare_discount_vals(self, subscription):
        """Return the terms as they are today, for a discount of ``subscription``."""
        self.ensure_one()
        coupon = self.with_context(lang=subscription.partner_id.lang)
        terms = {
            name: [Command.set(self[name].ids)]
            if self._fields[name].relational
            else self[name]
            for name in TERMS
        }
        return {**terms, "name": self.code or coupon.name, "sequence": self.sequence}


def clean_code(code):
    """Return a code as it is kept and compared: without blanks around, in capitals."""
    return (code or "").strip().upper() or False


def _with_clean_code(vals):
    """Return the values of a coupon with its code, if any, as it is kept."""
    return {**vals, "code": clean_code(vals["code"])} if "code" in vals else vals
