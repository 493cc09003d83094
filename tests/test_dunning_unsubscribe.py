"""Customers who want no reminders: what they still get, and how they say so."""

from ast import literal_eval

from freezegun import freeze_time
from odoo.tests import mute_logger, tagged

from .dunning_link_case import DunningLinkCase


@tagged("standard", "post_install", "-at_install")
class TestDunningUnsubscribe(DunningLinkCase):
    def setUp(self):
        super().setUp()
        self.case = self._open_case()
        self.path = self.case._get_link("reminders")

    def _get_mail(self, number=0):
        return self.case.action_ids.sorted("id")[number].mail_message_id.mail_ids

    def _change_second_step(self, **vals):
        with freeze_time("2026-03-05"):
            self.policy.step_ids[1].write(vals)

    # === THE E-MAIL === #

    def test_a_reminder_says_how_to_end_reminders(self):
        mail = self._get_mail()
        headers = literal_eval(mail.headers)
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        url = headers["List-Unsubscribe"].strip("<>")
        self.assertTrue(url.endswith("/off"))
        self.assertIn("No more payment reminders", mail.body_html)
        self.assertIn(url.removesuffix("/off"), mail.body_html)

    def test_the_page_that_a_text_message_opens_says_how_too(self):
        link = f'href="{self.path}"'
        page = self.case._get_link("pay")
        self.assertIn(link, self.url_open(page).text)
        self.partner.is_reminder_off = True
        self.assertNotIn(link, self.url_open(page).text)

    def test_the_header_goes_out_with_the_e_mail(self):
        outgoing = self._get_mail()._prepare_outgoing_list()
        self.assertIn("List-Unsubscribe", outgoing[0]["headers"])

    def test_a_legal_notice_does_not(self):
        self._change_second_step(is_legal=True)
        self._dun("2026-03-11")
        mail = self._get_mail(1)
        self.assertTrue(mail)
        self.assertFalse(mail.headers)
        self.assertNotIn("No more payment reminders", mail.body_html)

    # === WHO WANTS NONE === #

    def test_reminders_are_skipped_with_the_reason(self):
        self.partner.is_reminder_off = True
        self._dun("2026-03-11")
        action = self.case.action_ids.sorted("id")[1]
        self.assertEqual(action.state, "skipped")
        self.assertIn("wants no payment reminders", action.error)
        self.assertFalse(action.mail_message_id)
        self.assertFalse(self.case.error)

    def test_legal_notices_and_other_steps_are_done(self):
        self.partner.is_reminder_off = True
        self._change_second_step(is_legal=True)
        self._dun("2026-03-11")
        self._dun("2026-03-21")
        actions = self.case.action_ids.sorted("id")
        self.assertEqual(actions.mapped("state"), ["done"] * 3)
        self.assertEqual(self.case.move_ids.subscription_ids.state, "suspended")

    def test_others_in_the_same_run_are_reminded(self):
        other = self.env["res.partner"].create(
            {"name": "Grace", "email": "grace@example.com"}
        )
        invoice = self._bill(partner_id=other.id)
        self.partner.is_reminder_off = True
        self._dun("2026-03-11")
        self.assertTrue(self._get_case(invoice).action_ids.mail_message_id)

    def test_a_text_message_is_skipped_too(self):
        template = self.env.ref("subscription_billing_dunning.sms_template_dunning")
        self._change_second_step(action="sms", sms_template_id=template.id)
        self.partner.is_reminder_off = True
        self._dun("2026-03-11")
        self.assertEqual(self.case.action_ids.sorted("id")[1].state, "skipped")
        self.assertFalse(self.case.error, "nobody is asked for a phone number")

    # === THE PAGE === #

    def test_looking_changes_nothing(self):
        for path in (self.path, f"{self.path}/off", f"{self.path}?wanted=no"):
            page = self._get(path)
            self.assertEqual(page.status_code, 200)
            self.assertIn("No more payment reminders?", page.text)
        self.assertFalse(self.partner.is_reminder_off)

    def test_a_customer_ends_reminders_and_comes_back(self):
        page = self._post(self.path, {"wanted": "no"})
        self.assertIn("You get no payment reminders", page.text)
        self.assertTrue(self.partner.is_reminder_off)
        log = " ".join(self.partner.message_ids.mapped("body"))
        self.assertIn("wants no payment reminders", log)
        page = self._post(self.path, {"wanted": "yes"})
        self.assertIn("No more payment reminders?", page.text)
        self.assertFalse(self.partner.is_reminder_off)

    def test_a_second_click_is_not_logged_again(self):
        self._post(self.path, {"wanted": "no"})
        count = len(self.partner.message_ids)
        self._post(self.path, {"wanted": "no"})
        self.assertEqual(len(self.partner.message_ids), count)

    def test_one_click_in_a_mail_program_ends_reminders(self):
        answer = self._get(f"{self.path}/off", data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(answer.text)
        self.assertTrue(self.partner.is_reminder_off)

    def test_nothing_else_is_a_choice(self):
        self._post(self.path, {"wanted": "maybe"})
        self._post(self.path, {})
        self.assertFalse(self.partner.is_reminder_off)

    def test_a_form_of_another_site_changes_nothing(self):
        with mute_logger("odoo.http"):
            answer = self._get(self.path, data={"wanted": "no"})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.partner.is_reminder_off)

    def test_a_wrong_link_changes_nothing(self):
        for path in (
            self._tamper(self.path),
            self.case._get_link("pay").replace("overdue", "reminders"),
            f"/subscription/reminders/{self.case.id}",
        ):
            self.assertEqual(self._get(path).status_code, 403)
            answer = self._get(f"{path}/off", data={"List-Unsubscribe": "One-Click"})
            self.assertEqual(answer.status_code, 403)
        self.assertFalse(self.partner.is_reminder_off)

    def test_an_archived_customer_can_end_reminders(self):
        self.partner.active = False
        self._post(self.path, {"wanted": "no"})
        self.assertTrue(self.partner.is_reminder_off)
