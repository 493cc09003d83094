"""Taking over a Stripe Billing book: Odoo bills exactly where Stripe's billing ends."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from tests.stripe_book import TODAY, StripeBookCase, seconds


@tagged("standard", "post_install", "-at_install")
@freeze_time(TODAY)
class TestStripeImport(StripeBookCase):
    # === THE DRY RUN === #

    def test_a_dry_run_writes_nothing_but_its_lines(self):
        models = [
            "res.partner", "payment.token", "product.product", "subscription.plan",
            "subscription.price", "subscription.subscription", "stripe.customer",
        ]  # fmt: skip
        before = [self.env[model].search_count([]) for model in models]
        reference = self._subscribe()
        self._read()
        after = [self.env[model].search_count([]) for model in models]
        self.assertEqual(after, before)
        self.assertFalse(self.stand_in.calls("DELETE"))
        line = self._get_line(reference)
        self.assertEqual(line.state, "new")
        self.assertEqual(line.name, "Grace Hopper")
        self.assertIn("2026-03-20", line.message)
        self.assertIn("4242", line.message)
        self.assertEqual(line.date_next, date(2026, 3, 20))
        kinds = set(self.book.line_ids.mapped("kind"))
        self.assertEqual(
            kinds, {"plan", "product", "price", "customer", "method", "subscription"}
        )

    def test_what_is_over_is_counted_and_left_out(self):
        reference = self._subscribe()
        self.stripe.subscriptions.cancel(reference)
        self._create_customer("Nobody's Customer")
        self._read()
        self.assertEqual((self.book.over_count, self.book.stranger_count), (1, 2))
        self.assertFalse(self._get_line(reference))
        with self.assertRaisesRegex(UserError, "nothing to take over"):
            self.book.action_run()

    def _assert_blocked(self, reference, text):
        self._read()
        line = self._get_line(reference)
        self.assertEqual(line.state, "blocked", line.message)
        self.assertIn(text, line.message)
        self.assertFalse(line.subscription_id)

    def test_a_past_due_invoice_has_to_be_settled_first(self):
        reference = self._subscribe()
        self.stand_in.set_subscription(reference, "past_due")
        self._assert_blocked(reference, "Collect it, mark it as paid or void it")

    def test_two_billing_periods_cannot_be_one_subscription(self):
        yearly = self._create_price(24000, "year")
        reference = self._subscribe(prices=[self.price, yearly])
        self._assert_blocked(reference, "different billing periods")

    def test_a_customer_without_a_method_is_left_out_unless_invoices_are_sent(self):
        customer = self._create_customer(card=None)
        reference = self._subscribe(customer)
        self._assert_blocked(reference, "no payment method")
        self.book.without_method = "invoice"
        self.book.action_check()
        self._work()
        self._take_over()
        subscription = self._get_line(reference).subscription_id
        self.assertEqual(subscription.collection_method, "invoice")

    def test_a_detached_method_is_not_charged(self):
        customer = self._create_customer()
        other = self.stripe.payment_methods.attach(
            "pm_card_mastercard", {"customer": customer}
        )
        reference = self._subscribe(customer, default_payment_method=other.id)
        self.stand_in.detach(other.id)
        self._read()
        line = self._get_line(reference)
        self.assertEqual(line.state, "new")
        self.assertIn("no longer saved", line.message)
        self._take_over()
        self.assertFalse(line.subscription_id.payment_token_id)
        [token] = line.subscription_id.payment_method_ids
        self.assertEqual(token.last_digits, "4242")

    def test_a_deleted_customer_is_told(self):
        customer = self._create_customer()
        reference = self._subscribe(customer)
        self.stripe.customers.delete(customer)
        self._assert_blocked(reference, "was deleted")

    def test_pending_items_would_be_lost(self):
        customer = self._create_customer()
        reference = self._subscribe(customer)
        self.stripe.invoice_items.create(
            {"customer": customer, "amount": 500, "currency": "usd"}
        )
        self._assert_blocked(reference, "Invoice or delete them")

    def test_a_currency_that_is_not_active_is_named(self):
        price = self.stripe.prices.create(
            {
                "product": self.product_ref,
                "currency": "sek",
                "unit_amount": 9900,
                "recurring": {"interval": "month"},
            }
        )
        self.env.ref("base.SEK").active = False
        reference = self._subscribe(prices=[price.id])
        self._assert_blocked(reference, "currency SEK is not active")

    def test_a_metered_price_needs_a_meter(self):
        price = self._create_price(
            5, recurring={"usage_type": "metered", "meter": "mtr_calls"}
        )
        reference = self._subscribe(prices=[price])
        self._assert_blocked(reference, "Choose the Meter")
        self._get_line(price).with_user(
            self.env.ref("base.user_admin")
        ).meter_id = self._create_meter()
        self.book.action_check()
        self._work()
        self._take_over()
        line = self._get_line(reference)
        self.assertEqual(line.state, "done", line.message)
        self.assertEqual(line.subscription_id.line_ids.meter_id.code, "calls")

    def test_a_tax_rate_without_a_like_is_named(self):
        reference = self._subscribe()
        rate = {"id": "txr_1", "percentage": 7.7, "inclusive": False}
        self._know(reference)["default_tax_rates"] = [rate]
        self._assert_blocked(reference, "7.7 %")

    # === WHAT IS TAKEN OVER === #

    def test_odoo_bills_what_stripe_would_have_billed_next(self):
        reference = self._subscribe(prices=[{"price": self.price, "quantity": 3}])
        expected = self._get_next_invoice(reference)
        self.assertEqual(expected, (date(2026, 3, 20), 60.0))
        subscription = self._import(reference)
        self._assert_continues(subscription, reference, expected)
        self.assertRecordValues(
            subscription,
            [
                {
                    "state": "active",
                    "date_start": date(2026, 2, 20),
                    "date_anchor": date(2026, 2, 20),
                    "date_next_period": date(2026, 3, 20),
                    "collection_method": "automatic",
                    "stripe_reference": reference,
                    "is_billed_by_stripe": False,
                }
            ],
        )
        self.assertEqual(len(subscription.event_ids), 1)
        self.assertFalse(subscription.line_ids.tax_ids)

    def test_the_first_period_begins_where_the_billed_one_ends(self):
        reference = self._subscribe(day=date(2025, 12, 31))
        subscription = self._import(reference)
        with freeze_time("2026-05-01"):
            self._run_renewal()
        self.assertEqual(
            subscription.period_ids.sorted("date_start").mapped("date_start"),
            [date(2026, 3, 31), date(2026, 4, 30)],
        )

    def test_a_tax_rate_becomes_the_tax_of_the_same_percentage(self):
        reference = self._subscribe()
        rate = {"id": "txr_1", "percentage": 15, "inclusive": False}
        self._know(reference)["default_tax_rates"] = [rate]
        subscription = self._import(reference)
        tax = subscription.line_ids.tax_ids
        self.assertEqual((tax.amount, tax.price_include), (15, False))

    def test_a_discount_goes_on_for_the_periods_that_are_left(self):
        coupon = self.stripe.coupons.create(
            {"percent_off": 25, "duration": "repeating", "duration_in_months": 12}
        )
        reference = self._subscribe(
            day=date(2025, 6, 20), discounts=[{"coupon": coupon.id}]
        )
        [discount] = self._know(reference)["discounts"]
        self._know(discount)["end"] = seconds(date(2026, 6, 20))
        expected = self._get_next_invoice(reference)
        self.assertEqual(expected[1], 15.0)
        subscription = self._import(reference)
        self._assert_continues(subscription, reference, expected)
        self.assertRecordValues(
            subscription.discount_ids,
            [{"duration": "repeating", "period_count": 3, "percentage": 25}],
        )
        invoices = self.env["subscription.forecast"]._preview(subscription, count=4)
        self.assertEqual([i.amount_untaxed for i in invoices], [15, 15, 15, 20])

    def test_a_discount_of_some_products_stays_with_them(self):
        other = self.stripe.products.create({"name": "Alarm"}).id
        alarm = self.stripe.prices.create(
            {
                "product": other,
                "currency": self.company.currency_id.name.lower(),
                "unit_amount": 1000,
                "recurring": {"interval": "month"},
            }
        )
        coupon = self.stripe.coupons.create(
            {
                "amount_off": 500,
                "currency": self.company.currency_id.name.lower(),
                "duration": "forever",
                "applies_to": {"products": [other]},
            }
        )
        reference = self._subscribe(
            prices=[self.price, alarm.id], discounts=[{"coupon": coupon.id}]
        )
        subscription = self._import(reference)
        discount = subscription.discount_ids
        self.assertEqual((discount.kind, discount.amount), ("amount", 5))
        self.assertEqual(discount.product_ids.default_code, other)
        self.assertEqual(subscription.mrr, 25)

    def test_tiers_and_packages_cost_the_same(self):
        tiers = [
            {"up_to": 5, "unit_amount": 700, "flat_amount": 300},
            {"up_to": "inf", "unit_amount": 600},
        ]
        for mode in ("graduated", "volume"):
            with self.subTest(mode):
                price = self._create_price(
                    billing_scheme="tiered", tiers_mode=mode, tiers=tiers
                )
                self._assert_same_amount(price, 8)
        package = {"divide_by": 5, "round": "up"}
        self._assert_same_amount(self._create_price(900, transform_quantity=package), 8)

    def _assert_same_amount(self, price, quantity):
        reference = self._subscribe(prices=[{"price": price, "quantity": quantity}])
        expected = self._get_next_invoice(reference)
        subscription = self._import(reference)
        self._assert_continues(subscription, reference, expected)

    def test_versions_of_a_price_live_side_by_side(self):
        newer = self._create_price(2500)
        references = [self._subscribe(prices=[p]) for p in (self.price, newer)]
        self._read()
        self._take_over()
        lines = [self._get_line(each).subscription_id.line_ids for each in references]
        self.assertEqual([line.price_unit for line in lines], [20, 25])
        self.assertEqual(len({line.price_id for line in lines}), 2)
        self.assertEqual(lines[0].product_id, lines[1].product_id)

    def test_a_trial_goes_on(self):
        end = date(2026, 3, 25)
        reference = self._subscribe(
            billing_cycle_anchor=seconds(end), trial_end=seconds(end)
        )
        expected = self._get_next_invoice(reference)
        subscription = self._import(reference)
        self.assertEqual(subscription.state, "trial")
        self.assertEqual(subscription.date_trial_end, end)
        self._assert_continues(subscription, reference, expected)

    def test_the_days_between_a_trial_and_the_anchor_are_billed(self):
        end, anchor = date(2026, 3, 25), date(2026, 4, 1)
        reference = self._subscribe(
            billing_cycle_anchor=seconds(anchor), trial_end=seconds(end)
        )
        subscription = self._import(reference)
        self.assertEqual(subscription.date_trial_end, end)
        invoices = self.env["subscription.forecast"]._preview(subscription, count=2)
        self.assertEqual([invoice.date for invoice in invoices], [end, anchor])
        self.assertEqual(invoices[1].amount_untaxed, 20)
        self.assertLess(invoices[0].amount_untaxed, 20)

    def test_the_day_is_that_of_the_company(self):
        self.company.subscription_tz = "Pacific/Auckland"
        reference = self._subscribe(day=date(2026, 2, 28))
        [item] = self._know(reference)["items"]
        # 28 March in UTC, 20:00: the 29th in Auckland.
        end = seconds(date(2026, 3, 28)) + 20 * 3600
        self._know(item)["current_period_end"] = end
        subscription = self._import(reference)
        self.assertEqual(subscription.date_next_period, date(2026, 3, 29))
        self.assertEqual(subscription.date_next_invoice, date(2026, 3, 29))

    def test_a_disabled_provider_is_refused(self):
        self.provider.state = "disabled"
        with self.assertRaisesRegex(UserError, "Enabled or Test Mode"):
            self.book.action_read()

    def test_a_paused_trial_stays_paused(self):
        reference = self._subscribe()
        self.stand_in.set_subscription(reference, "paused")
        subscription = self._import(reference)
        self.assertEqual(subscription.state, "paused")
        with freeze_time("2026-06-01"):
            self._run_renewal()
        self.assertFalse(subscription.period_ids)

    def test_paused_collection_is_resumed_on_its_day(self):
        resume = date(2026, 4, 20)
        reference = self._subscribe()
        self.stripe.subscriptions.update(
            reference,
            {"pause_collection": {"behavior": "void", "resumes_at": seconds(resume)}},
        )
        subscription = self._import(reference)
        self.assertEqual(subscription.state, "paused")
        with freeze_time(resume):
            self._run_renewal()
        self.assertEqual(subscription.state, "active")
        self.assertEqual(subscription.period_ids.date_start, resume)

    def test_a_cancellation_for_later_is_kept(self):
        reference = self._subscribe(cancel_at_period_end=True)
        subscription = self._import(reference)
        self.assertEqual(subscription.date_end, date(2026, 3, 19))
        with freeze_time("2026-03-20"):
            self._run_renewal()
        self.assertEqual(subscription.state, "closed")
        self.assertFalse(subscription.period_ids)

    def test_invoices_to_pay_keep_their_days(self):
        customer = self._create_customer(card=None)
        reference = self._subscribe(
            customer, collection_method="send_invoice", days_until_due=14
        )
        subscription = self._import(reference)
        self.assertEqual(subscription.collection_method, "invoice")
        self.assertEqual(subscription.payment_term_id.line_ids.nb_days, 14)

    def test_its_own_method_comes_first_then_the_customers_default(self):
        customer = self._create_customer()
        own = self.stripe.payment_methods.attach(
            "pm_card_mastercard", {"customer": customer}
        )
        reference = self._subscribe(customer, default_payment_method=own.id)
        subscription = self._import(reference)
        methods = subscription._get_payment_methods()
        self.assertEqual(methods[0].stripe_payment_method, own.id)
        self.assertEqual(methods.mapped("brand"), ["Mastercard", "Visa"])
        self.assertEqual(set(methods.mapped("provider_ref")), {customer})
        registered = self.env["stripe.customer"]._find(
            self.provider, subscription.partner_id
        )
        self.assertEqual(registered.reference, customer)

    def test_a_debit_keeps_its_mandate(self):
        customer = self._create_customer(card=None)
        method = self.stripe.payment_methods.create(
            {
                "type": "sepa_debit",
                "sepa_debit": {"iban": "DE89370400440532013000"},
                "billing_details": {"name": "Grace Hopper", "email": "g@example.com"},
            }
        )
        self.stripe.payment_methods.attach(method.id, {"customer": customer})
        intent = self.stripe.payment_intents.create(
            {
                "amount": 2000,
                "currency": "eur",
                "customer": customer,
                "payment_method": method.id,
                "payment_method_types": ["sepa_debit"],
                "mandate_data": {"customer_acceptance": {"type": "offline"}},
                "confirm": True,
            }
        )
        charge = self._know(intent.latest_charge)
        mandate = charge["payment_method_details"]["sepa_debit"]["mandate"]
        subscription = self._import(self._subscribe(customer))
        [token] = subscription._get_payment_methods()
        self.assertEqual(token.stripe_mandate, mandate)
        self.assertEqual(token.payment_method_id.code, "sepa_direct_debit")
        self.assertEqual(token.last_digits, "3000")

    def test_what_was_taken_over_is_charged_here(self):
        reference = self._subscribe()
        subscription = self._import(reference)
        with freeze_time("2026-03-20 06:00:00"):
            self._run_renewal()
            self._run_collection()
        self._assert_charged_once(subscription.invoice_ids)

    # === CUSTOMERS === #

    def test_customers_are_matched_by_email_if_there_is_one(self):
        self.partner.email = "grace.hopper@example.com"
        reference = self._subscribe()
        self._read()
        line = self._get_line(self._know(reference)["customer"])
        self.assertEqual((line.state, line.partner_id), ("match", self.partner))
        self.partner.copy({"email": "grace.hopper@example.com"})
        self._read()
        self.assertEqual((line.state, line.partner_id.ids), ("new", []))
        self.assertIn("Several contacts", line.message)

    def test_a_choice_of_a_person_is_kept(self):
        other = self.env["res.partner"].create({"name": "Head office"})
        reference = self._subscribe()
        self._read()
        line = self._get_line(self._know(reference)["customer"])
        line.with_user(self.env.ref("base.user_admin")).partner_id = other
        self.assertEqual(line.state, "match")
        self._read()
        self.assertEqual(line.partner_id, other)
        self._take_over()
        self.assertEqual(self._get_line(reference).subscription_id.partner_id, other)

    def test_two_customers_at_stripe_can_be_one_contact(self):
        first, second = (self._create_customer() for _ in range(2))
        self.partner.email = "grace.hopper@example.com"
        references = [self._subscribe(each) for each in (first, second)]
        self._read()
        self._take_over()
        subscriptions = [self._get_line(each).subscription_id for each in references]
        self.assertEqual([s.partner_id for s in subscriptions], [self.partner] * 2)
        self.assertEqual(
            {token.provider_ref for token in self.partner.payment_token_ids},
            {first, second},
        )

    def _take_over_two_customers(self, *customers, **values):
        """Take over a subscription of each of two customers with one e-mail address."""
        references = [self._subscribe(each, **values) for each in customers]
        self._read()
        self._take_over()
        return [self._get_line(each).subscription_id for each in references]

    def test_each_customer_of_one_contact_is_charged_on_its_own_card(self):
        self.partner.email = "ada@example.com"
        customers = [
            self._create_customer("Ada", card=card)
            for card in ("pm_card_visa", "pm_card_mastercard")
        ]
        for customer, subscription in zip(
            customers, self._take_over_two_customers(*customers), strict=True
        ):
            self.assertEqual(subscription.partner_id, self.partner)
            first = subscription._get_payment_methods()[:1]
            self.assertEqual(first.provider_ref, customer)

    def test_without_a_default_the_card_is_its_own_customers_nevertheless(self):
        self.partner.email = "ada@example.com"
        customers = [
            self._create_customer("Ada", card=card)
            for card in ("pm_card_visa", "pm_card_mastercard")
        ]
        for customer in customers:
            self._know(customer)["invoice_settings"]["default_payment_method"] = None
        for customer, subscription in zip(
            customers, self._take_over_two_customers(*customers), strict=True
        ):
            first = subscription._get_payment_methods()[:1]
            self.assertEqual(first.provider_ref, customer)
