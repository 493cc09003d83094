"""Disputes and fraud warnings: what providers say, what is held, who has to answer."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common_disputes import OPENED, DisputeCase

ANSWER = "subscription_billing.mail_activity_type_dispute"
UNKNOWN = "subscription_billing.mail_activity_type_dispute_unknown"
LAST_DAY = "subscription_billing.mail_activity_type_dispute_last_day"
WARNING = "subscription_billing.mail_activity_type_fraud_warning"
ACTIVITIES = "odoo.addons.subscription_billing.models.subscription_dispute_activities"


@tagged("standard", "post_install", "-at_install")
class TestFacts(DisputeCase):
    """What providers say, in any order."""

    def test_a_dispute_knows_its_charge_and_what_was_paid(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, network_reason_code="10.4")
        self.assertRecordValues(
            dispute,
            [
                {
                    "charge_id": invoice.transaction_ids.id,
                    "invoice_id": invoice.id,
                    "subscription_id": invoice.subscription_ids.id,
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "kind": "dispute",
                    "state": "needs_response",
                    "reason": "fraudulent",
                    "network_reason_code": "10.4",
                    "amount": 115.0,
                    "due_by": datetime(2026, 3, 31, 23, 59, 59),
                    "date_opened": OPENED,
                    "date_closed": False,
                }
            ],
        )

    def test_our_own_reference_of_the_charge_will_do(self):
        invoice = self._create_paid()
        reference = invoice.transaction_ids.reference
        dispute = self._dispute(invoice, charge_reference=reference)
        self.assertEqual(dispute.invoice_id, invoice)

    def test_saying_it_again_changes_nothing(self):
        invoice = self._create_paid()
        facts = self._facts(invoice)
        dispute = self._tell(facts)
        messages = len(invoice.message_ids), len(dispute.message_ids)
        self.assertEqual(self._tell(facts), dispute)
        self.assertEqual(len(dispute.activity_ids), 1)
        self.assertEqual((len(invoice.message_ids), len(dispute.message_ids)), messages)

    def test_late_news_does_not_undo_what_is_known(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="lost", hours=48, due_by=None)
        self._dispute(invoice, status="under_review", hours=24, reason="general")
        self._dispute(invoice)
        self.assertRecordValues(
            dispute,
            [
                {
                    "state": "lost",
                    "reason": "fraudulent",
                    "date_opened": OPENED,
                    "date_closed": OPENED + timedelta(hours=48),
                    "due_by": datetime(2026, 3, 31, 23, 59, 59),
                }
            ],
        )

    def test_a_decision_stays_whatever_is_said_later(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="won")
        self._dispute(invoice, status="needs_response", hours=99)
        self.assertEqual(dispute.state, "won")

    def test_an_inquiry_becomes_a_dispute(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="warning_needs_response")
        self.assertEqual(dispute.kind, "inquiry")
        self._dispute(invoice, status="needs_response", hours=1)
        self.assertEqual(dispute.kind, "dispute")

    def test_a_dispute_of_an_unknown_charge_waits_for_a_person(self):
        dispute = self._tell(self._facts())
        self.assertFalse(dispute.charge_id)
        self.assertIn("pi_?", dispute.activity_search([UNKNOWN]).note)
        self.assertTrue(
            dispute.activity_search([ANSWER]), "it is answered all the same"
        )
        invoice = self._create_paid()
        dispute.charge_id = invoice.transaction_ids
        self.assertFalse(dispute.activity_search([UNKNOWN]))
        self.assertEqual(dispute.invoice_id, invoice)
        self.assertTrue(invoice.is_disputed)

    def test_a_charge_that_is_known_later_is_found(self):
        invoice = self._create_paid()
        dispute = self._tell(self._facts(id="dp_9"))
        found = invoice.transaction_ids.provider_reference
        self._tell(self._facts(id="dp_9", charge_reference=found))
        self.assertEqual(dispute.invoice_id, invoice)

    def test_two_providers_may_use_the_same_number(self):
        dispute = self._tell(self._facts())
        other = self.provider.copy()
        again = self.env["subscription.dispute"]._update_from_facts(
            other, self._facts()
        )
        self.assertNotEqual(again, dispute)

    def test_an_unknown_currency_is_named(self):
        with self.assertRaisesRegex(UserError, "xxq"):
            self._tell(self._facts(currency="xxq"))

    def test_invoice_and_subscription_tell_of_it(self):
        invoice = self._create_paid()
        self._dispute(invoice)
        self._dispute(invoice, status="lost", hours=1)
        for document in (invoice, invoice.subscription_ids):
            text = " ".join(document.message_ids.mapped("body"))
            self.assertIn("115.00", text)
            self.assertIn("Lost", text)
            self.assertEqual(document.dispute_count, 1)
        self.assertEqual(self.partner.dispute_count, 1)

    def test_no_dispute_is_deleted(self):
        with self.assertRaises(UserError):
            self._tell(self._facts()).unlink()


@tagged("standard", "post_install", "-at_install")
class TestHolds(DisputeCase):
    """What is not charged meanwhile."""

    def _bill_next(self, invoice):
        """Bill the next period of a subscription, and collect; return the invoice."""
        with freeze_time("2026-04-10 12:00:00"):
            subscription = invoice.subscription_ids
            self._run_renewal()
            self._run_collection()
        return subscription.invoice_ids - invoice

    def _reopen(self, invoice, **vals):
        """Let an invoice be owed again, as a lost dispute of the bank does."""
        return self._dispute(
            invoice,
            reason="insufficient_funds",
            status="lost",
            movements=(self._movement(),),
            **vals,
        )

    def test_a_disputed_invoice_is_marked_until_it_is_won(self):
        invoice = self._create_paid()
        self._dispute(invoice)
        self.assertTrue(invoice.is_disputed)
        self._dispute(invoice, status="won", hours=1)
        self.assertFalse(invoice.is_disputed)

    def test_a_disputed_invoice_is_refused_by_its_button(self):
        invoice = self._create_paid()
        self._dispute(invoice)
        with self.assertRaisesRegex(UserError, "disputed"):
            invoice.action_collect()

    def test_what_was_lost_is_owed_again_and_never_charged(self):
        invoice = self._create_paid()
        self._reopen(invoice)
        self.assertEqual(invoice.amount_residual, 115)
        self.assertEqual(invoice.collection_state, "failed")
        invoice._queue_collection()
        invoice.subscription_ids._queue_failed_collections()
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)
        invoice._write_collection({"collection_state": "due"})
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1, "whatever has queued it")
        obstacle = self.env["subscription.collection"]._get_obstacle(invoice)
        self.assertIn("disputed", obstacle)

    def test_a_person_may_have_it_charged_again(self):
        invoice = self._create_paid()
        dispute = self._reopen(invoice)
        dispute.action_allow_charging()
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 2)
        self.assertEqual(invoice.amount_residual, 0)

    def test_nobody_has_it_charged_before_the_decision(self):
        dispute = self._dispute(self._create_paid())
        with self.assertRaisesRegex(UserError, "decision"):
            dispute.action_allow_charging()

    def test_the_whole_subscription_waits_for_a_person(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice)
        self.assertTrue(invoice.subscription_ids.is_charge_held)
        following = self._bill_next(invoice)
        self.assertEqual(following.collection_state, "due")
        with self.assertRaisesRegex(UserError, "held"):
            following.action_collect()
        dispute.action_release_hold()
        with freeze_time("2026-04-10 13:00:00"):
            self._run_collection()
        self.assertEqual(following.collection_state, "done")
        self.assertTrue(invoice.is_disputed, "the invoice itself stays stopped")

    def test_a_won_dispute_lets_the_subscription_go_on(self):
        invoice = self._create_paid()
        self._dispute(invoice)
        self._dispute(invoice, status="won", hours=1)
        self.assertFalse(invoice.subscription_ids.is_charge_held)
        self.assertEqual(self._bill_next(invoice).collection_state, "done")

    def test_a_lost_dispute_keeps_holding(self):
        invoice = self._create_paid()
        self._dispute(invoice, status="lost")
        self.assertEqual(self._bill_next(invoice).collection_state, "due")

    def test_only_the_invoice_is_stopped_where_the_company_says_so(self):
        self.company.subscription_dispute_hold = "invoice"
        invoice = self._create_paid()
        self._dispute(invoice)
        self.assertEqual(self._bill_next(invoice).collection_state, "done")

    def test_other_subscriptions_of_the_customer_go_on(self):
        other = self._create_paid()
        self._dispute(self._create_paid())
        self.assertFalse(other.subscription_ids.is_charge_held)
        self.assertEqual(self._bill_next(other).collection_state, "done")

    def test_the_whole_customer_waits_where_the_company_says_so(self):
        self.company.subscription_dispute_hold = "customer"
        other = self._create_paid()
        self._dispute(self._create_paid())
        self.assertTrue(other.subscription_ids.is_charge_held)
        self.assertEqual(self._bill_next(other).collection_state, "due")

    def test_one_off_items_of_a_held_subscription_wait_too(self):
        invoice = self._create_paid()
        self._dispute(invoice)
        subscription = invoice.subscription_ids
        domain = self.env["subscription.collection"]._get_due_domain(self.company)
        fees = subscription.invoice_ids.copy()
        fees.invoice_line_ids = [(5, 0, 0)]
        item = self.env["subscription.item"].create(
            {"subscription_id": subscription.id, "product_id": self.product.id}
        )
        fees.write(
            {
                "invoice_date": date(2026, 3, 20),
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "subscription_item_ids": [(4, item.id)],
                        },
                    )
                ],
            }
        )
        fees.action_post()
        fees._write_collection({"collection_state": "due"})
        self.assertIn(subscription, fees.subscription_ids)
        self.assertNotIn(fees, self.env["account.move"].search(domain))

    def test_a_charge_that_waits_to_be_sent_is_called_off(self):
        invoice = self._create_paid()
        with freeze_time("2026-04-10 12:00:00"):
            self._run_renewal()
            following = invoice.subscription_ids.invoice_ids - invoice
            charge = self.env["subscription.collection"]._open_charges(following)
            self._dispute(invoice)
            self.assertEqual(charge.state, "cancel")
            self._run_collection()
        self.assertEqual(len(following.transaction_ids), 1)
        self.assertEqual(following.collection_state, "due")

    def test_lack_of_funds_holds_nothing_else(self):
        dispute = self._reopen(self._create_paid())
        self.assertEqual(dispute.hold_scope, "invoice")

    def test_what_follows_up_learns_the_facts(self):
        invoice = self._create_paid()
        self._reopen(invoice)
        self.assertEqual(
            invoice._get_dispute_facts(),
            {
                "is_open": False,
                "is_lost": True,
                "is_owed_again": True,
                "reasons": {"insufficient_funds"},
            },
        )

    def test_without_disputes_the_collection_asks_once_for_them(self):
        domain = self.env["subscription.collection"]._get_due_domain(self.company)
        self.assertIn(("is_disputed", "!=", True), domain)
        self.assertNotIn("subscription_period_ids", [each[0] for each in domain])


@tagged("standard", "post_install", "-at_install")
class TestWarnings(DisputeCase):
    """Early warnings of a fraud."""

    def _warn(self, invoice, **vals):
        return self._tell(
            self._facts(
                invoice,
                id="issfr_1",
                is_fraud_warning=True,
                is_refundable=True,
                due_by=None,
                **{"status": "warning_needs_response", **vals},
            )
        )

    def test_a_refund_is_proposed(self):
        invoice = self._create_paid()
        warning = self._warn(invoice)
        self.assertEqual(warning.kind, "fraud_warning")
        activity = warning.activity_search([WARNING])
        self.assertIn("115.00", activity.note)
        self.assertTrue(invoice.is_disputed)
        self.assertTrue(invoice.subscription_ids.is_charge_held)

    def test_it_holds_without_a_proposal_where_the_company_says_so(self):
        self.company.subscription_fraud_warning = "hold"
        warning = self._warn(self._create_paid())
        self.assertFalse(warning.activity_ids)
        self.assertTrue(warning.is_holding)

    def test_it_does_nothing_else_where_the_company_says_so(self):
        self.company.subscription_fraud_warning = "nothing"
        invoice = self._create_paid()
        warning = self._warn(invoice)
        self.assertFalse(warning.activity_ids)
        self.assertFalse(warning.is_holding)
        self.assertFalse(invoice.is_disputed)
        self._dispute(invoice)
        self.assertTrue(invoice.is_disputed)

    def test_the_refund_dialog_opens_for_the_payment(self):
        invoice = self._create_paid()
        action = self._warn(invoice).action_refund_charge()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).new()
        self.assertEqual(wizard.invoice_id, invoice)
        self.assertEqual(wizard.amount, 115)

    def test_an_unknown_payment_cannot_be_refunded_from_here(self):
        with self.assertRaisesRegex(UserError, "Charge"):
            self._warn(None).action_refund_charge()

    def test_it_is_over_when_somebody_keeps_the_payment(self):
        invoice = self._create_paid()
        warning = self._warn(invoice)
        warning.action_close_warning()
        self.assertEqual(warning.state, "warning_closed")
        self.assertFalse(warning.activity_ids)
        self.assertFalse(invoice.is_disputed)
        self._warn(invoice, hours=1)
        self.assertEqual(warning.state, "warning_closed")

    def test_it_is_over_when_it_becomes_a_dispute(self):
        invoice = self._create_paid()
        warning = self._warn(invoice)
        dispute = self._dispute(invoice, hours=1)
        self.assertEqual(warning.state, "warning_closed")
        self.assertTrue(invoice.is_disputed)
        with self.assertRaisesRegex(UserError, "fraud warning"):
            dispute.action_close_warning()


@tagged("standard", "post_install", "-at_install")
class TestDeadlines(DisputeCase):
    """Who has to answer, and until when."""

    def _remind(self):
        self._run_cron("subscription_billing.ir_cron_dispute")

    def test_the_salesperson_answers_two_days_before_the_deadline(self):
        user = new_test_user(self.env, "seller", groups="base.group_user")
        dispute = self._dispute(self._create_paid(user_id=user.id))
        activity = dispute.activity_search([ANSWER])
        self.assertEqual(activity.date_deadline, date(2026, 3, 29))
        self.assertEqual(activity.user_id, user)
        self.assertIn("2026-03-31 23:59", activity.note)

    def test_the_company_may_name_somebody(self):
        user = new_test_user(self.env, "expert", groups="base.group_user")
        self.company.subscription_dispute_user_id = user
        dispute = self._dispute(self._create_paid())
        self.assertEqual(dispute.activity_ids.user_id, user)

    def test_the_administrator_answers_where_a_webhook_tells_it(self):
        for user in (self.env.ref("base.public_user"), self.env.ref("base.user_root")):
            model = self.env["subscription.dispute"].with_user(user).sudo()
            facts = self._facts(id=f"dp_{user.id}")
            dispute = model._update_from_facts(self.provider.with_user(user), facts)
            self.assertEqual(
                dispute.activity_ids.user_id, self.env.ref("base.user_admin")
            )

    def test_a_deadline_in_the_companys_time_zone(self):
        self.company.subscription_tz = "Pacific/Auckland"
        dispute = self._dispute(self._create_paid())
        activity = dispute.activity_ids
        self.assertEqual(activity.date_deadline, date(2026, 3, 30))
        self.assertIn("2026-04-01 12:59", activity.note)

    def test_a_short_deadline_is_for_today(self):
        soon = datetime(2026, 3, 21, 8)
        dispute = self._dispute(self._create_paid(), due_by=soon)
        self.assertEqual(dispute.activity_ids.date_deadline, date(2026, 3, 20))

    def test_a_moved_deadline_moves_the_activity(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice)
        self._dispute(invoice, due_by=datetime(2026, 4, 10, 8), hours=1)
        self.assertEqual(len(dispute.activity_ids), 1)
        self.assertEqual(dispute.activity_ids.date_deadline, date(2026, 4, 8))

    def test_who_has_not_answered_is_reminded_once_the_day_before(self):
        dispute = self._dispute(self._create_paid())
        with freeze_time("2026-03-30 23:00:00"):
            self._remind()
            self.assertFalse(dispute.activity_search([LAST_DAY]))
        with freeze_time("2026-03-31 00:30:00"):
            self._remind()
            self._remind()
            reminder = dispute.activity_search([LAST_DAY])
            self.assertEqual(len(reminder), 1)
            self.assertEqual(reminder.date_deadline, date(2026, 3, 31))
            reminder.action_feedback()
            self._remind()
            self.assertFalse(dispute.activity_search([LAST_DAY]))

    def test_one_that_cannot_be_reminded_of_does_not_stop_the_others(self):
        disputes = [self._dispute(self._create_paid()) for _number in range(3)]
        Dispute = type(disputes[0])
        get_to_do = Dispute._get_to_do

        def fail(dispute):
            if dispute == disputes[1]:
                raise UserError("Its words are missing.")
            return get_to_do(dispute)

        with (
            freeze_time("2026-03-31 00:30:00"),
            patch.object(Dispute, "_get_to_do", fail),
            self.assertLogs(ACTIVITIES, "WARNING") as logs,
        ):
            self._remind()
        self.assertIn("Its words are missing.", logs.output[0])
        reminded = [bool(each.activity_search([LAST_DAY])) for each in disputes]
        self.assertEqual(reminded, [True, False, True])
        self.assertEqual(
            [bool(each.date_reminded) for each in disputes], [True, False, True]
        )

    def test_who_has_answered_is_not_reminded(self):
        dispute = self._dispute(self._create_paid())
        dispute.action_mark_submitted()
        self.assertEqual(dispute.state, "under_review")
        self.assertEqual(dispute.evidence_time, datetime(2026, 3, 20, 12))
        self.assertFalse(dispute.activity_ids)
        with freeze_time("2026-03-31 00:30:00"):
            self._remind()
        self.assertFalse(dispute.activity_ids)

    def test_it_is_answered_once(self):
        dispute = self._dispute(self._create_paid())
        dispute.action_mark_submitted()
        with self.assertRaisesRegex(UserError, "waits for an answer"):
            dispute.action_mark_submitted()

    def test_a_dispute_is_answered_anew_after_its_inquiry(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="warning_needs_response")
        dispute.action_mark_submitted()
        self._dispute(invoice, hours=48)
        self.assertTrue(dispute.is_to_answer)
        self.assertEqual(len(dispute.activity_ids), 1)

    def test_an_appeal_is_answered_anew(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice)
        dispute.action_mark_submitted()
        self._dispute(invoice, status="lost", hours=24)
        self._dispute(invoice, status="appeal_needs_response", hours=48)
        self.assertTrue(dispute.is_to_answer)
        self.assertEqual(len(dispute.activity_ids), 1)
        found = dispute.search([("is_to_answer", "=", True)])
        self.assertEqual(found, dispute)
        self.assertFalse(dispute.date_closed)

    def test_what_was_decided_asks_for_nothing(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice)
        self._dispute(invoice, status="lost", hours=1)
        self.assertFalse(dispute.activity_ids)


@tagged("standard", "post_install", "-at_install")
class TestPeople(DisputeCase):
    """What people see and press."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "subscription_billing.group_subscription_user"
        cls.user = new_test_user(cls.env, "reader", groups=group)
        cls.accountant = new_test_user(
            cls.env, "accountant", groups="account.group_account_invoice"
        )

    def test_a_user_reads_and_presses_no_button(self):
        dispute = self._dispute(self._create_paid(), movements=(self._movement(),))
        self.env.flush_all()
        self.env.invalidate_all()
        mine = dispute.with_user(self.user)
        self.assertEqual(Form(mine).amount, 115)
        for button in (
            "action_mark_submitted",
            "action_submit_evidence",
            "action_release_hold",
            "action_allow_charging",
            "action_close_warning",
            "action_settle_books",
            "action_create_pack",
        ):
            with self.subTest(button=button), self.assertRaises(AccessError):
                getattr(mine, button)()

    def test_an_accountant_handles_it(self):
        dispute = self._dispute(self._create_paid(), movements=(self._movement(),))
        self.env.flush_all()
        self.env.invalidate_all()
        mine = dispute.with_user(self.accountant)
        with Form(mine) as form:
            form.explanation = "They have used it ever since."
            form.loss_handling = "reopen"
        mine.action_release_hold()
        mine.action_mark_submitted()
        self.assertEqual(dispute.state, "under_review")
        self.assertTrue(mine.action_view_entries()["res_id"])

    def test_nobody_writes_what_the_provider_says(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, movements=(self._movement(),))
        for vals in (
            {"state": "won"},
            {"amount": 1},
            {"is_charging_allowed": True},
            {"is_hold_released": True},
            {"provider_reference": "dp_other"},
            {"date_closed": "2026-03-20 12:00:00"},
            {"is_blocking": False},
            {"invoice_id": False},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                dispute.with_user(self.accountant).write(vals)
        self.assertTrue(invoice.is_disputed)
        dispute.with_user(self.accountant).write({"explanation": "They have used it."})

    def test_a_booked_loss_is_not_changed_in_silence(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="lost", movements=(self._movement(),))
        with self.assertRaisesRegex(UserError, "booked already: Written off"):
            dispute.with_user(self.accountant).loss_handling = "reopen"
        self._dispute(invoice, status="lost", hours=1, reason="insufficient_funds")
        self.assertEqual(dispute.reason, "insufficient_funds")
        self.assertEqual(dispute.loss_handling, "write_off")

    def test_another_company_sees_nothing_of_it(self):
        dispute = self._dispute(self._create_paid(), movements=(self._movement(),))
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="subscription_billing.group_subscription_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        for name in ("", ".movement", ".report"):
            model = self.env[f"subscription.dispute{name}"].with_user(stranger)
            self.assertFalse(model.search([]), name)
        with self.assertRaises(AccessError):
            dispute.with_user(stranger).read(["amount"])

    def test_outcomes_are_counted_by_reason(self):
        for status in ("won", "won", "lost", "needs_response"):
            self._dispute(self._create_paid(), status=status, reason="duplicate")
        self.env.flush_all()
        report = self.env["subscription.dispute.report"]
        ((reason, count, rate, lost),) = report._read_group(
            [("company_id", "=", self.company.id), ("reason", "=", "duplicate")],
            ["reason"],
            ["__count", "win_rate:avg", "amount_lost:sum"],
        )
        self.assertEqual((reason, count, lost), ("duplicate", 4, 115))
        self.assertAlmostEqual(rate, 66.67, 2)

    def test_a_provider_without_a_service_says_where_to_hand_in(self):
        dispute = self._dispute(self._create_paid())
        with self.assertRaisesRegex(UserError, "dashboard"):
            dispute.action_submit_evidence()
        self.assertTrue(dispute.is_to_answer)

    def test_settings_create_the_accounts_that_are_missing(self):
        company = self.company
        loss = company.subscription_dispute_loss_account_id
        company.subscription_dispute_account_id = False
        settings = self.env["res.config.settings"].create({})
        settings.action_create_dispute_accounts()
        account = company.subscription_dispute_account_id
        self.assertTrue(account.reconcile)
        self.assertEqual(account.account_type, "asset_current")
        self.assertEqual(company.subscription_dispute_loss_account_id, loss)
