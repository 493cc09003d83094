"""Customers redeem codes, and do not find them by trying."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.addons.subscription_portal.models.subscription_subscription_coupon import (
    MOST_TRIES,
)
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestPortalCoupon(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coupon = cls._create_coupon()
        cls.url = f"{cls.subscription.access_url}/coupon"

    @classmethod
    def _create_coupon(cls, **vals):
        """Create a coupon of 10 %, unless ``vals`` say otherwise."""
        return cls.env["subscription.coupon"].create(
            {"name": "Spring", "code": "SPRING", "percentage": 10, **vals}
        )

    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    def _redeem(self, code):
        return self._send(self._get_page(self.url), "Redeem", code=code)

    def _assert_refused(self, code, text="Code: this one cannot be redeemed here."):
        page = self._redeem(code)
        self.assertIn(text, self._get_text(page))
        self.assertFalse(self.subscription.discount_ids)
        return page

    # === REDEEMING === #

    def test_a_code_is_redeemed(self):
        page = self._redeem("SPRING")
        text = self._get_text(page)
        self.assertIn("Your code is redeemed.", text)
        self.assertIn("Total of a billing period $ 103.50", text)
        self.assertEqual(self.subscription.discount_ids.coupon_id, self.coupon)

    def test_blanks_and_small_letters_are_no_mistake(self):
        self._redeem(" spring\x00 ")
        self.assertTrue(self.subscription.discount_ids)

    def test_twice_is_once(self):
        form = self._get_page(self.url)
        self._send(form, "Redeem", code="SPRING")
        self._send(form, "Redeem", code="SPRING")
        self.assertEqual(self.answer.status_code, 400)
        self.assertEqual(len(self.subscription.discount_ids), 1)

    # === REFUSALS === #

    def test_the_same_is_said_whatever_the_reason(self):
        yesterday = fields.Date.subtract(fields.Date.today(), days=2)
        self._create_coupon(code="OVER", date_end=yesterday)
        self._create_coupon(code="OLD", active=False)
        other = self._create_plan(name="Other")
        self._create_coupon(code="ELSE", plan_ids=[(6, 0, other.ids)])
        texts = set()
        for code in ("NONE", "OVER", "OLD", "ELSE"):
            page = self._assert_refused(code)
            self.assertEqual(self.answer.status_code, 400)
            texts.add(self._get_text(page.xpath("//*[@role='alert']")[0]))
            self.assertEqual(page.xpath("//input[@name='code']/@value"), [code])
        self.assertEqual(len(texts), 1)

    def test_what_is_no_code_does_no_harm(self):
        for code in ("%", "x" * 100_000, "٣", "'; --", "<b>", "😀"):
            self._assert_refused(code)

    def test_an_empty_code_is_no_try(self):
        for code in ("", " ", "\x00"):
            self._assert_refused(code, "Code: enter the one that you were given.")
        self.assertFalse(self.env["subscription.attempt"].search([]))

    def test_a_code_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._create_coupon(code="THEIRS", company_id=company.id)
        self._assert_refused("THEIRS")

    def test_nothing_happens_without_the_token_of_the_form(self):
        answer = self.url_open(self.url, data={"code": "SPRING"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.subscription.discount_ids)

    def test_a_file_is_no_code(self):
        token = self._get_page(self.url).xpath("//input[@name='csrf_token']/@value")
        answer = self.url_open(
            self.url, data={"csrf_token": token[0]}, files={"code": b"SPRING"}
        )
        self.assertEqual(answer.status_code, 400)

    # === WHO MAY === #

    def test_nobody_else_redeems(self):
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        token = self.subscription._portal_ensure_token()
        self.authenticate("eve", "eve")
        data = {"code": "SPRING", "access_token": token}
        self._post_form("/my/subscriptions/preferences", self.url, data)
        self.assertFalse(self.subscription.discount_ids)

    def test_a_link_is_not_enough(self):
        token = self.subscription._portal_ensure_token()
        self.authenticate(None, None)
        page = self._get_page(f"{self.subscription.access_url}?access_token={token}")
        self.assertFalse(page.xpath("//a[contains(@href, '/coupon')]"))
        answer = self.url_open(f"{self.url}?access_token={token}")
        self.assertIn("/web/login", answer.url)

    def test_where_there_is_nothing_to_redeem_nothing_is_offered(self):
        def offers():
            page = self._get_page(self.subscription.access_url)
            return bool(page.xpath("//a[contains(@href, '/coupon')]"))

        self.assertTrue(offers())
        self.plan.is_portal_coupon = False
        self.assertFalse(offers())
        page = self._get_page(self.url)
        self.assertIn("No code can be redeemed", self._get_text(page))
        self.plan.is_portal_coupon = True
        self.env["subscription.coupon"].search([]).active = False
        self.assertFalse(offers())

    # === TRYING === #

    def test_who_tries_too_many_waits(self):
        now = fields.Datetime.now()
        with freeze_time(now):
            for _each in range(MOST_TRIES):
                self.subscription._is_coupon_try_allowed()
            other = self._create_subscription()
            self._assert_refused("SPRING", "Too many codes were tried.")
            self.assertEqual(self.answer.status_code, 429)
            self.assertFalse(other._is_coupon_try_allowed())
        with freeze_time(now + timedelta(hours=2)):
            self.assertTrue(self.subscription._is_coupon_try_allowed())

    def test_every_try_is_counted_whatever_becomes_of_it(self):
        self._redeem("NONE")
        self._redeem("SPRING")
        attempts = self.env["subscription.attempt"].search([("kind", "=", "coupon")])
        self.assertEqual(sum(attempts.mapped("count")), 2)
