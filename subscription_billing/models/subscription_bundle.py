from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from .price_fields import exact

#: in the context while a bundle saves its contents: a value that no client can send
SAVING = object()


class SubscriptionBundle(models.Model):
    """What a product that is sold at one price includes, and how its revenue is split.

    A confirmed subscription stays on the contents that it was sold.
    """

    _name = "subscription.bundle"
    _description = "Subscription Bundle"
    _order = "product_id, plan_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    # === FIELDS === #

    active = fields.Boolean(
        default=True,
        help="An archived bundle is no longer sold; subscriptions on it keep it.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Sold As",
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('sale_ok', '=', True)]",
        check_company=True,
        help="The product that is sold, and whose price is the price of all.",
    )
    plan_id = fields.Many2one(
        "subscription.plan",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="What the product includes on this plan; on every plan that has no bundle "
        "of its own when empty.",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
    )
    line_ids = fields.One2many(
        "subscription.bundle.line", "bundle_id", string="Includes", copy=True
    )
    contents = fields.Char(
        compute="_compute_contents", help="What one of this bundle includes."
    )
    is_used = fields.Boolean(
        compute="_compute_is_used",
        help="Whether a subscription runs, or has run, on this bundle.",
    )
    subscription_count = fields.Integer(
        string="Subscriptions",
        compute="_compute_subscription_count",
        groups="subscription_billing.group_subscription_user",
    )

    _one_offered = models.UniqueIndex(
        "(product_id, COALESCE(plan_id, 0)) WHERE active",
        "This product already has a bundle on this plan. Archive it first, or use its "
        "New Version button.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id.company_id", "plan_id.company_id")
    def _compute_company_id(self):
        for bundle in self:
            bundle.company_id = (
                bundle.plan_id.company_id or bundle.product_id.company_id
            )

    @api.depends("line_ids.product_id", "line_ids.quantity")
    @api.depends_context("lang")
    def _compute_contents(self):
        for bundle in self:
            bundle.contents = ", ".join(
                self.env._(
                    "%(quantity)s × %(product)s",
                    quantity=formatLang(self.env, line.quantity, dp="Product Unit"),
                    product=line.product_id.display_name,
                )
                for line in bundle.line_ids.filtered("product_id")
            )

    @api.depends("product_id", "plan_id")
    def _compute_display_name(self):
        for bundle in self:
            parts = (bundle.product_id.display_name, bundle.plan_id.display_name)
            bundle.display_name = ", ".join(filter(None, parts))

    def _compute_is_used(self):
        used = self._get_used()
        for bundle in self:
            bundle.is_used = bundle._origin in used

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.line"]._read_group(
                self._get_use_domain(),
                groupby=["bundle_id"],
                aggregates=["subscription_id:count_distinct"],
            )
        )
        for bundle in self:
            bundle.subscription_count = counts.get(bundle._origin, 0)

    # === CONSTRAINTS === #

    @api.constrains("line_ids", "product_id")
    def _check_lines(self):
        for bundle in self:
            name = bundle.product_id.display_name
            if not sum(bundle._get_weights()):
                raise ValidationError(
                    self.env._(
                        "Includes of %(bundle)s: add at least one product with a "
                        "Stand-alone Price, by which the revenue is split.",
                        bundle=name,
                    )
                )
            if bundle.product_id in bundle.line_ids.product_id:
                raise ValidationError(
                    self.env._(
                        "Includes of %(bundle)s: a bundle cannot include itself. "
                        "Choose the products that are delivered.",
                        bundle=name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Check the contents when all of them are there."""
        saving = self.with_context(subscription_bundle_saving=SAVING)
        bundles = super(SubscriptionBundle, saving).create(vals_list).with_env(self.env)
        bundles._check_lines()
        return bundles

    def write(self, vals):
        """Keep the contents that subscriptions run on.

        :raises UserError: one of the bundles is used and would change
        """
        if vals.keys() & {"product_id", "plan_id", "line_ids"}:
            self._check_not_used()
        saving = self.with_context(subscription_bundle_saving=SAVING)
        result = super(SubscriptionBundle, saving).write(vals)
        self._check_lines()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_lines(self):
        self._check_not_used()

    # === ACTIONS === #

    def action_new_version(self):
        """Archive this bundle and open a copy that is sold from now on.

        Subscriptions on this bundle stay on it.
        """
        self.ensure_one()
        self.check_access("write")
        self.active = False
        self.flush_recordset()
        version = self.copy({"active": True})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Version"),
            "res_model": self._name,
            "res_id": version.id,
            "view_mode": "form",
        }

    def action_view_subscriptions(self):
        """Open the subscriptions that run, or have run, on this bundle."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {
            **action,
            "domain": [
                ("line_ids.bundle_id", "in", self.ids),
                ("state", "!=", "draft"),
            ],
            "context": {"create": False},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _search_offers(self, products, company):
        """Return the bundles that some products are sold as, in one query."""
        return self.search(
            [
                ("product_id", "in", products.ids),
                ("company_id", "in", (False, company.id)),
            ]
        )

    def _choose(self, product, plan):
        """Return the bundle of a product on a plan; the plan's own comes first."""
        offers = self.filtered(
            lambda bundle: (
                bundle.product_id == product and bundle.plan_id in (plan, plan.browse())
            )
        )
        return offers.sorted(lambda bundle: not bundle.plan_id)[:1]

    def _get_weights(self):
        """Return what each included product weighs in the price of all.

        :rtype: list[Decimal], in the order of ``line_ids``
        """
        self.ensure_one()
        return [exact(line.quantity) * exact(line.price_unit) for line in self.line_ids]

    def _get_use_domain(self):
        """Return the domain of the lines by which subscriptions run on these."""
        return [
            ("bundle_id", "in", self.ids),
            ("subscription_id.state", "!=", "draft"),
        ]

    def _get_used(self):
        """Return those of these bundles that a subscription runs, or has run, on."""
        rows = (
            self.env["subscription.line"]
            .sudo()
            ._read_group(self._get_use_domain(), groupby=["bundle_id"])
        )
        return self.browse(bundle.id for (bundle,) in rows)

    def _check_not_used(self):
        """Refuse to change what subscriptions were promised.

        :raises UserError: with the way to a new version
        """
        if used := self._get_used():
            raise UserError(
                self.env._(
                    "Subscriptions run on the bundle %(bundle)s, so that its contents "
                    "are kept. Use its New Version button to change them for those to "
                    "come.",
                    bundle=used[0].display_name,
                )
            )
