"""Customers and administrators log in with a second factor where it is asked for."""

from odoo.addons.mail.tests.common import MailCase
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import Form, new_test_user, tagged

CODE = "/web/login/totp"


@tagged("standard", "post_install", "-at_install")
class TestPortalTwoFactor(PortalCase, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("auth_totp.policy", False)
        cls.company.email = "office@example.com"
        cls.manager = new_test_user(
            cls.env,
            "boss",
            "base.group_user,subscription_billing.group_subscription_manager",
            password="boss",
        )
        cls.clerk = new_test_user(
            cls.env,
            "clerk",
            "base.group_user,subscription_billing.group_subscription_user",
        )

    def _log_in(self, login):
        """Send the form of the login; return the address that it leads to."""
        self.authenticate(None, None)
        token = self._get_page("/web/login").xpath(
            "//input[@name='csrf_token']/@value"
        )[0]
        answer = self.url_open(
            "/web/login",
            data={"login": login, "password": login, "csrf_token": token},
        )
        return self._read(answer)

    def _ask(self, **vals):
        """Change the settings as an administrator does."""
        settings = Form(self.env["res.config.settings"])
        for name, value in vals.items():
            settings[name] = value
        settings.save().execute()

    # === CUSTOMERS === #

    def test_nothing_more_is_asked_unless_it_is_switched_on(self):
        self._log_in("ada")
        self.assertNotIn(CODE, self.answer.url)
        for user in (self.user, self.manager, self.clerk):
            self.assertIsNone(user._mfa_type())

    def test_a_customer_gets_a_code_by_mail(self):
        self._ask(is_subscription_mfa_customer=True)
        with self.mock_mail_gateway():
            page = self._log_in("ada")
        self.assertIn(CODE, self.answer.url)
        self.assertTrue(page.xpath("//input[@name='totp_token']"))
        code, _expiration = self.user._get_totp_mail_code()
        [mail] = [mail for mail in self._mails if code in mail["body"]]
        self.assertIn(self.user.email, mail["email_to"][0])
        # Not before the code is there.
        self.assertIn("/web/login", self.url_open("/my/subscriptions").url)

    def test_the_code_lets_the_customer_in(self):
        self._ask(is_subscription_mfa_customer=True)
        with self.mock_mail_gateway():
            page = self._log_in("ada")
        code, _expiration = self.user._get_totp_mail_code()
        csrf = page.xpath("//input[@name='csrf_token']/@value")[0]
        self.url_open(CODE, data={"totp_token": code, "csrf_token": csrf})
        self.assertTrue(
            self.url_open("/my/subscriptions").url.endswith("/my/subscriptions")
        )

    def test_a_customer_with_an_app_uses_the_app(self):
        self._ask(is_subscription_mfa_customer=True)
        self.env.cr.execute(
            "UPDATE res_users SET totp_secret = %s WHERE id = %s",
            ("A" * 32, self.user.id),
        )
        self.user.invalidate_recordset()
        self.assertEqual(self.user._mfa_type(), "totp")

    def test_only_customers_of_the_company_are_asked(self):
        self._ask(is_subscription_mfa_customer=True)
        other = new_test_user(self.env, "eve", "base.group_portal")
        self.assertIsNone(other._mfa_type())
        self.assertIsNone(self.clerk._mfa_type())
        self.assertIsNone(self.manager._mfa_type())
        other.partner_id.parent_id = self.partner
        self.assertEqual(other._mfa_type(), "totp_mail")

    def test_customers_of_another_company_are_not_asked(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        company.is_subscription_mfa_customer = True
        self.assertIsNone(self.user._mfa_type())

    # === ADMINISTRATORS === #

    def test_an_administrator_gets_a_code_by_mail(self):
        self._ask(is_subscription_mfa_manager=True)
        with self.mock_mail_gateway():
            self._log_in("boss")
        self.assertIn(CODE, self.answer.url)
        self.assertIsNone(self.clerk._mfa_type())
        self.assertIsNone(self.user._mfa_type())
