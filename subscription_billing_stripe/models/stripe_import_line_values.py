from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.fields import Command

from odoo.addons.subscription_billing.tools.recurrence import Recurrence

from ..tools.amounts import to_major
from ..tools.takeover import count_periods, find_anchor, get_next_time, get_terms
from .stripe_import_line_subscription import get_tax_key

#: seconds
DAY = 86400


class StripeImportLine(models.Model):
    """The values of a subscription that goes on where Stripe's billing ends."""

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS: VALUES === #

    def _prepare_subscription_vals(self, known):
        """Return the values of a draft that goes on where Stripe's billing ends."""
        data, plan = self.data, self._get_plan_lines(known).plan_id
        start = self._get_day(data["start"])
        following = max(self._get_first_day(), start)
        interval = plan._get_interval()
        anchor, day = self._get_day(data["anchor"]), 0
        is_trial = self._is_in_trial()
        # After a trial Stripe bills the days up to the anchor as a part of a period.
        if not is_trial or anchor < following:
            anchor, day = find_anchor(anchor, following, interval)
        return {
            "partner_id": known["customers"][self.customer_ref].partner_id.id,
            "plan_id": plan.id,
            "company_id": self.company_id.id,
            "currency_id": known["currencies"][data["currency"]].id,
            "user_id": self.import_id.user_id.id,
            "date_start": start,
            "date_anchor": anchor,
            "anchor_day": day,
            "date_next_period": following,
            "date_trial_end": is_trial and following,
            "line_ids": [
                Command.create(self._prepare_line_vals(item, known))
                for item in data["items"]
            ],
            "discount_ids": self._prepare_discounts(plan, following, anchor, day),
            **self._prepare_payment_vals(known),
        }

    def _is_in_trial(self):
        """Return whether the subscription is tried for free."""
        return self.data["status"] == "trialing" and bool(self.data["trial_end"])

    def _get_first_day(self):
        """Return the first day that is billed here."""
        if self._is_in_trial():
            return self._get_day(self.data["trial_end"])
        following = self._get_day(get_next_time(self.data))
        if self.data["status"] == "paused":
            # What was not served since its trial is not billed by anybody.
            today = self.company_id._get_subscription_today()
            following = max(following, today)
        return following

    def _prepare_line_vals(self, item, known):
        """Return the values of the line that an item becomes."""
        price_line = known["price_lines"][item["price"]]
        product = known["products"][price_line.data["product"]].product_id
        price = price_line.price_id
        vals = {
            "product_id": product.id,
            "quantity": item["quantity"],
            "price_id": price.id,
            "meter_id": price_line.meter_id.id,
        }
        if not price:
            vals["price_unit"] = float(get_terms(price_line.data).price)
        if self.import_id.taxes == "stripe":
            vals["tax_ids"] = self._prepare_taxes(item, known)
        return vals

    def _prepare_taxes(self, item, known):
        """Return the taxes of an item: its own rates, else those of all."""
        rates = item["taxes"] or self.data["taxes"]
        taxes = [known["taxes"][get_tax_key(rate)].id for rate in rates]
        return [Command.set(taxes)]

    def _prepare_payment_vals(self, known):
        """Return how the subscription is paid, and by which method first."""
        data, methods = self.data, self._get_method_lines(known)
        tokens = methods.token_id
        is_automatic = data["collection"] == "charge_automatically" and tokens
        vals = {
            "collection_method": "automatic" if is_automatic else "invoice",
            "payment_token_id": False,
        }
        if is_automatic:
            vals["payment_token_id"] = self._get_own_token(known, methods).id
        if data["collection"] == "send_invoice":
            term = self._get_payment_term(data["days_until_due"])
            vals["payment_term_id"] = term.id
        return vals

    def _get_own_token(self, known, methods):
        """Return what Stripe would charge, or nothing: then what its contact has first.

        A contact that is several customers at Stripe has cards of all of them, and only
        those of its own customer may be charged.

        :param methods: the lines of that customer's methods, as ``_get_method_lines``
        """
        customer = known["customers"][self.customer_ref]
        charged = self.data["method"] or customer.data["method"]
        own = methods.filtered(lambda line: line.stripe_id == charged)
        same_contact = [
            ("import_id", "=", self.import_id.id),
            ("kind", "=", "customer"),
            ("partner_id", "=", customer.partner_id.id),
            ("id", "!=", customer.id),
        ]
        if not own and customer.search_count(same_contact, limit=1):
            own = methods[:1]
        return own.token_id

    def _get_payment_term(self, days):
        """Return the payment term of some days; make it where there is none."""
        Term = self.env["account.payment.term"]
        company = self.company_id
        terms = Term.search([("company_id", "in", (False, company.id))])
        for term in terms:
            line = term.line_ids
            if (
                len(line) == 1
                and line.value == "percent"
                and line.delay_type == "days_after"
                and line.nb_days == days
                and not term.early_discount
            ):
                return term
        return Term.create(
            {
                "name": self.env._("%(days)s days", days=days),
                "company_id": company.id,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": days}
                    )
                ],
            }
        )

    def _prepare_discounts(self, plan, following, anchor, day):
        """Return the discounts with the periods that are left of them."""
        recurrence = Recurrence(anchor, plan._get_interval(), day)
        commands = []
        for discount in self.data["discounts"]:
            count = None
            if discount["end"] and discount["duration"] != "once":
                end = self._get_exclusive_day(discount["end"])
                count = count_periods(following, end, recurrence)
            vals = self._prepare_discount_vals(discount, count)
            is_elsewhere = discount["products"] and not vals["product_ids"][0][2]
            if count != 0 and not is_elsewhere:
                commands.append(Command.create(vals))
        return commands

    def _get_exclusive_day(self, seconds):
        """Return the first day on which a period that begins is no longer reduced."""
        is_later = seconds % DAY > get_next_time(self.data) % DAY
        return self._get_day(seconds) + timedelta(days=is_later)

    def _prepare_discount_vals(self, discount, count):
        """Return the values of a discount.

        :param int count: how many periods are left; None for no end, or for one
        """
        products = self.import_id._get_lines(
            "product", [{"id": each} for each in discount["products"]]
        )
        vals = {
            "name": discount["name"] or discount["coupon"],
            "duration": "repeating" if count else discount["duration"],
            "applies_to_usage": True,
            "product_ids": [Command.set(products.product_id.ids)],
        }
        if count:
            vals["period_count"] = count
        elif vals["duration"] == "repeating":
            vals["duration"] = "forever"
        if discount["percent"]:
            return {
                **vals,
                "kind": "percentage",
                "percentage": float(discount["percent"]),
            }
        amount = to_major(int(Decimal(discount["amount"])), discount["currency"])
        return {**vals, "kind": "amount", "amount": float(amount)}
