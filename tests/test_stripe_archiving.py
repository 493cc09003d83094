"""Saved methods at Stripe end when they are deleted, and not when they are put away."""

from odoo.tests import tagged

from tests.stripe_case import StripeCase


@tagged("standard", "post_install", "-at_install")
class TestStripeArchiving(StripeCase):
    def setUp(self):
        super().setUp()
        self.tokens = self._create_stripe_token() | self._create_stripe_token()

    def _detach(self):
        self._run_cron("subscription_billing_stripe.ir_cron_detach")

    def _get_attached(self):
        """Return whether each method still belongs to its customer at Stripe."""
        retrieve = self.stripe.payment_methods.retrieve
        return [
            bool(retrieve(token.stripe_payment_method).customer)
            for token in self.tokens
        ]

    def _assert_kept(self):
        self.assertEqual(self.tokens.mapped("active"), [False, False])
        self.assertEqual(self.tokens.mapped("stripe_detach_state"), [False, False])
        self._detach()
        self.assertEqual(self._get_attached(), [True, True])

    def test_disabling_the_provider_leaves_all_methods_at_stripe(self):
        self.provider.state = "disabled"
        self._assert_kept()

    def test_changing_the_mode_leaves_all_methods_at_stripe(self):
        self.provider.state = "enabled"
        self._assert_kept()

    def test_switching_a_kind_of_payment_off_leaves_its_methods_at_stripe(self):
        self.tokens.payment_method_id.active = False
        self._assert_kept()

    def test_what_was_put_away_can_be_charged_again(self):
        invoice = self._bill_automatic()
        self.tokens = invoice.subscription_ids.payment_token_id
        self.provider.state = "disabled"
        self._detach()
        self.provider.state = "test"
        self.tokens.active = True
        self._run_collection()
        self._assert_charged_once(invoice)

    def test_what_was_deleted_waits_while_the_provider_is_off(self):
        self.tokens[0].active = False
        self.provider.state = "disabled"
        self._detach()
        self.assertEqual(self._get_attached(), [True, True])
        self.provider.state = "test"
        self._detach()
        self.assertEqual(self._get_attached(), [False, True])

    def test_what_is_taken_back_into_use_is_not_detached(self):
        self.tokens.active = False
        self.tokens.active = True
        self.assertEqual(self.tokens.mapped("stripe_detach_state"), [False, False])
        self.provider.state = "disabled"
        self.provider.state = "test"
        self._assert_kept()

    def test_without_a_key_the_others_are_detached_nevertheless(self):
        self.tokens.active = False
        keyless = self.provider.copy({"state": "disabled"})
        self.tokens[0].provider_id = keyless
        self.env.cr.execute(
            "UPDATE payment_provider SET state = 'test', stripe_secret_key = NULL "
            "WHERE id = %s",
            [keyless.id],
        )
        self.env.invalidate_all()
        self._detach()
        self.assertEqual(self._get_attached(), [True, False])
        self.assertIn("no secret key", self.tokens[0].stripe_detach_error)
