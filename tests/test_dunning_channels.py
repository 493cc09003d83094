"""Text messages and letters."""

from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestDunningChannels(DunningCommon):
    def _follow(self, **step):
        """Return the case of a customer whose policy has one step, which is due."""
        self.policy.step_ids.unlink()
        self.env["dunning.step"].create(
            {"policy_id": self.policy.id, "name": "Tell", "days": 3, **step}
        )
        invoice = self._bill()
        self._dun("2026-03-04")
        return self._get_case(invoice)

    # === TEXT MESSAGES === #

    def _text(self):
        return self._follow(
            action="sms",
            sms_template_id=self.env.ref(
                "subscription_billing_dunning.sms_template_dunning"
            ).id,
        )

    def test_the_customer_gets_a_text_message_with_a_link_to_pay(self):
        self.partner.write(
            {"phone": "+49 30 123456", "country_id": self.env.ref("base.de").id}
        )
        case = self._text()
        sms = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual((len(sms), sms.state), (1, "outgoing"))
        self.assertIn("/subscription/overdue/", sms.body)
        self.assertEqual(sms.mail_message_id, case.action_ids.mail_message_id)

    def test_without_a_number_the_case_waits_for_a_person(self):
        case = self._text()
        self.assertIn("no valid phone number", case.error)

    # === LETTERS === #

    def _write(self):
        return self._follow(action="letter", template_id=self.template.id)

    def test_a_letter_waits_to_be_printed(self):
        case = self._write()
        letter = case.action_ids
        self.assertTrue(letter.is_to_print)
        self.assertIn(case.move_ids.name, letter.letter_body)
        self.assertIn("Ada Lovelace", letter.letter_body)
        report = letter.action_print()
        self.assertEqual(report["report_type"], "qweb-pdf")
        self.assertFalse(letter.is_to_print)

    def test_a_letter_is_printed(self):
        letter = self._write().action_ids
        pdf, kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "subscription_billing_dunning.action_report_dunning_letter", letter.ids
        )
        self.assertEqual(kind, "pdf" if pdf[:4] == b"%PDF" else "html")
        html = self.env["ir.actions.report"]._render_qweb_html(
            "subscription_billing_dunning.action_report_dunning_letter", letter.ids
        )[0]
        self.assertIn("Ada Lovelace", html.decode())

    def _write_paper(self, tone):
        name = f"subscription_billing_dunning.mail_template_dunning_letter_{tone}"
        return self._follow(action="letter", template_id=self.env.ref(name).id)

    def test_paper_tells_how_to_pay_without_a_button(self):
        self.company.partner_id.bank_ids = [
            Command.create(
                {
                    "acc_number": "DE89 3704 0044 0532 0130 00",
                    "bank_name": "Test Bank",
                    "allow_out_payment": True,
                }
            )
        ]
        case = self._write_paper("reminder")
        self.assertFalse(case.error)
        body = case.action_ids.letter_body
        self.assertIn("DE89 3704 0044 0532 0130 00", body)
        self.assertIn(case.move_ids.payment_reference, body)
        self.assertIn("data:image/png;base64,", body)
        for word in ("Pay now", "e-mail", "<a "):
            self.assertNotIn(word, body)

    def test_paper_without_an_account_points_to_the_page(self):
        self.company.partner_id.bank_ids.unlink()
        for tone in ("reminder", "firm", "last"):
            with self.subTest(tone), self.env.cr.savepoint() as savepoint:
                body = self._write_paper(tone).action_ids.letter_body
                self.assertIn("Please pay online", body)
                self.assertNotIn("Reference", body)
                savepoint.rollback()

    def test_who_only_looks_leaves_letters_to_be_printed(self):
        letter = self._write().action_ids
        auditor = new_test_user(
            self.env, "looks_at_letters", "account.group_account_readonly"
        )
        letter.with_user(auditor).action_print()
        self.assertTrue(letter.is_to_print)

    def test_only_letters_are_printed(self):
        case = self._follow(action="email", template_id=self.template.id)
        with self.assertRaisesRegex(UserError, "Only letters"):
            case.action_ids.action_print()
