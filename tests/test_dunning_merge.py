"""Two contacts with a case each turn out to be one customer."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tools.risk import Risk
from odoo.tests import new_test_user, tagged

from .test_dunning_outcome import OutcomeCase


def march(day):
    return date(2026, 3, 1) + timedelta(days=day - 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningMerge(OutcomeCase):
    """Ada and Bo owe an invoice each, due on 1 March; both are reminded on the 4th."""

    def setUp(self):
        super().setUp()
        self.other = self.env["res.partner"].create(
            {"name": "Bo", "email": "bo@example.com"}
        )
        self.invoice = self._bill()
        self.other_invoice = self._bill(partner_id=self.other.id)
        self._dun(march(4))
        self.case = self._get_case(self.invoice)
        self.other_case = self._get_case(self.other_invoice)

    def _merge(self, day=5):
        """Merge Bo into Ada, as an administrator does, on a day of March."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with freeze_time(f"{march(day)} 10:00:00"):
            wizard.with_user(self.env.ref("base.user_admin"))._merge(
                (self.partner | self.other).ids, self.partner
            )
        self.env.invalidate_all()

    def _find_mails(self, cases):
        return self.env["mail.mail"].search_count(
            [("model", "=", "dunning.case"), ("res_id", "in", cases.ids)]
        )

    def test_one_case_goes_on_with_all_that_is_owed(self):
        self._merge()
        self.assertFalse(self.other.exists())
        self.assertRecordValues(
            self.case | self.other_case,
            [
                {
                    "partner_id": self.partner.id,
                    "state": "open",
                    "amount_overdue": 230,
                    "invoice_count": 2,
                },
                {
                    "partner_id": self.partner.id,
                    "state": "closed",
                    "amount_overdue": 0,
                    "invoice_count": 0,
                },
            ],
        )
        self.assertEqual(self.other_invoice.dunning_case_id, self.case)
        for case in (self.case, self.other_case):
            self.assertIn("were merged", str(case.message_ids.mapped("body")))

    def test_money_that_came_before_is_still_recovered(self):
        """Bo's case is the older one, and half of his invoice was paid."""
        self.other_case.date_opened = march(2)
        self._pay_part(self.other_invoice, 50, march(3))
        self._merge()
        self.assertEqual(self.case.date_opened, march(2))
        row = self.env["dunning.recovery.report"].search([])
        self.assertRecordValues(
            row, [{"case_id": self.case.id, "amount_recovered": 50, "date": march(3)}]
        )
        self._pay(self.invoice, march(6))
        self._pay(self.other_invoice, march(6))
        self.assertEqual((self.case.outcome, self.case.amount_recovered), ("paid", 230))

    def test_what_was_paid_in_time_is_not_recovered_by_an_older_case(self):
        """Part of Ada's invoice was paid on time, while Bo's case was open."""
        self.other_case.date_opened = march(1)
        self.case.date_opened = march(4)
        self._pay_part(self.invoice, 50, march(3))
        self._merge()
        self.assertEqual(self.case.date_opened, march(1))
        self.assertFalse(self.env["dunning.recovery.report"].search([]))
        self._pay(self.invoice, march(6))
        row = self.env["dunning.recovery.report"].search([])
        self.assertRecordValues(row, [{"amount_recovered": 65, "days": 2}])

    def test_a_case_that_does_not_go_on_takes_no_part_in_a_test(self):
        vals = {"policy_id": self.policy.id, "policy_b_id": self.policy.copy().id}
        test = self.env["dunning.experiment"].create({"name": "Soon", **vals})
        cases = self.case | self.other_case
        cases.write({"experiment_id": test.id, "version": "b"})
        self._merge()
        self.assertEqual(cases.mapped("version"), ["b", False])
        self.assertEqual(cases.experiment_id, test)
        self.assertFalse(self.other_case.experiment_id)

    def test_who_may_write_no_risk_can_merge_customers_that_have_one(self):
        self.other.sudo()._keep_risk(Risk(45.0, ()))
        user = new_test_user(
            self.env,
            "merger",
            "base.group_partner_manager,subscription_billing.group_subscription_user,"
            "account.group_account_invoice",
        )
        self.other.email = self.partner.email
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        customers = self.partner | self.other
        wizard._merge(customers.ids, self.partner.with_user(user))
        self.env.invalidate_all()
        self.assertFalse(self.other.exists())
        self.assertFalse(self.partner.dunning_risk)

    def test_switches_stay_on_whoever_merges(self):
        self.other.write({"is_dunning_off": True, "is_charging_off": True})
        user = new_test_user(
            self.env, "contacts", "base.group_user,base.group_partner_manager"
        )
        self.other.email = self.partner.email
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        customers = self.partner | self.other
        wizard._merge(customers.ids, self.partner.with_user(user))
        self.env.invalidate_all()
        self.assertFalse(self.other.exists())
        self.assertTrue(self.partner.is_dunning_off)
        self.assertTrue(self.partner.is_charging_off)
        self.assertFalse(self.partner.is_invoicing_off)

    def test_what_was_done_is_kept_and_not_done_again(self):
        self._merge()
        self.assertEqual(len(self.case.action_ids), 2)
        self.assertEqual(self.case.action_ids.partner_id, self.partner)
        self._dun_daily(march(5), 5)
        self.assertEqual(self._find_mails(self.case | self.other_case), 2)
        self._dun(march(11))
        self.assertEqual(self._find_mails(self.case | self.other_case), 3)
        again = self.case.action_ids.filtered(lambda each: each.date == march(11))
        self.assertEqual(again.move_id, self.invoice | self.other_invoice)
        self.assertEqual(len(again.mail_message_id), 1)

    def test_paying_all_closes_the_case(self):
        self._merge()
        self._pay(self.invoice, march(6))
        self.assertEqual((self.case.state, self.case.amount_overdue), ("open", 115))
        self._pay(self.other_invoice, march(7))
        self.assertEqual(self.case.state, "closed")

    def test_a_case_of_who_goes_alone_goes_on(self):
        self._pay(self.invoice, march(4))
        self._merge()
        self.assertEqual(self.other_case.partner_id, self.partner)
        self.assertEqual(self.other_case.state, "open")
        self._dun(march(11))
        self.assertEqual(len(self.other_case.action_ids), 2)

    def test_cases_in_two_currencies_both_go_on(self):
        currency = self.env["res.currency"].create({"name": "XYZ", "symbol": "Z"})
        invoice = self._bill(partner_id=self.other.id, currency_id=currency.id)
        self._dun(march(4), "12:00:00")
        self._merge()
        self.assertEqual(self.case.state, "open")
        self.assertEqual(self._get_case(invoice).state, "open")
        self.assertEqual(self._get_case(invoice).partner_id, self.partner)

    def test_it_rests_while_one_of_them_was_to_rest(self):
        with freeze_time("2026-03-05 08:00:00"):
            self.other_case._hold(march(20), "hardship", "Bo is ill.")
        self._merge()
        self._dun_daily(march(6), 10)
        self.assertEqual(len(self.case.action_ids), 2)
        self.assertEqual(self.case.hold_reason, "hardship")
        self._dun(march(20))
        self.assertEqual(self.case.step_id.name, "Remind again")

    def _agree(self, case, day):
        with freeze_time("2026-03-05 08:00:00"):
            self.env["dunning.agree"].create(
                {"case_id": case.id, "date_first": march(day), "note": "On the phone."}
            ).action_agree()
        return case.agreement_id

    def test_a_promise_of_who_goes_is_kept(self):
        promise = self._agree(self.other_case, 12)
        self._merge()
        self.assertEqual(promise.state, "open")
        self.assertEqual(self.case.agreement_id, promise)
        self._pay(self.other_invoice, march(12))
        self.assertEqual(promise.state, "kept")

    def test_of_two_promises_one_goes_on_and_a_person_is_asked(self):
        mine, other = self._agree(self.case, 12), self._agree(self.other_case, 14)
        self._merge()
        self.assertEqual((mine.state, other.state), ("open", "cancelled"))
        self.assertEqual(self.case.agreement_id, mine)
        self.assertIn("agree on one plan", str(self.case.activity_ids.note))

    def test_a_fee_is_not_booked_again(self):
        self.policy.step_ids[1].write({"action": "fee", "fee_amount": 12, "days": 6})
        self._dun(march(7))
        self._merge(8)
        self._dun_daily(march(8), 4)
        fees = self.env["dunning.fee"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(len(fees), 2)
        self.assertEqual(fees.case_id, self.case)
        self.assertEqual(self.case.amount_overdue, 254)
