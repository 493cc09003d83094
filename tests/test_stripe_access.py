"""Who may see what Stripe has told us, and do what with it."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_access import AccessCase, RightsTable

#: model -> what an employee, an auditor, an accountant, a user, a manager and an
#: administrator of the database may do
RIGHTS = {
    "stripe.customer": ("", "", "", "", "r", ""),
    "stripe.endpoint": ("", "", "", "", "", "rwcd"),
    "stripe.event": ("", "r", "r", "", "r", ""),
    "stripe.import": ("", "", "", "", "rwcd", ""),
    "stripe.import.line": ("", "", "", "", "rw", ""),
}


class StripeAccessCase(AccessCase):
    """One record of each model of Stripe's, here and in another company."""

    addon = "subscription_billing_stripe"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._create_user("administrator", "base.group_system")
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        elsewhere = cls.provider.copy({"company_id": cls.other.id})
        cls.mine = cls._create_all(cls.provider)
        cls.theirs = cls._create_all(elsewhere)
        cls.env.flush_all()

    @classmethod
    def _create_all(cls, provider):
        """Return one record of each model of a provider, by the model."""
        owner = {"provider_id": provider.id}
        book = cls.env["stripe.import"].search([("provider_id", "=", provider.id)])
        book = book or book.create(owner)
        own = {
            "stripe.customer": {"partner_id": cls.partner.id, "reference": "cus_1"},
            "stripe.endpoint": {"secret": "whsec_1"},
            "stripe.event": {
                "company_id": provider.company_id.id,
                "reference": "evt_1",
                "type": "payment_intent.succeeded",
                "subject": "pi_1",
                "date_created": "2026-03-10",
                "date_received": "2026-03-10",
            },
        }
        created = {
            name: cls.env[name].create({**owner, **vals}) for name, vals in own.items()
        }
        line = {"import_id": book.id, "kind": "plan", "stripe_id": "1 month"}
        lines = cls.env["stripe.import.line"]
        return {
            **created,
            "stripe.import": book,
            "stripe.import.line": book.line_ids[:1] or lines.create(line),
        }

    def _get_reader(self, name):
        """Return who may read most of a model."""
        return self.administrator if name == "stripe.endpoint" else self.manager

    def _see(self, name, company):
        """Return what those who may see a model at all see of it in a company."""
        reader = self._get_reader(name)
        reader.write({"company_ids": company.ids, "company_id": company.id})
        self.env.invalidate_all()
        return self.env[name].with_user(reader).search([])


@tagged("standard", "post_install", "-at_install")
class TestStripeRights(RightsTable, StripeAccessCase):
    roles = (*RightsTable.roles, "administrator")
    rights = RIGHTS

    def test_strangers_read_none_of_the_models(self):
        for name in RIGHTS:
            for user in (self.employee, self.user, self.portal, self.public):
                self._assert_unreadable(name, user)

    def test_strangers_press_no_button(self):
        common = set(dir(self.env["base"]))
        for name in RIGHTS:
            buttons = {
                method
                for method in set(dir(self.env[name])) - common
                if method.startswith("action_")
            }
            for button in sorted(buttons):
                for user in (self.employee, self.user, self.portal, self.public):
                    self.env.invalidate_all()
                    record = self.mine[name].with_user(user)
                    with self.subTest(button), self.assertRaises(AccessError):
                        getattr(record, button)()

    def test_only_buttons_are_within_reach_of_a_remote_call(self):
        """Only methods whose name begins with an underscore are out of reach."""
        common = set(dir(self.env["mail.thread"])) | set(dir(self.env["base"]))
        for name in RIGHTS:
            reachable = {
                method
                for method in set(dir(self.env[name])) - common
                if callable(getattr(type(self.env[name]), method, None))
                and not method.startswith(("_", "action_"))
            }
            self.assertFalse(reachable, name)

    def test_secrets_are_for_administrators(self):
        self.env.invalidate_all()
        provider = self.provider.with_user(self.manager)
        for name in ("stripe_endpoint_ids", "stripe_secret_key"):
            with self.assertRaises(AccessError):
                provider.read([name])

    def test_customers_read_nothing_of_what_becomes_of_their_method_at_stripe(self):
        token = self._create_token(self.portal.partner_id)
        mine = token.with_user(self.portal)
        self.assertTrue(mine.has_access("read"))
        for name in ("stripe_detach_state", "stripe_detach_error"):
            with self.assertRaises(AccessError):
                mine.read([name])


@tagged("standard", "post_install", "-at_install")
class TestStripeCompanies(StripeAccessCase):
    def test_each_company_sees_its_own(self):
        for name in RIGHTS:
            with self.subTest(name):
                seen = self._see(name, self.company)
                self.assertIn(self.mine[name], seen)
                self.assertNotIn(self.theirs[name], seen)
                with self.assertRaises(AccessError):
                    self.theirs[name].with_user(self._get_reader(name)).read()
                seen = self._see(name, self.other)
                self.assertEqual(seen, self.theirs[name])

    def test_another_companys_import_is_neither_stopped_nor_resumed(self):
        self.manager.write({"company_ids": self.other.ids, "company_id": self.other.id})
        book = self.mine["stripe.import"]
        book.write({"state": "running", "error": "Stopped here"})
        for button in ("action_stop", "action_resume"):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                getattr(book.with_user(self.manager), button)()
        self.assertEqual((book.state, book.error), ("running", "Stopped here"))

    def test_a_branch_sees_what_the_account_it_shares_has_told(self):
        for name in ("stripe.customer", "stripe.endpoint", "stripe.event"):
            self.assertIn(self.mine[name], self._see(name, self.branch), name)

    def test_a_branch_does_not_import_into_its_company(self):
        for name in ("stripe.import", "stripe.import.line"):
            self.assertFalse(self._see(name, self.branch), name)
