"""Visitors choose a plan and order it: once, and with what it costs before them."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import UserError
from odoo.tests import tagged

from .portal_pay_case import PortalPayCase

ORDER = "Order with the obligation to pay"


class SignupCase(PortalCase):
    def setUp(self):
        super().setUp()
        self.env["subscription.plan"].search([]).signup_product_ids = False
        self.company.is_subscription_signup = True
        self.plan.write(
            {
                "signup_product_ids": [Command.set(self.product.ids)],
                "collection_method": "invoice",
                "terms": "<p>Be kind.</p>",
            }
        )
        self.url = (
            f"/subscriptions/signup?plan={self.plan.id}&product={self.product.id}"
        )
        self.country = self.env.ref("base.us")

    def _fill_in(self, url=None, **data):
        """Fill in the form; return the page that follows."""
        contact = {
            "name": "Grace Hopper",
            "email": "grace@example.com",
            "street": "1 Navy Way",
            "city": "Arlington",
            "country_id": self.country.id,
            "quantity": "2",
        }
        page = self._get_page(url or self.url)
        return self._send(page, "See what it costs", **{**contact, **data})

    def _order(self, page, **data):
        """Agree and order; return the page that follows."""
        return self._send(page, ORDER, **{"is_agreed": "1", **data})

    def _get_last(self):
        return self.env["subscription.signup"].search([], limit=1)


@tagged("standard", "post_install", "-at_install")
class TestPortalSignup(SignupCase):
    # === THE PLANS === #

    def test_the_plans_show_what_is_sold_and_its_price(self):
        yearly = self._create_plan(name="Yearly", interval_unit="year", trial_days=14)
        yearly.signup_product_ids = self.product
        page = self._get_page("/subscriptions/plans")
        text = self._get_text(page.xpath("//div[@id='wrap']")[0])
        self.assertIn("per month, before taxes", text)
        [other] = page.xpath("//nav//a[normalize-space()='Yearly']/@href")
        text = self._get_text(self._get_page(other).xpath("//div[@id='wrap']")[0])
        self.assertIn("per year, before taxes", text)
        self.assertIn("14 days for free", text)

    def test_a_company_that_sells_nothing_here_has_no_such_page(self):
        self.company.is_subscription_signup = False
        self.assertEqual(self.url_open("/subscriptions/plans").status_code, 404)
        answer = self.url_open(self.url, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    def test_what_is_not_sold_there_is_not_ordered(self):
        other = self.env["product.product"].create({"name": "Secret"})
        for query in (
            f"plan={self.plan.id}&product={other.id}",
            f"plan=x&product={self.product.id}",
            "",
        ):
            answer = self.url_open(
                f"/subscriptions/signup?{query}", allow_redirects=False
            )
            self.assertEqual(answer.status_code, 303, query)

    # === ORDERING === #

    def test_a_visitor_becomes_a_customer(self):
        page = self._fill_in()
        text = self._get_text(page)
        self.assertIn("2 × ", text)
        self.assertIn("$ 230.00", text)
        self.assertFalse(self._get_last())
        self.assertFalse(self.env["res.partner"].search([("name", "=like", "Grace%")]))
        page = self._order(page)
        self.assertIn("Your subscription has begun.", self._get_text(page))
        signup = self._get_last()
        self.assertRecordValues(
            signup.partner_id,
            [
                {
                    "name": "Grace Hopper",
                    "email": "grace@example.com",
                    "street": "1 Navy Way",
                    "city": "Arlington",
                    "country_id": self.country.id,
                }
            ],
        )
        subscription = signup.subscription_id
        self.assertEqual(subscription.state, "active")
        self.assertEqual(subscription.line_ids.quantity, 2)
        self.assertEqual(subscription.company_id, self.company)
        self.assertFalse(subscription.user_id)

    def test_what_was_agreed_is_kept_word_for_word(self):
        page = self._fill_in()
        [consent] = page.xpath("//label[@for='signup_agree']")
        self._order(page)
        signup = self._get_last()
        self.assertEqual(signup.consent, self._get_text(consent))
        self.assertIn("with the obligation to pay", signup.consent)
        self.assertEqual(signup.terms, "<p>Be kind.</p>")
        log = str(signup.subscription_id.message_ids.mapped("body"))
        self.assertIn("with the obligation to pay", log)

    def test_the_confirmation_leads_to_the_page_and_to_a_login(self):
        self._order(self._fill_in())
        subscription = self._get_last().subscription_id
        mail = self.env["mail.mail"].search(
            [("model", "=", subscription._name), ("res_id", "=", subscription.id)]
        )
        self.assertEqual(mail.recipient_ids, subscription.partner_id)
        self.assertIn(subscription.access_token, mail.body_html)
        self.assertIn("/web/signup?", mail.body_html)
        self.assertIn("Be kind.", mail.body_html)

    def test_the_first_invoice_is_made_by_the_next_run(self):
        self._order(self._fill_in())
        subscription = self._get_last().subscription_id
        self._run_renewal()
        self.assertEqual(subscription.invoice_ids.amount_total, 230)

    def test_a_trial_starts_without_an_invoice(self):
        plan = self._create_plan(name="Try", trial_days=14, collection_method="invoice")
        plan.signup_product_ids = self.product
        url = f"/subscriptions/signup?plan={plan.id}&product={self.product.id}"
        page = self._fill_in(url)
        self.assertIn("after a trial of 14 days", self._get_text(page))
        self._order(page)
        subscription = self._get_last().subscription_id
        self.assertEqual(subscription.state, "trial")

    def test_a_coupon_is_redeemed(self):
        coupon = self.env["subscription.coupon"].create(
            {"name": "Hello", "code": "HELLO", "kind": "percentage", "percentage": 50}
        )
        page = self._fill_in(coupon="hello ")
        self.assertIn("$ 115.00", self._get_text(page))
        self._order(page)
        discounts = self._get_last().subscription_id.discount_ids
        self.assertEqual(discounts.coupon_id, coupon)

    def test_who_is_logged_in_tells_nothing_twice(self):
        self.authenticate("ada", "ada")
        page = self._get_page(self.url)
        self.assertFalse(page.xpath("//input[@name='email']"))
        page = self._send(page, "See what it costs")
        self._order(page)
        self.assertEqual(self._get_last().partner_id, self.partner)
        self.assertFalse(self._get_last().is_new_customer)

    # === WHEN THINGS GO WRONG === #

    def test_ordered_twice_it_starts_once(self):
        summary = self._fill_in()
        for _time in range(2):
            page = self._order(summary)
            self.assertIn("Your subscription has begun.", self._get_text(page))
        signups = self.env["subscription.signup"].search([])
        self.assertEqual(len(signups), 1)
        self.assertEqual(
            self.env["res.partner"].search_count([("email", "=", "grace@example.com")]),
            1,
        )

    def test_a_price_that_has_changed_is_shown_before(self):
        summary = self._fill_in()
        self.product.list_price = 200
        page = self._order(summary)
        self.assertIn("Nothing is ordered yet", self._get_text(page))
        self.assertFalse(self._get_last())
        self.assertIn("$ 460.00", self._get_text(page))
        self._order(page)
        self.assertEqual(self._get_last().state, "started")

    def test_who_has_not_agreed_orders_nothing(self):
        page = self._send(self._fill_in(), ORDER)
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("tick the box", self._get_text(page))
        self.assertFalse(self._get_last())

    def test_bad_input_names_the_field_and_loses_nothing(self):
        for data, message in (
            ({"name": " "}, "Name: fill it in."),
            ({"email": "nobody"}, "E-mail: enter an address"),
            ({"email": "\0"}, "E-mail: enter an address"),
            ({"country_id": "x"}, "Country: choose one"),
            ({"quantity": "0"}, "Quantity: enter a whole number"),
            ({"quantity": "1.5"}, "Quantity: enter a whole number"),
            ({"quantity": "٣"}, "Quantity: enter a whole number"),
            ({"quantity": "9" * 40}, "Quantity: enter a whole number"),
            ({"coupon": "NOPE\0"}, "There is no coupon with the code NOPE"),
        ):
            with self.subTest(data=data):
                page = self._fill_in(street="Kept Street 5", **data)
                self.assertEqual(self.answer.status_code, 400)
                [alert] = page.xpath("//*[@role='alert']")
                self.assertIn(message, self._get_text(alert))
                [street] = page.xpath("//input[@name='street']/@value")
                self.assertEqual(street, "Kept Street 5")
        self.assertFalse(self._get_last())

    def test_a_file_is_no_answer(self):
        token = self._get_page(self.url).xpath("//input[@name='csrf_token']/@value")[0]
        for name in ("plan", "coupon", "quantity", "key", "name"):
            for path in ("", "/order"):
                data = {"csrf_token": token, "plan": str(self.plan.id)}
                data.pop(name, None)
                answer = self.url_open(
                    f"/subscriptions/signup{path}",
                    data=data,
                    files={name: ("a.txt", b"text")},
                )
                self.assertLess(answer.status_code, 500, (name, path))
        self.assertFalse(self._get_last())

    def test_who_has_a_login_uses_it(self):
        self.user.login = "grace@example.com"
        page = self._fill_in(email="Grace@Example.com")
        self.assertIn("Log in to order.", self._get_text(page))

    def test_an_address_with_signs_of_a_pattern_is_not_taken_for_anothers(self):
        self.user.login = "gracexhopper@example.com"
        page = self._fill_in(email="grace_hopper@example.com")
        self.assertNotIn("Log in to order.", self._get_text(page))

    def test_nobody_orders_without_end(self):
        limit = "odoo.addons.subscription_portal.controllers.signup.ATTEMPTS"
        with patch(limit, 1):
            self._fill_in()
            page = self._fill_in()
        self.assertIn("too many orders", self._get_text(page))

    def test_a_page_with_a_key_of_ones_own_is_not_an_order(self):
        for key in ("", "x", "g" * 32, "0" * 33):
            self._order(self._fill_in(), key=key)
        self.assertFalse(self._get_last())

    def test_an_order_is_seen_by_who_has_its_key(self):
        self._order(self._fill_in())
        signup = self._get_last()
        for url in (
            f"/subscriptions/signup/{signup.id}/{'0' * 32}",
            f"/subscriptions/signup/{10**12}/{signup.key}",
            f"/subscriptions/signup/{signup.id}/%C3%A9",
        ):
            self.assertEqual(self.url_open(url).status_code, 404, url)

    def test_nothing_is_ordered_without_the_token_of_the_form(self):
        for path in ("", "/order"):
            answer = self.url_open(f"/subscriptions/signup{path}", data={"plan": "1"})
            self.assertEqual(answer.status_code, 400)

    def test_an_order_is_not_started_twice(self):
        self._order(self._fill_in())
        signup = self._get_last()
        date = signup.date_started
        signup._start()
        self.assertEqual(signup.date_started, date)

    def test_the_engine_decides_what_can_be_ordered(self):
        order = {
            "company": self.company,
            "plan": self.plan,
            "product": self.product,
            "quantity": 1,
            "coupon": "NOPE",
        }
        with self.assertRaises(UserError):
            self.env["subscription.signup"]._preview(order, {"name": "Grace"})


@tagged("standard", "post_install", "-at_install")
class TestPortalSignupMethod(SignupCase, PortalPayCase):
    """What is paid automatically starts once a payment method is saved."""

    def _order_automatic(self):
        """Order what is paid automatically; return the order and the form."""
        self.plan.collection_method = "automatic"
        page = self._fill_in()
        self.assertIn("charges the invoices to my payment", self._get_text(page))
        page = self._order(page)
        [form] = page.xpath("//form[@id='o_payment_form']")
        return self._get_last(), form

    def _finish(self, payment, state="done"):
        """Have the provider answer; the browser never comes back."""
        payment._process(
            "demo",
            {
                "reference": payment.reference,
                "payment_details": "1234",
                "simulated_state": state,
            },
        )
        payment._post_process()

    def test_what_is_paid_automatically_waits_for_a_method(self):
        signup, form = self._order_automatic()
        subscription = signup.subscription_id
        self.assertEqual((signup.state, subscription.state), ("begun", "draft"))
        payment = self._find_payment(self._start(form))
        self.assertEqual(payment.signup_id, signup)
        self.assertEqual(payment.operation, "validation")
        self._finish(payment)
        self.assertEqual((signup.state, subscription.state), ("started", "active"))
        self.assertEqual(subscription.payment_token_id, payment.token_id)
        page = self._get_page(form.get("data-landing-route"))
        self.assertIn("Your subscription has begun.", self._get_text(page))

    def test_a_method_that_is_refused_starts_nothing(self):
        signup, form = self._order_automatic()
        self._finish(self._find_payment(self._start(form)), state="error")
        self.assertEqual(signup.state, "begun")
        page = self._get_page(form.get("data-landing-route"))
        self.assertIn("How do you pay?", self._get_text(page))

    def test_two_methods_start_it_once(self):
        signup, form = self._order_automatic()
        first, second = (self._find_payment(self._start(form)) for _number in range(2))
        self._finish(first)
        date = signup.date_started
        self._finish(second)
        self.assertEqual(signup.date_started, date)
        self.assertEqual(signup.subscription_id.payment_token_id, first.token_id)

    def test_a_trial_that_needs_no_method_starts_at_once(self):
        self.plan.write(
            {
                "collection_method": "automatic",
                "trial_days": 14,
                "is_trial_method_required": False,
            }
        )
        page = self._order(self._fill_in())
        self.assertIn("Your subscription has begun.", self._get_text(page))
        self.assertEqual(self._get_last().subscription_id.state, "trial")

    def test_only_what_the_form_shows_is_saved(self):
        signup, form = self._order_automatic()
        for wrong in (
            {"provider_id": 0},
            {"payment_method_id": 0},
            {"flow": "token"},
            {"provider_id": "x"},
        ):
            with self.subTest(wrong=wrong):
                self.assertIn("error", self._start(form, **wrong))
        self.assertFalse(
            self.env["payment.transaction"].search([("signup_id", "=", signup.id)])
        )

    def test_an_order_that_waits_too_long_is_forgotten(self):
        signup, _form = self._order_automatic()
        partner, subscription = signup.partner_id, signup.subscription_id
        self.env["subscription.signup"]._gc_unfinished()
        self.assertTrue(signup.exists())
        signup.date = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        self.env["subscription.signup"]._gc_unfinished()
        self.assertFalse(signup.exists())
        self.assertFalse(subscription.exists())
        self.assertFalse(partner.active)
