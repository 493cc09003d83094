"""A book at Stripe's stand-in, and its import."""

from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal

from tests.stripe_case import StripeCase

#: the moment of the tests
TODAY = "2026-03-10 12:00:00"


def seconds(day):
    """Return the second at which a day begins in UTC."""
    moment = datetime.combine(day, datetime.min.time(), timezone.utc)
    return int(moment.timestamp())


class StripeBookCase(StripeCase):
    """Makes subscriptions at Stripe, reads them and takes them over."""

    def setUp(self):
        super().setUp()
        self.product_ref = self.stripe.products.create({"name": "Monitoring"}).id
        self.price = self._create_price(2000)
        self.currency = self.company.currency_id.name
        self.book = self.env["stripe.import"].create({"provider_id": self.provider.id})

    # === AT STRIPE === #

    def _create_price(self, amount=None, interval="month", count=1, **values):
        """Create a price at Stripe in the company's currency; return its id."""
        recurring = {"interval": interval, "interval_count": count}
        recurring |= values.pop("recurring", {})
        if amount is not None:
            values["unit_amount"] = amount
        return self.stripe.prices.create(
            {
                "product": self.product_ref,
                "currency": self.company.currency_id.name.lower(),
                "recurring": recurring,
                **values,
            }
        ).id

    def _create_customer(self, name="Grace Hopper", card="pm_card_visa", **values):
        """Create a customer with a default card; return the customer's id."""
        email = f"{name.lower().replace(' ', '.')}@example.com"
        given = {"name": name, "email": email, **values}
        customer = self.stripe.customers.create(given).id
        if card:
            method = self.stripe.payment_methods.attach(card, {"customer": customer})
            self.stripe.customers.update(
                customer, {"invoice_settings": {"default_payment_method": method.id}}
            )
        return customer

    def _subscribe(
        self, customer=None, *, prices=None, day=date(2026, 2, 20), **values
    ):
        """Create a subscription at Stripe that began on a day; return its id."""
        return self.stripe.subscriptions.create(
            {
                "customer": customer or self._create_customer(),
                "items": [
                    each if isinstance(each, dict) else {"price": each}
                    for each in prices or [self.price]
                ],
                "backdate_start_date": seconds(day),
                "billing_cycle_anchor": seconds(day),
                **values,
            }
        ).id

    def _know(self, reference):
        """Return a subscription as the stand-in keeps it, to change anything of it."""
        return self.stand_in.state.by_id[reference]

    def _get_next_invoice(self, reference):
        """Return date and amount before taxes of Stripe's next invoice, worked out
        here from what Stripe keeps, and from nothing of ours."""
        state = self.stand_in.state
        subscription = state.by_id[reference]
        items = [state.by_id[each] for each in subscription["items"]]
        total = sum(_get_amount(state.by_id[i["price"]], i["quantity"]) for i in items)
        end = items[0]["current_period_end"]
        for identifier in subscription["discounts"]:
            discount = state.by_id[identifier]
            coupon = state.by_id[discount["source"]["coupon"]]
            if discount["end"] and discount["end"] <= end:
                continue
            if coupon["percent_off"]:
                share = Decimal(str(coupon["percent_off"])) / 100
                total -= (total * share).quantize(Decimal(1), ROUND_HALF_UP)
            else:
                total -= min(total, coupon["amount_off"])
        day = datetime.fromtimestamp(end, timezone.utc).date()
        return day, float(total / 100)

    # === IN ODOO === #

    def _work(self):
        """Let the scheduled action do what it has to."""
        self._run_cron("subscription_billing_stripe.ir_cron_import")

    def _read(self):
        """Read the book: the dry run."""
        self.book.action_read()
        self._work()
        self.assertEqual((self.book.state, self.book.error), ("ready", False))

    def _take_over(self, ending="end"):
        """Take over all that can be."""
        self.book.ending = ending
        self.book.action_run()
        self._work()
        self.assertEqual((self.book.state, self.book.error), ("done", False))

    def _get_line(self, reference):
        """Return the line of something at Stripe."""
        return self.book.line_ids.filtered(lambda line: line.stripe_id == reference)

    def _import(self, reference, **settings):
        """Read and take over; return the subscription that one has become."""
        self.book.write(settings)
        self._read()
        line = self._get_line(reference)
        self.assertEqual((line.state, line.message), ("new", line.message))
        self._take_over()
        self.assertEqual(line.state, "done", line.message)
        return line.subscription_id

    # === ASSERTIONS === #

    def _assert_continues(self, subscription, reference, expected):
        """Check that Odoo bills what Stripe would have billed next, on the same day.

        :param expected: what ``_get_next_invoice`` said before the end at Stripe
        """
        [invoice] = self.env["subscription.forecast"]._preview(subscription, count=1)
        self.assertEqual((invoice.date, invoice.amount_untaxed), expected)
        self.assertEqual(self._know(reference)["status"], "canceled")


def _get_amount(price, quantity):
    """Return what a quantity costs at Stripe, in minor units."""
    if price["billing_scheme"] == "per_unit":
        packages = quantity
        if transform := price["transform_quantity"]:
            packages = -(-quantity // transform["divide_by"])
        exact = Decimal(price["unit_amount_decimal"]) * packages
        return exact.quantize(Decimal(1), ROUND_HALF_UP)
    total, before = Decimal(0), 0
    for tier in price["tiers"]:
        last = tier["up_to"] or float("inf")
        flat, unit = tier["flat_amount"] or 0, tier["unit_amount"] or 0
        if price["tiers_mode"] == "volume":
            if quantity <= last:
                return Decimal(flat + unit * quantity)
        elif quantity > before:
            total += flat + unit * (min(quantity, last) - before)
        before = last
    return total
