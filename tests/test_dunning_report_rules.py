"""What the reports count, where the day, the policy or the currency could mislead."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .test_dunning_outcome import OutcomeCase
from .test_dunning_smart import SmartCase

#: the evening of the 4th in Los Angeles, and the 5th in UTC
LATE = datetime(2026, 3, 5, 3)


@tagged("standard", "post_install", "-at_install")
class TestDunningReportRules(OutcomeCase):
    """115.00 are due on 1 March; e-mails on the 4th and 11th."""

    def _create_currency(self):
        """Return a currency of which two, and from April four, are worth one."""
        rates = [
            Command.create({"name": day, "rate": rate})
            for day, rate in (("2026-01-01", 2), ("2026-04-01", 4))
        ]
        return self.env["res.currency"].create(
            {"name": "GDN", "symbol": "G", "rate_ids": rates}
        )

    def _decline(self, invoice, date_sent, **vals):
        """Return a charge of an invoice that was declined at a moment."""
        token = self._create_token(invoice.partner_id)
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "amount": 115,
                    "currency_id": invoice.currency_id.id,
                    "partner_id": invoice.partner_id.id,
                    "collection_invoice_id": invoice.id,
                    "date_sent": date_sent,
                    "state": "error",
                    **vals,
                }
            )
        )

    # === DAYS === #

    def test_a_decline_was_on_the_day_of_the_company(self):
        self.company.subscription_tz = "America/Los_Angeles"
        invoice = self._open_case()
        self._decline(invoice, LATE, decline_code="x", decline_category="retry")
        self._pay(invoice, "2026-03-04")
        row = self.env["dunning.recovery.report"].search([])
        self.assertEqual((row.date, row.decline_code), (date(2026, 3, 4), "x"))
        history = self.partner._map_histories(self.company)[self.partner.id]
        self.assertEqual(history.declines, (date(2026, 3, 4),))

    def test_a_method_is_known_since_the_day_of_the_company(self):
        self.company.subscription_tz = "America/Los_Angeles"
        token = self._create_token(self.partner)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_token SET create_date = %s WHERE id = %s", [LATE, token.id]
        )
        history = self.partner._map_histories(self.company)[self.partner.id]
        self.assertEqual(history.methods[0].date_saved, date(2026, 3, 4))

    # === POLICIES === #

    def test_what_was_done_belongs_to_the_policy_that_did_it(self):
        invoice = self._open_case()
        self._dun("2026-03-04")
        case = self._get_case(invoice)
        case.policy_id = self._create_policy({"name": "Later", "days": 50})
        self._pay(invoice, "2026-03-06")
        self.assertEqual(case.action_ids.policy_id, self.policy)
        row = self.env["dunning.recovery.report"].search([])
        self.assertEqual(row.policy_id, self.policy)

    # === CHURN === #

    def test_what_was_lost_is_added_up_in_one_currency(self):
        self._open_case(currency_id=self._create_currency().id)
        self._dun_daily(date(2026, 3, 3), 45)
        row = self.env["dunning.churn.report"].search([])
        self.assertRecordValues(
            row, [{"date": date(2026, 4, 10), "mrr_lost": 200, "mrr_lost_company": 50}]
        )
        (total,) = self.env["dunning.churn.report"]._read_group(
            [], aggregates=["mrr_lost_company:sum"]
        )
        self.assertEqual(total, (50,))

    def test_a_step_without_a_reason_closes_at_the_end_of_the_period(self):
        """Asked on the 30th to close, closed on the 1st, for the same lack of one."""
        steps = self.policy.step_ids
        steps[:3].unlink()
        steps[-1:].write(
            {"action": "close_period", "days": 29, "close_reason_id": False}
        )
        invoice = self._open_case()
        self._dun_daily(date(2026, 3, 28), 8)
        with freeze_time("2026-04-05 08:00:00"):
            self._run_renewal()
        subscription = invoice.subscription_ids
        self.assertEqual(subscription.state, "closed")
        asked = self._get_case(invoice).action_ids
        row = self.env["dunning.churn.report"].search([])
        self.assertGreater(row.date, asked.date)
        self.assertEqual(row.subscription_id, subscription)

    # === FORECAST === #

    def _plan_retry(self):
        """Return a case whose next try is on the 9th, and most likely succeeds."""
        invoice = self._open_case()
        invoice._write_collection(
            {
                "collection_state": "failed",
                "date_retry": datetime(2026, 3, 9, 12),
                "retry_probability": 0.9,
            }
        )
        return self._get_case(invoice)

    def _find_retries(self):
        self.env.flush_all()
        with freeze_time("2026-03-05 10:00:00"):
            debts = self.env["dunning.forecast.line"]._find_debts(self.company)
        return [day for (*_debt, day, _chance) in debts if day]

    def test_a_retry_that_will_not_be_is_not_expected(self):
        case = self._plan_retry()
        self.assertEqual(self._find_retries(), [date(2026, 3, 9)])
        for record, vals, back in (
            (case, {"date_hold_until": date(2026, 3, 10)}, {"date_hold_until": False}),
            (case, {"date_handed_over": date(2026, 3, 4)}, {"date_handed_over": False}),
            (self.partner, {"is_dunning_off": True}, {"is_dunning_off": False}),
        ):
            with self.subTest(**vals):
                record.write(vals)
                self.assertFalse(self._find_retries())
                record.write(back)
        case.date_hold_until = date(2026, 3, 9)
        self.assertEqual(self._find_retries(), [date(2026, 3, 9)])

    def test_what_was_paid_without_an_entry_was_paid_on_that_day(self):
        invoice = self._bill()
        self._pay(invoice, "2026-03-20")
        partials = invoice.line_ids.matched_credit_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_partial_reconcile SET max_date = NULL WHERE id IN %s",
            [partials._ids],
        )
        with freeze_time("2026-04-20 10:00:00"):
            query = self.env["dunning.forecast.line"]._select_paid(self.company)
            rows = self.env.execute_query(query)
        self.assertEqual([row[-1] for row in rows], [19])

    # === THE RUN === #

    def test_who_is_left_alone_does_not_wait(self):
        self._open_case()
        with freeze_time("2026-03-20 10:00:00"):
            self.assertEqual(self.env["dunning.run"]._count_due(), 1)
            self.partner.is_dunning_off = True
            self.assertEqual(self.env["dunning.run"]._count_due(), 0)

    def test_working_hours_are_the_same_each_week(self):
        calendar = self.env["resource.calendar"].create({"name": "Odd and even"})
        calendar.switch_calendar_type()
        with self.assertRaisesRegex(ValidationError, "Odd and even alternates"):
            self.policy.calendar_id = calendar

    def test_working_hours_in_use_stay_the_same_each_week(self):
        calendar = self.env["resource.calendar"].create({"name": "Steady"})
        self.policy.calendar_id = calendar
        self.policy.active = False
        with self.assertRaisesRegex(ValidationError, "Steady alternates"):
            calendar.switch_calendar_type()


@tagged("standard", "post_install", "-at_install")
class TestDunningRetryKinds(SmartCase):
    def test_who_is_charged_by_a_person_follows_no_schedule(self):
        self.schedule.write({"kind": "fixed", "days": "2, 2, 2"})
        invoice = self._charge_in_vain()
        with freeze_time("2026-03-02 08:00:00"):
            invoice._charge_now()
            self._run_collection()
        for number in range(2):
            self._look(datetime(2026, 3, 3, 9) + timedelta(days=2 * number))
        charges = self._get_charges(invoice)
        self.assertEqual(charges[:2].mapped("retry_kind"), [False, False])
        self.assertEqual(charges[-1].retry_kind, "fixed")
        rows = self.env["dunning.retry.report"]._read_group([], ["kind"], ["__count"])
        self.assertIn(("other", 1), rows)
