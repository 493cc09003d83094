"""Who may see what, and do what: each role, and strangers."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tests.common_disputes import open_dispute

RUN = "odoo.addons.subscription_billing.models.subscription_renewal"
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
#: model -> what an employee, an auditor, an accountant, a user and a manager may do
RIGHTS = {
    "subscription.subscription": ("", "r", "r", "rwc", "rwcd"),
    "subscription.line": ("", "r", "r", "rwcd", "rwcd"),
    "subscription.period": ("", "r", "r", "r", "r"),
    "subscription.item": ("", "r", "r", "rwcd", "rwcd"),
    "subscription.pause": ("", "r", "r", "r", "r"),
    "subscription.change": ("", "r", "r", "rwcd", "rwcd"),
    "subscription.change.line": ("", "r", "r", "rwcd", "rwcd"),
    "subscription.increase": ("", "", "", "r", "rwcd"),
    "subscription.increase.line": ("", "", "", "r", "rw"),
    "subscription.event": ("", "", "", "r", "r"),
    "subscription.notice": ("", "r", "r", "r", "r"),
    "subscription.notice.rule": ("", "", "", "r", "rwcd"),
    "subscription.plan": ("", "r", "r", "r", "rwcd"),
    "subscription.price": ("r", "r", "r", "r", "rwcd"),
    "subscription.price.tier": ("r", "r", "r", "r", "rwcd"),
    "subscription.bundle": ("", "r", "r", "r", "rwcd"),
    "subscription.bundle.line": ("", "r", "r", "r", "rwcd"),
    "subscription.plan.item": ("", "r", "r", "r", "rwcd"),
    "subscription.tag": ("", "", "", "r", "rwcd"),
    "subscription.close.reason": ("", "", "", "r", "rwcd"),
    "subscription.charge.now": ("", "", "rwc", "rwc", "rwc"),
    "subscription.paid.outside": ("", "", "rwc", "", ""),
    "subscription.close": ("", "", "", "rwc", "rwc"),
    "subscription.refund.reason": ("", "r", "r", "r", "rwcd"),
    "subscription.refund": ("", "", "rwc", "", ""),
    "subscription.refund.line": ("", "", "rwcd", "", ""),
    "subscription.coupon": ("", "r", "r", "r", "rwcd"),
    "subscription.charge.settle": ("", "", "", "", "rwc"),
    "subscription.coupon.add": ("", "", "", "rwc", "rwc"),
    "subscription.discount": ("", "r", "r", "rwcd", "rwcd"),
    "subscription.discount.use": ("", "r", "r", "r", "r"),
    "subscription.meter": ("", "r", "r", "r", "rwcd"),
    "subscription.usage": ("", "r", "r", "rc", "rc"),
    "subscription.preview": ("", "", "", "rwc", "rwc"),
    "subscription.forecast.run": ("", "", "", "rwc", "rwc"),
    "subscription.forecast.line": ("", "", "", "r", "r"),
    "subscription.plan.entitlement": ("", "r", "r", "r", "rwcd"),
    "subscription.entitlement": ("", "r", "r", "r", "rwcd"),
    "subscription.consumption": ("", "r", "r", "rc", "rc"),
    "subscription.consumption.record": ("", "", "", "rwc", "rwc"),
    "subscription.dispute": ("", "r", "rw", "r", "rw"),
    "subscription.dispute.movement": ("", "r", "r", "r", "r"),
    "subscription.dispute.report": ("", "r", "r", "r", "r"),
}


class AccessCase(SubscriptionCommon):
    """One record of each model, and one person of each role."""

    addon = "subscription_billing"

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
        cls.price = cls._create_price(
            cls.plan, tier_ids=[Command.create({"price_unit": 100})]
        )
        cls.env["subscription.tag"].create({"name": "VIP"})
        cls.reason = cls.env.ref("subscription_billing.close_reason_price")
        cls._include_service(cls.plan)
        cls.subscription = cls._create_subscription()
        cls._use_service(cls.subscription.entitlement_ids)
        cls.env["subscription.consumption.record"].create(
            {
                "subscription_id": cls.subscription.id,
                "entitlement_id": cls.subscription.entitlement_ids.id,
            }
        )
        cls.subscription.action_bill_now()
        cls.discounted = cls._create_subscription()
        cls._add_coupon(cls.discounted)
        cls.discounted.action_bill_now()
        cls.invoice = cls.subscription.invoice_ids
        cls.env["subscription.close"].create({"reason_id": cls.reason.id})
        for dialog in ("charge.now", "paid.outside"):
            cls.env[f"subscription.{dialog}"].create(
                {"move_ids": [Command.set(cls.invoice.ids)]}
            )
        cls.env["subscription.refund"].create(
            {
                "invoice_id": cls.invoice.id,
                "reason_id": cls.env.ref("subscription_billing.refund_reason_other").id,
            }
        )
        cls.env["subscription.increase"].create(
            {"name": "2027", "percent": 5}
        ).action_compute()
        cls._create_history()
        cls._create_charge()
        open_dispute(cls._create_token().provider_id)
        meter = cls._create_meter()
        cls._record(cls._create_metered(meter), meter, {})
        cls.env["subscription.notifier"]._notify(
            cls.subscription, "price_change", "test", cls.subscription.date_start
        )
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # What is in the cache is not asked for: a client begins without one.
        self.env.invalidate_all()

    @classmethod
    def _create_user(cls, login, group, **vals):
        return new_test_user(cls.env, f"access_{login}", groups=group, **vals)

    @classmethod
    def _create_history(cls):
        """Create what has been and will be done with a subscription."""
        owner = {"subscription_id": cls.subscription.id}
        cls.item = cls.env["subscription.item"].create(
            {**owner, "product_id": cls.product.id, "date": "2999-01-01"}
        )
        cls.pause = cls.env["subscription.pause"].create(
            {**owner, "date_start": "2020-01-01", "date_end": "2020-01-02"}
        )
        line = Command.create({"line_id": cls.subscription.line_ids.id})
        cls.change = cls.env["subscription.change"].create(
            {**owner, "line_ids": [line]}
        )
        package = cls.env["product.product"].create({"name": "Package"})
        cls.env["subscription.bundle"].create(
            {
                "product_id": package.id,
                "line_ids": [Command.create({"product_id": cls.product.id})],
            }
        )
        cls.env["subscription.plan.item"].create(
            {"plan_id": cls._create_plan().id, "product_id": cls.product.id}
        )
        cls.env["subscription.preview"].create(owner)
        cls.env["subscription.forecast.run"].create(
            {"line_ids": [Command.create(owner)]}
        )

    @classmethod
    def _create_charge(cls):
        """Create a charge of the invoice, and what settles it."""
        cls.discounted.payment_token_id = cls._create_token()
        cls.charge = cls.env["subscription.collection"]._create_charges(
            cls.discounted.invoice_ids
        )
        cls.env["subscription.charge.settle"].create(
            {"transaction_id": cls.charge.id, "is_taken": "no", "note": "Not there"}
        )

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

    @classmethod
    def _add_coupon(cls, subscription):
        """Add a coupon with the wizard."""
        coupon = cls.env["subscription.coupon"].create(
            {
                "name": "Welcome",
                "code": "WELCOME",
                "percentage": 20,
                "limit_per_customer": 0,
            }
        )
        wizard = cls.env["subscription.coupon.add"].create(
            {"subscription_id": subscription.id, "coupon_id": coupon.id}
        )
        wizard.action_add()

    def _get_own_models(self):
        """Return the names of the models that the addon stores."""
        return {
            name
            for name, model in self.env.registry.items()
            if model._original_module == self.addon and not model._abstract
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


class RightsTable:
    """The tests of an addon's table of rights, for an ``AccessCase``."""

    roles = ("employee", "auditor", "accountant", "user", "manager")
    rights = RIGHTS

    def test_each_role_may_do_what_the_table_says(self):
        for name, rights in self.rights.items():
            for role, letters in zip(self.roles, rights, strict=True):
                model = self.env[name].with_user(getattr(self, role))
                may = [
                    key for key, word in OPERATIONS.items() if model.has_access(word)
                ]
                self.assertEqual("".join(may), letters, f"{name} for {role}")

    def test_the_table_names_every_model(self):
        self.assertEqual(set(self.rights), self._get_own_models())


@tagged("standard", "post_install", "-at_install")
class TestRights(RightsTable, AccessCase):
    def test_nobody_starts_a_run_by_remote_call(self):
        """Only methods whose name begins with an underscore are out of reach."""
        common = set(dir(self.env["base"]))
        for name in (
            "subscription.renewal",
            "subscription.collection",
            "subscription.increase.run",
            "subscription.notifier",
        ):
            reachable = {
                method
                for method in set(dir(self.env[name])) - common
                if not method.startswith("_")
            }
            self.assertFalse(reachable)


@tagged("standard", "post_install", "-at_install")
class TestStrangers(AccessCase):
    def test_an_employee_reads_no_subscriptions(self):
        prices = {"subscription.price", "subscription.price.tier"}
        for name in self._get_own_models() - prices:
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
                "action_change",
                "action_pause",
                "action_resume",
                "action_close",
                "action_undo_end",
                "action_preview_invoices",
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
        dialog = self._open_form(action, self.user)
        dialog.timing = "now"
        dialog.close_reason_id = self.reason
        change = dialog.save()
        change.action_preview()
        change.action_confirm_previewed()
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

    def test_a_user_reads_no_other_books_than_customer_invoices(self):
        bank, rent = self.env["account.account"].search([], limit=2)
        lines = [
            Command.create({"account_id": account.id, "balance": balance})
            for account, balance in ((bank, -5000), (rent, 5000))
        ]
        self.env["account.move"].create(
            [
                {"move_type": "in_invoice", "partner_id": self.partner.id},
                {"move_type": "entry", "line_ids": lines},
            ]
        )
        self.env["account.payment"].create(
            {"payment_type": "outbound", "partner_type": "supplier", "amount": 5000}
        )
        self._pay(self.invoice)
        self.env.flush_all()
        env = self.env(user=self.user)
        moves = env["account.move"].search([])
        self.assertEqual(set(moves.mapped("move_type")), {"out_invoice"})
        self.assertEqual(env["account.move.line"].search([]).move_id, moves)
        self.assertEqual(env["account.payment"].search([]).mapped("amount"), [115])

    def test_a_user_defines_nothing(self):
        for name in (
            "plan",
            "price",
            "price.tier",
            "coupon",
            "tag",
            "close.reason",
            "event",
            "period",
            "discount.use",
            "notice",
            "notice.rule",
        ):
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

    def test_a_user_gives_and_takes_discounts(self):
        subscription = self._create_subscription(state="draft").with_user(self.user)
        subscription._add_coupon("welcome")
        self.assertEqual(subscription.amount_untaxed, 80)
        subscription.discount_ids.action_remove()
        self.assertEqual(subscription.amount_untaxed, 100)
        subscription.discount_ids.create(
            {
                "name": "Goodwill",
                "subscription_id": subscription.id,
                "kind": "amount",
                "amount": 5,
            }
        )
        self.assertEqual(subscription.amount_untaxed, 95)

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
        discounted = Form(self.discounted.with_user(self.accountant))
        self.assertEqual(len(discounted.discount_ids), 1)
        self.assertEqual(len(form.line_ids), 1)

    def test_an_accountant_changes_no_subscription(self):
        draft = self._create_subscription(state="draft").with_user(self.accountant)
        subscription = self.subscription.with_user(self.accountant)
        discount = self.discounted.discount_ids.with_user(self.accountant)
        changes = (
            draft.action_confirm,
            subscription.action_bill_now,
            subscription.action_retry_billing,
            subscription.copy,
            lambda: subscription.write({"state": "closed"}),
            lambda: subscription.line_ids.write({"price_unit": 1}),
            lambda: subscription.line_ids.unlink(),
            lambda: draft._add_coupon("WELCOME"),
            lambda: discount.action_remove(),
            lambda: discount.write({"name": "Mine"}),
            lambda: (
                self.env["subscription.close"]
                .with_user(self.accountant)
                .create({"reason_id": self.reason.id})
            ),
        )
        for change in changes:
            with self.assertRaises(AccessError):
                change()

    def test_an_accountant_does_not_write_how_an_invoice_is_collected(self):
        invoice = self.invoice.with_user(self.accountant)
        for name, value in (
            ("collection_error", "Nothing is wrong."),
            ("collection_round", 7),
            ("collection_state", "done"),
            ("is_collected_early", True),
            ("is_disputed", True),
        ):
            with self.subTest(field=name):
                with self.assertRaisesRegex(UserError, "cannot be written"):
                    invoice.write({name: value})
                with self.assertRaisesRegex(UserError, "cannot be written"):
                    invoice.create({"move_type": "out_invoice", name: value})

    def test_an_accountant_fills_in_nothing_of_it_by_default(self):
        moves = (
            self.env["account.move"]
            .with_user(self.accountant)
            .with_context(
                default_move_type="out_invoice",
                default_collection_state="done",
                default_is_disputed=True,
            )
        )
        move = moves.create({"partner_id": self.invoice.partner_id.id})
        self.assertEqual(move.move_type, "out_invoice")
        self.assertFalse(move.collection_state or move.is_disputed)

    def test_an_accountant_edits_copies_and_credits_a_disputed_invoice(self):
        self.invoice._write_collection(
            {"collection_state": "failed", "is_disputed": True}
        )
        with Form(self.invoice.with_user(self.accountant)) as form:
            form.ref = "PO 7"
        self.assertEqual(self.invoice.ref, "PO 7")
        copied = self.invoice.with_user(self.accountant).copy()
        self.assertFalse(copied.collection_state or copied.is_disputed)
        with Form(copied) as form:
            form.invoice_date = "2026-01-31"
        copied.action_post()
        copied.button_draft()
        note = copied._reverse_moves([{}])
        self.assertEqual(note.move_type, "out_refund")

    def test_an_auditor_opens_an_invoice(self):
        for invoice in (self.invoice, self.invoice.copy()):
            self.env.flush_all()
            self.env.invalidate_all()
            form = Form(invoice.with_user(self.auditor))
            self.assertEqual(form.partner_id, invoice.partner_id)
        self.assertTrue(self.invoice.line_ids.with_user(self.auditor).read())
