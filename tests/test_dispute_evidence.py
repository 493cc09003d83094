"""The evidence against a dispute: what it tells, and the PDF."""

import io
from datetime import date, datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.pdf import PdfReader

from odoo.addons.subscription_billing.tests.common_disputes import DisputeCase


class EvidenceCase(DisputeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.subscription_refund_policy = "No refunds of begun periods."
        cls.company.subscription_cancellation_policy = "Cancel at any time."
        cls.portal = new_test_user(
            cls.env, "ada", groups="base.group_portal", partner_id=cls.partner.id
        )
        cls.partner.write(
            {
                "name": "Ada Lovelace",
                "email": "ada@example.com",
                "street": "12 St James's Square",
                "city": "London",
            }
        )

    def _log_in(self, time=datetime(2026, 3, 8, 9, 30), address="203.0.113.7"):
        """Leave what a log-in of the customer leaves."""
        log = self.env["res.users.log"].with_user(self.portal).sudo().create({})
        self.env.cr.execute(
            "UPDATE res_users_log SET create_date = %s WHERE id = %s", [time, log.id]
        )
        log.invalidate_recordset(["create_date"])
        self.env["res.device.log"].create(
            {
                "session_identifier": "session",
                "user_id": self.portal.id,
                "platform": "linux",
                "browser": "firefox",
                "ip_address": address,
                "first_activity": time,
                "last_activity": time,
            }
        )


@tagged("standard", "post_install", "-at_install")
class TestEvidence(EvidenceCase):
    """Texts by neutral names, chosen by the reason."""

    def test_it_says_who_bought_what_and_when(self):
        evidence = self._dispute(self._create_paid())._get_evidence()
        self.assertEqual(evidence["customer_name"], "Ada Lovelace")
        self.assertEqual(evidence["customer_email"], "ada@example.com")
        self.assertIn("St James's Square", evidence["billing_address"])
        self.assertEqual(evidence["service_date"], "03/10/2026 - 04/09/2026")
        self.assertIn("Maintenance", evidence["product_description"])

    def test_log_ins_of_the_customer_are_told(self):
        self._log_in()
        evidence = self._dispute(self._create_paid())._get_evidence()
        self.assertEqual(evidence["customer_purchase_ip"], "203.0.113.7")
        log = evidence["access_activity_log"]
        self.assertIn("2026-03-08 09:30 UTC: ada logged in", log)
        self.assertIn("Linux Firefox from 203.0.113.7", log)

    def test_log_ins_of_others_are_not(self):
        self._log_in()
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        token = self._create_token(stranger)
        invoice = self._create_paid(partner_id=stranger.id, payment_token_id=token.id)
        evidence = self._dispute(invoice)._get_evidence()
        self.assertNotIn("access_activity_log", evidence)
        self.assertNotIn("customer_purchase_ip", evidence)

    def test_policies_are_told_where_they_matter(self):
        invoice = self._create_paid(terms="<p>A month at a time.</p>")
        evidence = self._dispute(
            invoice, reason="subscription_canceled"
        )._get_evidence()
        self.assertIn("Cancel at any time.", evidence["cancellation_policy"])
        self.assertIn("A month at a time.", evidence["cancellation_policy"])
        self.assertEqual(evidence["refund_policy"], "No refunds of begun periods.")
        disclosure = evidence["cancellation_policy_disclosure"]
        self.assertIn(invoice.name, disclosure)
        self.assertIn("4242", disclosure)
        self.assertIn("no cancellation", evidence["cancellation_rebuttal"])
        self.assertNotIn("prior_undisputed_charges", evidence)

    def test_a_cancellation_is_not_denied(self):
        invoice = self._create_paid()
        invoice.subscription_ids.date_end = date(2026, 4, 9)
        dispute = self._dispute(invoice, reason="subscription_canceled")
        rebuttal = dispute._get_evidence()["cancellation_rebuttal"]
        self.assertIn("ends with 04/09/2026", rebuttal)

    def test_a_duplicate_is_told_apart_from_the_other_charge(self):
        other = self._create_paid(date(2026, 2, 10))
        invoice = self._create_paid()
        dispute = self._dispute(invoice, reason="duplicate")
        text = dispute._get_evidence()["duplicate_charge_explanation"]
        mine, theirs = text.splitlines()
        self.assertIn(invoice.name, mine)
        self.assertIn(other.name, theirs)

    def test_credits_that_were_written_are_told(self):
        invoice = self._create_paid()
        note = invoice._reverse_moves([{"invoice_date": date(2026, 3, 15)}])
        note.action_post()
        dispute = self._dispute(invoice, reason="credit_not_processed")
        text = dispute._get_evidence()["refund_refusal_explanation"]
        self.assertIn(note.name, text)
        self.assertIn("115.00", text)

    def test_what_was_used_is_told(self):
        invoice = self._create_paid()
        subscription = invoice.subscription_ids
        self._include_service(subscription.plan_id)
        subscription._start_entitlements()
        self._use_service(subscription.entitlement_ids, date=date(2026, 3, 12))
        meter = self._create_meter()
        metered = self._create_metered(meter, date_start=date(2026, 3, 1))
        self._record(metered, meter, {"quantity": 7, "time": "2026-03-12T08:00:00Z"})
        dispute = self._dispute(invoice)
        text = dispute._get_evidence()["service_documentation"]
        self.assertIn("2026-03-12: 1 Maintenance", text)
        uses = dispute.new({"subscription_id": metered.id})._get_uses()
        self.assertEqual(uses, [("2026-03", "7 Calls")])

    def test_notices_that_were_sent_are_told(self):
        invoice = self._create_paid()
        rule = self.env.ref("subscription_billing.notice_rule_renewal")
        told = {
            "subscription_id": invoice.subscription_ids.id,
            "company_id": self.company.id,
            "kind": "renewal",
            "rule_id": rule.id,
            "date_event": date(2026, 4, 10),
            "subject": "Your renewal",
            "email": "ada@example.com",
        }
        sent = {"state": "sent", "date_sent": datetime(2026, 3, 10, 11)}
        self.env["subscription.notice"].create(
            [{**told, **sent, "key": "1"}, {**told, "key": "2"}]
        )
        text = self._dispute(invoice)._get_evidence()["customer_communication"]
        self.assertEqual(text, "2026-03-10 11:00 UTC: Your renewal (ada@example.com)")

    def test_a_person_adds_an_explanation(self):
        dispute = self._dispute(self._create_paid())
        dispute.explanation = "They use it every day."
        evidence = dispute._get_evidence()
        self.assertEqual(evidence["uncategorized_text"], "They use it every day.")

    def test_nothing_is_made_up_of_an_unknown_charge(self):
        evidence = self._tell(self._facts(reason="general"))._get_evidence()
        self.assertFalse(
            {"customer_name", "service_date", "access_activity_log"} & set(evidence)
        )


@tagged("standard", "post_install", "-at_install")
class TestPriorCharges(EvidenceCase):
    """Compelling evidence: two undisputed charges of 120 to 365 days ago."""

    def _create_charged(self, *ages):
        """Create paid invoices of an age in days at 10 March 2026, and one of then."""
        day = date(2026, 3, 10)
        earlier = [self._create_paid(day - timedelta(days=age)) for age in ages]
        return self._create_paid(day), earlier

    def test_two_undisputed_charges_are_named(self):
        invoice, (old, older) = self._create_charged(130, 300)
        dispute = self._dispute(invoice)
        text = dispute._get_evidence()["prior_undisputed_charges"]
        first, second = text.splitlines()
        self.assertIn(old.name, first)
        self.assertIn(older.name, second)

    def test_one_is_not_enough(self):
        invoice, _earlier = self._create_charged(30, 130)
        evidence = self._dispute(invoice)._get_evidence()
        self.assertNotIn("prior_undisputed_charges", evidence)

    def test_a_disputed_one_does_not_count(self):
        invoice, (old, _older) = self._create_charged(130, 300)
        self._dispute(old, status="won")
        evidence = self._dispute(invoice)._get_evidence()
        self.assertNotIn("prior_undisputed_charges", evidence)

    def test_another_payment_method_does_not_count(self):
        invoice, _earlier = self._create_charged(130, 300)
        self.token = self._create_token()
        again = self._create_paid(date(2026, 3, 11))
        self.assertNotEqual(again.transaction_ids.token_id, invoice.transaction_ids)
        evidence = self._dispute(again)._get_evidence()
        self.assertNotIn("prior_undisputed_charges", evidence)


@tagged("standard", "post_install", "-at_install")
class TestPack(EvidenceCase):
    """The PDF, really printed."""

    def _get_text(self, attachment):
        reader = PdfReader(io.BytesIO(attachment.raw))
        return [page.extract_text() for page in reader.pages]

    def test_it_holds_the_evidence_and_the_invoice(self):
        self._log_in()
        invoice = self._create_paid()
        dispute = self._dispute(invoice, reason="subscription_canceled")
        dispute.explanation = "They use it every day."
        action = dispute.action_create_pack()
        attachment = dispute.evidence_attachment_id
        self.assertIn(str(attachment.id), action["url"])
        self.assertEqual(attachment.res_id, dispute.id)
        self.assertTrue(attachment.raw.startswith(b"%PDF"))
        *evidence, printed = self._get_text(attachment)
        told = " ".join(" ".join(evidence).split())
        for words in (
            dispute.provider_reference,
            "They use it every day.",
            "Cancel at any time.",
            "No refunds of begun periods.",
            "203.0.113.7",
        ):
            self.assertIn(words, told)
        self.assertIn(invoice.name, printed)

    def test_a_new_one_replaces_the_old(self):
        dispute = self._dispute(self._create_paid())
        dispute.action_create_pack()
        old = dispute.evidence_attachment_id
        dispute.action_create_pack()
        self.assertFalse(old.exists())
        self.assertTrue(dispute.evidence_attachment_id)

    def test_it_can_be_looked_at_before(self):
        dispute = self._dispute(self._create_paid())
        action = dispute.action_preview_evidence()
        report = action["url"].split("/")[-2]
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            report, dispute.ids
        )
        self.assertIn(dispute.provider_reference, html.decode())

    def test_an_unknown_charge_has_a_pack_without_invoices(self):
        dispute = self._tell(self._facts())
        dispute.action_create_pack()
        self.assertTrue(dispute.evidence_attachment_id)

    def test_evidence_is_handed_in_by_the_provider_that_can(self):
        dispute = self._dispute(self._create_paid())
        handed_in = []
        self.patch(
            type(dispute),
            "_submit_evidence",
            lambda each: handed_in.append(each._get_evidence()),
        )
        dispute.action_submit_evidence()
        self.assertEqual(handed_in[0]["customer_name"], "Ada Lovelace")
        self.assertEqual(dispute.state, "under_review")
        with self.assertRaisesRegex(UserError, "waits"):
            dispute.action_submit_evidence()
