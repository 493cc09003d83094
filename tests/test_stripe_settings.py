"""The settings of Stripe, the way to it, and whether they are right."""

from odoo.addons.payment.const import SENSITIVE_KEYS
from odoo.addons.subscription_billing_stripe.gateway import (
    ConfigurationError,
    StripeGateway,
)
from odoo.addons.subscription_billing_stripe.models.customer_message import (
    get_customer_message,
)
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.outcome import Decline
from tests.stand_in import StandIn

PARAMETER = "subscription_billing_stripe.api_base"
KEY = "sk_test_settings"


class StripeSettingsCase(SubscriptionCommon):
    """A provider with test keys, and a Stripe that runs here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stand_in = StandIn().start()
        cls.addClassCleanup(cls.stand_in.stop)
        cls.stripe = cls.env.ref("payment.payment_provider_stripe")
        cls.stripe.write(
            {
                "stripe_publishable_key": "pk_test_settings",
                "stripe_secret_key": KEY,
                "state": "test",
            }
        )
        cls._point_at(cls.stand_in.url)

    @classmethod
    def _point_at(cls, base):
        cls.env["ir.config_parameter"].set_param(PARAMETER, base)

    def _check(self):
        """Click *Check Connection*; return what the notification says."""
        return self.stripe.action_stripe_check_connection()["params"]


@tagged("standard", "post_install", "-at_install")
class TestStripeSettings(StripeSettingsCase):
    # === SETTINGS === #

    def test_the_gateway_has_the_providers_settings(self):
        self.stripe.write(
            {
                "stripe_rate_limit": 50,
                "stripe_parallel_calls": 8,
                "stripe_connect_timeout": 3,
                "stripe_read_timeout": 20,
            }
        )
        config = self.stripe._get_stripe_gateway().config
        self.assertEqual(config.secret_key, KEY)
        self.assertEqual(config.api_base, self.stand_in.url)
        self.assertEqual(config.rate_limit, 50)
        self.assertEqual(config.threads, 8)
        self.assertEqual((config.connect_timeout, config.read_timeout), (3, 20))

    def test_the_defaults_are_careful(self):
        provider = self.env["payment.provider"].new({"code": "stripe"})
        self.assertEqual(provider.stripe_rate_limit, 25)
        self.assertEqual(provider.stripe_parallel_calls, 16)
        self.assertEqual(provider.stripe_connect_timeout, 5)
        self.assertEqual(provider.stripe_read_timeout, 30)

    def test_a_setting_that_makes_no_sense_is_refused_by_name(self):
        for name, value, label in (
            ("stripe_rate_limit", 0, "Calls per Second"),
            ("stripe_rate_limit", 1001, "Calls per Second"),
            ("stripe_parallel_calls", 65, "Calls at a Time"),
            ("stripe_connect_timeout", 0, "Connection Time-out"),
            ("stripe_read_timeout", -1, "Answer Time-out"),
        ):
            with self.subTest(name):
                with self.assertRaises(ValidationError) as caught:
                    self.stripe[name] = value
                self.assertIn(label, str(caught.exception))

    def test_a_person_finds_them_below_the_keys(self):
        with Form(self.stripe) as form:
            form.stripe_rate_limit = 40
        self.assertEqual(self.stripe.stripe_rate_limit, 40)

    def test_one_account_has_one_gateway_and_two_have_two(self):
        other = self.stripe.copy({"stripe_secret_key": "sk_test_other"})
        first = self.stripe._get_stripe_gateway()
        self.assertIs(self.stripe._get_stripe_gateway(), first)
        self.assertIsNot(other._get_stripe_gateway(), first)

    def test_without_a_key_it_says_what_to_fill_in(self):
        provider = self.env["payment.provider"].create(
            {"name": "Empty", "code": "stripe", "state": "disabled"}
        )
        with self.assertRaisesRegex(UserError, "“Secret Key”"):
            provider._get_stripe_gateway()
        with self.assertRaisesRegex(UserError, "no secret key"):
            self.dummy_provider()._get_stripe_gateway()

    def dummy_provider(self):
        """Return a provider that is not Stripe's."""
        return self.env["payment.provider"].create({"name": "None", "code": "none"})

    def test_the_gateway_needs_no_rights_to_the_keys(self):
        user = new_test_user(
            self.env, "collector", groups="account.group_account_invoice"
        )
        gateway = self.stripe.with_user(user)._get_stripe_gateway()
        self.assertIsInstance(gateway, StripeGateway)

    # === THE WAY TO STRIPE === #

    def test_cores_own_calls_go_to_the_stand_in_too(self):
        before = len(self.stand_in.calls())
        account = self.stripe._send_api_request("GET", "account")
        self.assertEqual(account["id"], "acct_1StandIn00000000")
        self.assertEqual(len(self.stand_in.calls()), before + 1)
        self.assertEqual(self.stand_in.calls()[-1]["version"], "2019-05-16")

    def test_without_the_parameter_all_goes_to_stripe(self):
        self._point_at(False)
        url = self.stripe._build_request_url("payment_intents")
        self.assertEqual(url, "https://api.stripe.com/v1/payment_intents")
        self.assertEqual(self.stripe._get_stripe_gateway().config.api_base, "")

    def test_requests_to_odoos_proxy_and_of_other_providers_stay_as_they_are(self):
        url = self.stripe._build_request_url("accounts", is_proxy_request=True)
        self.assertEqual(url, "https://stripe.api.odoo.com/api/stripe/1/accounts")
        self.assertEqual(self.dummy_provider()._build_request_url("x"), "")

    def test_no_key_goes_to_another_machine(self):
        for base in (
            "https://evil.example",
            "http://127.0.0.1.evil.com",
            "http://127.0.0.1@evil.com",
            "http://2130706433:8080",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8080/v1",
        ):
            self._point_at(base)
            with self.subTest(base):
                with self.assertRaisesRegex(ValidationError, PARAMETER):
                    self.stripe._get_stripe_gateway()
                with self.assertRaisesRegex(ValidationError, "Nothing was sent"):
                    self.stripe._send_api_request("GET", "account")

    def test_no_live_key_goes_to_a_stand_in(self):
        self.stripe.stripe_secret_key = "sk_live_real"
        before = len(self.stand_in.calls())
        with self.assertRaisesRegex(ValidationError, "sk_test_"):
            self.stripe._get_stripe_gateway()
        with self.assertRaisesRegex(ValidationError, "sk_test_"):
            self.stripe._send_api_request("GET", "account")
        self.assertEqual(len(self.stand_in.calls()), before)

    # === CHECK CONNECTION === #

    def test_a_connection_tells_account_currency_and_mode(self):
        said = self._check()
        self.assertIn("Create Webhook", said["message"], "there is none yet")
        for part in ("Stand-in", "acct_1StandIn00000000", "US", "USD", "test mode"):
            self.assertIn(part, said["message"])

    def test_a_test_key_in_an_enabled_provider_is_told(self):
        self.stripe.state = "enabled"
        said = self._check()
        self.assertEqual(said["type"], "warning")
        self.assertIn("would be paid without money", said["message"])

    def test_a_live_key_in_test_mode_is_told(self):
        account = self.stripe._get_stripe_gateway().check_connection()
        live = type(account)("acct_1", "Shop", "BE", "EUR", is_live=True, can_charge=1)
        first, second, *_webhook = self.stripe._get_stripe_misfits(live)
        self.assertIn("payments would be real", first)
        self.assertIn("Copy both from the same page", second)

    def test_an_account_that_is_not_active_yet_is_told(self):
        account = self.stripe._get_stripe_gateway().check_connection()
        barred = type(account)("acct_1", "", "", "", is_live=False, can_charge=False)
        misfit, *_webhook = self.stripe._get_stripe_misfits(barred)
        self.assertIn("Complete its activation", misfit)

    def test_keys_of_two_modes_are_told(self):
        self.stripe.stripe_publishable_key = "pk_live_settings"
        self.assertIn("One key is live", self._check()["message"])

    def test_keys_that_do_not_fit_are_told_while_they_are_entered(self):
        with Form(self.stripe) as form:
            self.assertFalse(form.stripe_key_warning)
            form.state = "enabled"
            self.assertIn("secret key is a test key", form.stripe_key_warning)
            form.state = "test"
            self.assertFalse(form.stripe_key_warning)
            form.stripe_secret_key = "sk_live_settings"
            self.assertIn("the secret key is live", form.stripe_key_warning)
            self.assertIn("One key is live", form.stripe_key_warning)
            form.stripe_publishable_key = "pk_live_settings"
            self.assertNotIn("One key is live", form.stripe_key_warning)
        self.assertIn("payments would be real", self.stripe.stripe_key_warning)
        self.stripe.write({"state": "disabled", "stripe_secret_key": False})
        self.assertFalse(self.stripe.stripe_key_warning)

    def test_a_bad_key_says_where_to_get_a_good_one(self):
        self.stand_in.revoke(KEY)
        self.addCleanup(self.stand_in.revoked.clear)
        with self.assertRaisesRegex(UserError, "Developers > API keys") as caught:
            self._check()
        self.assertNotIn(KEY, str(caught.exception))

    def test_a_silent_stripe_says_what_to_look_at(self):
        self.stand_in.faults.add("html", "*", times=None)
        self.addCleanup(self.stand_in.faults.clear)
        with self.assertRaisesRegex(UserError, "api.stripe.com.*\n.*HTTP 502"):
            self._check()

    def test_a_key_without_the_permission_says_so(self):
        error = ConfigurationError("permission", "Not for this key.")
        said = self.stripe._tell_stripe_error(error)
        self.assertIn("restricted key", said)
        self.assertIn("Not for this key.", said)

    def test_only_those_who_may_set_it_up_check_it(self):
        user = new_test_user(
            self.env,
            "checker",
            groups="subscription_billing.group_subscription_manager",
        )
        with self.assertRaises(AccessError):
            self.stripe.with_user(user).action_stripe_check_connection()

    # === WORDS === #

    def test_customers_are_told_nothing_of_suspicion(self):
        for code in ("stolen_card", "lost_card", "fraudulent", "highest_risk_level"):
            said = get_customer_message(self.env, Decline("never", code))
            self.assertEqual(
                said,
                "Your bank did not approve the payment. Please use another payment "
                "method, or ask your bank.",
            )
        expired = get_customer_message(self.env, Decline("customer", "expired_card"))
        self.assertEqual(expired, "The card has expired.")

    def test_core_keeps_the_secret_of_an_endpoint_out_of_its_log(self):
        self.assertLessEqual({"secret", "client_secret"}, SENSITIVE_KEYS)
        with self.assertLogs("odoo.addons.payment.models.payment_provider") as logged:
            answer = self.stripe._send_api_request(
                "POST",
                "webhook_endpoints",
                data={"url": "https://example.com", "enabled_events[]": "*"},
            )
        self.assertTrue(answer["secret"].startswith("whsec_"))
        self.assertNotIn(answer["secret"], "\n".join(logged.output))
