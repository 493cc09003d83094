"""The case: what one customer owes, from the first reminder to the end."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

MARCH = date(2026, 3, 1)


def march(day):
    return MARCH + timedelta(days=day - 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningCase(DunningCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._bill()
        self.subscription = self.invoice.subscription_ids

    # === OPENING === #

    def test_a_case_opens_on_the_day_after_the_due_date(self):
        self._dun(march(1))
        self.assertFalse(self._get_case(self.invoice))
        self._dun(march(2))
        self.assertRecordValues(
            self._get_case(self.invoice),
            [
                {
                    "partner_id": self.partner.id,
                    "policy_id": self.policy.id,
                    "state": "open",
                    "amount_overdue": self.invoice.amount_residual,
                    "invoice_count": 1,
                    "date_oldest": DUE,
                    "date_opened": march(2),
                }
            ],
        )
        self.assertEqual(self.subscription.state, "past_due")

    def test_there_is_one_case_for_all_invoices_of_a_customer(self):
        other = self._bill()
        self._dun(march(2))
        self.assertEqual(self._get_case(self.invoice), self._get_case(other))
        self.assertEqual(self._get_case(other).invoice_count, 2)

    def test_another_customer_has_a_case_of_its_own(self):
        other = self._bill(partner_id=self.env["res.partner"].create({"name": "Bo"}).id)
        self._dun(march(2))
        self.assertNotEqual(self._get_case(self.invoice), self._get_case(other))

    def test_nobody_is_followed_up_whose_customer_has_no_dunning(self):
        self.partner.is_dunning_off = True
        self._dun(march(5))
        self.assertFalse(self._get_case(self.invoice))
        self.partner.is_dunning_off = False
        self._dun(march(6))
        self.assertTrue(self._get_case(self.invoice))

    def test_without_a_policy_there_is_no_case(self):
        self.policy.active = False
        self._dun(march(5))
        self.assertFalse(self._get_case(self.invoice))

    def test_a_new_policy_does_not_begin_with_old_debts(self):
        self.policy.date_start = march(2)
        self._dun(march(20))
        self.assertFalse(self._get_case(self.invoice))
        self.policy.date_start = march(1)
        self._dun(march(20))
        self.assertTrue(self._get_case(self.invoice))

    def _open_chunk(self, day):
        """Return the invoices that a run goes through to put them into cases."""
        with freeze_time(f"{day} 08:00:00"):
            return self.env["dunning.run"]._in_company(self.company)._open_chunk(0)

    def test_what_no_policy_takes_is_not_gone_through(self):
        self.policy.date_start = march(2)
        self.assertFalse(self._open_chunk(march(20)))
        self.policy.active = False
        self.assertFalse(self._open_chunk(march(20)))
        self.policy.write({"active": True, "date_start": False})
        self.assertEqual(self._open_chunk(march(20)), self.invoice)

    def test_old_debts_are_taken_up_with_new_ones(self):
        self.policy.date_start = march(2)
        other = self._bill(partner_id=self.env["res.partner"].create({"name": "Bo"}).id)
        new = self._bill()
        new.invoice_date_due = march(2)
        self.assertEqual(self._open_chunk(march(20)), self.invoice + new)
        self.assertTrue(self._get_case(self.invoice))
        self.assertEqual(self._get_case(self.invoice), self._get_case(new))
        self.assertFalse(self._get_case(other))

    def test_old_debts_join_an_open_case_also_without_a_policy(self):
        self._dun(march(2))
        self.policy.active = False
        old = self._bill()
        self._dun(march(5))
        self.assertEqual(self._get_case(old), self._get_case(self.invoice))

    def test_the_first_policy_that_fits_is_followed(self):
        tag = self.env["res.partner.category"].create({"name": "Gold"})
        step = {"name": "Call", "days": 3, "action": "activity"}
        gold = self._create_policy(step, name="Gold", sequence=1, tag_ids=tag.ids)
        for vals in (
            {"customer_type": "company"},
            {"country_ids": self.env.ref("base.fr").ids},
            {"plan_ids": self._create_plan(name="Other").ids},
        ):
            self._create_policy(step, sequence=2, **vals)
        self.assertEqual(self._choose(), self.policy)
        self.partner.category_id = tag
        self.assertEqual(self._choose(), gold)
        gold.active = False
        self.partner.country_id = self.env.ref("base.fr")
        self.assertEqual(self._choose().country_ids.code, "FR")

    def _choose(self):
        policies = self.env["dunning.policy"]._find(self.company)
        return policies._choose(self.partner, self.invoice, 0)

    def test_the_grace_of_the_policy_comes_before_past_due(self):
        self.policy.past_due_days = 5
        self._dun(march(6))
        self.assertEqual(self.subscription.state, "active")
        self._dun(march(7))
        self.assertEqual(self.subscription.state, "past_due")

    # === STEPS === #

    def test_the_steps_are_done_on_their_days(self):
        self._dun_daily(march(1), 45)
        self.assertEqual(
            self._get_story(self._get_case(self.invoice)),
            [
                ("03-04", "Remind"),
                ("03-11", "Remind again"),
                ("03-21", "Suspend"),
                ("04-10", "Close"),
            ],
        )
        self.assertEqual(self.subscription.state, "closed")
        self.assertEqual(
            self.subscription.close_reason_id,
            self.env.ref("subscription_billing.close_reason_unpaid"),
        )

    def test_h5_who_pays_is_clear_and_served_on_the_same_day(self):
        self._dun_daily(march(1), 25)
        self.assertEqual(self.subscription.state, "suspended")
        self._pay(self.invoice, march(25))
        case = self._get_case(self.invoice)
        self.assertEqual((case.state, case.date_closed), ("closed", march(25)))
        self.assertEqual(case.amount_overdue, 0)
        self.assertEqual(self.subscription.state, "active")
        self._dun_daily(march(26), 30)
        self.assertEqual(len(case.action_ids), 3)

    def test_complaint_14_running_again_sends_nothing_twice(self):
        for _ in range(3):
            self._dun(march(4))
        case = self._get_case(self.invoice)
        self.assertEqual(self._get_story(case), [("03-04", "Remind")])
        self.assertEqual(len(self._find_mails(case)), 1)

    def test_the_database_keeps_steps_from_being_done_twice(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        action = case.action_ids
        names = ("case_id", "step_id", "move_id", "company_id")
        vals = {name: action[name].id for name in names}
        vals |= {name: action[name] for name in ("action", "state", "date")}
        self.assertFalse(self.env["dunning.action"]._claim([vals]))

    def test_a_credit_note_closes_the_case(self):
        self._dun(march(4))
        with freeze_time("2026-03-05 10:00:00"):
            self.invoice._reverse_moves([{"invoice_date": march(5)}], cancel=True)
        self._dun(march(5), "12:00:00")
        self.assertEqual(self._get_case(self.invoice).state, "closed")

    def test_what_is_unpaid_again_gets_a_new_case(self):
        self._dun(march(4))
        first = self._get_case(self.invoice)
        self._pay(self.invoice, march(5))
        payment = self.invoice.matched_payment_ids
        payment.action_draft()
        payment.action_cancel()
        self._dun(march(6))
        self.assertNotEqual(self._get_case(self.invoice), first)
        self.assertEqual(self._get_case(self.invoice).state, "open")

    def test_what_is_being_charged_is_left_alone(self):
        """A bank debit takes days: nobody is past due meanwhile."""
        partner = self.env["res.partner"].create({"name": "Bo"})
        invoice = self._bill(
            collection_method="automatic",
            payment_token_id=self._create_token(partner, state="pending").id,
            partner_id=partner.id,
        )
        self.assertEqual(invoice.collection_state, "due")
        self._dun(march(10))
        self.assertFalse(self._get_case(invoice))
        self.assertEqual(invoice.subscription_ids.state, "active")

    def test_a_stopped_invoice_is_followed_up_when_it_is_free_again(self):
        self._dun(march(2))
        case = self._get_case(self.invoice)
        self.invoice._write_collection({"is_disputed": True})
        self._dun_daily(march(3), 10)
        self.assertFalse(case.action_ids)
        self.invoice._write_collection({"is_disputed": False})
        self._dun(march(13))
        self.assertEqual(self._get_story(case), [("03-13", "Remind")])

    def test_nothing_is_done_while_a_credit_note_is_written(self):
        note = self.invoice._reverse_moves([{"invoice_date": march(2)}])
        self._dun_daily(march(3), 3)
        case = self._get_case(self.invoice)
        self.assertFalse(case.action_ids)
        note.unlink()
        self._dun(march(6))
        self.assertEqual(self._get_story(case), [("03-06", "Remind")])

    def test_a_new_step_counts_for_open_cases_too(self):
        self._dun_daily(march(2), 2)
        self.policy.step_ids[1:].unlink()
        self._dun(march(4))
        case = self._get_case(self.invoice)
        self.assertFalse(case.date_next)
        with freeze_time("2026-03-05 10:00:00"):
            self.env["dunning.step"].create(
                {
                    "policy_id": self.policy.id,
                    "sequence": 50,
                    "name": "Call",
                    "days": 5,
                    "action": "activity",
                }
            )
        self._dun(march(6))
        self.assertEqual(self._get_story(case)[1:], [("03-06", "Call")])

    def test_a_step_that_was_done_is_not_deleted(self):
        self._dun(march(4))
        with self.assertRaisesRegex(UserError, "was done for customers"):
            self.policy.step_ids[0].unlink()

    def test_complaint_03_one_bad_case_does_not_stop_the_others(self):
        other = self.env["res.partner"].create({"name": "Bo", "email": "b@example.com"})
        good = self._bill(partner_id=other.id)
        self._dun(march(2))
        case = self._get_case(self.invoice)
        update = type(case)._map_unpaid

        def fail(cases):
            if case in cases:
                raise UserError("Broken")
            return update(cases)

        self.patch(type(case), "_map_unpaid", fail)
        with mute_logger("odoo.addons.subscription_billing_dunning.models.dunning_run"):
            self._dun_daily(march(4), 2)
        self.assertEqual(case.error, "Broken")
        self.assertIn("Broken", case.activity_ids.note)
        self.assertFalse(case.action_ids)
        self.assertEqual(self._get_story(self._get_case(good)), [("03-04", "Remind")])

    def test_a_case_rests_with_its_error_even_if_nobody_can_be_asked(self):
        self._dun(march(2))
        case = self._get_case(self.invoice)

        def fail(*args):
            raise UserError("Broken")

        self.patch(type(case), "_map_unpaid", fail)
        self.patch(type(case), "_ask_person", fail)
        with mute_logger("odoo.addons.subscription_billing_dunning.models.dunning_run"):
            self._dun(march(4))
        self.assertEqual(case.error, "Broken")

    # === THE E-MAIL === #

    def _find_mails(self, case):
        return self.env["mail.mail"].search(
            [("model", "=", "dunning.case"), ("res_id", "=", case.id)]
        )

    def test_the_customer_is_told_what_is_owed_and_where_to_pay(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        mail = self._find_mails(case)
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn(self.invoice.name, mail.body_html)
        self.assertIn("/subscription/overdue/", mail.body_html)
        self.assertIn("Ada Lovelace", mail.body_html)
        self.assertEqual(case.action_ids.mail_message_id, mail.mail_message_id)

    def test_without_an_address_the_case_waits_for_a_person(self):
        self.partner.email = False
        self._dun_daily(march(4), 20)
        case = self._get_case(self.invoice)
        self.assertEqual(case.action_ids.state, "failed")
        self.assertIn("no valid e-mail address", case.error)
        self.assertIn("Remind could not be done", case.activity_ids.note)
        self.assertTrue(case.activity_ids.user_id.active)
        self.partner.email = "ada@example.com"
        with freeze_time("2026-03-24 10:00:00"):
            case.action_repeat()
        self._dun(march(24), "12:00:00")
        self.assertFalse(case.error)
        self.assertEqual(self._get_story(case), [("03-24", "Remind")])
        self.assertEqual(case.action_ids.state, "done")
        self.assertFalse(case.activity_ids)

    # === PEOPLE === #

    def _hold(self, case, until, **vals):
        wizard = self.env["dunning.hold"].create(
            {
                "case_ids": case.ids,
                "date_until": until,
                "reason": "promise",
                "note": "Ada pays on Friday.",
                **vals,
            }
        )
        wizard.action_hold()

    def test_nothing_is_done_while_a_case_is_on_hold(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        with freeze_time("2026-03-05 10:00:00"):
            self._hold(case, march(15))
            self.assertTrue(case.is_held)
        self._dun_daily(march(5), 10)
        self.assertEqual(self._get_story(case), [("03-04", "Remind")])
        self._dun(march(15))
        self.assertEqual(self._get_story(case)[1:], [("03-15", "Remind again")])
        self.assertIn("Ada pays on Friday.", str(case.message_ids.mapped("body")))

    def test_a_hold_is_lifted_by_a_person(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        with freeze_time("2026-03-05 10:00:00"):
            self._hold(case, march(30))
            case.action_resume()
            self.assertFalse(case.is_held)
        self._dun(march(11))
        self.assertEqual(self._get_story(case)[1:], [("03-11", "Remind again")])

    def test_a_hold_needs_a_day_to_come_and_a_note(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        with freeze_time("2026-03-05 10:00:00"):
            with self.assertRaisesRegex(UserError, "day after today"):
                self._hold(case, march(5))
            with self.assertRaisesRegex(UserError, "Fill in Note"):
                self._hold(case, march(9), note="  ")

    def test_a_person_skips_a_step(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        with freeze_time("2026-03-05 10:00:00"):
            case.action_skip()
        self._dun_daily(march(5), 20)
        self.assertEqual(
            self._get_story(case),
            [("03-04", "Remind"), ("03-05", "Remind again"), ("03-21", "Suspend")],
        )
        self.assertEqual(
            case.action_ids.sorted("id").mapped("state"), ["done", "skipped", "done"]
        )

    def test_a_step_is_skipped_only_in_an_open_case(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        self._pay(self.invoice, march(5))
        with self.assertRaisesRegex(UserError, "is not open"):
            case.action_skip()
        self.assertEqual(case.action_ids.mapped("state"), ["done"])

    def test_nobody_writes_what_a_case_knows(self):
        self._dun(march(4))
        case = self._get_case(self.invoice)
        user = self.env.ref("base.user_admin")
        for vals in ({"state": "closed"}, {"amount_overdue": 0}, {"error": "x"}):
            with self.assertRaisesRegex(UserError, "cannot be written"):
                case.with_user(user).write(vals)
        with self.assertRaises(UserError):
            case.with_user(user).unlink()
