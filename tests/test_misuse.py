"""What a client can send that no button sends."""

from copy import deepcopy

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.lifecycle import TRANSITIONS

#: what a client can put into the context of a call
CLIENT_KEYS = (
    {"subscription_batch": {}},
    {"subscription_batch": {"format": "0"}},
    {"subscription_collection": True},
    {"import_file": True},
    # Core's own, which leave an entry unbalanced.
    {"check_move_validity": False, "skip_invoice_sync": True},
)


@tagged("standard", "post_install", "-at_install")
class TestMisuse(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user, cls.employee, cls.accountant = (
            new_test_user(cls.env, f"misuse_{group}", groups=group)
            for group in (
                "subscription_billing.group_subscription_user",
                "base.group_user",
                "account.group_account_invoice",
            )
        )
        cls.subscription = cls._create_subscription()
        cls.subscription.action_bill_now()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # What is in the cache is not asked for: a client begins without one.
        self.env.invalidate_all()

    def test_people_set_no_state_but_those_of_the_buttons(self):
        subscription = self.subscription.with_user(self.user)
        for state in {*TRANSITIONS, "nonsense"} - {"active", "closed"}:
            with self.subTest(state=state), self.assertRaises(UserError):
                subscription.write({"state": state})
            self.assertEqual(subscription.state, "active")

    def test_no_default_or_copy_starts_in_the_middle_of_a_life(self):
        subscription = self.subscription.with_user(self.user)
        with self.assertRaises(ValidationError):
            subscription.copy({"state": "suspended"})
        self.assertEqual(
            subscription.with_context(default_state="closed").copy().state, "draft"
        )

    def test_a_line_changes_nothing_of_its_subscription(self):
        self.subscription.line_ids.with_user(self.user).write(
            {"state": "closed", "partner_id": self.employee.partner_id.id}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            self.subscription, [{"state": "active", "partner_id": self.partner.id}]
        )

    def test_nobody_sets_what_is_worked_out(self):
        """Else a client could write any revenue into the history."""
        subscription = self.subscription.with_user(self.user)
        for record, name in (
            (subscription, "mrr"),
            (subscription, "amount_total"),
            (subscription.line_ids, "mrr"),
            (subscription.line_ids, "price_subtotal"),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, "worked out"):
                record[name] = 1_000_000
        with self.assertRaisesRegex(UserError, "worked out"):
            subscription.create(
                self._prepare_subscription_vals(state="active", mrr=1_000_000)
            )
        self.assertEqual(subscription.event_ids.mapped("mrr_delta"), [100])

    def test_no_key_of_the_context_opens_the_books(self):
        for keys in deepcopy(CLIENT_KEYS):
            env = self.env(context=keys, user=self.user)
            for model in ("account.move", "account.payment"):
                with self.subTest(keys=keys), self.assertRaises(AccessError):
                    env[model].create({})
            self.env.invalidate_all()
            with self.subTest(keys=keys), self.assertRaises(AccessError):
                self.subscription.with_env(env(user=self.employee)).action_bill_now()

    def test_an_invoice_is_the_same_whatever_the_context_says(self):
        for keys in deepcopy(CLIENT_KEYS):
            with self.subTest(keys=keys):
                self._assert_billed_as_always(keys)

    def _assert_billed_as_always(self, keys):
        """Bill with ``keys`` in the context; check the invoice and its number."""
        before = self.subscription.invoice_ids
        self.subscription.with_user(self.user).with_context(**keys).action_bill_now()
        invoice = self.subscription.invoice_ids - before
        self.assertRecordValues(invoice, [{"state": "posted", "amount_total": 115}])
        self.assertEqual(sum(invoice.line_ids.mapped("balance")), 0)
        self.assertEqual(
            invoice.sequence_number, max(before.mapped("sequence_number")) + 1
        )
        self.assertIn(self.subscription.name, invoice.message_ids[:1].body)

    def test_a_payment_leaves_its_traces_whatever_the_context_says(self):
        """An accountant may charge a card by hand, and not in secret."""
        expected = None
        for keys in ({}, *deepcopy(CLIENT_KEYS[:-1])):
            traces = self._pay_by_hand(keys)
            expected = expected or traces
            with self.subTest(keys=keys):
                self.assertEqual(traces, expected)

    def _pay_by_hand(self, keys):
        """Charge an invoice with a saved method; return what can be seen of it."""
        subscription = self._create_subscription()
        subscription.action_bill_now()
        invoice = subscription.invoice_ids
        known = invoice.message_ids
        token = self._create_token()
        journal = token.provider_id.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == token.provider_id
        )
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=invoice.ids, **keys
        ).create(
            {
                "journal_id": journal.id,
                "payment_method_line_id": line.id,
                "payment_token_id": token.id,
            }
        ).action_create_payments()
        payment = invoice.matched_payment_ids
        return (
            invoice.payment_state,
            len(invoice.message_ids - known),
            payment.state,
            payment.move_id.state,
            sorted(payment.move_id.line_ids.mapped("balance")),
            payment.payment_transaction_id.state,
        )
