"""What does not happen by itself for a customer, and what does once that is lifted."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.subscription_billing.models.res_partner_switches import GROUPS
from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

START = date(2026, 3, 1)
CONTACTS = "base.group_user,base.group_partner_manager"


@tagged("standard", "post_install", "-at_install")
class TestCustomerSwitches(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.collection_method = "automatic"
        cls.token = cls._create_token(cls.partner)

    def _renew(self, day):
        with freeze_time(f"{day} 08:00:00"):
            self._run_renewal()

    def _start(self):
        with freeze_time(f"{START} 06:00:00"):
            return self._create_subscription(
                date_start=START, payment_token_id=self.token.id
            )

    def _collect(self, day):
        with freeze_time(f"{day} 09:00:00"):
            self._run_collection()

    def _assert_paid(self, invoice):
        state = invoice._get_invoice_in_payment_state()
        self.assertEqual(invoice.payment_state, state)

    def test_who_is_not_charged_gets_an_invoice_to_pay(self):
        self.partner.is_charging_off = True
        subscription = self._start()
        self._renew(START)
        self._collect(START)
        invoice = subscription.invoice_ids
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertFalse(invoice.collection_state)
        self.assertFalse(invoice.collection_charge_ids)

    def test_what_was_in_line_is_not_charged_any_more(self):
        subscription = self._start()
        self._renew(START)
        self.partner.is_charging_off = True
        self._collect(START)
        invoice = subscription.invoice_ids
        self.assertFalse(invoice.collection_charge_ids)
        self.assertFalse(invoice.collection_state)

    def test_a_person_may_still_charge_who_is_not_charged_by_itself(self):
        self.partner.is_charging_off = True
        subscription = self._start()
        self._renew(START)
        with freeze_time(f"{START} 08:30:00"):
            subscription.invoice_ids._charge_now()
        self._collect(START)
        self._assert_paid(subscription.invoice_ids)

    def test_what_is_unpaid_is_charged_when_that_is_lifted(self):
        self.partner.is_charging_off = True
        subscription = self._start()
        self._renew(START)
        self._collect(START)
        self.partner.is_charging_off = False
        self.assertEqual(subscription.invoice_ids.collection_state, "due")
        self._collect(START)
        self._assert_paid(subscription.invoice_ids)

    def test_periods_are_not_invoiced_and_all_of_them_are_when_that_is_lifted(self):
        subscription = self._start()
        self.partner.is_invoicing_off = True
        self._renew(date(2026, 4, 2))
        self.assertFalse(subscription.invoice_ids)
        self.partner.is_invoicing_off = False
        self._renew(date(2026, 4, 2))
        self.assertEqual(len(subscription.invoice_ids), 2)
        self._renew(date(2026, 4, 2))
        self.assertEqual(len(subscription.invoice_ids), 2)

    # === WHO MAY === #

    def test_a_contact_manager_turns_no_switch(self):
        user = new_test_user(self.env, "contacts", groups=CONTACTS)
        mine = self.env["res.partner"].with_user(user)
        for name in mine._get_switches():
            label = mine._fields[name].string
            with self.subTest(name):
                with self.assertRaisesRegex(AccessError, label):
                    self.partner.with_user(user).write({name: True})
                with self.assertRaisesRegex(AccessError, label):
                    mine.create({"name": "Bo", name: True})
                filled = mine.with_context(**{f"default_{name}": True})
                self.assertFalse(filled.create({"name": "Bo"})[name])
                self.partner[name] = True
                with self.assertRaisesRegex(AccessError, label):
                    self.partner.with_user(user).write({name: False})
                self.partner.with_user(user).write({"name": "Ada", name: True})
                self.assertFalse(self.partner.with_user(user).copy()[name])

    def test_who_bills_turns_them(self):
        for group in GROUPS:
            user = new_test_user(self.env, group, groups=f"{CONTACTS},{group}")
            mine = self.partner.with_user(user)
            for name in mine._get_switches():
                mine.write({name: True})
                mine.write({name: False})
                self.assertTrue(mine.create({"name": "Bo", name: True})[name])

    def test_the_switch_of_the_company_counts_for_its_contacts(self):
        company = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = company
        company.is_invoicing_off = True
        subscription = self._start()
        self._renew(START)
        self.assertFalse(subscription.invoice_ids)
