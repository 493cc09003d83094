from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.allocation import allocate, round_to_step
from ..tools.discounts import Taken


class SubscriptionLine(models.Model):
    """A line that sells a bundle: one price here, split over what it includes where
    revenue is booked.
    """

    _inherit = "subscription.line"

    # === FIELDS === #

    bundle_id = fields.Many2one(
        "subscription.bundle",
        compute="_compute_bundle_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('product_id', '=', product_id), ('plan_id', 'in', (False, plan_id))]",
        help="What this line includes, and by which its revenue is split.",
    )
    bundle_contents = fields.Char(related="bundle_id.contents", string="Includes")

    # === COMPUTE METHODS === #

    @api.depends("product_id", "plan_id", "meter_id")
    def _compute_bundle_id(self):
        agreed = self.filtered(lambda line: line._is_agreed() or line.meter_id)
        for line in agreed:
            line.bundle_id = not line.meter_id and line.bundle_id
        for company, lines in (self - agreed).grouped("company_id").items():
            lines._choose_bundle(company or self.env.company)

    @api.depends("bundle_id")
    def _compute_tax_ids(self):
        bundles = self.filtered("bundle_id")
        bundles.tax_ids = False
        return super(SubscriptionLine, self - bundles)._compute_tax_ids()

    @api.depends(
        "bundle_id.line_ids.product_id.taxes_id", "subscription_id.fiscal_position_id"
    )
    def _compute_amounts(self):
        return super()._compute_amounts()

    # === CONSTRAINTS === #

    @api.constrains("bundle_id", "product_id", "tax_ids", "meter_id")
    def _check_bundle(self):
        for line in self.filtered("bundle_id"):
            bundle = line.bundle_id
            # What ran on a former plan keeps its bundle.
            plan = bundle.plan_id if line._is_agreed() else line.plan_id
            if bundle.product_id != line.product_id or (bundle.plan_id or plan) != plan:
                raise ValidationError(
                    self.env._(
                        "The bundle %(bundle)s is not sold as %(product)s on the plan "
                        "%(plan)s. Choose another Bundle, or none.",
                        bundle=bundle.display_name,
                        product=line.product_id.display_name,
                        plan=line.plan_id.display_name,
                    )
                )
            if line.tax_ids:
                raise ValidationError(
                    self.env._(
                        "Taxes of %(line)s: leave them empty. A bundle has the taxes "
                        "of the products that it includes.",
                        line=line.name,
                    )
                )
            if line.meter_id:
                raise ValidationError(
                    self.env._(
                        "Metered By of %(line)s: a bundle cannot be metered. Clear "
                        "Bundle, or meter another line.",
                        line=line.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the bundle with which a line has been billed.

        :raises UserError: the bundle of a billed line would change
        """
        if "bundle_id" in vals:
            for line in self:
                is_changed = line.bundle_id.id != (vals["bundle_id"] or False)
                if is_changed and line.sudo().period_ids:
                    raise UserError(
                        self.env._(
                            "%(line)s has been billed: its Bundle cannot change. Swap "
                            "the product with a change of the subscription.",
                            line=line.name,
                        )
                    )
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _choose_bundle(self, company):
        """Take the bundles that are offered on the plans of these lines."""
        Bundle = self.env["subscription.bundle"].with_company(company)
        offers = Bundle._search_offers(self.product_id._origin, company)
        for line in self:
            product, plan = line.product_id._origin, line.plan_id._origin
            line.bundle_id = offers and offers._choose(product, plan)

    def _prepare_base_lines(self, ratio=1.0):
        """Return a base line for taxes for each product that a bundle includes.

        :param float ratio: what discounts leave of the price
        """
        if not self.bundle_id:
            return super()._prepare_base_lines(ratio)
        AccountTax = self.env["account.tax"]
        discount = Decimal(str(self.discount))
        amount = self._get_gross() * (100 - discount) / 100 * Decimal(str(ratio))
        return [
            AccountTax._prepare_base_line_for_taxes_computation(
                self,
                product_id=part.product_id,
                tax_ids=self._get_component_taxes(part),
                quantity=1.0,
                price_unit=float(amount),
                discount=0.0,
                partner_id=self.partner_id,
                currency_id=self._get_currency(),
            )
            for part, amount in zip(
                self.bundle_id.line_ids, self._split(amount), strict=True
            )
        ]

    def _split(self, amount):
        """Return the parts of an amount by what the bundle includes.

        They are payable, and add up to the amount as it is rounded.

        :param Decimal amount: unrounded
        :rtype: tuple[Decimal, ...]
        """
        self.ensure_one()
        step = Decimal(str(self._get_currency().rounding))
        rounded = round_to_step(amount, step)
        return allocate(rounded, self.bundle_id._get_weights(), step)

    def _get_component_charges(self, charge):
        """Return a charge of this line as one for each product that it includes.

        :param tools.charge.Charge charge: of the whole bundle
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        amounts = self._split(charge.amount)
        taken = [
            (discount.id, self._split(part))
            for discount, part in self.subscription_id._get_shown_reductions(charge)
        ]
        charges = []
        for number, component in enumerate(self.bundle_id.line_ids):
            reductions = tuple(Taken(key, parts[number]) for key, parts in taken)
            reduction = sum((each.amount for each in reductions), Decimal(0))
            charges.append(
                replace(
                    charge,
                    component_id=component.id,
                    quantity=charge.quantity * Decimal(str(component.quantity)),
                    gross=amounts[number] + reduction,
                    share=Fraction(1),
                    discount=Decimal(0),
                    reduction=reduction,
                    reductions=reductions,
                )
            )
        return charges

    def _get_component_taxes(self, component):
        """Return the taxes of an included product for this customer."""
        company = self.company_id or self.env.company
        taxes = component.product_id.taxes_id._filter_taxes_by_company(company)
        return self.subscription_id.fiscal_position_id.map_tax(taxes)

    def _get_component_analytic(self, component):
        """Return what the analytic models prescribe for an included product, else the
        distribution of this line."""
        return (
            self._get_analytic_distribution_model(component.product_id)
            or self.analytic_distribution
        )
