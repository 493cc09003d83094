"""Two versions of a policy, each for a random part of the new cases."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_dunning_outcome import OutcomeCase


class ExperimentCase(OutcomeCase):
    """Version B of the policy does nothing but close after ten days."""

    def setUp(self):
        super().setUp()
        self.other = self._create_policy(
            {"name": "Close soon", "days": 10, "action": "close"},
            name="B",
            active=False,
        )
        self.test = self.env["dunning.experiment"].create(
            {
                "name": "Soon",
                "policy_id": self.policy.id,
                "policy_b_id": self.other.id,
            }
        )

    def _start(self, day="2026-03-01", test=None):
        with freeze_time(f"{day} 08:00:00"):
            (test or self.test).action_start()

    def _bill_many(self, count):
        """Return unpaid invoices of as many customers."""
        with freeze_time("2026-03-01 08:00:00"):
            self._create_subscriptions(count, date_start=date(2026, 3, 1))
            self._run_renewal()
        return self.env["account.move"].search(
            [("move_type", "=", "out_invoice")], order="id desc", limit=count
        )

    def _get_rows(self):
        return {
            name: tuple(cells)
            for name, *cells in self.test._prepare_rows(
                self.test._compare(*self.test._map_results()[self.test.id].values())
            )
        }


@tagged("standard", "post_install", "-at_install")
class TestDunningExperiment(ExperimentCase):
    def test_chance_decides_which_policy_a_new_case_follows(self):
        self._start()
        invoices = self._bill_many(40)
        self._dun("2026-03-02")
        cases = invoices.dunning_case_id
        by_version = cases.grouped("version")
        self.assertEqual(set(by_version), {"a", "b"})
        self.assertEqual(by_version["a"].policy_id, self.policy)
        self.assertEqual(by_version["b"].policy_id, self.other)
        self.assertGreater(min(map(len, by_version.values())), 8)
        self.assertEqual(cases.experiment_id, self.test)

    def test_a_customer_keeps_his_version(self):
        self._start()
        prepare = self.test._prepare_policy_vals
        drawn = [prepare(self.policy, self.partner)["version"] for _ in range(3)]
        self.assertEqual(len(set(drawn)), 1)

    def test_cases_of_other_policies_and_other_days_take_no_part(self):
        self.test.date_end = date(2026, 3, 5)
        self._start()
        vals = self.test._prepare_policy_vals(self.other, self.partner)
        self.assertEqual(vals["policy_id"], self.other.id)
        self.assertFalse(vals["experiment_id"])
        find = self.env["dunning.experiment"]._find_running
        for day, running in (
            ("2026-02-28", False),
            ("2026-03-01", True),
            ("2026-03-05", True),
            ("2026-03-06", False),
        ):
            with self.subTest(day=day), freeze_time(f"{day} 12:00:00"):
                self.assertEqual(bool(find(self.company)), running)

    def test_a_case_without_a_test_has_no_version(self):
        case = self._get_case(self._open_case())
        self.assertFalse(case.version)
        self.assertFalse(case.experiment_id)

    # === RESULTS === #

    def test_the_result_is_what_had_become_of_the_cases_by_then(self):
        """A: of 12, 6 pay on the 12th. B: all of 10 are closed on the 11th."""
        self._start()
        invoices = self._bill_many(22)
        self._dun("2026-03-02")
        cases = invoices.dunning_case_id
        self._split(cases, 12)
        self._dun("2026-03-11")
        first = cases.filtered(lambda case: case.version == "a")[:6]
        for invoice in first.move_ids:
            self._pay(invoice, "2026-03-12")
        with freeze_time("2026-03-10 12:00:00"):
            self.test.action_stop()
        with freeze_time("2026-03-20 12:00:00"):
            self.assertIn("not enough cases yet: 0 with A and 0", self.test.verdict)
        with freeze_time("2026-04-15 12:00:00"):
            self.test.invalidate_recordset()
            rows = self._get_rows()
            verdict = self.test.verdict
            self.assertEqual(self.test.case_count, 22)
            self.assertIn("50.0 %", self.test.result_html)
        self.assertEqual(rows["Cases"][:2], (12, 10))
        paid = rows["Paid within 30 days"]
        self.assertEqual(paid[:3], ("50.0 %", "0.0 %", "-50.0 %"))
        self.assertEqual(rows["Subscriptions closed"][:2], ("0.0 %", "100.0 %"))
        self.assertEqual(rows["Days until paid, of those who paid"][:2], ("10.0", ""))
        self.assertIn("57.50", rows["Recovered per case"][0])
        self.assertIn("With A, 50 in 100 cases were paid within 30 days", verdict)
        self.assertIn("A is better", verdict)

    def _split(self, cases, count):
        """Give the first so many cases version A, and the others B."""
        first, rest = cases[:count], cases[count:]
        with freeze_time("2026-03-02 09:00:00"):
            first.write({"version": "a", "policy_id": self.policy.id})
            rest.write({"version": "b", "policy_id": self.other.id})
        self.env.cr.execute(
            "UPDATE dunning_case SET create_date = '2026-03-02' WHERE id = ANY(%s)",
            [cases.ids],
        )
        self.env.invalidate_all()

    def test_what_comes_after_the_days_does_not_count(self):
        self._start()
        invoices = self._bill_many(20)
        self._dun("2026-03-02")
        self._split(invoices.dunning_case_id, 10)
        # 31 days after the 2nd.
        for invoice in invoices.dunning_case_id[:10].move_ids:
            self._pay(invoice, "2026-04-02")
        with freeze_time("2026-04-15 12:00:00"):
            rows = self._get_rows()
        self.assertEqual(rows["Paid within 30 days"][0], "0.0 %")
        self.assertNotIn("115", rows["Recovered per case"][0])
        with freeze_time("2026-04-15 12:00:00"):
            self.assertIn("Decide when the test is over", self.test.verdict)
            self.test.action_stop()
        with freeze_time("2026-05-20 12:00:00"):
            self.test.invalidate_recordset()
            self.assertIn("Neither is shown to be better", self.test.verdict)

    def test_a_customer_counts_once_and_by_the_company_day(self):
        self.company.subscription_tz = "America/Los_Angeles"
        self._start()
        invoice = self._open_case()
        self._pay(invoice, "2026-03-05")
        later = self._bill()
        self._dun("2026-03-12")
        cases = (invoice | later).dunning_case_id
        self.assertEqual(len(cases), 2)
        self.assertEqual(cases.experiment_id, self.test)
        # The evening of the 2nd there.
        self.env.cr.execute(
            "UPDATE dunning_case SET create_date = '2026-03-03 03:00' WHERE id = %s",
            [cases[0].id],
        )
        with freeze_time("2026-05-20 12:00:00"):
            found = self.test._map_results()[self.test.id]
        (result,) = found["a"] + found["b"]
        self.assertEqual(
            (result.is_paid, result.days, result.recovered), (True, 3, 115)
        )

    def test_what_is_credited_before_it_is_due_is_not_paid(self):
        self.policy.step_ids[:1].write({"timing": "due", "days": -7})
        self._start(day="2026-02-20")
        invoice, other = (
            self._bill(partner_id=self.partner.copy().id) for _number in range(2)
        )
        self._dun("2026-02-24")
        self.assertEqual(
            (invoice | other).dunning_case_id.mapped("state"), ["upcoming"] * 2
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE dunning_case SET create_date = '2026-02-24'")
        self._credit(invoice, "2026-02-25")
        self._pay(other, "2026-02-26")
        self._dun("2026-02-27")
        with freeze_time("2026-05-20 12:00:00"):
            found = self.test._map_results()[self.test.id]
        told = sorted(
            (each.is_paid, each.recovered) for each in found["a"] + found["b"]
        )
        self.assertEqual(told, [(False, 0), (True, 115)])

    def test_what_is_paid_early_counts_as_it_comes_and_within_the_days(self):
        self.policy.step_ids[:1].write({"timing": "due", "days": -7})
        self.test.days = 3
        self._start(day="2026-02-20")
        invoice = self._bill(partner_id=self.partner.copy().id)
        self._dun("2026-02-24")
        self.assertEqual(invoice.dunning_case_id.state, "upcoming")
        self.env.flush_all()
        self.env.cr.execute("UPDATE dunning_case SET create_date = '2026-02-24'")
        self._pay_part(invoice, 40, "2026-02-25")
        # Still before it is due, but four days after the case began.
        self._pay(invoice, "2026-02-28")
        self._dun("2026-02-28", "13:00:00")
        with freeze_time("2026-05-20 12:00:00"):
            found = self.test._map_results()[self.test.id]
        (result,) = found["a"] + found["b"]
        self.assertEqual((result.is_paid, result.recovered), (False, 40))

    def test_it_ends_on_its_last_day(self):
        self._start()
        self.test.date_end = date(2026, 3, 5)
        for day, state in (("2026-03-05", "running"), ("2026-03-06", "ended")):
            with freeze_time(f"{day} 12:00:00"):
                self._run_cron("subscription_billing_dunning.ir_cron_dunning")
            self.assertEqual(self.test.state, state)

    # === RULES === #

    def test_version_b_may_begin_as_a_copy_that_nobody_else_follows(self):
        self.test.policy_b_id = False
        self.test.action_copy_policy()
        copy = self.test.policy_b_id
        self.assertFalse(copy.active)
        self.assertEqual(
            copy.step_ids.mapped("name"), self.policy.step_ids.mapped("name")
        )
        with self.assertRaisesRegex(UserError, "Version B already"):
            self.test.action_copy_policy()

    def test_a_version_that_is_archived_reminds_before_the_due_date_too(self):
        self.other.step_ids.write({"timing": "due", "days": -7})
        self._start()
        self.assertFalse(self.other.active)
        run = self.env["dunning.run"]._in_company(self.company)
        with freeze_time("2026-03-02"):
            self.assertEqual(run._get_days_ahead(), 7)

    def test_one_test_of_a_policy_runs_at_a_time(self):
        self._start()
        second = self.test.copy()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self._start(test=second)
        third = self._create_policy({"name": "x", "days": 1}, name="C", active=False)
        second.policy_id = third
        with self.assertRaisesRegex(ValidationError, "runs with one of these"):
            self._start(test=second)

    def test_what_makes_no_sense_is_refused(self):
        for vals in (
            {"share": 0},
            {"share": 100},
            {"days": 0},
            {"policy_b_id": self.policy.id},
            {"date_start": "2026-03-05", "date_end": "2026-03-04"},
        ):
            with (
                self.subTest(**vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.test.write(vals)
        self.test.policy_b_id = False
        with self.assertRaisesRegex(UserError, "Version B with steps"):
            self._start()

    def test_what_a_running_test_compares_stays(self):
        self._start()
        for vals in ({"share": 60}, {"policy_b_id": self.policy.id}, {"days": 5}):
            with self.subTest(**vals), self.assertRaisesRegex(UserError, "has started"):
                self.test.write(vals)
        with self.assertRaisesRegex(UserError, "is kept"):
            self.test.unlink()
        with self.assertRaisesRegex(UserError, "new test"):
            self._start()
        with freeze_time("2026-03-09 08:00:00"):
            self.test.action_stop()
        self.assertEqual((self.test.state, self.test.date_end.day), ("ended", 9))
        with self.assertRaisesRegex(UserError, "running test"):
            self.test.action_stop()

    def test_only_managers_lead_tests_and_nobody_writes_states(self):
        user, manager = (
            new_test_user(
                self.env,
                f"experiment_{role}",
                groups=f"subscription_billing.group_subscription_{role}",
            )
            for role in ("user", "manager")
        )
        with self.assertRaises(AccessError):
            self.test.with_user(user).action_start()
        with self.assertRaises(UserError):
            self.test.with_user(manager).write({"state": "ended"})
        self._start(test=self.test.with_user(manager))
        self.assertEqual(self.test.with_user(user).state, "running")
        self.assertTrue(self.test.with_user(user).verdict)
