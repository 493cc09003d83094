"""Evidence against a dispute, handed in at Stripe: once, and known to be there."""

import io
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.pdf import PdfWriter

from tests.stripe_event_case import StripeEventCase


class StripeEvidenceCase(StripeEventCase):
    """A charge through Stripe that its customer contests."""

    #: whether the pack is really printed, which takes seconds
    is_printing = False

    def setUp(self):
        super().setUp()
        if not self.is_printing:
            page = io.BytesIO()
            writer = PdfWriter()
            writer.add_blank_page(10, 10)
            writer.write(page)
            self.patch(
                type(self.env["subscription.dispute"]),
                "_print",
                lambda *_args: page.getvalue(),
            )
        self.company._create_dispute_accounts()
        self.charge = self._collect()
        self.dispute = self._contest("subscription_canceled")
        self.at_stripe = f"disputes/{self.dispute.provider_reference}"

    def _contest(self, reason="general", **options):
        """Let the customer contest the charge; return the dispute."""
        payment = self.charge.provider_reference
        found = self.stand_in.dispute(payment, reason, **options)
        self._hear()
        return self.env["subscription.dispute"].search(
            [("provider_reference", "=", found["id"])]
        )

    def _get_sent(self):
        """Return the requests that have handed evidence in."""
        return self.stand_in.calls("POST", self.at_stripe)

    def _get_at_stripe(self):
        return self.stand_in.get(self.dispute.provider_reference)

    def _assert_submitted_once(self):
        self.assertEqual(self.dispute.state, "under_review")
        found = self._get_at_stripe()["evidence_details"]
        self.assertEqual(found["submission_count"], 1)

    def _assert_not_submitted(self):
        self.assertEqual(self.dispute.state, "needs_response")
        self.assertFalse(self.dispute.evidence_time)
        self.assertTrue(self.dispute.can_submit_evidence)


@tagged("standard", "post_install", "-at_install")
class TestPrintedEvidence(StripeEvidenceCase):
    is_printing = True

    def test_stripe_gets_the_pack_and_the_texts(self):
        self.dispute.explanation = "They use it every day."
        self.dispute.action_submit_evidence()
        evidence = self._get_at_stripe()["evidence"]
        file = self.stand_in.get(evidence.pop("uncategorized_file"))
        self.assertEqual((file["purpose"], file["type"]), ("dispute_evidence", "pdf"))
        self.assertEqual(file["size"], len(self.dispute.evidence_attachment_id.raw))
        self.assertEqual(evidence["uncategorized_text"], "They use it every day.")
        self.assertEqual(evidence["customer_name"], self.charge.partner_id.name)
        self.assertIn("no cancellation", evidence["cancellation_rebuttal"])
        self.assertNotIn("cancellation_policy", evidence, "Stripe wants a file there")


@tagged("standard", "post_install", "-at_install")
class TestStripeEvidence(StripeEvidenceCase):
    def test_what_was_handed_in_and_when_is_kept(self):
        before = fields.Datetime.now()
        self.dispute.action_submit_evidence()
        self.assertEqual(self.dispute.state, "under_review")
        self.assertGreaterEqual(self.dispute.evidence_time, before)
        self.assertFalse(self.dispute.activity_ids)
        told = self.dispute.message_ids.filtered(lambda m: "handed in" in m.body)
        self.assertIn("customer name", told.body)
        self.assertIn("cancellation rebuttal", told.body)
        sent = self.dispute.evidence_attachment_id.raw
        self.dispute.action_create_pack()
        self.assertEqual(told.attachment_ids.raw, sent, "a newer pack replaces it not")

    def test_the_event_that_follows_changes_nothing(self):
        self.dispute.action_submit_evidence()
        time = self.dispute.evidence_time
        self._hear()
        event = self._get_events("charge.dispute.updated")
        self.assertEqual(event.state, "processed")
        self.assertEqual(self.dispute.state, "under_review")
        self.assertEqual(self.dispute.evidence_time, time)
        fees = self.dispute.movement_ids.filtered(lambda each: each.kind == "fee")
        self.assertEqual(fees.fee, 15, "for countering it")

    def test_an_inquiry_is_answered_too(self):
        self.dispute = inquiry = self._contest(inquiry=True)
        self.assertTrue(inquiry.can_submit_evidence)
        inquiry.action_submit_evidence()
        self.assertEqual(inquiry.state, "warning_under_review")

    # === ONCE === #

    def test_it_is_submitted_once(self):
        self.dispute.action_submit_evidence()
        self.assertFalse(self.dispute.can_submit_evidence)
        with self.assertRaisesRegex(UserError, "waits for an answer"):
            self.dispute.action_submit_evidence()
        self.assertEqual(len(self._get_sent()), 1)

    def test_a_request_that_odoo_repeats_submits_nothing_twice(self):
        """The database forgets what Stripe has: a conflict has rolled it back."""
        self.dispute._submit_evidence()
        self.dispute.action_submit_evidence()
        self.assertEqual(len(self._get_sent()), 1)
        self.assertEqual(self.dispute.state, "under_review")
        bodies = " ".join(self.dispute.message_ids.mapped("body"))
        self.assertIn("had the evidence already", bodies)

    def test_what_was_submitted_in_the_dashboard_is_known(self):
        self.stripe.disputes.update(
            self.dispute.provider_reference,
            {"evidence": {"uncategorized_text": "By hand"}, "submit": True},
        )
        self._hear()
        self.assertEqual(self.dispute.state, "under_review")
        self.assertTrue(self.dispute.evidence_time)

    # === STRIPE DOES NOT TAKE IT === #

    def test_what_was_decided_meanwhile_takes_no_evidence(self):
        self.stripe.disputes.close(self.dispute.provider_reference)
        with self.assertRaisesRegex(UserError, "takes no evidence .* any more"):
            self.dispute.action_submit_evidence()
        self.assertFalse(self._get_sent())
        self._assert_not_submitted()

    def test_stripes_own_reason_of_a_refusal_is_told(self):
        self.stand_in.advance(15 * 86400)
        with self.assertRaisesRegex(
            UserError, "deadline .* has passed.*\\n.*dashboard"
        ):
            self.dispute.action_submit_evidence()
        self._assert_not_submitted()

    def test_a_file_that_stripe_refuses_stops_it_all(self):
        pack = type(self.dispute)._create_pack
        self.patch(
            type(self.dispute), "_create_pack", lambda each: self._spoil(pack(each))
        )
        with self.assertRaisesRegex(UserError, "file type is not supported"):
            self.dispute.action_submit_evidence()
        self.assertFalse(self._get_sent())
        self._assert_not_submitted()

    def _spoil(self, attachment):
        attachment.raw = b"no PDF"
        return attachment

    def test_a_wrong_key_says_what_to_do(self):
        self.stand_in.revoke("sk_test_subscriptions")
        with self.assertRaisesRegex(UserError, "(?s)No evidence .*API keys"):
            self.dispute.action_submit_evidence()
        self._assert_not_submitted()

    # === NO ANSWER === #

    def test_a_lost_answer_is_looked_up(self):
        self.stand_in.faults.add("close_after", times=3, path=self.at_stripe)
        self.dispute.action_submit_evidence()
        self.assertEqual(self.dispute.state, "under_review")
        self.assertEqual(
            self._get_at_stripe()["evidence_details"]["submission_count"], 1
        )

    def test_a_request_that_never_arrived_is_no_success(self):
        self.stand_in.faults.add("close_before", times=3, path=self.at_stripe)
        with self.assertRaisesRegex(UserError, "may or may not have the evidence"):
            self.dispute.action_submit_evidence()
        self._assert_not_submitted()
        self.stand_in.faults.clear()
        self.dispute.action_submit_evidence()
        self.assertEqual(self.dispute.state, "under_review")

    def test_an_answer_that_stays_lost_is_no_success(self):
        self.stand_in.faults.add("close_after", times=3, path=self.at_stripe)
        self.stand_in.faults.add("close_before", "GET", self.at_stripe, times=3, skip=1)
        with self.assertRaisesRegex(UserError, "may or may not have the evidence"):
            self.dispute.action_submit_evidence()
        self._assert_not_submitted()
        self.dispute.action_submit_evidence()
        self.assertEqual(self.dispute.state, "under_review")
        self.assertEqual(
            self._get_at_stripe()["evidence_details"]["submission_count"], 1
        )

    def test_stripe_out_of_reach_says_that_nothing_was_sent(self):
        self.stand_in.faults.add("close_before", "*", times=3, path=self.at_stripe)
        with self.assertRaisesRegex(UserError, "No evidence was handed in"):
            self.dispute.action_submit_evidence()
        self.assertFalse(self.stand_in.calls("POST", "files"))
        self._assert_not_submitted()


@tagged("standard", "post_install", "-at_install")
class TestEvidenceButton(StripeEvidenceCase):
    """The button is there only where it works."""

    def test_it_works_until_the_deadline(self):
        self.assertTrue(self.dispute.can_submit_evidence)
        self.dispute.due_by = fields.Datetime.now() - timedelta(minutes=1)
        self.dispute.invalidate_recordset(["can_submit_evidence"])
        self.assertFalse(self.dispute.can_submit_evidence)

    def test_it_does_not_for_what_is_decided_or_a_warning(self):
        self.stand_in.close_dispute(self.dispute.provider_reference)
        self.stand_in.fraud_warning(self.charge.provider_reference)
        self._hear()
        disputes = self.env["subscription.dispute"].search([])
        self.assertEqual(set(disputes.mapped("kind")), {"dispute", "fraud_warning"})
        self.assertFalse(any(disputes.mapped("can_submit_evidence")))

    def test_an_appeal_is_made_in_the_dashboard(self):
        self.dispute._set_state("appeal_needs_response", fields.Datetime.now())
        self.assertTrue(self.dispute.is_to_answer)
        self.assertFalse(self.dispute.can_submit_evidence)
        with self.assertRaisesRegex(UserError, "provider's own dashboard"):
            self.dispute.action_submit_evidence()

    def test_an_accountant_submits_and_an_auditor_does_not(self):
        auditor = new_test_user(self.env, "auditor", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            self.dispute.with_user(auditor).action_submit_evidence()
        accountant = new_test_user(self.env, "clerk", "account.group_account_invoice")
        mine = self.dispute.with_user(accountant)
        self.assertTrue(mine.can_submit_evidence)
        mine.action_submit_evidence()
        self.assertEqual(mine.state, "under_review")
