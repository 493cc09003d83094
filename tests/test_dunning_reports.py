"""What the reports show: numbers worked out by hand."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_dunning_outcome import OutcomeCase
from .test_dunning_smart import SmartCase


@tagged("standard", "post_install", "-at_install")
class TestDunningRecoveryReport(OutcomeCase):
    """115.00 are due on 1 March; e-mails on the 4th and 11th."""

    def _read(self, *groups, domain=()):
        rows = self.env["dunning.recovery.report"]._read_group(
            [("company_id", "=", self.company.id), *domain],
            list(groups),
            [
                "amount_recovered_company:sum",
                "amount_lost_company:sum",
                "recovery_rate:avg",
                "days:avg",
            ],
        )
        return [tuple(row) for row in rows]

    def test_the_rate_is_weighed_by_the_amounts(self):
        invoice = self._open_case()
        self._pay_part(invoice, 92, "2026-03-05")
        self._write_off(invoice, "2026-03-20")
        # 92 of 115; on the third day after the case has opened.
        self.assertEqual(self._read(), [(92, 23, 80, 3)])

    def test_what_is_owed_still_counts_in_nothing(self):
        self._open_case()
        self.assertFalse(self.env["dunning.recovery.report"].search([]))

    def test_money_belongs_to_the_last_step_before_it(self):
        invoices = [self._bill(partner_id=self._customer(n)) for n in "abc"]
        self._dun("2026-03-02")
        self._pay(invoices[0], "2026-03-03")
        self._dun("2026-03-04")
        self._pay(invoices[1], "2026-03-10")
        self._dun_daily(date(2026, 3, 5), 8)
        self._pay(invoices[2], "2026-04-02")
        remind, again = self.policy.step_ids[:2]
        none = self.env["dunning.step"]
        channels = {action for _step, action, *_rest in self._read("step_id", "action")}
        self.assertEqual(channels, {False, "email"})
        self.assertEqual(
            [(step, row[0], row[3]) for step, *row in self._read("step_id")],
            [(remind, 115, 8), (again, 115, 31), (none, 115, 1)],
        )
        months = [(m.month, *row[:2]) for m, *row in self._read("date:month")]
        self.assertEqual(months, [(3, 230, 0), (4, 115, 0)])

    def _customer(self, name):
        return (
            self.env["res.partner"]
            .create({"name": name, "email": f"{name}@example.com"})
            .id
        )

    def test_segments_are_those_of_the_customer(self):
        belgium = self.env.ref("base.be")
        self.partner.write({"is_company": True, "country_id": belgium.id})
        invoice = self._open_case()
        self._pay(invoice, "2026-03-05")
        self.assertEqual(
            self._read("customer_type", "country_id", "policy_id"),
            [("company", belgium, self.policy, 115, 0, 100, 3)],
        )

    def test_an_amount_counts_in_each_tag_of_the_customer(self):
        tags = self.env["res.partner.category"].create(
            [{"name": name} for name in ("Schools", "North")]
        )
        self.partner.category_id = tags
        other = self._open_case(partner_id=self._customer("b"))
        self._pay(self._open_case(), "2026-03-05")
        self._pay(other, "2026-03-05")
        found = {tag: row for tag, *row in self._read("tag_ids")}
        self.assertEqual(set(found), {tags[0], tags[1], tags.browse()})
        self.assertEqual({row[0] for row in found.values()}, {115})

    def test_amounts_of_other_currencies_are_told_in_both(self):
        currency = self.env["res.currency"].create(
            {
                "name": "GDN",
                "symbol": "G",
                "rate_ids": [Command.create({"name": "2026-01-01", "rate": 2})],
            }
        )
        subscription_vals = {"currency_id": currency.id}
        invoice = self._open_case(**subscription_vals)
        self.assertEqual(invoice.currency_id, currency)
        self._pay(invoice, "2026-03-05")
        row = self.env["dunning.recovery.report"].search([])
        self.assertRecordValues(
            row,
            [
                {
                    "amount_recovered": invoice.amount_total,
                    "amount_recovered_company": invoice.amount_total / 2,
                    "currency_id": currency.id,
                }
            ],
        )

    def test_other_companies_and_employees_see_nothing(self):
        invoice = self._open_case()
        self._pay(invoice, "2026-03-05")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="subscription_billing.group_subscription_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        employee = new_test_user(self.env, "employee", groups="base.group_user")
        for name in ("recovery", "ageing", "churn", "retry"):
            report = self.env[f"dunning.{name}.report"]
            self.assertFalse(report.with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                report.with_user(employee).search([])


@tagged("standard", "post_install", "-at_install")
class TestDunningAgeing(OutcomeCase):
    def test_each_invoice_has_its_age(self):
        invoice = self._open_case()
        for day, age, days in (
            ("2026-03-01", "00_not_due", 0),
            ("2026-03-02", "01_30", 1),
            ("2026-03-31", "01_30", 30),
            ("2026-04-01", "31_60", 31),
            ("2026-04-30", "31_60", 60),
            ("2026-05-30", "61_90", 90),
            ("2026-05-31", "91_more", 91),
        ):
            with self.subTest(day=day), freeze_time(f"{day} 12:00:00"):
                self.env.invalidate_all()
                self.assertRecordValues(
                    self.env["dunning.ageing.report"].search([]),
                    [
                        {
                            "move_id": invoice.id,
                            "age": age,
                            "days": days,
                            "amount_company": 115,
                            "case_state": "open",
                            "policy_id": self.policy.id,
                        }
                    ],
                )

    def test_what_is_paid_in_part_ages_with_the_rest(self):
        invoice = self._open_case()
        self._pay_part(invoice, 15, "2026-03-05")
        report = self.env["dunning.ageing.report"]
        self.assertEqual(report.search([]).amount_company, 100)
        self._pay(invoice, "2026-03-06")
        self.env.invalidate_all()
        self.assertFalse(report.search([]))

    def test_cases_on_hold_and_none_are_told_apart(self):
        first = self._open_case()
        with freeze_time("2026-03-03 10:00:00"):
            self._get_case(first)._hold(date(2026, 3, 20), "dispute", "x")
            partner = self.env["res.partner"].create({"name": "Late"})
            self._bill(partner_id=partner.id)
            rows = self.env["dunning.ageing.report"].search([])
            self.assertEqual(set(rows.mapped("case_state")), {"held", "none"})

    def test_invoices_of_no_subscription_are_left_out(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 5})],
            }
        )
        invoice.action_post()
        self.assertFalse(self.env["dunning.ageing.report"].search([]))


@tagged("standard", "post_install", "-at_install")
class TestDunningChurn(OutcomeCase):
    """Suspended after 20 days, closed after 40."""

    def test_a_closed_subscription_has_lost_what_it_last_brought(self):
        invoice = self._open_case()
        self._dun_daily(date(2026, 3, 3), 45)
        subscription = invoice.subscription_ids
        self.assertEqual(subscription.state, "closed")
        closing = self.policy.step_ids[-1]
        self.assertRecordValues(
            self.env["dunning.churn.report"].search([]),
            [
                {
                    "subscription_id": subscription.id,
                    "date": date(2026, 4, 10),
                    "mrr_lost": 100,
                    "mrr_lost_company": 100,
                    "step_id": closing.id,
                    "policy_id": self.policy.id,
                }
            ],
        )

    def test_who_leaves_by_himself_is_not_counted(self):
        invoice = self._open_case()
        with freeze_time("2026-03-05 10:00:00"):
            invoice.subscription_ids._finish(
                date(2026, 3, 5),
                reason=self.env.ref("subscription_billing.close_reason_price"),
            )
        self.assertFalse(self.env["dunning.churn.report"].search([]))

    def _plan_an_end(self):
        """Let a step plan the end of the period; return the subscription."""
        self.policy.step_ids[-1].write({"action": "close_period", "days": 5})
        self.policy.step_ids[:-1].unlink()
        invoice = self._open_case()
        self._dun_daily(date(2026, 3, 3), 10)
        subscription = invoice.subscription_ids
        self.assertTrue(subscription._get_scheduled_closes().dunning_case_id)
        return subscription

    def test_an_end_that_was_planned_counts_when_it_comes(self):
        subscription = self._plan_an_end()
        self.assertFalse(self.env["dunning.churn.report"].search([]))
        with freeze_time("2026-04-02 10:00:00"):
            self._run_renewal()
        self.assertEqual(subscription.state, "closed")
        row = self.env["dunning.churn.report"].search([])
        self.assertRecordValues(
            row,
            [
                {
                    "subscription_id": subscription.id,
                    "step_id": self.policy.step_ids.id,
                    "mrr_lost": 100,
                }
            ],
        )

    def test_who_leaves_after_an_end_was_called_off_is_not_counted(self):
        subscription = self._plan_an_end()
        self._pay(subscription.invoice_ids, "2026-03-14")
        self.assertFalse(subscription._get_scheduled_closes())
        with freeze_time("2026-05-05 10:00:00"):
            subscription._finish(date(2026, 5, 5))
        self.assertEqual(subscription.state, "closed")
        self.assertFalse(self.env["dunning.churn.report"].search([]))

    def test_who_came_back_and_leaves_is_not_counted_again(self):
        subscription = self._plan_an_end()
        with freeze_time("2026-04-02 10:00:00"):
            self._run_renewal()
        with freeze_time("2026-04-20 10:00:00"):
            subscription.action_reactivate()
        with freeze_time("2026-05-05 10:00:00"):
            subscription._finish(date(2026, 5, 5))
        self.assertEqual(len(self.env["dunning.churn.report"].search([])), 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningRetryReport(SmartCase):
    def test_retries_are_told_apart_by_how_their_time_was_chosen(self):
        self.schedule.write({"kind": "fixed", "days": "2, 2, 2"})
        invoice = self._charge_in_vain()
        for days in (2, 4):
            self._look(datetime(2026, 3, 1, 9) + timedelta(days=days))
        self.token.demo_simulated_state = "done"
        self._look(datetime(2026, 3, 7, 10))
        charges = invoice.collection_charge_ids.sorted("id")
        self.assertEqual(charges.mapped("state"), ["error", "error", "error", "done"])
        self.assertEqual(charges.mapped("retry_kind"), [False, *["fixed"] * 3])
        # What was done is not told anew by what is decided later.
        self.schedule.write({"kind": "smart", "tries": 2, "span_days": 14})
        charges[1].sudo().write({"retry_probability": 0.3, "retry_kind": "random"})
        charges[2].sudo().write({"retry_probability": 0.5, "retry_kind": "smart"})
        rows = self.env["dunning.retry.report"]._read_group(
            [],
            ["kind"],
            ["__count", "success_rate:avg", "expected_rate:avg", "amount_done:sum"],
        )
        self.assertEqual(
            {
                kind: (count, rate, expected and round(expected), done)
                for kind, count, rate, expected, done in rows
            },
            {
                "fixed": (1, 100, False, 115),
                "random": (1, 0, 30, 0),
                "smart": (1, 0, 50, 0),
            },
        )


@tagged("standard", "post_install", "-at_install")
class TestDunningForecast(OutcomeCase):
    """Nothing is known yet: 60 in 100 pay by the due date, 60 of those left in a
    month, and 40 of those in the next."""

    def _forecast(self, user=None):
        lines = self.env["dunning.forecast.line"]
        if user:
            lines = lines.with_user(user)
        action = lines.action_open()
        return lines.search(action["domain"])

    def test_an_overdue_invoice_comes_by_the_shares_of_its_age(self):
        self._open_case()
        with freeze_time("2026-03-02 10:00:00"):
            lines = self._forecast()
            # This year's own invoices do not count before their ages have passed,
            # but this one has not been paid by its due date: 60 % of 20 of 21.
            self.assertEqual(set(lines.mapped("source")), {"invoice"})
            month = lines.filtered(lambda line: line.date <= date(2026, 3, 31))
            self.assertAlmostEqual(sum(month.mapped("amount")), 115 * 0.6, places=0)
            rest = lines.filtered(
                lambda line: date(2026, 3, 31) < line.date <= date(2026, 4, 30)
            )
            self.assertAlmostEqual(
                sum(rest.mapped("amount")), 115 * 0.4 * 0.4, places=0
            )

    def test_own_invoices_teach_the_shares(self):
        for name in "abcd":
            partner = self.env["res.partner"].create({"name": name})
            self._pay(self._bill(partner_id=partner.id), "2026-03-01")
        with freeze_time("2026-03-20 10:00:00"):
            self.env.flush_all()
            lines = self.env["dunning.forecast.line"]
            shares = lines._learn_shares(self.company)[self.company]
        # 4 of 4 by the due date, with 12 of 20.
        self.assertAlmostEqual(shares[0], 16 / 24)
        self.assertAlmostEqual(shares[1], 0.6)

    def test_a_payment_plan_comes_on_its_days_and_not_twice(self):
        invoice = self._open_case()
        with freeze_time("2026-03-05 10:00:00"):
            wizard = self.env["dunning.agree"].create(
                {
                    "case_id": self._get_case(invoice).id,
                    "count": 2,
                    "date_first": date(2026, 3, 10),
                    "interval_unit": "month",
                    "note": "x",
                }
            )
            wizard.action_agree()
            lines = self._forecast().sorted("date")
        self.assertRecordValues(
            lines,
            [
                {"date": date(2026, 3, 10), "source": "plan", "amount": 40.25},
                {"date": date(2026, 4, 10), "source": "plan", "amount": 40.25},
            ],
        )

    def test_a_planned_retry_brings_its_chance_on_its_day(self):
        invoice = self._open_case()
        invoice._write_collection(
            {
                "collection_state": "failed",
                "date_retry": datetime(2026, 3, 9, 12),
                "retry_probability": 0.4,
            }
        )
        with freeze_time("2026-03-05 10:00:00"):
            lines = self._forecast().sorted("date")
        self.assertRecordValues(
            lines[0],
            [{"date": date(2026, 3, 9), "source": "retry", "amount": 46}],
        )

    def test_each_person_sees_the_own_forecast(self):
        self._open_case()
        users = [
            new_test_user(
                self.env,
                f"forecast_{n}",
                groups="subscription_billing.group_subscription_user",
            )
            for n in "ab"
        ]
        with freeze_time("2026-03-02 10:00:00"):
            first = self._forecast(users[0])
            second = self._forecast(users[1])
            again = self._forecast(users[0])
        self.assertFalse(first.exists())
        self.assertFalse(second & again)
        self.assertFalse(second.with_user(users[0]).search([]) - again)
        employee = new_test_user(self.env, "nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._forecast(employee)

    def test_it_needs_as_many_queries_for_five_invoices_as_for_one(self):
        def count(names):
            for name in names:
                partner = self.env["res.partner"].create({"name": name})
                self._open_case(partner_id=partner.id)
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            with freeze_time("2026-03-02 10:00:00"):
                self.env["dunning.forecast.line"]._prepare_vals_list(self.company)
            return self.env.cr.sql_log_count - start

        count("a")
        self.assertEqual(count("b"), count("cdefg"))


@tagged("standard", "post_install", "-at_install")
class TestDunningCalls(OutcomeCase):
    def test_a_call_tells_whom_how_much_and_what_to_ask(self):
        self.partner.phone = "+32 2 290 34 90"
        self.policy.step_ids[0].write({"action": "activity", "days": 3})
        self._open_case()
        self._dun("2026-03-04")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_dunning.mail_activity_action_calls"
        )
        with freeze_time("2026-03-04 12:00:00"):
            calls = self.env["mail.activity"].search(
                [("res_model", "=", "dunning.case"), ("date_deadline", "<=", "today")]
            )
        self.assertIn("dunning.case", action["domain"])
        self.assertEqual(len(calls), 1)
        self.assertRecordValues(
            calls,
            [
                {
                    "dunning_partner_id": self.partner.id,
                    "dunning_phone": "+32 2 290 34 90",
                    "dunning_amount": 115,
                    "dunning_best_action": "Ask when it will be paid; agree on a "
                    "promise.",
                }
            ],
        )

    def test_what_to_ask_follows_the_story(self):
        case = self._get_case(self._open_case())
        self.assertIn("payment method", case._get_best_action("customer"))
        self.assertIn("money is there", case._get_best_action("retry"))
        case.error = "No address."
        self.assertIn("Mend", case._get_best_action("retry"))

    def test_other_activities_have_no_case(self):
        activity = self.partner.activity_schedule("mail.mail_activity_data_call")
        self.assertFalse(activity.dunning_case_id)
        self.assertFalse(activity.dunning_best_action)


@tagged("standard", "post_install", "-at_install")
class TestDunningCalibration(OutcomeCase):
    def test_it_is_told_how_far_off_the_chances_were(self):
        fit = self.env["dunning.timing"].create(
            {
                "company_id": self.company.id,
                "calibration": [
                    {"count": 30, "predicted": 0.2, "actual": 0.3},
                    {"count": 10, "predicted": 0.8, "actual": 0.6},
                ],
            }
        )
        # 30 times 10 points and 10 times 20, of 40.
        self.assertAlmostEqual(fit.calibration_gap, 12.5)
        fit.calibration = False
        self.assertFalse(fit.calibration_gap)
