"""What customers are asked when all is settled, and what becomes of their answers."""

from odoo.addons.subscription_billing_dunning.models.dunning_case_thanks import THANKS
from odoo.exceptions import AccessError, UserError
from odoo.tests import mute_logger, new_test_user, tagged

from .dunning_link_case import DunningLinkCase


@tagged("standard", "post_install", "-at_install")
class TestDunningFeedback(DunningLinkCase):
    def setUp(self):
        super().setUp()
        self.case = self._open_case()
        self.path = self.case._get_link("feedback")

    def _settle(self):
        self._pay(self.case.move_ids, "2026-03-05")
        self.env.flush_all()

    def _get_thanks(self):
        return self.env["mail.mail"].search(
            [
                ("subject", "=", "Thank you, all is settled"),
                ("model", "=", "dunning.case"),
            ]
        )

    def _get_feedback(self):
        return self.env["dunning.feedback"].search([("case_id", "=", self.case.id)])

    # === THE E-MAIL === #

    def test_who_pays_after_a_reminder_is_thanked_once(self):
        self._settle()
        self._dun("2026-03-06")
        mail = self._get_thanks()
        self.assertEqual(mail.recipient_ids, self.partner)
        for answer in ("helpful", "neutral", "annoying"):
            self.assertIn(f"?answer={answer}", mail.body_html)

    def test_who_was_not_reminded_is_not_thanked(self):
        self.case.action_ids.state = "skipped"
        self._settle()
        self.assertFalse(self._get_thanks())

    def test_who_pays_in_time_is_not_asked(self):
        self.policy.step_ids[0].days = -3
        early = self.env["res.partner"].create(
            {"name": "Grace", "email": "grace@example.com"}
        )
        invoice = self._bill(partner_id=early.id)
        self._dun("2026-02-27")
        case = self._get_case(invoice)
        self.assertEqual(case.action_ids.mapped("state"), ["done"])
        self._pay(invoice, "2026-02-28")
        self.assertEqual(case.state, "closed")
        self.assertFalse(self._get_thanks())

    def test_the_policy_decides_on_thanks(self):
        self.policy.is_thanking = False
        self._settle()
        self.assertFalse(self._get_thanks())

    def test_what_is_credited_is_no_reason_for_thanks(self):
        invoice = self.case.move_ids
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.modify_moves()
        self._dun("2026-03-05")
        self.assertEqual(self.case.state, "closed")
        self.assertFalse(self._get_thanks())

    def test_who_wants_no_reminders_is_not_written(self):
        self.partner.is_reminder_off = True
        self._settle()
        self.assertFalse(self._get_thanks())

    def test_without_an_address_the_case_closes_all_the_same(self):
        self.partner.email = False
        self._settle()
        self.assertEqual(self.case.state, "closed")
        self.assertFalse(self._get_thanks())

    def test_a_template_that_fails_does_not_stop_the_payment(self):
        def fail(_cases, _template):
            raise UserError("No such field.")

        self.patch(type(self.case), "_queue_mails", fail)
        with mute_logger(
            "odoo.addons.subscription_billing_dunning.models.dunning_case_thanks"
        ):
            self._settle()
        self.assertEqual(self.case.state, "closed")
        self.assertEqual(self.case.move_ids.amount_residual, 0)

    def test_without_its_template_nobody_is_thanked(self):
        self.env.ref(THANKS).unlink()
        self._settle()
        self.assertEqual(self.case.state, "closed")

    # === THE PAGE === #

    def test_looking_is_no_answer(self):
        page = self._get(f"{self.path}?answer=annoying")
        self.assertRegex(page.text, r'id="answer_annoying"[^>]*checked')
        self.assertNotRegex(page.text, r'id="answer_helpful"[^>]*checked')
        self.assertFalse(self._get_feedback())

    def test_a_customer_answers_with_a_comment(self):
        comment = "<b>Too</b> many"
        answer = self._post(self.path, {"answer": "annoying", "comment": comment})
        self.assertIn("Thank you for your answer", answer.text)
        self.assertRecordValues(
            self._get_feedback(),
            [
                {
                    "answer": "annoying",
                    "comment": comment,
                    "partner_id": self.partner.id,
                    "policy_id": self.policy.id,
                    "step_id": self.case.action_ids.step_id.id,
                    "template_id": self.template.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(self.policy.feedback_count, 1)
        action = self.policy.action_view_feedback()
        found = self.env["dunning.feedback"].search(action["domain"])
        self.assertEqual(found, self._get_feedback())

    def test_a_case_has_one_answer(self):
        feedback = self.env["dunning.feedback"]
        self.assertTrue(feedback._keep(self.case, "helpful", ""))
        self.assertFalse(feedback._keep(self.case, "annoying", ""))
        page = self._get(self.path)
        self.assertIn("Thank you for your answer", page.text)
        self.assertEqual(self._get_feedback().answer, "helpful")

    def test_a_second_form_changes_nothing(self):
        page = self._get(self.path).text
        secret = page.split('csrf_token" value="')[1].split('"')[0]
        for answer in ("helpful", "annoying"):
            self._get(self.path, data={"csrf_token": secret, "answer": answer})
        self.assertEqual(self._get_feedback().answer, "helpful")

    def test_other_answers_are_none(self):
        for answer in ("", "great", "<script>"):
            page = self._post(self.path, {"answer": answer})
            self.assertNotIn("<script>alert", page.text)
        self.assertFalse(self._get_feedback())

    def test_a_long_comment_is_cut(self):
        self._post(self.path, {"answer": "helpful", "comment": "x" * 5000})
        self.assertEqual(len(self._get_feedback().comment), 2000)

    def test_a_file_is_no_comment(self):
        page = self._get(self.path).text
        secret = page.split('csrf_token" value="')[1].split('"')[0]
        answer = self._get(
            self.path,
            data={"csrf_token": secret, "answer": "helpful"},
            files={"comment": ("note.txt", b"text")},
        )
        self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(
            self._get_feedback(), [{"answer": "helpful", "comment": False}]
        )

    def test_an_answer_needs_the_page(self):
        with mute_logger("odoo.http"):
            answer = self._get(self.path, data={"answer": "helpful"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self._get_feedback())

    def test_a_wrong_link_takes_no_answer(self):
        for path in (
            self._tamper(self.path),
            self.case._get_link("pay").replace("overdue", "feedback"),
            f"/subscription/feedback/{self.case.id}",
        ):
            page = self._get(f"{path}?answer=helpful")
            self.assertEqual(page.status_code, 403)
            self.assertNotIn(self.partner.name, page.text)

    # === THE RECORDS === #

    def test_nobody_changes_an_answer(self):
        feedback = self.env["dunning.feedback"]._keep(self.case, "helpful", "")
        manager = new_test_user(
            self.env, "manager", "subscription_billing.group_subscription_manager"
        )
        with self.assertRaises(AccessError):
            feedback.with_user(manager).answer = "annoying"
        with self.assertRaises(UserError):
            feedback.unlink()

    def test_people_of_other_companies_see_no_answers(self):
        feedback = self.env["dunning.feedback"]._keep(self.case, "helpful", "")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        manager = new_test_user(
            self.env,
            "manager",
            "subscription_billing.group_subscription_manager",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        found = self.env["dunning.feedback"].with_user(manager).search([])
        self.assertNotIn(feedback, found)
