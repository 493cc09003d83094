"""Who may see what was done about unpaid invoices, and do what."""

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_access import AccessCase, RightsTable

#: model -> what an employee, an auditor, an accountant, a user and a manager may do
RIGHTS = {
    "dunning.policy": ("", "r", "r", "r", "rwcd"),
    "dunning.step": ("", "r", "r", "r", "rwcd"),
    "dunning.threshold": ("", "r", "r", "r", "rwcd"),
    "dunning.schedule": ("", "r", "r", "r", "rwcd"),
    "dunning.case": ("", "r", "rw", "rw", "rw"),
    "dunning.action": ("", "r", "r", "r", "r"),
    "dunning.agreement": ("", "r", "r", "r", "r"),
    "dunning.instalment": ("", "r", "r", "r", "r"),
    "dunning.agree": ("", "", "rwc", "rwc", "rwc"),
    "dunning.hold": ("", "", "rwc", "rwc", "rwc"),
    "dunning.fee": ("", "r", "r", "r", "r"),
    "dunning.fee.waive": ("", "", "rwc", "rwc", "rwc"),
    "dunning.reference.rate": ("", "r", "r", "r", "rwcd"),
    "dunning.experiment": ("", "r", "r", "r", "rwcd"),
    "dunning.recovery.report": ("", "r", "r", "r", "r"),
    "dunning.ageing.report": ("", "r", "r", "r", "r"),
    "dunning.retry.report": ("", "r", "r", "r", "r"),
    "dunning.churn.report": ("", "", "", "r", "r"),
    "dunning.forecast.line": ("", "r", "r", "r", "r"),
    "dunning.feedback": ("", "r", "r", "r", "r"),
    "dunning.timing": ("", "r", "r", "r", "rw"),
    "dunning.hand.over": ("", "", "rwc", "rwc", "rwc"),
    "dunning.case.file": ("", "r", "r", "r", "r"),
    "dunning.write.off": ("", "r", "r", "r", "r"),
    "dunning.write.off.wizard": ("", "", "rwc", "", ""),
}


@tagged("standard", "post_install", "-at_install")
class TestDunningRights(RightsTable, AccessCase):
    addon = "subscription_billing_dunning"
    rights = RIGHTS

    def test_nobody_starts_a_run_by_remote_call(self):
        common = set(dir(self.env["base"]))
        reachable = set(dir(self.env["dunning.run"])) - common
        self.assertFalse({name for name in reachable if not name.startswith("_")})


@tagged("standard", "post_install", "-at_install")
class TestDunningCompanies(DunningCommon, AccessCase):
    """A case of this company, and people of another one."""

    def setUp(self):
        super().setUp()
        invoice = self._bill()
        self._dun("2026-03-04")
        self.case = self._get_case(invoice)
        self.stranger = self.env["res.company"].create({"name": "Elsewhere"})

    def _as_stranger(self, records):
        self.manager.write(
            {
                "company_ids": [Command.set(self.stranger.ids)],
                "company_id": self.stranger.id,
            }
        )
        return records.with_user(self.manager).with_company(self.stranger)

    def test_people_of_other_companies_see_nothing_of_a_case(self):
        for records in (self.case, self.case.action_ids):
            self.assertFalse(
                self._as_stranger(records).search([("id", "in", records.ids)])
            )
            with self.assertRaises(AccessError):
                self._as_stranger(records).read(["company_id"])

    def test_people_of_other_companies_cannot_act(self):
        case = self._as_stranger(self.case)
        for action in (case.action_skip, case.action_resume, case.action_repeat):
            with self.assertRaises(AccessError):
                action()
        self._as_stranger(self.case)
        with self.assertRaises(AccessError):
            self.env["dunning.hold"].with_user(self.manager).create(
                {
                    "case_ids": self.case.ids,
                    "date_until": "2026-12-31",
                    "reason": "promise",
                    "note": "x",
                }
            )

    def test_people_of_other_companies_are_told_no_invoices(self):
        case = self._as_stranger(self.case)
        for action in (case.action_view_invoices, case.action_view_subscriptions):
            with self.assertRaises(AccessError):
                action()

    def test_an_accountant_does_not_write_what_dunning_knows_of_an_invoice(self):
        move = self.case.move_ids.with_user(self.accountant)
        for name, value in (
            ("date_retry", "2026-03-09 08:00:00"),
            ("dunning_case_id", False),
            ("dunning_date_opened", "2026-03-09"),
            ("dunning_written_off_case_id", self.case.id),
            ("retry_after_id", False),
            ("retry_kind", "random"),
            ("retry_probability", 0.9),
        ):
            with self.subTest(field=name):
                with self.assertRaisesRegex(UserError, "of the dunning case"):
                    move.write({name: value})
                with self.assertRaisesRegex(UserError, "of the dunning case"):
                    move.create({"move_type": "out_invoice", name: value})
        filled = move.with_context(
            default_move_type="out_invoice", default_dunning_case_id=self.case.id
        )
        self.assertFalse(filled.create({}).dunning_case_id)

    def test_an_auditor_looks_and_changes_nothing(self):
        case = self.case.with_user(self.auditor)
        self.assertTrue(case.amount_overdue)
        for action in (case.action_skip, case.action_resume, case.action_hold):
            with self.assertRaises(AccessError):
                action()

    def test_a_clerk_works_on_a_case(self):
        case = self.case.with_user(self.user)
        with freeze_time("2026-03-05 10:00:00"):
            case.action_skip()
            case.user_id = self.user
        self.assertIn(self.user.partner_id, case.message_ids.author_id)

    def test_what_was_done_stays(self):
        action = self.case.action_ids
        with self.assertRaises(UserError):
            action.unlink()
        with self.assertRaises(AccessError):
            action.with_user(self.manager).write({"state": "failed"})

    def test_nobody_opens_a_case_by_hand(self):
        with self.assertRaises(UserError):
            self.env["dunning.case"].with_user(self.manager).create(
                {"partner_id": self.partner.id}
            )
