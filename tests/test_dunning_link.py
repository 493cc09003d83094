"""The page that a customer opens from a reminder, and links that are no good."""

from datetime import timedelta

from freezegun import freeze_time
from odoo.tests import mute_logger, tagged
from odoo.tools.misc import hash_sign
from psycopg2.errors import CheckViolation

from .dunning_link_case import DunningLinkCase


@tagged("standard", "post_install", "-at_install")
class TestDunningLink(DunningLinkCase):
    def setUp(self):
        super().setUp()
        self.case = self._open_case(2)
        self.path = self.case._get_link("pay")

    # === WHAT IT SHOWS === #

    def test_the_reminder_leads_to_a_page_of_all_that_is_overdue(self):
        mail = self.case.action_ids.mail_message_id.mail_ids
        url = self.case._get_pay_url()
        self.assertIn(url.rsplit("/", 1)[0], mail.body_html)
        page = self._get(self._get_path(url))
        self.assertEqual(page.status_code, 200)
        for move in self.case.move_ids:
            self.assertIn(move.name, page.text)
        self.assertIn("230.00", page.text)
        self.assertIn("03/01/2026", page.text)
        self.assertIn("o_payment_form", page.text)

    def test_the_page_is_kept_by_nobody(self):
        headers = self._get(self.path).headers
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["X-Robots-Tag"], "noindex")
        self.assertEqual(headers["Referrer-Policy"], "same-origin")

    def test_looking_changes_nothing(self):
        before = self._get_rows()
        for page in (self.path, f"{self.path}/method", f"{self.path}/link"):
            self._get(page)
        self.assertEqual(self._get_rows(), before)

    def _get_rows(self):
        names = ("payment.transaction", "mail.mail", "mail.message", "payment.token")
        counts = [self.env[name].search_count([]) for name in names]
        return [*counts, self.case.write_date, self.partner.write_date]

    def test_the_page_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        page = self._get(self.path)
        self.assertIn('lang="fr-FR"', page.text)
        self.assertIn("01/03/2026", page.text)

    def test_a_name_is_text_and_no_markup(self):
        self.partner.name = "<script>alert(1)</script>"
        self.case.move_ids[0].name = "<b>INV</b>"
        page = self._get(self.path).text
        self.assertNotIn("<script>alert(1)", page)
        self.assertNotIn("<b>INV</b>", page)
        self.assertIn("&lt;b&gt;INV", page)

    def test_saved_methods_are_shown_to_nobody(self):
        self.assertNotIn("4242", self._get(self.path).text)

    def test_the_customer_who_is_logged_in_sees_the_saved_methods(self):
        self._login(self.partner)
        self.assertIn("4242", self._get(self.path).text)

    def test_a_stranger_who_is_logged_in_does_not_pay_with_his_own_methods(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self._create_token(stranger, payment_details="9999")
        self._login(stranger)
        page = self._get(self.path)
        self.assertNotIn("9999", page.text)
        self.assertIn(f'data-partner-id="{self.partner.id}"', page.text)

    def test_an_archived_customer_can_still_pay(self):
        self.partner.active = False
        self.assertIn("230.00", self._get(self.path).text)

    def test_the_reason_is_told_in_plain_words(self):
        self.patch(type(self.case), "_get_reason", lambda _case: "the card has expired")
        self.assertIn("the card has expired", self._get(self.path).text)

    def test_thanks_when_all_is_paid(self):
        self._pay(self.case.move_ids, "2026-03-05")
        self.assertEqual(self.case.state, "closed")
        page = self._get(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("nothing left for you to pay", page.text)

    def test_a_link_of_a_closed_case_leads_to_the_one_that_is_open(self):
        self._pay(self.case.move_ids, "2026-03-05")
        self.assertEqual(self.case.state, "closed")
        other = self._open_case()
        self.assertNotEqual(other, self.case)
        self.assertIn("To pay:", self._get(self.path).text)

    def test_nobody_is_thanked_for_what_was_given_up(self):
        self.case.state = "closed"
        self.patch(type(self.case.move_ids), "_is_lost", lambda _move: True)
        page = self._get(self.path).text
        self.assertIn("Please talk to us", page)
        self.assertNotIn("Thank you", page)

    def test_what_cannot_be_paid_online_is_still_shown(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", False
        )
        page = self._get(self.path).text
        self.assertIn("cannot be paid online", page)
        self.assertNotIn("o_payment_form", page)

    def test_a_case_of_another_company_has_the_providers_of_that_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.policy.company_id = False
        self.case.sudo().company_id = elsewhere
        page = self._get(self.path).text
        self.assertNotIn(f'data-provider-id="{self.provider.id}"', page)
        self.assertIn("Elsewhere", page)

    # === LINKS THAT ARE NO GOOD === #

    def _assert_refused(self, path):
        page = self._get(path)
        self.assertEqual(page.status_code, 403)
        self.assertIn("This link has expired", page.text)
        self.assertNotIn(self.partner.name, page.text)
        self.assertNotIn("230.00", page.text)
        return page

    def test_a_tampered_link_opens_nothing(self):
        self._assert_refused(self._tamper(self.path))

    def test_nonsense_opens_nothing(self):
        for token in ("x", "AQ", "%00", "ä", str(self.case.id), self.path[-200:-100]):
            with self.subTest(token=token):
                self._assert_refused(f"/subscription/overdue/{token}x")

    def test_a_link_for_another_purpose_opens_nothing(self):
        for other in ("feedback", "reminders"):
            token = self.case._get_link(other).rsplit("/", 1)[1]
            self._assert_refused(f"/subscription/overdue/{token}")

    def test_a_link_signed_for_something_else_opens_nothing(self):
        token = hash_sign(self.env, "auth_signup", [self.case.id, None])
        self._assert_refused(f"/subscription/overdue/{token}")

    def test_a_link_of_a_case_that_is_no_more_opens_nothing(self):
        token = hash_sign(self.env, "dunning_pay", [2**31 - 1, None])
        self._assert_refused(f"/subscription/overdue/{token}")

    def test_a_link_is_good_for_as_long_as_the_company_says(self):
        self.company.dunning_link_days = 10
        with freeze_time("2026-03-10"):
            path = self.case._get_link("pay")
        Case = self.env["dunning.case"]
        token = path.rsplit("/", 1)[1]
        with freeze_time("2026-03-20"):
            self.assertEqual(Case._read_link("pay", token), (self.case, True))
        with freeze_time("2026-03-21"):
            self.assertEqual(Case._read_link("pay", token), (self.case, False))

    def test_the_last_day_is_part_of_what_is_signed(self):
        first = self.case._get_link("pay")
        self.company.dunning_link_days = 60
        second = self.case._get_link("pay")
        self.assertNotEqual(first, second)

    def test_links_are_good_for_a_day_at_least(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.company.dunning_link_days = 0
            self.company.flush_recordset()

    # === A NEW LINK === #

    def _expire(self):
        with freeze_time("2026-03-10"):
            return self.case._get_link("pay")

    def _ask_for_link(self, path):
        return self._post(f"{path}/link", {}, page=path)

    def _get_links(self):
        return self.env["mail.mail"].search(
            [("subject", "like", "Your link to pay"), ("res_id", "=", self.case.id)]
        )

    def test_an_expired_link_is_replaced_by_e_mail(self):
        path = self._expire()
        self._assert_refused(path)
        answer = self._ask_for_link(path)
        self.assertIn("Look into your mailbox", answer.text)
        mail = self._get_links()
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn("/subscription/overdue/", mail.body_html)

    def test_only_one_new_link_an_hour_is_sent(self):
        path = self._expire()
        for _time in range(3):
            self._ask_for_link(path)
        self.assertEqual(len(self._get_links()), 1)
        self.case.sudo().date_link_sent -= timedelta(hours=1)
        self._ask_for_link(path)
        self.assertEqual(len(self._get_links()), 2)

    def test_whoever_asks_learns_nothing(self):
        real = self._ask_for_link(self._expire())
        made_up = self._ask_for_link(self._tamper(self.path))
        self.assertEqual(len(self._get_links()), 1)
        self.assertEqual(real.status_code, made_up.status_code)
        for page in (real, made_up):
            self.assertIn("If your link was one of ours", page.text)
            self.assertNotIn("ada@example.com", page.text)

    def test_a_new_link_is_asked_for_by_the_page_and_nobody_else(self):
        path = self._expire()
        with mute_logger("odoo.http"):
            answer = self._get(f"{path}/link", data={"csrf_token": "x"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self._get_links())

    def test_no_link_is_sent_for_what_is_settled(self):
        path = self._expire()
        self._pay(self.case.move_ids, "2026-03-05")
        answer = self._ask_for_link(path)
        self.assertIn("If your link was one of ours", answer.text)
        self.assertFalse(self._get_links())

    def test_no_link_is_sent_to_nobody(self):
        self.partner.email = False
        self._ask_for_link(self._expire())
        self.assertFalse(self._get_links())
