from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..gateway import MethodFacts
from ..tools.takeover import (
    Obstacle,
    get_interval,
    get_plan_key,
    get_terms,
    local_day,
)
from .stripe_import_line import RECORDS
from .subscription_price import get_comparable

#: what of the kept facts of a method is not ours, but the import's
_NOT_A_FACT = "mandate"


class StripeImportLine(models.Model):
    """Making what subscriptions need: plans, products, prices, customers, methods.

    Each ``_make_*`` works on open lines of its kind, all or nothing. A line that is
    done has its record, and is never made again.
    """

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS: CATALOG === #

    def _make_plan(self):
        """Make the plans that were not matched."""
        for line in self:
            if not line.plan_id:
                line.plan_id = line.plan_id.create(line._prepare_plan_vals())
        return self._settle_made()

    def _settle_made(self):
        """Write that these lines have become their records."""
        for line in self:
            record = line[RECORDS[line.kind][0]]
            name = record.display_name or line.stripe_id
            line._settle("done", self._tell(Obstacle("match", name)))
        return self

    def _prepare_plan_vals(self):
        """Return the values of a plan that bills as Stripe did."""
        interval = get_interval(self.data)
        plan = self.env["subscription.plan"].new(
            {"interval_count": interval.count, "interval_unit": interval.unit}
        )
        return {
            "name": self.env._("Every %(interval)s", interval=plan.interval_label),
            "interval_count": interval.count,
            "interval_unit": interval.unit,
            "company_id": self.company_id.id,
        }

    def _make_product(self):
        """Make the products that were not matched."""
        new = self.filtered(lambda line: not line.product_id)
        products = self.env["product.product"].create(
            [line._prepare_product_vals() for line in new]
        )
        for line, product in zip(new, products, strict=True):
            line.product_id = product
        return self._settle_made()

    def _prepare_product_vals(self):
        """Return the values of a service that is sold under Stripe's name."""
        return {
            "name": self.data["name"] or self.stripe_id,
            "default_code": self.stripe_id,
            "description_sale": self.data["description"] or False,
            "type": "service",
            "list_price": 0,
        }

    def _make_price(self):
        """Make the prices of products on plans, or match those that are the same."""
        for line in self:
            if not line.price_id:
                line.price_id = line._find_price() or line._create_price()
        return self._settle_made()

    def _get_catalog_records(self):
        """Return the plan and the product of a price, which are made before it."""
        book = self.import_id
        plans = book._get_lines("plan", [{"id": get_plan_key(self.data)}])
        products = book._get_lines("product", [{"id": self.data["product"]}])
        return plans.plan_id, products.product_id

    def _get_rivals(self):
        """Return the prices for everybody of its product, plan and currency."""
        plan, product = self._get_catalog_records()
        offers = self.env["subscription.price"]._search_offers(
            plan, product, self._get_currency(), self.env["res.partner"]
        )
        return offers.filtered(
            lambda price: (
                not price.pricelist_id
                and not price.partner_id
                and price.product_id in (product, product.browse())
            )
        )

    def _get_currency(self):
        """Return the currency of a price, if it is active."""
        return self.env["res.currency"].search([("name", "=", self.data["currency"])])

    def _find_price(self):
        """Return a price with the same terms, whenever it is offered."""
        terms = get_terms(self.data)
        wanted = self._prepare_terms_vals(terms)
        return self._get_rivals().filtered(
            lambda price: (
                price._prepare_stripe_terms() == get_comparable(wanted)
                and not price.included_quantity
                and not price.amount_minimum
            )
        )[:1]

    def _create_price(self):
        """Make a price; of several versions the one made first is offered.

        The others are offered on days that are over: those who have them keep them.

        :return: none where a customer's own unit price has to do
        """
        terms, rivals = get_terms(self.data), self._get_rivals()
        starts = rivals.mapped("date_start")
        if not all(starts):
            if terms.model == "per_unit":
                return rivals.browse()
            raise UserError(
                self.env._(
                    "%(price)s is offered without Valid From: fill it in, so that the "
                    "price %(name)s of Stripe can be kept for days before it.",
                    price=rivals.filtered(lambda p: not p.date_start)[0].display_name,
                    name=self.stripe_id,
                )
            )
        plan, product = self._get_catalog_records()
        template = product.product_tmpl_id
        first = local_day(self.data["created"], self.company_id.subscription_tz)
        last = min(starts) - timedelta(days=1) if starts else None
        return rivals.create(
            {
                "plan_id": plan.id,
                "product_tmpl_id": template.id,
                "product_id": len(template.product_variant_ids) > 1 and product.id,
                "currency_id": self._get_currency().id,
                "date_start": min(first, last) if last else first,
                "date_end": last or False,
                **self._prepare_terms_vals(terms),
            }
        )

    def _prepare_terms_vals(self, terms):
        """Return the fields of a price that hold its terms.

        :param tools.takeover.PriceTerms terms: in the major unit
        """
        return {
            "pricing_model": terms.model,
            "price_unit": float(terms.price),
            "package_size": float(terms.size),
            "tier_ids": [
                Command.create(
                    {
                        "quantity_last": float(tier.last or 0),
                        "price_unit": float(tier.rate),
                        "amount_flat": float(tier.flat),
                    }
                )
                for tier in terms.tiers
            ],
        }

    # === BUSINESS METHODS: CUSTOMERS === #

    def _make_customer(self):
        """Make the contacts that were not matched; register all of them."""
        new = self.filtered(lambda line: not line.partner_id)
        countries = self.env["res.country"].search([]).grouped("code")
        partners = self.env["res.partner"].create(
            [line._prepare_partner_vals(countries) for line in new]
        )
        for line, partner in zip(new, partners, strict=True):
            line.partner_id = partner
        self._register_customers()
        return self._settle_made()

    def _prepare_partner_vals(self, countries):
        """Return the values of a contact, as Stripe knows them.

        :param dict countries: by code
        """
        data = self.data
        address = data["address"]
        country = countries.get(address["country"], self.env["res.country"])
        state = country.state_ids.filtered(
            lambda each: address["state"] in (each.code, each.name)
        )
        language = data["language"].replace("-", "_")
        known = [code for code, _name in self.env["res.lang"].get_installed()]
        vals = {
            "name": data["name"] or data["email"] or self.stripe_id,
            "email": data["email"],
            "phone": data["phone"],
            "street": address["line1"],
            "street2": address["line2"],
            "zip": address["postal_code"],
            "city": address["city"],
            "country_id": country.id,
            "state_id": state[:1].id,
            "lang": next((c for c in known if c.startswith(language or "-")), False),
        }
        return {name: value for name, value in vals.items() if value}

    def _register_customers(self):
        """Note which of Stripe's customers the partners are: one for each partner."""
        Customer, provider = self.env["stripe.customer"], self.provider_id[:1]
        known = Customer.search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "in", self.partner_id.ids),
                ("is_live", "=", provider.state == "enabled"),
            ]
        ).partner_id
        for partner, lines in self.grouped("partner_id").items():
            if partner not in known:
                Customer._remember(provider, partner, lines[0].stripe_id)

    def _make_method(self):
        """Save the payment methods; each customer's default comes first."""
        customers = self.import_id._get_lines(
            "customer", [{"id": line.customer_ref} for line in self]
        ).grouped("stripe_id")
        kinds = self._find_payment_methods()
        new = self.filtered(lambda line: not line.token_id)
        tokens = self.env["payment.token"].create(
            [
                line._prepare_token_vals(customers[line.customer_ref], kinds)
                for line in new
            ]
        )
        for line, token in zip(new, tokens, strict=True):
            line.token_id = token
        return self._settle_made()

    def _prepare_token_vals(self, customer, kinds):
        """Return the values of a saved method of a customer's line."""
        data = self.data
        facts = MethodFacts(
            **{name: value for name, value in data.items() if name != _NOT_A_FACT}
        )
        is_default = customer.data["method"] == self.stripe_id
        return {
            "provider_id": self.provider_id.id,
            "payment_method_id": kinds[facts.type].id,
            "partner_id": customer.partner_id.id,
            "provider_ref": self.customer_ref,
            "stripe_payment_method": self.stripe_id,
            "stripe_mandate": data["mandate"] or False,
            "sequence": 0 if is_default else 1,
            **self.env["payment.token"]._prepare_stripe_vals(facts),
        }
