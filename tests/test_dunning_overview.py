"""The list of overdue subscriptions, and what a person does with many of them."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .test_dunning_outcome import OutcomeCase

ACTION = "subscription_billing_dunning.subscription_subscription_action_overdue"


@tagged("standard", "post_install", "-at_install")
class TestOverdueSubscriptions(OutcomeCase):
    """Two customers owe 115.00 each since 1 March; a third has paid."""

    def setUp(self):
        super().setUp()
        self.customers = self.env["res.partner"].create(
            [{"name": name, "email": f"{name}@example.com"} for name in "abc"]
        )
        self.invoices = self.env["account.move"].union(
            *(self._bill(partner_id=partner.id) for partner in self.customers)
        )
        self._pay(self.invoices[2], "2026-03-01")
        self._dun("2026-03-04")
        self.subscriptions = self.invoices.subscription_ids.sorted("id")
        self.env.invalidate_all()

    def _list(self, day, *extra):
        domain = safe_eval(self.env.ref(ACTION).domain, {})
        with freeze_time(f"{day} 12:00:00"):
            return self.env["subscription.subscription"].search([*domain, *extra])

    def test_a_row_tells_what_is_overdue_and_what_comes(self):
        with freeze_time("2026-03-04 12:00:00"):
            self.assertRecordValues(
                self.subscriptions,
                [
                    {
                        "amount_overdue": amount,
                        "is_overdue": bool(amount),
                        "dunning_case_id": invoice.dunning_case_id.id,
                        "dunning_step_id": step and step.id,
                        "dunning_step_next_id": following and following.id,
                    }
                    for invoice, amount, step, following in zip(
                        self.invoices,
                        (115, 115, 0),
                        [*[self.policy.step_ids[0]] * 2, False],
                        [*[self.policy.step_ids[1]] * 2, False],
                        strict=True,
                    )
                ],
            )

    def test_the_list_has_what_is_overdue_and_what_was_closed_unpaid(self):
        overdue = self.subscriptions[:2]
        self.assertEqual(self._list("2026-03-04"), overdue.sorted("id", reverse=True))
        self._dun_daily(date(2026, 3, 5), 45)
        self.assertEqual(set(overdue.mapped("state")), {"closed"})
        self.assertEqual(len(self._list("2026-04-20")), 2)
        self._write_off(self.invoices[0], "2026-04-20")
        self._write_off(self.invoices[1], "2026-04-20")
        self.env.invalidate_all()
        self.assertEqual(len(self._list("2026-07-01")), 2)
        self.assertFalse(self._list("2026-07-15"))

    def test_failed_charges_are_found(self):
        self.invoices[0]._write_collection({"collection_state": "failed"})
        found = self._list("2026-03-04", ("is_charge_failed", "=", True))
        self.assertEqual(found, self.subscriptions[0])
        self.assertTrue(found.is_charge_failed)

    def test_the_list_takes_as_many_queries_for_two_as_for_one(self):
        def count(subscriptions):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            with freeze_time("2026-03-04 12:00:00"):
                for each in subscriptions:
                    self.assertTrue(each.amount_overdue)
                    self.assertTrue(each.dunning_step_id)
            return self.env.cr.sql_log_count - start

        count(self.subscriptions[:1])
        self.assertEqual(count(self.subscriptions[:1]), count(self.subscriptions[:2]))

    # === ACTIONS === #

    def test_a_person_holds_and_skips_many_at_once(self):
        action = self.subscriptions.action_hold_dunning()
        cases = self.invoices[:2].dunning_case_id
        self.assertEqual(action["context"]["default_case_ids"], cases.ids)
        with freeze_time("2026-03-05 12:00:00"):
            self.subscriptions.action_skip_dunning()
        for case in cases:
            self.assertEqual(case.action_ids.mapped("state"), ["skipped", "done"])

    def test_what_an_agency_has_is_not_skipped(self):
        taken, ours = self.invoices[:2].mapped("dunning_case_id").sorted("id")
        agency = self.env["res.partner"].create({"name": "Agency"})
        with freeze_time("2026-03-05 12:00:00"):
            taken._hand_over(agency, "Enough.")
            self.subscriptions[:2].action_skip_dunning()
            self.assertEqual(taken.action_ids.mapped("state"), ["done"])
            self.assertEqual(ours.action_ids.mapped("state"), ["skipped", "done"])
            with self.assertRaisesRegex(UserError, "an agency has it"):
                self.invoices.subscription_ids.filtered(
                    lambda each: each.dunning_case_id == taken
                ).action_skip_dunning()

    def test_there_has_to_be_a_case_to_act_on(self):
        with self.assertRaisesRegex(UserError, "open dunning case"):
            self.subscriptions[2].action_hold_dunning()
        with self.assertRaisesRegex(UserError, "open dunning case"):
            self.subscriptions[2].action_skip_dunning()

    def test_a_person_writes_to_each_customer(self):
        action = self.subscriptions[:2].action_write_customer()
        form = Form(self.env["mail.compose.message"].with_context(**action["context"]))
        form.subject, form.body = "Your service", "<p>May we help?</p>"
        composer = form.save()
        composer.with_context(mail_notify_force_send=False).action_send_mail()
        for subscription in self.subscriptions[:2]:
            message = subscription.message_ids[:1]
            self.assertIn("May we help?", message.body)
            self.assertEqual(message.mail_ids.recipient_ids, subscription.partner_id)

    def test_links_to_pay_are_sent_to_many(self):
        with freeze_time("2026-03-05 12:00:00"):
            result = self.subscriptions[:2].action_send_payment_link()
        self.assertIn("2 e-mails", result["params"]["message"])

    def test_auditors_look_and_do_nothing(self):
        auditor = new_test_user(
            self.env, "auditor", groups="account.group_account_readonly"
        )
        mine = self.subscriptions.with_user(auditor)
        self.assertEqual(mine[0].amount_overdue, 115)
        for action in (
            mine.action_hold_dunning,
            mine.action_skip_dunning,
            mine.action_write_customer,
        ):
            with self.assertRaises(AccessError):
                action()

    def test_what_is_due_tomorrow_is_not_overdue(self):
        self.invoices[0].invoice_date_due = date(2026, 3, 4) + timedelta(days=1)
        overdue = self._list("2026-03-04", ("is_overdue", "=", True))
        self.assertEqual(overdue, self.subscriptions[1])
