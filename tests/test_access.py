"""Who may see what, and do what: each role, strangers, and those who try."""

from copy import deepcopy

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.lifecycle import TRANSITIONS, can_change

RUN = "odoo.addons.subscription_billing.models.subscription_renewal"
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
#: model -> what an employee, an accountant, a user and a manager may do
RIGHTS = {
    "subscription.subscription": ("", "r", "rwc", "rwcd"),
    "subscription.line": ("", "r", "rwcd", "rwcd"),
    "subscription.period": ("", "r", "r", "r"),
    "subscription.event": ("", "", "r", "r"),
    "subscription.plan": ("", "r", "r", "rwcd"),
    "subscription.price": ("r", "r", "r", "rwcd"),
    "subscription.tag": ("", "", "r", "rwcd"),
    "subscription.close.reason": ("", "", "r", "rwcd"),
    "subscription.close": ("", "", "rwc", "rwc"),
}
#: what a client can put into the context of a call
CLIENT_KEYS = (
    {"subscription_batch": {}},
    {"subscription_batch": {"format": "0"}},
    {"subscription_collection": True},
    {"import_file": True},
)


class AccessCase(SubscriptionCommon):
    """One record of each model, and one person of each role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice")
        cls.auditor = cls._create_user("auditor", "account.group_account_readonly")
        cls.user = cls._create_user(
            "user", "subscription_billing.group_subscription_user"
        )
        cls.manager = cls._create_user(
            "manager", "subscription_billing.group_subscription_manager"
        )
        cls.portal = cls._create_user("portal", "base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.price = cls._create_price(cls.plan)
        cls.env["subscription.tag"].create({"name": "VIP"})
        cls.reason = cls.env.ref("subscription_billing.close_reason_price")
        cls.subscription = cls._create_subscription()
        cls.subscription.action_bill_now()
        cls.invoice = cls.subscription.invoice_ids
        cls.env["subscription.close"].create({"reason_id": cls.reason.id})
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # What is in the cache is not asked for: a client begins without one.
        self.env.invalidate_all()

    @classmethod
    def _create_user(cls, login, group, **vals):
        return new_test_user(cls.env, f"access_{login}", groups=group, **vals)

    @classmethod
    def _create_price(cls, plan, **vals):
        return cls.env["subscription.price"].create(
            {
                "plan_id": plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "price_unit": 100,
                **vals,
            }
        )

    def _get_own_models(self):
        """Return the names of the models that the addon stores."""
        return {
            name
            for name, model in self.env.registry.items()
            if model._original_module == "subscription_billing" and not model._abstract
        }

    def _assert_unreadable(self, name, user):
        """Check that a person neither finds nor reads a record that is there."""
        with self.subTest(model=name, user=user.login):
            record = self.env[name].search([], limit=1)
            self.assertTrue(record, "there is nothing to hide")
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                self.env[name].with_user(user).search([])
            with self.assertRaises(AccessError):
                record.with_user(user).read()


@tagged("standard", "post_install", "-at_install")
class TestRights(AccessCase):
    def test_each_role_may_do_what_the_table_says(self):
        roles = (self.employee, self.accountant, self.user, self.manager)
        for name, rights in RIGHTS.items():
            for role, letters in zip(roles, rights, strict=True):
                model = self.env[name].with_user(role)
                may = [
                    key for key, word in OPERATIONS.items() if model.has_access(word)
                ]
                self.assertEqual("".join(may), letters, f"{name} for {role.login}")

    def test_the_table_names_every_model(self):
        self.assertEqual(set(RIGHTS), self._get_own_models())

    def test_nobody_starts_a_run_by_remote_call(self):
        """Only methods whose name begins with an underscore are out of reach."""
        common = set(dir(self.env["base"]))
        for name in ("subscription.renewal", "subscription.collection"):
            reachable = {
                method
                for method in set(dir(self.env[name])) - common
                if not method.startswith("_")
            }
            self.assertFalse(reachable)


@tagged("standard", "post_install", "-at_install")
class TestStrangers(AccessCase):
    def test_an_employee_reads_no_subscriptions(self):
        for name in self._get_own_models() - {"subscription.price"}:
            self._assert_unreadable(name, self.employee)

    def test_a_portal_user_and_the_public_read_none_of_the_models(self):
        for name in self._get_own_models():
            self._assert_unreadable(name, self.portal)
            self._assert_unreadable(name, self.public)

    def test_strangers_press_no_button(self):
        for user in (self.employee, self.portal, self.public):
            for button in (
                "action_confirm",
                "action_bill_now",
                "action_retry_billing",
                "action_reactivate",
                "action_view_invoices",
            ):
                self.env.invalidate_all()
                with self.subTest(button=button), self.assertRaises(AccessError):
                    getattr(self.subscription.with_user(user), button)()

    def test_an_employee_still_opens_products_and_customers(self):
        """What we add to them asks for no right that an employee has not."""
        for record in (self.partner, self.product, self.product.product_tmpl_id):
            form = Form(record.with_user(self.employee))
            self.assertEqual(form.name, record.name)


@tagged("standard", "post_install", "-at_install")
class TestSubscriptionUser(AccessCase):
    def test_a_user_leads_a_subscription_through_its_whole_life(self):
        form = Form(self.env["subscription.subscription"].with_user(self.user))
        form.partner_id = self.partner
        form.plan_id = self.plan
        with form.line_ids.new() as line:
            line.product_id = self.product
        subscription = form.save()
        subscription.action_confirm()
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_ids.state, "posted")
        action = subscription.action_close()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.user)
            .with_context(**action["context"])
        )
        wizard.reason_id = self.reason
        wizard.save().action_close()
        self.assertEqual(subscription.state, "closed")
        subscription.action_reactivate()
        self.assertEqual(subscription.state, "active")
        movements = subscription.event_ids.sorted("id").mapped("movement")
        self.assertEqual(movements, ["new", "churn", "reactivation"])

    def test_a_user_bills_again_what_failed(self):
        journal = self.env["account.journal"].create(
            {"name": "Dead journal", "code": "DEAD", "type": "sale"}
        )
        plan = self._create_plan(journal_id=journal.id)
        subscription = self._create_subscription(plan_id=plan.id)
        journal.active = False
        with self.assertLogs(RUN, "WARNING"):
            subscription.with_user(self.user)._set_billing_error("once")
            subscription.with_user(self.user).action_retry_billing()
        self.assertIn("archived journal", subscription.billing_error)
        journal.active = True
        subscription.with_user(self.user).action_retry_billing()
        self.assertFalse(subscription.billing_error)
        self.assertEqual(subscription.invoice_count, 1)

    def test_a_user_reads_all_that_a_paid_and_credited_invoice_shows(self):
        self._pay(self.invoice)
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"journal_id": self.invoice.journal_id.id}).reverse_moves()
        self.env.flush_all()
        self.env.invalidate_all()
        invoice = self.invoice.with_user(self.user)
        self.assertEqual(Form(invoice).name, self.invoice.name)
        self.assertEqual(invoice.matched_payment_ids.amount, 115)
        self.assertEqual(
            Form(invoice.reversal_move_ids).partner_id, self.invoice.partner_id
        )
        self.assertEqual(self.subscription.with_user(self.user).invoice_count, 2)

    def test_a_user_defines_nothing(self):
        for name in ("plan", "price", "tag", "close.reason", "event", "period"):
            model = self.env[f"subscription.{name}"].with_user(self.user)
            with self.subTest(model=name):
                with self.assertRaises(AccessError):
                    model.search([], limit=1).check_access("write")
                with self.assertRaises(AccessError):
                    model.create({})
        with self.assertRaises(AccessError):
            self.plan.with_user(self.user).name = "Mine"
        with self.assertRaises(AccessError):
            self.price.with_user(self.user).price_unit = 1

    def test_only_a_manager_deletes_a_draft(self):
        draft = self._create_subscription(state="draft")
        with self.assertRaises(AccessError):
            draft.with_user(self.user).unlink()
        draft.with_user(self.manager).unlink()
        self.assertFalse(draft.exists())

    def test_a_manager_defines_plans_with_their_prices(self):
        form = Form(self.env["subscription.plan"].with_user(self.manager))
        form.name = "Yearly"
        form.interval_unit = "year"
        with form.price_ids.new() as price:
            price.product_tmpl_id = self.product.product_tmpl_id
            price.price_unit = 1000
        plan = form.save()
        subscription = self._create_subscription(plan_id=plan.id)
        self.assertEqual(subscription.amount_untaxed, 1000)

    def _pay(self, invoice):
        """Register the payment of an invoice, as an accountant does."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()


@tagged("standard", "post_install", "-at_install")
class TestAccountants(AccessCase):
    def test_an_accountant_opens_an_invoice_and_the_subscriptions_it_bills(self):
        invoice = self.invoice.with_user(self.accountant)
        self.assertEqual(Form(invoice).subscription_count, 1)
        action = invoice.action_view_subscriptions()
        subscription = self.env[action["res_model"]].browse(action["res_id"])
        form = Form(subscription.with_user(self.accountant))
        self.assertEqual(form.name, self.subscription.name)
        self.assertEqual(len(form.line_ids), 1)

    def test_an_accountant_changes_no_subscription(self):
        draft = self._create_subscription(state="draft").with_user(self.accountant)
        subscription = self.subscription.with_user(self.accountant)
        changes = (
            draft.action_confirm,
            subscription.action_retry_billing,
            subscription.copy,
            lambda: subscription.write({"state": "closed"}),
            lambda: subscription.line_ids.write({"price_unit": 1}),
            lambda: subscription.line_ids.unlink(),
            lambda: (
                self.env["subscription.close"]
                .with_user(self.accountant)
                .create({"reason_id": self.reason.id})
            ),
        )
        for change in changes:
            with self.assertRaises(AccessError):
                change()


@tagged("standard", "post_install", "-at_install")
class TestMisuse(AccessCase):
    """What a client can send that no button sends."""

    def test_a_state_is_not_written_against_the_rules(self):
        subscription = self.subscription.with_user(self.user)
        illegal = [s for s in TRANSITIONS if not can_change("active", s)]
        for state in {*illegal, "nonsense"} - {"active"}:
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
        for keys in ({}, *deepcopy(CLIENT_KEYS)):
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
