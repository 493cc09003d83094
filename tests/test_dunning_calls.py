"""Whoever is asked to call a customer reads whom, and at which hour."""

from datetime import date

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.tests import new_test_user, tagged

CALL = date(2026, 3, 4)


@tagged("standard", "post_install", "-at_install")
class TestDunningCalls(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.write({"phone": "+32 470 12 34 56", "tz": "Asia/Tokyo"})
        cls.policy.step_ids[0].write(
            {
                "action": "activity",
                "activity_type_id": cls.env.ref("mail.mail_activity_data_call").id,
                "note": "Ask what is wrong.",
            }
        )
        cls.policy.step_ids[1:].unlink()

    def _get_note(self):
        invoice = self._bill()
        self._dun(CALL)
        return str(self._get_case(invoice).activity_ids.note)

    def _pay_online(self, moment, operation="online_direct"):
        token = self._create_token(self.partner)
        with freeze_time(moment):
            charge = self.env["payment.transaction"].create(
                {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "amount": 10,
                    "currency_id": self.company.currency_id.id,
                    "partner_id": self.partner.id,
                    "operation": operation,
                    "reference": f"Paid {moment}",
                }
            )
            charge._set_done()
            self.env.flush_all()

    def test_a_call_says_whom_and_when_by_the_customer_s_clock(self):
        note = self._get_note()
        self.assertIn("Ask what is wrong.", note)
        self.assertIn("+32 470 12 34 56", note)
        self.assertIn("10:00 (Asia/Tokyo)", note)

    def test_the_hour_is_the_one_at_which_he_has_paid_of_his_own_accord(self):
        # 07:30 in UTC is 16:30 in Tokyo.
        self._pay_online("2026-02-03 07:30:00")
        self.assertIn("16:00 (Asia/Tokyo)", self._get_note())

    def test_what_we_have_charged_by_night_says_nothing(self):
        self._pay_online("2026-02-03 07:30:00", operation="offline")
        self.assertIn("10:00 (Asia/Tokyo)", self._get_note())

    def test_a_customer_without_a_number_is_named_as_such(self):
        self.partner.phone = False
        self.assertIn("no number known", self._get_note())

    def test_the_model_may_be_chosen_before_the_record(self):
        activity = self.env["mail.activity"].new({"res_model": "dunning.case"})
        self.assertFalse(activity.dunning_case_id)
        self.assertFalse(activity.dunning_partner_id)

    def test_other_activities_say_nothing_of_calls(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.policy.step_ids.activity_type_id = todo
        self.assertNotIn("Tokyo", self._get_note())

    # === WHO IS ASKED === #

    def _ask(self, **vals):
        """Return who is asked to call about a new invoice."""
        invoice = self._bill(**vals)
        self._dun(CALL)
        return self._get_case(invoice).activity_ids.user_id

    def test_who_sold_it_is_asked(self):
        seller = new_test_user(self.env, "seller", groups="base.group_user")
        self.assertEqual(self._ask(user_id=seller.id), seller)

    def test_an_administrator_is_asked_where_nobody_is_named(self):
        self.assertEqual(self._ask(user_id=False), self.env.ref("base.user_admin"))

    def test_nobody_is_asked_who_has_left(self):
        seller = new_test_user(self.env, "seller", groups="base.group_user")
        self.policy.step_ids.user_id = seller
        invoice = self._bill(user_id=seller.id)
        seller.active = False
        self._dun(CALL)
        asked = self._get_case(invoice).activity_ids.user_id
        self.assertEqual(asked, self.env.ref("base.user_admin"))

    def test_nobody_is_asked_who_may_not_enter_the_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        there = {"company_id": elsewhere.id, "company_ids": elsewhere.ids}
        group = "subscription_billing.group_subscription_manager"
        seller = new_test_user(self.env, "seller", groups=group)
        manager = new_test_user(self.env, "manager", groups=group)
        self.env.ref("base.user_admin").write(there)
        invoice = self._bill(user_id=seller.id)
        seller.write(there)
        self._dun(CALL)
        self.assertEqual(self._get_case(invoice).activity_ids.user_id, manager)

    def test_many_calls_cost_no_query_each(self):
        invoices = [
            self._bill(partner_id=self.env["res.partner"].create({"name": name}).id)
            for name in ("Ada", "Bob", "Cyd")
        ]
        self._dun(DUE.replace(day=4))
        cases = self.env["dunning.case"].union(*map(self._get_case, invoices))
        self.assertEqual(len(cases), 3)
        cases[:1]._map_call_notes()
        cases._map_call_notes()
        with self.assertQueryCount(1):
            cases._map_active_times()
