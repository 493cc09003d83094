"""Saved payment methods: what is known of them, and who pays with them."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_backups import MethodCase

ACTIVITY_TYPE = "subscription_billing.mail_activity_type_payment_method"
VISA = {"brand": "Visa", "last_digits": "4242", "date_expiry": "2028-04-30"}


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestFacts(MethodCase):
    def test_a_card_is_named_as_its_owner_knows_it(self):
        token = self._create_token(**VISA)
        self.assertEqual(token.display_name, "Visa •••• 4242, 04/28")
        self.assertEqual(token.expiry_label, "04/28")
        token.date_expiry = "2030-12-31"
        self.assertEqual(token.display_name, "Visa •••• 4242, 12/30")

    def test_what_has_no_room_is_left_out(self):
        token = self._create_token(**VISA)
        self.assertEqual(token._build_display_name(max_length=20), "Visa •••• 4242")
        self.assertEqual(token._build_display_name(max_length=10), "•••• 4242")
        self.assertEqual(token._build_display_name(max_length=3), "242")

    def test_without_facts_it_has_the_name_that_core_gives(self):
        token = self._create_token()
        self.assertEqual(token.display_name, "4242")
        token.provider_id.code = "none"
        self.assertEqual(token._build_display_name(), "•••• 4242")

    def test_providers_give_facts_in_their_own_words(self):
        vals = self.env["payment.token"]._prepare_card_vals(
            brand="amex",
            last_digits="378282246310005",
            month=2,
            year=2028,
            funding="unknown",
            country_code="fr",
            wallet="apple_pay",
        )
        self.assertEqual(
            vals,
            {
                "brand": "American Express",
                "last_digits": "0005",
                "date_expiry": date(2028, 2, 29),
                "country_id": self.env.ref("base.fr").id,
                "wallet": "apple_pay",
            },
        )

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_no_more_than_four_digits(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_token(last_digits="424242424242")

    def test_a_card_is_valid_until_its_last_day(self):
        token = self._create_token(date_expiry="2026-04-30")
        for day, expiring, expired in (
            ("2026-03-30", False, False),
            ("2026-03-31", True, False),
            ("2026-04-30", True, False),
            ("2026-05-01", False, True),
        ):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(
                    (token.is_expiring, token.is_expired), (expiring, expired)
                )
                for name in ("is_expiring", "is_expired"):
                    for value in (True, False):
                        found = token.search(
                            [("id", "=", token.id), (name, "=", value)]
                        )
                        self.assertEqual(bool(found), token[name] is value)

    def test_what_does_not_expire_is_never_expired(self):
        token = self._create_token()
        mine = ("id", "=", token.id)
        self.assertFalse(token.search([mine, ("is_expired", "=", True)]))
        self.assertEqual(token.search([mine, ("is_expired", "=", False)]), token)

    def test_the_fingerprint_is_for_administrators(self):
        token = self._create_token(fingerprint="abc")
        user = new_test_user(
            self.env, "fp", "subscription_billing.group_subscription_manager"
        )
        with self.assertRaises(AccessError):
            token.with_user(user).read(["fingerprint"])

    def test_users_put_methods_in_order_and_change_no_more(self):
        first, second = self._create_token(), self._create_token()
        user = new_test_user(
            self.env, "order", "subscription_billing.group_subscription_user"
        )
        tokens = (first + second).with_user(user)
        tokens.web_resequence({}, "sequence", -1)
        subscription = self._create_automatic()
        self.assertEqual(subscription._get_payment_methods(), first + second)
        for vals in (
            {"provider_ref": "x"},
            {"active": False},
            {"sequence": 1, "brand": "x"},
        ):
            with self.assertRaises(AccessError):
                first.with_user(user).write(vals)
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        with self.assertRaises(AccessError):
            first.with_user(stranger).sequence = 5

    def test_users_see_no_methods_of_other_companies(self):
        mine = self._create_token()
        other = self.env["res.company"].create({"name": "Other"})
        provider = mine.provider_id.copy({"company_id": other.id})
        provider.state = "test"
        foreign = self._create_token(provider_id=provider.id)
        user = new_test_user(
            self.env, "own", "subscription_billing.group_subscription_user"
        )
        found = self.env["payment.token"].with_user(user).search([])
        self.assertIn(mine, found)
        self.assertNotIn(foreign, found)
        with self.assertRaises(AccessError):
            foreign.with_user(user).read(["display_name"])


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestUse(MethodCase):
    def test_a_method_names_the_subscriptions_that_it_pays(self):
        own, default = self._create_token(), self._create_token()
        chosen = self._create_automatic(payment_token_id=own.id)
        others = self._create_automatic()
        self._create_automatic(collection_method="invoice")
        self.assertEqual(
            own.action_view_subscriptions()["domain"], [("id", "in", chosen.ids)]
        )
        self.assertEqual(default.subscription_count, 1)
        (info,) = default.get_linked_records_info()
        self.assertEqual(info["id"], others.id)
        self.assertIn(others.name, info["name"])
        self.assertEqual(info["url"], others._get_customer_url())

    def test_the_customer_is_told_before_deleting_it(self):
        token = self._create_token()
        subscription = self._create_automatic()
        user = new_test_user(self.env, "portal_ada", "base.group_portal")
        user.partner_id = self.partner
        self.env.invalidate_all()
        (info,) = token.with_user(user).get_linked_records_info()
        self.assertEqual(info["id"], subscription.id)
        stranger = new_test_user(self.env, "portal_other", "base.group_portal")
        with self.assertRaises(AccessError):
            token.with_user(stranger).get_linked_records_info()

    def test_after_a_method_is_deleted_the_next_one_pays(self):
        backup, default = self._create_token(), self._create_token()
        subscription = self._create_automatic()
        default.active = False
        self.assertEqual(subscription._get_payment_methods(), backup)
        self.assertIn("From now on", subscription.message_ids[0].body)
        self.assertFalse(subscription.activity_search([ACTIVITY_TYPE]))
        self.assertEqual(self._collect(subscription).collection_state, "done")

    def test_after_the_last_method_is_deleted_a_person_is_asked(self):
        own = self._create_token()
        subscription = self._create_automatic(payment_token_id=own.id)
        own.active = False
        self.assertFalse(subscription.has_payment_method)
        activity = subscription.activity_search([ACTIVITY_TYPE])
        self.assertIn("there is no other one", activity.note)
        self._create_token()
        self.assertFalse(subscription.activity_search([ACTIVITY_TYPE]))

    def test_both_of_two_methods_deleted_together_leave_none(self):
        tokens = self._create_token() + self._create_token()
        subscription = self._create_automatic()
        tokens.active = False
        self.assertIn("there is no other one", subscription.message_ids[0].body)

    def test_a_trial_counts_the_default_as_a_method(self):
        plan = self._create_plan(
            trial_days=14, is_trial_method_required=True, collection_method="automatic"
        )
        draft = self._create_automatic(state="draft", plan_id=plan.id)
        with self.assertRaisesRegex(UserError, "asks for a payment method"):
            draft.action_confirm()
        self._create_token()
        draft.action_confirm()
        self.assertEqual(draft.state, "trial")
        self.assertEqual(draft._get_trial_outcome(), plan.trial_end_action)

    def test_the_form_shows_the_order(self):
        old, new = self._create_token(**VISA), self._create_token()
        form = Form(self._create_automatic())
        names = [new.display_name, old.display_name]
        self.assertEqual(form.payment_method_names.split("\n"), names)
        form.payment_token_id = old
        self.assertEqual(form.payment_method_names.split("\n"), names[::-1])

    def test_a_customer_has_its_methods_in_one_list(self):
        token = self._create_token()
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.partner.id}
        )
        token |= self._create_token(contact)
        self.assertEqual(self.partner.saved_method_count, 2)
        action = contact.action_view_payment_methods()
        self.assertEqual(token.search(action["domain"]), token.sorted("sequence"))
