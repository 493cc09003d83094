"""What customers set for themselves, and what they may know and have erased."""

import json

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import UserError
from odoo.tests import tagged

URL = "/my/subscriptions/preferences"
ERASURE = "subscription_portal.mail_activity_type_erasure"


@tagged("standard", "post_install", "-at_install")
class TestPortalPreferences(PortalCase):
    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    def _save(self, **data):
        return self._post_form(URL, f"{URL}/save", {"lang": "en_US", **data})

    def test_language_and_time_zone_are_kept(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        answer = self._save(lang="fr_FR", tz="Europe/Paris")
        self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(self.partner, [{"lang": "fr_FR", "tz": "Europe/Paris"}])

    def test_a_language_that_is_not_there_is_refused(self):
        answer = self._save(lang="xx_XX")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("Language: choose one of the list.", answer.text)
        self.assertEqual(self.partner.lang, "en_US")

    def test_a_time_zone_that_is_none_is_refused(self):
        answer = self._save(tz="Mars/Olympus")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("Time zone: choose one of the list.", answer.text)
        self.assertFalse(self.partner.tz)

    def test_the_own_data_are_a_file(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)
        other = self._create_subscription(
            partner_id=self.env["res.partner"].create({"name": "Somebody"}).id
        )
        answer = self.url_open(f"{URL}/data")
        data = json.loads(answer.text)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(data["person"]["email"], self.partner.email)
        [mine] = data["subscriptions"]
        self.assertEqual(mine["number"], self.subscription.name)
        self.assertEqual(mine["invoices"][0]["amount"], 115)
        self.assertNotIn(other.name, answer.text)

    def test_erasure_is_asked_for_once(self):
        for _time in range(2):
            page = self._get_page(URL)
            forms = page.xpath(f"//form[@action='{URL}/erasure']")
            if forms:
                self._post_form(URL, f"{URL}/erasure", {})
        self.assertFalse(forms)
        self._post_form(URL, f"{URL}/erasure", {})
        activities = self.partner.activity_search([ERASURE])
        self.assertEqual(len(activities), 1)
        self.assertTrue(activities.user_id.active)

    def test_nothing_is_changed_without_the_token_of_the_form(self):
        for action in ("save", "erasure"):
            answer = self.url_open(f"{URL}/{action}", data={"lang": "en_US"})
            self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.partner.activity_search([ERASURE]))

    def test_the_address_is_edited_on_the_page_of_core(self):
        for url in (URL, "/my/subscriptions/pay"):
            page = self._get_page(url)
            [link] = page.xpath("//a[starts-with(@href, '/my/account')]/@href")
            account = self._get_page(link)
            self.assertTrue(account.xpath("//input[@name='vat']"))


@tagged("standard", "post_install", "-at_install")
class TestPortalPreferencesInvoices(PortalCase):
    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    def _post(self, action, **data):
        answer = self._post_form(URL, f"{URL}/{action}", data)
        return self._read(answer)

    def _add(self, name="Bookkeeping", email="books@example.com"):
        return self._post("contacts/add", contact_name=name, contact_email=email)

    def _get_contacts(self):
        return self.partner._get_invoice_contacts()

    def _bill(self):
        self.subscription.collection_method = "invoice"
        return self.env["subscription.renewal"]._bill_now(self.subscription)

    # === CONTACTS === #

    def test_a_contact_is_added(self):
        page = self._add(email="Books@Example.com ")
        self.assertIn("sent to the new contact as well", self._get_text(page))
        self.assertRecordValues(
            self._get_contacts(),
            [
                {
                    "name": "Bookkeeping",
                    "email": "books@example.com",
                    "parent_id": self.partner.id,
                    "type": "contact",
                }
            ],
        )

    def test_a_contact_is_no_other_address_to_invoice(self):
        self._add()
        self.assertEqual(self.partner._get_subscription_payer(), self.partner)

    def test_a_contact_gets_the_invoices_of_core(self):
        self._add()
        invoice = self._bill()
        self.env["account.move.send"]._generate_and_send_invoices(
            invoice, sending_methods=["email"]
        )
        mails = self.env["mail.message"].search(
            [
                ("model", "=", "account.move"),
                ("res_id", "=", invoice.id),
                ("partner_ids", "!=", False),
            ]
        )
        self.assertEqual(mails.partner_ids, self.partner | self._get_contacts())

    def test_a_contact_gets_the_notices_of_invoices(self):
        self._add()
        rule = self.env.ref("subscription_billing.notice_rule_invoice")
        rule.write({"active": True, "attach_pdf": False})
        self._bill()
        notifier = self.env["subscription.notifier"]._in_company(self.company)
        notifier._write_chunk()
        notice = self.subscription.notice_ids.filtered(lambda n: n.kind == "invoice")
        self.assertEqual(
            notice.mail_mail_id.recipient_ids, self.partner | self._get_contacts()
        )
        self.assertIn("books@example.com", notice.email)

    def test_a_contact_who_is_known_is_not_made_anew(self):
        known = self.env["res.partner"].create(
            {"name": "Bob", "email": "bob@example.com", "parent_id": self.partner.id}
        )
        self._add("Robert", "BOB@example.com")
        self.assertEqual(self._get_contacts(), known)
        self.assertEqual(known.name, "Bob")
        self._post(f"contacts/{known.id}/remove")
        self.assertFalse(self._get_contacts())
        self.assertTrue(known.active)

    def test_a_contact_who_was_added_is_removed(self):
        self._add()
        contact = self._get_contacts()
        page = self._get_page(URL)
        self._send(page, "Remove Bookkeeping")
        self.assertFalse(self._get_contacts())
        self.assertFalse(contact.active)
        self._send(page, "Remove Bookkeeping")
        self.assertEqual(self.answer.status_code, 200)

    def test_what_is_wrong_is_said_and_kept(self):
        for name, email, label in (
            ("", "books@example.com", "Name"),
            ("\0", "books@example.com", "Name"),
            ("x" * 101, "books@example.com", "Name"),
            ("Books", "", "Email"),
            ("Books", "books", "Email"),
            ("Books", "a@example.com, b@example.com", "Email"),
            ("Books", f"{'x' * 250}@example.com", "Email"),
        ):
            with self.subTest(name=name, email=email):
                page = self._add(name, email)
                self.assertEqual(self.answer.status_code, 400)
                self.assertIn(f"{label}: ", self._get_text(page))
                [field] = page.xpath("//input[@name='contact_email']/@value") or [""]
                self.assertEqual(field, email)
        self.assertFalse(self._get_contacts())

    def test_added_twice_it_is_one_contact(self):
        self._add()
        page = self._add()
        self.assertIn("sent there already", self._get_text(page))
        self.assertEqual(len(self._get_contacts()), 1)

    def test_there_are_so_many_contacts_and_no_more(self):
        for number in range(10):
            self.partner._add_invoice_contact("Books", f"b{number}@example.com")
        page = self._add()
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("remove one first", self._get_text(page))

    def test_contacts_of_others_are_left_alone(self):
        other = self.env["res.partner"].create(
            {"name": "Eve", "email": "eve@example.com", "is_invoice_copied": True}
        )
        for number in (other.id, self.partner.id, 0, 2**31):
            page = self._post(f"contacts/{number}/remove")
            self.assertTrue(page.xpath("//h1"))
        self.assertTrue(other.is_invoice_copied)
        self.assertTrue(self.partner.active)

    # === TO WHICH ADDRESS === #

    def _create_address(self, **vals):
        return self.env["res.partner"].create(
            {
                "name": "Accounting",
                "type": "invoice",
                "street": "2 Engine Road",
                "parent_id": self.partner.id,
                **vals,
            }
        )

    def test_another_address_is_invoiced_from_now_on(self):
        page = self._get_page(URL)
        self.assertFalse(page.xpath("//select[@name='address_id']"))
        address = self._create_address()
        page = self._get_page(URL)
        options = page.xpath("//select[@name='address_id']/option")
        self.assertIn("Accounting, 2 Engine Road", map(self._get_text, options))
        page = self._post("address", address_id=str(address.id))
        self.assertIn("made out to this address", self._get_text(page))
        self.assertEqual(self.subscription.partner_invoice_id, address)
        self.assertEqual(self._bill().partner_id, address)

    def test_chosen_twice_it_is_changed_once(self):
        address = self._create_address()
        for _time in range(2):
            self._post("address", address_id=str(address.id))
        self.assertEqual(len(self.subscription.change_ids), 1)

    def test_an_address_of_somebody_else_is_refused(self):
        other = self._create_address(parent_id=False)
        for number in (str(other.id), "", "x", "\0", str(10**30)):
            page = self._post("address", address_id=number)
            self.assertEqual(self.answer.status_code, 400)
            self.assertIn("made out to: choose", self._get_text(page))
        self.assertEqual(self.subscription.partner_invoice_id, self.partner)

    def test_what_another_company_pays_is_left_to_it(self):
        payer = self._create_address(parent_id=False)
        self.subscription.partner_invoice_id = payer
        address = self._create_address()
        self._post("address", address_id=str(address.id))
        self.assertEqual(self.subscription.partner_invoice_id, payer)

    # === HOW THEY COME === #

    def test_the_way_is_offered_where_there_is_a_choice(self):
        method = "snailmail"
        if method not in dict(self.partner._fields["invoice_sending_method"].selection):
            page = self._get_page(URL)
            self.assertFalse(page.xpath("//select[@name='invoicing']"))
            return
        self._post("invoices", invoicing=method)
        self.assertEqual(self.partner.invoice_sending_method, method)
        send = self.env["account.move.send"]
        self.assertEqual(send._get_default_sending_methods(self._bill()), {method})

    def test_a_way_that_is_none_is_refused(self):
        for method in ("manual", "x", "", "\0"):
            page = self._post("invoices", invoicing=method)
            self.assertEqual(self.answer.status_code, 400)
            self.assertIn("Invoices come: choose", self._get_text(page))
        self.assertFalse(self.partner.invoice_sending_method)

    def test_nothing_is_changed_without_the_token_of_the_form(self):
        self._add()
        contact = self._get_contacts()
        for action in (
            "invoices",
            "address",
            "contacts/add",
            f"contacts/{contact.id}/remove",
        ):
            answer = self.url_open(
                f"{URL}/{action}",
                data={"contact_name": "Eve", "contact_email": "eve@example.com"},
            )
            self.assertEqual(answer.status_code, 400)
        self.assertEqual(self._get_contacts(), contact)


@tagged("standard", "post_install", "-at_install")
class TestPortalPreferencesNotices(PortalCase):
    def setUp(self):
        super().setUp()
        self.rule = self.env.ref("subscription_billing.notice_rule_receipt")
        self.rule.write({"active": True, "attach_pdf": False})
        self.authenticate("ada", "ada")

    def _choose(self, *wanted):
        answer = self._post_form(URL, f"{URL}/notices", {"notice": list(wanted)})
        return self._read(answer)

    def _notify(self, kind):
        """Have the customer told of something; return the notice."""
        notices = self.env["subscription.notifier"]._notify(
            self.subscription, kind, "once", self.subscription.date_start
        )
        self.env["subscription.notifier"]._in_company(self.company)._write_chunk()
        return notices

    def test_receipts_that_are_not_wanted_are_not_sent(self):
        page = self._choose("is_card_notice_off")
        self.assertIn("as you have chosen", self._get_text(page))
        self.assertRecordValues(
            self.partner, [{"is_receipt_off": True, "is_card_notice_off": False}]
        )
        notice = self._notify("receipt")
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("does not want", notice.failure_reason)

    def test_receipts_that_are_wanted_again_are_sent(self):
        self._choose()
        self._choose("is_receipt_off")
        self.assertFalse(self.partner.is_receipt_off)
        self.assertTrue(self.partner.is_card_notice_off)
        self.assertTrue(self._notify("receipt").mail_mail_id)

    def test_what_is_owed_is_shown_and_always_sent(self):
        page = self._choose()
        [section] = page.xpath("//section[@aria-labelledby='notices_title']")
        self.assertIn("Price Change", self._get_text(section))
        boxes = section.xpath(".//input[@type='checkbox']/@value")
        self.assertIn("is_receipt_off", boxes)
        self.env.ref("subscription_billing.notice_rule_plan_change").active = True
        self.assertTrue(self._notify("plan_change").mail_mail_id)

    def test_what_is_not_sent_here_is_not_asked(self):
        self.rule.active = False
        page = self._get_page(URL)
        self.assertFalse(page.xpath("//input[@value='is_receipt_off']"))

    def test_a_field_that_is_no_switch_is_left_alone(self):
        self._choose("is_charging_off", "active", "\0")
        self.assertRecordValues(
            self.partner, [{"is_charging_off": False, "active": True}]
        )

    def test_reminders_are_a_choice_of_the_company(self):
        if "is_reminder_off" not in self.partner._fields:
            self.skipTest("subscription_billing_dunning is not installed")
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = firm
        self._choose()
        self.assertTrue(firm.is_reminder_off)
        self.assertFalse(self.partner.is_reminder_off)

    def test_nothing_is_changed_without_the_token_of_the_form(self):
        answer = self.url_open(f"{URL}/notices", data={"notice": "x"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.partner.is_receipt_off)

    # === CONSENTS === #

    def test_what_was_agreed_is_shown_word_for_word(self):
        token = self._create_token(self.partner)
        self.subscription.sudo()._pay_automatically(
            token, consent="Charge my card.", author=self.partner
        )
        consent = self.env["subscription.consent"].search([])
        self.assertRecordValues(
            consent,
            [
                {
                    "partner_id": self.partner.id,
                    "kind": "automatic",
                    "text": "Charge my card.",
                    "document_name": self.subscription.display_name,
                }
            ],
        )
        page = self._get_page(URL)
        self.assertIn("Charge my card.", self._get_text(page))
        self.assertIn("Charge my card.", self.url_open(f"{URL}/data").text)

    def test_nobody_changes_what_was_agreed(self):
        consent = self.env["subscription.consent"]._record(
            "order", self.subscription, partner=self.partner, text="I order."
        )
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            consent.text = "I order two."
        action = consent.action_view_document()
        self.assertEqual(action["res_id"], self.subscription.id)

    def test_consents_of_others_are_not_shown(self):
        other = self.env["res.partner"].create({"name": "Eve"})
        self.env["subscription.consent"]._record(
            "order", self.subscription, partner=other, text="Eve orders."
        )
        self.assertNotIn("Eve orders.", self.url_open(URL).text)
