"""What is overdue, said in the portal of the customer who owes it."""

from odoo import Command
from odoo.tests import tagged

from .dunning_link_case import DunningLinkCase

BANNER = "o_dunning_notice"


@tagged("standard", "post_install", "-at_install")
class TestDunningPortalNotice(DunningLinkCase):
    def setUp(self):
        super().setUp()
        self.policy.step_ids.unlink()
        self.env["dunning.step"].create(
            {
                "policy_id": self.policy.id,
                "name": "Say it in the portal",
                "days": 3,
                "action": "portal",
            }
        )
        self.case = self._open_case(2)

    def _open_portal(self, path="/my"):
        return self._get(path).text

    def test_the_step_is_in_the_ledger_and_needs_no_address(self):
        self.assertEqual(self.case.action_ids.mapped("action"), ["portal"] * 2)
        self.assertEqual(set(self.case.action_ids.mapped("state")), {"done"})
        self.assertEqual(str(self.case.date_portal_notice), "2026-03-04")

    def test_it_waits_for_no_working_hour(self):
        self.case.sudo().write({"date_portal_notice": False})
        step = self.policy.step_ids._as_steps(
            self.case.currency_id, self.policy._get_working_time()
        )
        self.assertFalse(step[0].is_contact)
        self.assertTrue(self.case._get_last_contact(), "and it is a contact")

    def test_the_customer_sees_what_is_overdue_and_where_to_pay(self):
        self._login(self.partner)
        for path in ("/my", "/my/invoices"):
            page = self._open_portal(path)
            self.assertIn(BANNER, page)
            self.assertIn("230.00", page)
            self.assertIn("03/01/2026", page)
        link = page.split('href="/subscription/overdue/')[1].split('"')[0]
        self.assertIn("230.00", self._open_portal(f"/subscription/overdue/{link}"))

    def test_a_contact_of_the_customer_sees_it_too(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.partner.id}
        )
        self._login(contact)
        self.assertIn(BANNER, self._open_portal())

    def test_it_is_gone_the_moment_all_is_paid(self):
        self._login(self.partner)
        self._pay(self.case.move_ids[0], "2026-03-05")
        page = self._open_portal()
        self.assertIn("115.00", page)
        self._pay(self.case.move_ids, "2026-03-05")
        self.assertNotIn(BANNER, self._open_portal())

    def test_nothing_is_said_to_who_is_left_alone(self):
        self._login(self.partner)
        self.assertIn(BANNER, self._open_portal())
        self.case.sudo().date_hold_until = "2099-01-01"
        self.assertNotIn(BANNER, self._open_portal())
        self.case.sudo().date_hold_until = False
        self.partner.is_dunning_off = True
        self.assertNotIn(BANNER, self._open_portal())

    def test_other_customers_do_not_see_it(self):
        self._login(self.env["res.partner"].create({"name": "Stranger"}))
        self.assertNotIn(BANNER, self._open_portal())

    def test_without_the_step_nothing_is_said(self):
        self.case.sudo().date_portal_notice = False
        self._login(self.partner)
        self.assertNotIn(BANNER, self._open_portal())

    def test_who_is_a_customer_elsewhere_does_not_see_it(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._login(
            self.partner,
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self.assertNotIn(BANNER, self._open_portal())

    def test_names_are_text_and_no_markup(self):
        self.partner.name = "<script>alert(1)</script>"
        self._login(self.partner)
        self.assertNotIn("<script>alert(1)", self._open_portal())

    def test_nobody_writes_the_notice_by_remote_call(self):
        self._login(self.partner)
        answer = self._call(
            "/web/dataset/call_kw/dunning.case/write",
            model="dunning.case",
            method="write",
            args=[self.case.ids, {"date_portal_notice": False}],
            kwargs={},
        )
        self.assertIn("error", answer)
        self.assertTrue(self.case.date_portal_notice)
