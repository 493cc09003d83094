"""The proof of a notice follows its e-mail, and outlives it."""

from datetime import date, datetime
from functools import partial
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common_notices import NoticeCase

SUBSCRIPTION = "odoo.addons.subscription_billing.models.subscription_subscription"


class ProofCase(NoticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule("price_change")
        cls.subscription = cls._create_subscription(date_start=date(2026, 3, 10))

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-04-01 10:00:00"))


@tagged("standard", "post_install", "-at_install")
class TestProof(ProofCase):
    """States, as the mail queue knows them."""

    def test_it_is_sent_when_the_mail_server_took_it(self):
        notice = self._notify(self.subscription)
        with freeze_time("2026-04-01 10:30:00"):
            self._send(notice)
        self.assertEqual(
            self._mails[0]["email_to"], ['"Ada Lovelace" <ada@example.com>']
        )
        self.assertEqual(notice.mail_mail_id.state, "sent")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.date_sent, datetime(2026, 4, 1, 10, 30))
        self.assertEqual(notice.message_id, notice.mail_mail_id.message_id)
        self.assertFalse(notice.is_late)

    def test_it_is_late_with_fewer_days_left_than_the_rule_says(self):
        notice = self._notify(self.subscription)
        with freeze_time("2026-04-02"):
            self._send(notice)
        self.assertTrue(notice.is_late, "29 days before 1 May")

    def test_it_outlives_a_mail_that_is_deleted_at_once(self):
        self.rule.template_id.auto_delete = True
        notice = self._notify(self.subscription)
        mail, message = notice.mail_mail_id, notice.mail_message_id
        body, number = notice.body, notice.message_id
        self._send(notice, mail_unlink_sent=True)
        self.assertFalse(mail.exists() or message.exists())
        self.assertRecordValues(
            notice,
            [
                {
                    "state": "sent",
                    "email": "ada@example.com",
                    "body": body,
                    "message_id": number,
                    "mail_mail_id": False,
                    "mail_message_id": False,
                }
            ],
        )
        self.assertTrue(notice.date_sent)

    def test_it_keeps_the_words_and_the_address_as_sent(self):
        notice = self._notify(self.subscription)
        self.partner.email = "new@example.com"
        notice.mail_mail_id.write({"subject": "Mended", "body_html": "<p>Mended</p>"})
        self._send(notice)
        self.assertEqual(notice.email, "new@example.com")
        self.assertEqual(notice.subject, "Mended")
        self.assertEqual(notice.body, "<p>Mended</p>")

    def test_it_names_all_whom_the_mail_went_to(self):
        notice = self._notify(self.subscription)
        silent = self.env["res.partner"].create({"name": "Silent"})
        notice.mail_mail_id.recipient_ids |= silent
        notice.mail_mail_id.email_cc = "boss@example.com"
        self._send(notice)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.email, "ada@example.com, boss@example.com")

    def test_what_was_sent_is_neither_changed_nor_deleted(self):
        notice = self._notify(self.subscription)
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            notice.unlink()
        self._send(notice)
        for vals in ({"state": "failed"}, {"body": ""}, {"date_sent": False}):
            with self.assertRaisesRegex(UserError, "cannot be changed"):
                notice.write(vals)
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            notice.unlink()

    def test_a_mail_that_goes_out_twice_leaves_the_first_proof(self):
        notice = self._notify(self.subscription)
        self._send(notice)
        notice.mail_mail_id.mark_outgoing()
        with freeze_time("2026-04-20"):
            self._send(notice)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.date_sent, datetime(2026, 4, 1, 10))

    def test_a_failure_is_readable_and_asks_a_person(self):
        self.subscription.user_id = self.env.ref("base.user_admin")
        notice = self._notify(self.subscription)
        self._send_badly(notice)
        self.assertEqual(notice.state, "failed")
        self.assertIn("on fire", notice.failure_reason)
        self.assertFalse(notice.date_sent)
        self.assertEqual(self.subscription.notice_failed_count, 1)
        activity = self.subscription.activity_ids
        self.assertEqual(activity.user_id, self.subscription.user_id)
        self.assertIn("on fire", activity.note)

    def test_a_server_that_cannot_be_reached_is_a_failure_too(self):
        notice = self._notify(self.subscription)
        with self.mock_mail_gateway():
            self.connect_mocked.side_effect = OSError("No route to host")
            notice.mail_mail_id.send()
        self.assertEqual(notice.state, "failed")
        self.assertIn("No route to host", notice.failure_reason)

    def test_a_second_failure_adds_no_second_activity(self):
        notices = self._notify(self.subscription) | self._notify(
            self.subscription, key="2"
        )
        self._send_badly(notices)
        self.assertEqual(notices.mapped("state"), ["failed"] * 2)
        self.assertEqual(len(self.subscription.activity_ids), 1)

    def test_no_activity_is_worth_sending_a_mail_twice(self):
        """What fails beside the queue must not roll back what the queue has sent."""
        notice = self._notify(self.subscription)
        self.patch(
            self.registry["subscription.subscription"],
            "_schedule_notice_activity",
            lambda _self, _reason: 1 / 0,
        )
        with self.assertLogs(f"{SUBSCRIPTION}_notices", "ERROR"):
            self._send_badly(notice)
        self.assertEqual(notice.mail_mail_id.state, "exception")
        self.assertEqual(notice.state, "failed")

    def test_a_conflict_comes_before_the_mail_is_out_not_after(self):
        """Its row has been written by the time that the mail server is called."""
        notice = self._notify(self.subscription)
        mail, seen = notice.mail_mail_id, []

        def send_email(*_args, **_kwargs):
            self.env.cr.execute("SELECT state FROM mail_mail WHERE id = %s", [mail.id])
            seen.append(self.env.cr.fetchone()[0])
            return "<sent>"

        self.env.flush_all()
        with self.mock_mail_gateway():
            self.send_email_mocked.side_effect = send_email
            mail.send()
        self.assertEqual(seen, ["exception"])
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.message_id, "<sent>")

    def test_it_follows_a_mail_that_people_cancel_and_retry(self):
        notice = self._notify(self.subscription)
        notice.mail_mail_id.cancel()
        self.assertEqual(notice.state, "cancelled")
        notice.mail_mail_id.mark_outgoing()
        self.assertEqual(notice.state, "queued")
        self._send_badly(notice)
        notice.mail_mail_id.action_retry()
        self.assertRecordValues(notice, [{"state": "queued", "failure_reason": False}])
        self._send(notice)
        self.assertEqual(notice.state, "sent")

    def test_a_mail_that_people_delete_is_not_written_again(self):
        notice = self._notify(self.subscription)
        message = notice.mail_message_id
        notice.mail_mail_id.unlink()
        message.exists().unlink()
        self._run()
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("deleted before it was sent", notice.failure_reason)

    def test_mails_of_others_are_left_alone(self):
        notice = self._notify(self.subscription)
        other = self.env["mail.mail"].create(
            {
                "email_to": "x@example.com",
                "model": self.subscription._name,
                "res_id": self.subscription.id,
            }
        )
        with self.mock_mail_gateway():
            other.send()
        self.assertEqual(other.state, "sent")
        self.assertEqual(notice.state, "queued")


@tagged("standard", "post_install", "-at_install")
class TestOnce(ProofCase):
    """An event is told of once, and it can be asked whether it was."""

    def test_the_same_event_is_told_of_once(self):
        first = self._notify(self.subscription)
        self.assertTrue(first)
        self.assertFalse(self._notify(self.subscription))
        other_event = self._notify(self.subscription, key="2")
        other = self._notify(self.subscription | self._create_subscription())
        self.assertEqual(len(first | other_event | other), 3)

    def test_the_database_refuses_a_second(self):
        notice = self._notify(self.subscription)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            notice.copy()

    def test_where_no_rule_asks_for_it_nobody_is_told(self):
        self.assertFalse(self._notify(self.subscription, "plan_change"))
        self.rule.active = False
        self.assertFalse(self._notify(self.subscription))
        archived = self.env(context={**self.env.context, "active_test": False})
        self.assertFalse(self._notify(self.subscription.with_env(archived)))

    def test_the_proof_can_be_asked_for(self):
        notice = self._notify(self.subscription, key="campaign 7")
        self.assertFalse(self.subscription._has_notice("price_change", "campaign 7"))
        self._send(notice)
        proof = self.subscription._has_notice("price_change", "campaign 7")
        self.assertEqual(proof, notice)
        self.assertFalse(self.subscription._has_notice("plan_change", "campaign 7"))
        self.assertFalse(self.subscription._has_notice("price_change", "campaign 8"))

    def test_the_proof_of_what_is_found_ahead_is_asked_for_by_its_day(self):
        self._create_rule()
        subscription = self._create_yearly()
        with freeze_time("2027-02-10"):
            self._send(self._run())
        day = subscription._get_notice_date("renewal")
        self.assertEqual(day, date(2027, 3, 1))
        self.assertEqual(
            subscription._has_notice("renewal", day), subscription.notice_ids
        )


@tagged("standard", "post_install", "-at_install")
class TestButtons(ProofCase):
    """What people do about a notice that did not go out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("subscription_billing.group_subscription_user")
        cls.accountant = cls._create_user("account.group_account_invoice")

    @classmethod
    def _create_user(cls, group):
        return new_test_user(cls.env, f"notices_{group}", groups=group)

    def setUp(self):
        super().setUp()
        self.partner.email = False
        self.notice = self._notify(self.subscription)
        self.assertEqual(self.notice.state, "failed")

    def test_a_user_sends_again_what_is_mended(self):
        self.partner.email = "new@example.com"
        self.notice.with_user(self.user).action_send_again()
        self.assertRecordValues(
            self.notice,
            [{"state": "queued", "email": "new@example.com", "failure_reason": False}],
        )
        self.assertFalse(self.subscription.activity_ids)
        self._send(self.notice)
        self.assertEqual(self.notice.state, "sent")

    def test_what_is_not_mended_fails_again_at_once(self):
        self.notice.with_user(self.user).action_send_again()
        self.assertEqual(self.notice.state, "failed")
        self.assertEqual(len(self.subscription.activity_ids), 1)

    def test_the_mail_that_failed_is_not_sent_beside_the_new_one(self):
        self.partner.email = "new@example.com"
        self.notice.action_send_again()
        first = self.notice.mail_mail_id
        self._send_badly(self.notice)
        self.notice.action_send_again()
        self.assertEqual(first.state, "cancel")
        self.assertNotEqual(self.notice.mail_mail_id, first)
        first.mark_outgoing()
        self.assertEqual(self.notice.mail_mail_id.state, "outgoing")
        self.assertEqual(self.notice.state, "queued")

    def test_a_user_gives_up_what_was_said_on_the_phone(self):
        self.notice.with_user(self.user).action_cancel()
        self.assertEqual(self.notice.state, "cancelled")
        self.assertIn(self.user.name, self.notice.failure_reason)
        self.assertFalse(self.subscription.activity_ids)
        self.assertFalse(self._notify(self.subscription), "not told again by itself")

    def test_the_activity_stays_until_all_are_seen_to(self):
        other = self._notify(self.subscription, key="2")
        self.notice.action_cancel()
        self.assertTrue(self.subscription.activity_ids)
        other.action_cancel()
        self.assertFalse(self.subscription.activity_ids)

    def test_a_queued_mail_is_withdrawn_with_its_notice(self):
        self.partner.email = "new@example.com"
        self.notice.action_send_again()
        mail = self.notice.mail_mail_id
        self.notice.action_cancel()
        self.assertEqual(mail.state, "cancel")
        self.assertEqual(self.notice.state, "cancelled")

    def test_what_was_sent_is_neither_sent_again_nor_cancelled(self):
        self.partner.email = "new@example.com"
        self.notice.action_send_again()
        self._send(self.notice)
        with self.assertRaisesRegex(UserError, "is sent again"):
            self.notice.action_send_again()
        with self.assertRaisesRegex(UserError, "can be cancelled"):
            self.notice.action_cancel()

    def test_who_may_only_read_presses_no_button(self):
        notice = self.notice.with_user(self.accountant)
        self.assertEqual(notice.failure_reason, self.notice.failure_reason)
        for button in (notice.action_send_again, notice.action_cancel):
            with self.assertRaises(AccessError):
                button()

    def test_the_buttons_of_a_subscription_lead_to_its_notices(self):
        subscription = self.subscription.with_user(self.user)
        self.assertEqual(subscription.notice_count, 1)
        action = subscription.action_view_notices()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, self.notice)
        back = found.with_user(self.user).action_view_subscription()
        self.assertEqual(back["res_id"], subscription.id)
        action = self.rule.action_view_notices()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), found)


@tagged("standard", "post_install", "-at_install")
class TestInvoices(NoticeCase):
    """Invoices and receipts are told of when they happen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice_rule = cls._create_rule("invoice")
        cls.receipt_rule = cls._create_rule("receipt")
        cls.subscription = cls._create_subscription(date_start=date(2026, 3, 10))

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-10"))

    def _bill(self):
        """Let the renewal run invoice the period; return the invoice."""
        self._run_renewal()
        return self.subscription.invoice_ids[-1:]

    def _pay(self, invoice):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()

    def _get_notices(self, kind):
        return self.subscription.notice_ids.filtered(lambda n: n.kind == kind)

    def test_an_invoice_of_the_run_is_told_of(self):
        invoice = self._bill()
        self._run()
        notice = self._get_notices("invoice")
        self.assertRecordValues(
            notice,
            [
                {
                    "move_id": invoice.id,
                    "key": f"account.move,{invoice.id}",
                    "date_event": date(2026, 3, 10),
                    "state": "queued",
                }
            ],
        )
        self.assertIn(invoice.name, notice.subject)
        for text in (invoice.get_portal_url(), "115.00", "Maintenance"):
            self.assertIn(text.replace("&", "&amp;"), notice.body)
        self._send(notice)
        self.assertFalse(notice.is_late)

    def test_the_invoice_is_attached_where_the_rule_says_so(self):
        self.invoice_rule.attach_pdf = True
        invoice = self._bill()
        self._run()
        pdf = invoice.invoice_pdf_report_id
        self.assertTrue(pdf)
        self.assertEqual(self._get_notices("invoice").mail_mail_id.attachment_ids, pdf)

    def test_it_goes_to_the_invoice_address(self):
        address = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.partner.id,
                "email": "accounts@example.com",
            }
        )
        self.subscription.partner_invoice_id = address
        self._bill()
        self._run()
        self.assertEqual(self._get_notices("invoice").email, "accounts@example.com")

    def test_an_invoice_that_a_person_posts_again_is_told_of_once(self):
        invoice = self._bill()
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(len(self._get_notices("invoice")), 1)

    def test_other_invoices_are_none_of_ours(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [
                    fields.Command.create({"product_id": self.product.id})
                ],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        self.assertFalse(self.env["subscription.notice"].search([]))

    def test_a_payment_is_acknowledged_once(self):
        invoice = self._bill()
        self.assertFalse(self._get_notices("receipt"))
        with freeze_time("2026-03-20"):
            self._pay(invoice)
            self._run()
        notice = self._get_notices("receipt")
        self.assertEqual(notice.date_event, date(2026, 3, 20))
        self.assertIn("115.00", notice.body)
        invoice.line_ids.remove_move_reconcile()
        self._pay(invoice)
        self.assertEqual(self._get_notices("receipt"), notice)

    def test_a_collected_payment_says_with_what_it_was_paid(self):
        self.subscription.write(
            {
                "collection_method": "automatic",
                "payment_token_id": self._create_token().id,
            }
        )
        self._bill()
        self._run_collection()
        self._run()
        self.assertIn("4242", self._get_notices("receipt").body)

    def test_an_invoice_that_is_credited_was_not_paid(self):
        invoice = self._bill()
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).refund_moves()
        refund = invoice.reversal_move_ids
        refund.action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertFalse(self._get_notices("receipt"))
        self._run()
        _invoice, credited = self._get_notices("invoice").sorted("id")
        self.assertIn("Credit Note", credited.subject)

    def test_a_preview_that_is_rolled_back_tells_nobody(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.subscription.action_bill_now()
            1 / 0  # noqa: B018
        self.assertFalse(self.subscription.notice_ids)


@tagged("standard", "post_install", "-at_install")
class TestQueries(NoticeCase):
    """What a chunk costs does not grow with what is in it by more than it must."""

    def _count(self, work):
        """Return the queries that ``work`` makes on a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _create_due(self, count):
        """Create subscriptions that renew, of customers who can be reached."""
        subscriptions = self._create_subscriptions(
            count,
            plan_id=self.yearly.id,
            date_start=date(2026, 3, 1),
            date_next_invoice=date(2027, 3, 1),
        )
        for subscription in subscriptions:
            subscription.partner_id.email = f"{subscription.id}@example.com"
        return subscriptions

    def _count_chunks(self, count):
        """Return the queries of finding, and of writing, so many notices."""
        self._create_due(count)
        notifier = self.env["subscription.notifier"]._in_company(self.company)
        [(rule, domain)] = notifier._get_due_domains()
        found = self._count(lambda: notifier._find_chunk(rule, domain))
        written = self._count(notifier._write_chunk)
        return found, written

    @freeze_time("2027-02-10")
    def test_finding_and_writing(self):
        self._create_rule(min_term_months=12)
        self._count_chunks(5)  # what is loaded once
        few_found, few_written = self._count_chunks(10)
        many_found, many_written = self._count_chunks(50)
        self.assertEqual(self.env["subscription.notice"].search_count([]), 65)
        self.assertEqual(many_found, few_found)
        self.assertLessEqual((many_written - few_written) / 40, 0.5)

    @freeze_time("2027-02-10")
    def test_writing_of_invoices(self):
        self._create_rule("invoice")
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        notifier = self.env["subscription.notifier"]._in_company(self.company)
        counts = []
        for count in (5, 10, 50):
            renewal._bill(self._create_due(count))
            counts.append(self._count(notifier._write_chunk))
        _warm, few, many = counts
        # Each invoice gets the token of its page in the portal.
        self.assertLessEqual((many - few) / 40, 4)

    @freeze_time("2027-02-10")
    def test_posting_without_a_rule_costs_one_query(self):
        self._create_due(5)
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        invoices = renewal._bill(self.env["subscription.subscription"].search([]))
        notifier = self.env["subscription.notifier"]
        cost = self._count(lambda: notifier._notify_of_invoices(invoices, "invoice"))
        # Reading what kind of entry each is comes with the posting itself.
        free = self._count(lambda: invoices.mapped("move_type"))
        self.assertEqual(cost - free, 1)

    @freeze_time("2027-02-10")
    def test_posting_with_a_rule_costs_the_same_for_one_and_for_many(self):
        self._create_rule("invoice")
        self._create_due(30)
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        # Posting leaves the notices to the test.
        with patch.object(
            self.registry["subscription.notifier"], "_notify_of_invoices"
        ):
            invoices = renewal._bill(self.env["subscription.subscription"].search([]))
        notifier = self.env["subscription.notifier"]
        _warm, few, many = (
            self._count(partial(notifier._notify_of_invoices, some, "invoice"))
            for some in (invoices[:5], invoices[5:10], invoices[10:])
        )
        self.assertEqual(len(invoices.subscription_ids.notice_ids), 30)
        self.assertEqual(few, many)
