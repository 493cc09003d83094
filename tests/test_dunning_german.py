"""A German-speaking customer reads German only, in each thing that we write."""

import re
from decimal import Decimal

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.models.dunning_case_wording import REASONS
from odoo.addons.subscription_billing_dunning.tools.fees import FeePart
from odoo.tests import tagged
from odoo.tools import html2plaintext

from .dunning_link_case import DunningLinkCase

ADDON = "subscription_billing_dunning"
MAILS = ("friendly", "firm", "last", "link", "thanks")
LETTERS = ("letter_reminder", "letter_firm", "letter_last")
#: words that a German text does not have
ENGLISH = re.compile(
    r"\b(the|your|you|is|are|we|and|to|please|invoice|payment|reply|hello|regards|due)\b",
    re.IGNORECASE,
)


@tagged("standard", "post_install", "-at_install")
class TestDunningGerman(DunningLinkCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        modules = (
            "base",
            "subscription_billing",
            ADDON,
            "payment",
            "portal",
            "account",
        )
        cls.env["ir.module.module"].search(
            [("name", "in", modules)]
        )._update_translations(["de_DE"])
        country = cls.env.ref("base.de")
        cls.partner.write(
            {"name": "Erika Muster", "lang": "de_DE", "country_id": country.id}
        )
        bank = cls.env["res.bank"].create({"name": "Musterbank", "bic": "COBADEFFXXX"})
        cls.company.write({"name": "Muster GmbH", "email": "hallo@muster.example"})
        cls.company.phone = "+49 30 123456"
        cls.company.partner_id.bank_ids = [
            Command.create(
                {
                    "acc_number": "DE89 3704 0044 0532 0130 00",
                    "allow_out_payment": True,
                    "bank_id": bank.id,
                }
            )
        ]

    def _read(self, html):
        """Return what a person reads of a page or an e-mail."""
        html = re.sub(
            r"<(style|script|head)\b.*?</\1>", " ", str(html), flags=re.DOTALL
        )
        return " ".join(html2plaintext(html, include_references=False).split())

    def _assert_german(self, text):
        """Check that there is no English word outside of addresses."""
        text = re.sub(r"https?://\S+|\S+@\S+", " ", text)
        self.assertFalse(ENGLISH.findall(text), text)

    def _render(self, kind, case):
        """Return the subject and the body of a template, in the customer's language."""
        template = self.env.ref(f"{ADDON}.mail_template_dunning_{kind}")
        return [
            template._render_field(name, case.ids, compute_lang=True)[case.id]
            for name in ("subject", "body_html")
        ]

    # === E-MAILS === #

    @freeze_time("2026-03-04")
    def test_all_e_mails_are_german(self):
        case = self._open_case()
        for kind in MAILS:
            with self.subTest(kind):
                subject, body = self._render(kind, case)
                self._assert_german(subject)
                text = self._read(body)
                self._assert_german(text)
                self.assertIn("Guten Tag Erika Muster,", text)
                self.assertIn("Mit freundlichen Grüßen", text)

    def test_the_e_mail_that_is_sent_has_german_amounts_and_days(self):
        mail = self._open_case().action_ids.mail_message_id.mail_ids
        text = self._read(mail.body_html)
        self._assert_german(text)
        self.assertIn("115,00", text)
        self.assertIn("fällig am 01.03.2026", text)
        self.assertIn("Keine Zahlungserinnerungen mehr", text)
        self.assertEqual(mail.subject, "Ihre Zahlung an Muster GmbH ist noch offen")
        self.assertIn('lang="de-DE"', mail.body_html)

    def test_the_amount_in_the_subject_is_german(self):
        subject, _body = self._render("firm", self._open_case())
        self.assertRegex(subject, r"^Mahnung: .*115,00.* sind überfällig$")

    def test_without_german_it_stays_english(self):
        self.partner.lang = "en_US"
        subject, body = self._render("firm", self._open_case())
        self.assertIn("are overdue", subject)
        self.assertIn("Kind regards", body)

    # === WHY A CHARGE WAS DECLINED === #

    def test_each_reason_is_said_in_the_customers_language(self):
        case = self._open_case()
        move = case.move_ids
        charge = self._create_declined(move)
        self.patch(type(move), "_get_sent_charges", lambda _move: charge)
        for code in (*REASONS, "generic_decline"):
            with self.subTest(code):
                charge.decline_code = code
                reason = case.with_context(lang="de_DE")._get_reason()
                self._assert_german(reason)
                text = self._read(self._render("friendly", case)[1])
                self.assertIn(f"einzuziehen: {reason}.", text)

    def _create_declined(self, move):
        """Return a charge of an invoice that was declined."""
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.token.payment_method_id.id,
                "token_id": self.token.id,
                "operation": "offline",
                "reference": f"{move.name}-declined",
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": self.partner.id,
                "invoice_ids": [Command.set(move.ids)],
                "state": "error",
            }
        )

    # === PAPER AND TEXT MESSAGES === #

    def _follow(self, **step):
        """Return the case of a policy with one step."""
        self.policy.step_ids.unlink()
        self.env["dunning.step"].create(
            {"policy_id": self.policy.id, "name": "Tell", "days": 3, **step}
        )
        return self._open_case()

    def test_all_letters_are_german_and_tell_how_to_pay(self):
        report = f"{ADDON}.action_report_dunning_letter"
        for kind in LETTERS:
            with self.subTest(kind), self.env.cr.savepoint() as savepoint:
                template = self.env.ref(f"{ADDON}.mail_template_dunning_{kind}")
                case = self._follow(action="letter", template_id=template.id)
                letter = case.action_ids
                html = self.env["ir.actions.report"]._render_qweb_html(
                    report, letter.ids
                )[0]
                text = self._read(letter.letter_body)
                self._assert_german(f"{letter.letter_subject} {text}")
                self.assertIn("DE89 3704 0044 0532 0130 00", text)
                self.assertIn("Musterbank, COBADEFFXXX Verwendungszweck:", text)
                self.assertIn("Rufen Sie uns an: +49 30 123456.", text)
                self.assertNotIn("Jetzt bezahlen", text)
                page = html.decode()
                self.assertIn("Guten Tag Erika Muster", page)
                self.assertIn("04.03.2026", page)
                self.assertIn("Deutschland", page)
                savepoint.rollback()

    def test_text_messages_are_german(self):
        self.partner.phone = "+49 30 123456"
        template = self.env.ref(f"{ADDON}.sms_template_dunning")
        self._follow(action="sms", sms_template_id=template.id)
        body = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)]).body
        self._assert_german(body)
        self.assertRegex(body, r"115,00.* sind noch offen\. Hier bezahlen: http")

    # === PAGES === #

    def test_the_page_to_pay_is_german(self):
        page = self._get(self._open_case()._get_link("pay")).text
        self.assertIn('lang="de-DE"', page)
        for words in ("Zu zahlen:", "115,00", "01.03.2026", "Fällig am"):
            self.assertIn(words, page)
        card = re.search(r'<div class="card shadow-sm">.*', page, re.DOTALL)[0]
        for words in ("To pay", "Due on", "Do you have", "No more payment"):
            self.assertNotIn(words, card)

    def test_the_other_pages_are_german(self):
        case = self._open_case()
        for page, words in {
            "reminders": "Keine Zahlungserinnerungen mehr?",
            "feedback": "Wie fanden Sie unsere Zahlungserinnerungen?",
        }.items():
            text = self._get(case._get_link(page)).text
            self.assertIn(words, text)
            self.assertNotIn("reminders?", text)

    def test_the_notice_in_the_portal_is_german(self):
        self._follow(action="portal")
        self._login(self.partner, lang="de_DE")
        page = self._get("/my").text
        self.assertIn("sind fällig seit dem", page)
        self.assertIn("01.03.2026", page)

    # === INVOICES === #

    def test_the_line_of_a_fee_has_german_numbers(self):
        case = self._open_case()
        fee = self.env["dunning.fee"].new(
            {"case_id": case.id, "move_id": case.move_ids.id}
        )
        part = FeePart("percent", Decimal(8), Decimal(100), Decimal("7.50"))
        name = fee.with_context(lang="de_DE")._word_part(part)
        self._assert_german(name)
        self.assertRegex(name, r"^Mahngebühr zu Rechnung .*: 7,5 % von .*100,00")

    def test_what_is_given_back_is_said_in_german(self):
        item = self.env["subscription.item"].new(
            {"subscription_id": self._bill().subscription_ids.id, "name": "Wartung"}
        )
        vals = item._prepare_overage_credit_vals(1, 10)
        self.assertEqual(vals["name"], "Gutschrift: Wartung")

    def test_a_credit_note_says_in_german_what_it_is_for(self):
        move = self._bill()
        vals = move._prepare_refund_note_vals()
        self.assertEqual(vals["ref"], f"Erstattung zu {move.name}")
