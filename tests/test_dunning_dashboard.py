"""The overview of dunning: each figure is the length, or the sum, of its list."""

from datetime import date

from freezegun import freeze_time
from lxml import etree
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .test_dunning_outcome import OutcomeCase


@tagged("standard", "post_install", "-at_install")
class TestDunningDashboard(OutcomeCase):
    def setUp(self):
        super().setUp()
        self.user = new_test_user(
            self.env,
            "dashboard",
            groups="subscription_billing.group_subscription_user",
        )

    def _read(self, day, user=None):
        """Return the figures of a day: texts and notes by label, and all of it."""
        with freeze_time(f"{day} 12:00:00"):
            page = self.env["dunning.overview"].with_user(user or self.user)
            told = page.get_figures()
        figures = {
            figure["label"]: figure
            for block in told["blocks"]
            for figure in block["figures"]
        }
        return figures, told

    def _open(self, figure, day):
        """Return the records of the list that a figure opens."""
        action = figure["action"]
        with freeze_time(f"{day} 12:00:00"):
            model = self.env[action["res_model"]].with_user(self.user)
            return model.search(action["domain"])

    def test_an_empty_book_shows_zeros_and_no_rate(self):
        figures, told = self._read("2026-03-04")
        self.assertEqual(figures["Open"]["text"], "0")
        self.assertIn("0", figures["Not Due"]["text"])
        self.assertEqual(len(told["rates"]), 12)
        self.assertEqual({each["rate"] for each in told["rates"]}, {None})

    def test_figures_are_those_of_the_day(self):
        invoices = [self._open_case(partner_id=self._customer(name)) for name in "abcd"]
        self._pay(invoices[0], "2026-03-05")
        self._write_off(invoices[1], "2026-04-05", 15)
        self._pay_part(invoices[1], 45, "2026-04-06")
        figures, told = self._read("2026-04-07")
        # 55 and twice 115, 37 days after they were due.
        self.assertIn("285", figures["31–60 Days"]["text"])
        self.assertEqual(figures["31–60 Days"]["note"], "Invoices: 3")
        self.assertEqual(figures["Open"]["text"], "3")
        self.assertIn("45", figures["Recovered This Month"]["text"])
        self.assertIn("115", figures["Recovered This Month"]["note"])
        self.assertIn("15", figures["Lost This Month"]["text"])
        self.assertEqual(
            [(each["label"], each["rate"]) for each in told["rates"][-2:]],
            [("Mar 26", 100.0), ("Apr 26", 75.0)],
        )

    def _customer(self, name):
        return (
            self.env["res.partner"]
            .create({"name": name, "email": f"{name}@example.com"})
            .id
        )

    def test_each_figure_opens_its_list(self):
        nobody = self.env["res.partner"].create({"name": "No address"})
        call = self.env.ref("mail.mail_activity_data_call")
        self.policy.step_ids[1].write(
            {"action": "activity", "activity_type_id": call.id}
        )
        self._open_case()
        self._open_case(partner_id=nobody.id)
        self._dun_daily(date(2026, 3, 3), 10)
        day = "2026-03-12"
        figures, told = self._read(day)
        counted = {
            label: figure
            for label, figure in figures.items()
            if figure["text"].isdecimal()
        }
        self.assertEqual(counted["Steps That Failed"]["text"], "1")
        self.assertEqual(counted["Today's Calls"]["text"], "1")
        for label, figure in counted.items():
            with self.subTest(label):
                self.assertEqual(len(self._open(figure, day)), int(figure["text"]))
        self.assertEqual(len(self._open(figures["1–30 Days"], day)), 2)
        self.assertFalse(told["blocks"][-1]["figures"])
        # The next step is due on the 21st.
        _figures, told = self._read("2026-03-15")
        (coming,) = told["blocks"][-1]["figures"]
        self.assertEqual((coming["label"], coming["text"]), ("Sat 21 Mar", "1"))
        self.assertEqual(len(self._open(coming, "2026-03-15")), 1)

    def test_what_is_no_call_is_found_with_a_filter(self):
        self.policy.step_ids[0].write({"action": "activity"})
        case = self._open_case().dunning_case_id
        self._dun("2026-03-04")
        self.assertTrue(case.activity_ids)
        figures, _told = self._read("2026-03-05")
        self.assertEqual(figures["Today's Calls"]["text"], "0")
        cases = self.env["dunning.case"].with_user(self.user)
        arch = etree.fromstring(cases.get_view(view_type="search")["arch"])
        (to_do,) = arch.xpath("//filter[@name='to_do']")
        with freeze_time("2026-03-05 12:00:00"):
            found = cases.search(safe_eval(to_do.get("domain")))
        self.assertEqual(found, case)

    def test_letters_to_print_are_counted(self):
        self.policy.step_ids[0].write({"action": "letter"})
        self._open_case()
        self._dun("2026-03-04")
        figures, _told = self._read("2026-03-05")
        self.assertEqual(figures["Letters to Print"]["text"], "1")

    def test_it_takes_no_more_queries_for_more_cases(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._read("2026-03-05")
            return self.env.cr.sql_log_count - start

        self._open_case(partner_id=self._customer("a"))
        self._dun("2026-03-04")
        count()
        once = count()
        for name in "bcdef":
            self._open_case(partner_id=self._customer(name))
        self._dun("2026-03-04", "12:00:00")
        count()
        self.assertEqual(count(), once)

    def test_other_companies_and_employees_see_nothing(self):
        self._open_case()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="subscription_billing.group_subscription_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        figures, told = self._read("2026-03-05", stranger)
        self.assertEqual(told["company"], "Elsewhere")
        self.assertEqual(figures["Open"]["text"], "0")
        self.assertEqual(figures["More Than 90 Days"]["note"], "Invoices: 0")
        employee = new_test_user(self.env, "employee", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._read("2026-03-05", employee)

    def test_auditors_and_accountants_may_look(self):
        for role in ("readonly", "invoice"):
            user = new_test_user(
                self.env, f"d_{role}", groups=f"account.group_account_{role}"
            )
            self.assertTrue(self._read("2026-03-05", user))


@tagged("standard", "post_install", "-at_install")
class TestDunningDashboardPage(OutcomeCase, HttpCase):
    def test_the_page_opens_in_a_browser(self):
        self._open_case()
        self.browser_js(
            "/odoo/dunning-overview",
            """
            const page = document.querySelector(".o_dunning_overview");
            const { length } = page.querySelectorAll("button");
            if (length < 10) throw new Error(`${length} figures`);
            console.log("test successful");
            """,
            ready="!!document.querySelector('.o_dunning_overview button')",
            login="admin",
        )
