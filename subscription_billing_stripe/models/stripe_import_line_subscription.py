import time
from decimal import Decimal

from odoo import fields, models

from ..tools.takeover import (
    OVER,
    Obstacle,
    find_obstacles,
    get_next_time,
    get_plan_key,
    local_day,
)


class StripeImportLine(models.Model):
    """What becomes of subscriptions: the dry run, and again just before they are made.

    ``_look_up`` asks the database once for what a batch of them refers to.
    """

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS === #

    def _check_subscriptions(self):
        """Say of each subscription whether it can be taken over, and why not."""
        known = self._look_up()
        for line in self:
            line._check_subscription(known)

    def _check_subscription(self, known):
        """Write what becomes of one subscription; return whether it can be made."""
        data = self.data
        customer = known["customers"].get(self.customer_ref)
        # People know it by whose it is: Stripe has no names of subscriptions.
        self.name = (customer and customer.name) or self.customer_ref
        if data["status"] in OVER:
            if self.subscription_id:
                self._fail(self._tell(Obstacle("stopped_draft")))
            else:
                self._settle("skip", self._tell(Obstacle(data["status"])))
            return False
        obstacles = [
            *find_obstacles(data, known["prices"], int(time.time())),
            *self._find_own_obstacles(known),
        ]
        next_time = get_next_time(data)
        self.date_next = next_time and self._get_day(next_time)
        if obstacles:
            message = "\n".join(map(self._tell, dict.fromkeys(obstacles)))
            self._settle("blocked", message)
            return False
        self._settle("new", self._tell_plan(known))
        return True

    def _look_up(self):
        """Return what these subscriptions refer to, by Stripe's ids.

        :rtype: dict
        """
        book = self.import_id
        prices = {item["price"] for line in self for item in line.data["items"]}
        customers = {line.customer_ref for line in self}
        price_lines = book._get_lines("price", [{"id": each} for each in prices])
        methods = self._find_of_customers("method", customers)
        items = self._find_of_customers("item", customers)
        products = {line.data["product"] for line in price_lines}
        return {
            "price_lines": {line.stripe_id: line for line in price_lines},
            "prices": {line.stripe_id: line.data for line in price_lines},
            "products": {
                line.stripe_id: line
                for line in book._get_lines("product", [{"id": p} for p in products])
            },
            "plans": {line.stripe_id: line for line in book._get_lines("plan")},
            "customers": {
                line.stripe_id: line
                for line in book._get_lines("customer", [{"id": c} for c in customers])
            },
            "methods": methods.grouped("customer_ref"),
            "items": items.grouped("customer_ref"),
            "currencies": self.env["res.currency"].search([]).grouped("name"),
            "taxes": self._find_taxes(),
        }

    def _find_of_customers(self, kind, customers):
        """Return lines of a kind that belong to some customers of Stripe's."""
        return self.search(
            [
                ("import_id", "=", self.import_id.id),
                ("kind", "=", kind),
                ("customer_ref", "in", list(customers)),
            ]
        )

    def _find_taxes(self):
        """Return the sales taxes of the company, by percentage and inclusion."""
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(self.company_id),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
            ],
            order="sequence desc, id desc",
        )
        return {
            (Decimal(str(tax.amount)).normalize(), tax.price_include): tax
            for tax in taxes
        }

    def _get_day(self, seconds):
        """Return the date of a time at Stripe where the company is."""
        return local_day(seconds, self.company_id.subscription_tz or "UTC")

    # === BUSINESS METHODS: OBSTACLES === #

    def _find_own_obstacles(self, known):
        """Return why the subscription does not fit what is here."""
        data = self.data
        found = []
        if data["currency"] not in known["currencies"]:
            found.append(Obstacle("currency", data["currency"]))
        found += self._find_customer_obstacles(known)
        found += self._find_line_obstacles(known)
        foreign = [
            each["name"] or each["coupon"]
            for each in data["discounts"]
            if each["amount"] and each["currency"] != data["currency"]
        ]
        found += [Obstacle("discount_currency", each) for each in foreign]
        if self.import_id.taxes == "stripe":
            found += self._find_tax_obstacles(known)
        return found

    def _find_customer_obstacles(self, known):
        """Return what stands against the customer, and what they pay with."""
        data, customer = self.data, known["customers"].get(self.customer_ref)
        if not customer:
            return [Obstacle("customer_deleted", self.customer_ref)]
        found = []
        if customer.data["balance"]:
            found.append(Obstacle("balance", self.customer_ref))
        if customer.data["has_discount"] and not data["discounts"]:
            found.append(Obstacle("customer_discount", self.customer_ref))
        pending = known["items"].get(self.customer_ref, self.browse())
        if pending.filtered(lambda i: i.data["subscription"] in ("", self.stripe_id)):
            found.append(Obstacle("pending_items", self.customer_ref))
        needs_method = (
            data["collection"] == "charge_automatically"
            and self.import_id.without_method == "block"
        )
        if needs_method and not self._get_method_lines(known):
            found.append(Obstacle("no_method", self.customer_ref))
        return found

    def _find_line_obstacles(self, known):
        """Return what stands against the prices of the items, and their products."""
        prices = [
            known["price_lines"][item["price"]]
            for item in self.data["items"]
            if item["price"] in known["price_lines"]
        ]
        found = [
            Obstacle("meter", price.data["meter"])
            for price in prices
            if price.data["is_metered"] and not price.meter_id
        ]
        meters = [p.meter_id for p in prices if p.data["is_metered"] and p.meter_id]
        if len(meters) != len(set(meters)):
            found.append(Obstacle("same_meter", meters[0].name))
        plans = self._get_plan_lines(known)
        return found + [
            Obstacle("plan", plan.stripe_id)
            for plan in plans
            if plan.state == "blocked"
        ]

    def _find_tax_obstacles(self, known):
        """Return which tax rates have no like here."""
        data = self.data
        customer = known["customers"].get(self.customer_ref)
        rates = [*data["taxes"], *(r for item in data["items"] for r in item["taxes"])]
        if data["is_tax_automatic"]:
            return [Obstacle("tax_automatic")]
        if rates and customer and customer.data["is_tax_exempt"]:
            return [Obstacle("tax_exempt")]
        return [
            Obstacle("tax", f"{rate['percentage']} %")
            for rate in rates
            if get_tax_key(rate) not in known["taxes"]
        ]

    # === BUSINESS METHODS: WHAT IT REFERS TO === #

    def _get_plan_lines(self, known):
        """Return the lines of the plans that its items are on: one, if all is well."""
        lines = self.browse()
        for item in self.data["items"]:
            price = known["prices"].get(item["price"])
            key = price and get_plan_key(price)
            lines |= known["plans"].get(key, lines.browse())
        return lines

    def _get_method_lines(self, known):
        """Return the methods that it can be charged to, its own first."""
        data = self.data
        customer = known["customers"].get(self.customer_ref)
        usable = (
            known["methods"]
            .get(self.customer_ref, self.browse())
            .filtered(lambda line: line.state not in ("blocked", "failed"))
        )
        order = [data["method"], customer.data["method"] if customer else ""]
        return usable.sorted(
            lambda line: (
                order.index(line.stripe_id) if line.stripe_id in order else len(order)
            )
        )

    def _tell_plan(self, known):
        """Return in words what will be made of it."""
        data = self.data
        methods = self._get_method_lines(known)
        customer = known["customers"][self.customer_ref]
        is_charged = data["collection"] == "charge_automatically"
        told = [
            self._tell(Obstacle("begins", fields.Date.to_string(self.date_next))),
            self._tell(Obstacle("charged_to", methods[0].name))
            if is_charged and methods
            else self._tell(Obstacle("invoiced")),
        ]
        if data["method"] and data["method"] not in methods.mapped("stripe_id"):
            told.append(self._tell(Obstacle("method_gone", data["method"])))
        if data["trial_end"] and data["status"] == "trialing":
            told.append(self._tell_day("trial", data["trial_end"]))
        if data["cancel_at"]:
            told.append(self._tell_day("ends", data["cancel_at"]))
        if data["is_collection_paused"] or data["status"] == "paused":
            told.append(self._tell(Obstacle("paused")))
        if data["invoice_status"] == "open":
            told.append(self._tell(Obstacle("invoice_sent", data["invoice"])))
        if any(known["prices"][i["price"]]["is_metered"] for i in data["items"]):
            start = min(item["start"] for item in data["items"])
            told.append(self._tell_day("usage", start))
        told += [
            self._tell(Obstacle("discount", each["name"] or each["coupon"]))
            for each in data["discounts"]
        ]
        if not customer.partner_id:
            told.append(self._tell(Obstacle("new_customer")))
        return "\n".join(told)

    def _tell_day(self, code, seconds):
        """Return a sentence about the date of a time at Stripe."""
        day = fields.Date.to_string(self._get_day(seconds))
        return self._tell(Obstacle(code, day))


def get_tax_key(rate):
    """Return by what a tax rate of Stripe's is found among the taxes here."""
    return Decimal(rate["percentage"]).normalize(), rate["is_included"]
