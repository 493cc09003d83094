"""Cases that an agency collects: what we do no more, and what the agency gets."""

import base64
import csv
import io
import zipfile

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_access import AccessCase
from .test_dunning_ends import EndsCase, day

STEP = {"action": "collect", "name": "To the agency", "days": 5}
REMINDER = {"action": "email", "name": "Remind", "days": 2}
PDF = b"%PDF-1.4 a page"


class HandOverCase(EndsCase):
    """A company with an agency, and no printer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency = cls.env["res.partner"].create({"name": "Gentle Collectors"})
        cls.company.dunning_agency_id = cls.agency

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["dunning.case"]), "_print", lambda *_args: PDF)

    def _hand_over(self, when=None, user=None, **vals):
        """Hand the case over, by hand."""
        case = self._get_case(self.invoice).with_user(user or self.env.user)
        with freeze_time(f"{when or day(6)} 10:00:00"):
            action = case.action_hand_over()
            wizard = self.env[action["res_model"]].with_user(user or self.env.user)
            wizard.with_context(**action["context"]).create(
                {"note": "No answer.", **vals}
            ).action_hand_over()
        return case

    def _read_zip(self, content):
        """Return the files of a ZIP by name."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def _read_csv(self, content):
        """Return the rows of a table, its header first."""
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        return list(csv.reader(text))

    def _download(self, case):
        """Return the files that the button gives."""
        action = case.action_case_file()
        id_ = int(action["url"].split("/")[4])
        file = case.env["dunning.case.file"].browse(id_)
        return self._read_zip(base64.b64decode(file.content))


@tagged("standard", "post_install", "-at_install")
class TestHandOver(HandOverCase, AccessCase):
    def test_nothing_more_is_done_by_us(self):
        self._follow(
            REMINDER,
            STEP,
            {"action": "email", "name": "Remind again", "days": 7},
            {
                "action": "fee",
                "name": "Fee",
                "days": 8,
                "fee_kind": "fixed",
                "fee_amount": 5,
            },
            {"action": "close", "name": "Close", "days": 9},
        )
        self._dun_daily(day(2), 12)
        case = self._get_case(self.invoice)
        self.assertEqual(
            self._get_story(case), [("03-03", "Remind"), ("03-06", "To the agency")]
        )
        self.assertRecordValues(
            case,
            [
                {
                    "state": "open",
                    "date_handed_over": day(5),
                    "agency_id": self.agency.id,
                }
            ],
        )
        self.assertEqual(self.subscription.state, "past_due")

    def test_the_agency_of_the_step_counts_first(self):
        other = self.env["res.partner"].create({"name": "Others"})
        self._follow({**STEP, "agency_id": other.id})
        self._dun(day(5))
        self.assertEqual(self._get_case(self.invoice).agency_id, other)

    def test_a_missing_agency_is_named(self):
        self.company.dunning_agency_id = False
        self._follow(STEP)
        with mute_logger("odoo.addons.subscription_billing.models.batch"):
            self._dun(day(5))
        case = self._get_case(self.invoice)
        self.assertIn("Collection Agency", case.error)
        self.assertFalse(case.date_handed_over)

    def test_a_payment_still_closes_it(self):
        self._follow({"action": "suspend", "days": 3}, STEP)
        self._dun_daily(day(3), 3)
        case = self._get_case(self.invoice)
        self.assertTrue(case.date_handed_over)
        self._pay(self.invoice, day(20))
        self.assertEqual(case.state, "closed")
        self.assertEqual(self.subscription.state, "active")

    def test_a_person_takes_it_back_and_the_steps_go_on(self):
        self._follow(STEP, {"action": "suspend", "name": "Suspend", "days": 8})
        self._dun(day(5))
        case = self._get_case(self.invoice)
        with freeze_time(f"{day(6)} 10:00:00"):
            case.with_user(self.user).action_take_back()
        self.assertFalse(case.date_handed_over or case.agency_id or case.file_id)
        self.assertIn(self.user.partner_id, case.message_ids.author_id)
        self._dun(day(8))
        self.assertEqual(self.subscription.state, "suspended")
        with self.assertRaises(UserError):
            case.action_take_back()

    def test_nothing_is_charged(self):
        self._create_token()
        self._follow(STEP, collection_method="automatic")
        self.invoice._write_collection({"collection_state": "failed"})
        self._dun(day(6))
        self.assertTrue(self._get_case(self.invoice).date_handed_over)
        self.invoice._queue_collection()
        self.assertEqual(self.invoice.collection_state, "failed")
        for method in ("_charge_now", "action_collect", "_send_payment_links"):
            refused = self.assertRaisesRegex(UserError, "Gentle Collectors")
            with self.subTest(method=method), refused:
                getattr(self.invoice, method)()
        self.invoice._write_collection({"collection_state": "due"})
        with freeze_time(f"{day(7)} 10:00:00"):
            self._run_cron("subscription_billing.ir_cron_collection")
        self.assertEqual(self.invoice.collection_state, "failed")
        self.assertFalse(self.invoice.transaction_ids)

    def test_a_charge_under_way_is_waited_for(self):
        self._follow(REMINDER)
        self._dun(day(2))
        self.invoice._write_collection({"collection_state": "open"})
        with self.assertRaisesRegex(UserError, "being charged"):
            self._hand_over()

    def test_a_payment_plan_ends(self):
        self._follow(REMINDER)
        self._dun(day(2))
        case = self._get_case(self.invoice)
        with freeze_time(f"{day(3)} 10:00:00"):
            self.env["dunning.agree"].create(
                {"case_id": case.id, "date_first": day(20), "note": "By phone."}
            ).action_agree()
        self._hand_over()
        self.assertEqual(case.agreement_ids.state, "cancelled")
        self.assertFalse(case.is_held)

    def test_what_becomes_overdue_later_is_a_question_for_a_person(self):
        self._follow(STEP)
        self._dun(day(5))
        case = self._get_case(self.invoice)
        later = self._bill()
        self._dun(day(6))
        self.assertEqual(later.dunning_case_id, case)
        self.assertIn(later.name, case.activity_ids.note)
        self.assertIn("Gentle Collectors", case.activity_ids.note)

    def test_it_is_handed_over_once_and_with_a_reason(self):
        self._follow(REMINDER)
        self._dun(day(2))
        with self.assertRaises(UserError):
            self._hand_over(note=" ")
        case = self._hand_over(user=self.user)
        self.assertEqual(case.sudo().agency_id, self.agency)
        with self.assertRaises(UserError):
            self._hand_over()

    def test_it_can_be_written_off_while_it_is_with_the_agency(self):
        self.company.dunning_write_off_account_id = self.env["account.account"].create(
            {"name": "Bad Debts", "code": "664455", "account_type": "expense"}
        )
        self.company.dunning_write_off_journal_id = self.env["account.journal"].create(
            {"name": "Write-Offs", "code": "WOFF", "type": "general"}
        )
        self._follow(STEP)
        self._dun(day(5))
        case = self._get_case(self.invoice)
        case._write_off(self.invoice, "Hopeless.")
        self.assertEqual(case.state, "closed")

    def test_an_auditor_hands_nothing_over(self):
        self._follow(STEP)
        self._dun(day(5))
        case = self._get_case(self.invoice).with_user(self.auditor)
        for action in (case.action_hand_over, case.action_take_back):
            with self.assertRaises(AccessError):
                action()

    def test_strangers_get_no_file(self):
        self._follow(REMINDER)
        self._dun(day(2))
        case = self._get_case(self.invoice)
        with self.assertRaises(AccessError):
            case.with_user(self.employee).action_case_file()
        action = case.with_user(self.user).action_case_file()
        file = self.env["dunning.case.file"].browse(int(action["url"].split("/")[4]))
        self.assertTrue(file.with_user(self.user).content)
        with self.assertRaises(AccessError):
            file.with_user(self.manager).read(["content"])


@tagged("standard", "post_install", "-at_install")
class TestCaseFile(HandOverCase):
    def test_the_file_is_attached_with_the_hand_over(self):
        self._follow(STEP)
        self._dun(day(5))
        case = self._get_case(self.invoice)
        self.assertEqual(case.file_id.res_id, case.id)
        self.assertEqual(case.file_id.mimetype, "application/zip")
        self.assertIn(case.file_id, case.message_ids.attachment_ids)
        files = self._read_zip(case.file_id.raw)
        number = self.invoice.name.replace("/", "_")
        self.assertEqual(
            set(files),
            {
                "summary.pdf",
                "customer.csv",
                "invoices.csv",
                "history.csv",
                f"invoices/{number}.pdf",
            },
        )
        first = case.file_id
        self._dun(day(6))
        self.assertEqual(case.file_id, first)

    def test_a_file_that_cannot_be_printed_waits_for_a_person(self):
        def fail(*_args):
            raise UserError("No PDF can be printed here.")

        self.patch(type(self.env["dunning.case"]), "_print", fail)
        self._follow(STEP)
        with mute_logger("odoo.addons.subscription_billing_dunning.models.dunning_run"):
            self._dun(day(5))
        case = self._get_case(self.invoice)
        self.assertEqual(case.date_handed_over, day(5))
        self.assertIn("No PDF", case.error)
        self.patch(type(self.env["dunning.case"]), "_print", lambda *_args: PDF)
        with freeze_time(f"{day(6)} 08:00:00"):
            case.action_repeat()
        self._dun(day(6))
        self.assertTrue(case.file_id)

    def test_the_invoices_are_what_is_owed(self):
        self._follow(REMINDER)
        paid = self._bill()
        self._pay(paid, day(1))
        with freeze_time(f"{day(1)} 12:00:00"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.invoice.ids
            ).create({"amount": 15}).action_create_payments()
        self._dun(day(2))
        with freeze_time(f"{day(3)} 10:00:00"):
            files = self._download(self._get_case(self.invoice))
        self.assertEqual(
            self._read_csv(files["invoices.csv"])[1:],
            [
                [
                    self.invoice.name,
                    "2026-03-01",
                    "2026-03-01",
                    "115.00",
                    "100.00",
                    self.invoice.currency_id.name,
                ]
            ],
        )

    def test_the_history_tells_what_was_done_and_not_what_we_noted(self):
        self._follow(REMINDER, {"action": "activity", "name": "Call", "days": 3})
        call = self.env.ref("mail.mail_activity_data_call")
        self.followed.step_ids[1].activity_type_id = call
        self._dun_daily(day(2), 2)
        case = self._get_case(self.invoice)
        case.activity_ids.action_feedback(feedback="Pays on Friday.")
        case.message_post(body="She lies.")
        case.message_post(
            body="Please pay: https://example.com/pay?access_token=secret",
            partner_ids=self.partner.ids,
            subtype_xmlid="mail.mt_comment",
        )
        with freeze_time(f"{day(4)} 10:00:00"):
            self.env["dunning.agree"].create(
                {"case_id": case.id, "date_first": day(20), "note": "Secret."}
            ).action_agree()
            content = self._download(case)["history.csv"]
        rows = self._read_csv(content)
        self.assertIn(
            ["2026-03-03", "E-mail", "Remind", self.invoice.name, "115.00", ""], rows
        )
        text = content.decode("utf-8-sig")
        for word in ("Pays on Friday.", "Please pay: ", "2026-03-21 115.00"):
            self.assertIn(word, text)
        for word in ("She lies", "access_token", "Secret.", "http"):
            self.assertNotIn(word, text)
        days = [row[0] for row in rows[1:]]
        self.assertEqual(days, sorted(days))

    def test_no_cell_is_a_formula(self):
        self._follow(REMINDER, partner_id=self.partner.copy({"name": "=1+1"}).id)
        self._dun(day(2))
        files = self._download(self._get_case(self.invoice))
        self.assertEqual(self._read_csv(files["customer.csv"])[1][0], "'=1+1")

    def test_only_what_is_needed_is_told_of_the_customer(self):
        self.partner.write({"comment": "Difficult.", "city": "Oslo"})
        self._create_token()
        self._follow(REMINDER)
        self._dun(day(2))
        files = self._download(self._get_case(self.invoice))
        header, values = self._read_csv(files["customer.csv"])
        told = dict(zip(header, values, strict=True))
        self.assertEqual(told["City"], "Oslo")
        self.assertEqual(told["E-mail"], "ada@example.com")
        text = b"".join(v for n, v in files.items() if n.endswith(".csv")).decode()
        for word in ("Difficult", "4242", "risk"):
            self.assertNotIn(word, text)

    def test_several_cases_have_a_folder_each(self):
        self._follow(REMINDER)
        other = self._bill(partner_id=self.partner.copy({"name": "../../Bo"}).id)
        self._dun(day(2))
        cases = self._get_case(self.invoice) | self._get_case(other)
        names = self._download(cases)
        folders = {name.split("/")[0] for name in names}
        self.assertEqual(len(folders), 2)
        self.assertEqual(len(names), 10)
        self.assertFalse([name for name in names if ".." in name])

    def test_without_a_debt_there_is_no_file(self):
        self._follow(REMINDER)
        self._dun(day(2))
        case = self._get_case(self.invoice)
        self._pay(self.invoice, day(3))
        with self.assertRaisesRegex(UserError, "Nothing is overdue"):
            case.action_case_file()


@tagged("standard", "post_install", "-at_install")
class TestCaseFilePrinted(EndsCase):
    def test_all_of_it_is_printed(self):
        agency = self.env["res.partner"].create({"name": "Gentle Collectors"})
        self._follow({**STEP, "agency_id": agency.id})
        self._dun(day(5))
        case = self._get_case(self.invoice)
        with zipfile.ZipFile(io.BytesIO(case.file_id.raw)) as archive:
            for name in archive.namelist():
                if name.endswith(".pdf"):
                    self.assertTrue(archive.read(name).startswith(b"%PDF"), name)

    def test_the_summary_names_the_debt(self):
        self._follow(REMINDER)
        self._dun(day(2))
        case = self._get_case(self.invoice)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "subscription_billing_dunning.report_dunning_case_file", case.ids
        )
        for word in ("Ada Lovelace", self.invoice.name, "115.00", "Remind"):
            self.assertIn(word, html.decode())
