"""What will be invoiced: of one subscription, and of the whole book."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import html2plaintext, mute_logger
from psycopg2.errors import CheckViolation

from .test_changes import ChangeCase

RUN = "subscription.forecast.run"
GROUP = "subscription_billing.group_subscription_user"


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestPreview(ChangeCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 31}])

    def _show(self, **vals):
        """Press Preview, then fill in the dialog; return what it shows."""
        form = self._open_form(self.subscription.action_preview_invoices())
        for name, value in vals.items():
            form[name] = value
        preview = form.save()
        preview.action_preview()
        return html2plaintext(preview.preview)

    def test_the_next_three_invoices_are_shown(self):
        action = self.subscription.action_preview_invoices()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(preview.preview.count("35.65"), 3)
        self.assertFalse(self.subscription.invoice_ids)

    def test_as_many_as_one_likes(self):
        self.assertEqual(self._show(count=5).count("35.65"), 5)

    def test_what_is_billed_by_usage_alone_comes_to_an_end(self):
        meter = self._create_meter()
        self.subscription = self._create_metered(meter)
        self._record(
            self.subscription, meter, {"quantity": 2, "time": "2026-05-01 00:00:00"}
        )
        self.assertEqual(self._show().count("230.00"), 1)

    def test_what_is_free_has_nothing_to_show(self):
        self.subscription = self._create_subscription([{"price_unit": 0}])
        self.assertIn("Nothing", self._show())

    def test_not_more_than_one_can_read(self):
        for count in (0, 25):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(CheckViolation, "count_in_range"),
                self.cr.savepoint(),
            ):
                self._show(count=count)

    def test_a_draft_is_shown_as_if_it_were_confirmed(self):
        self.subscription = self._create_subscription(state="draft")
        self.assertEqual(self._show().count("115.00"), 3)
        self.assertEqual(self.subscription.state, "draft")

    def test_after_the_end_there_is_nothing(self):
        self.subscription.date_end = date(2026, 5, 31)
        self.assertEqual(self._show().count("35.65"), 1)
        self._bill(self.subscription, "2026-05-01")
        self.assertIn("Nothing will be invoiced", self._show())

    def test_what_one_looked_at_is_nobody_elses(self):
        one, other = (
            new_test_user(self.env, f"preview_{number}", groups=GROUP)
            for number in range(2)
        )
        action = self.subscription.with_user(one).action_preview_invoices()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(preview.with_user(one).preview)
        preview.invalidate_recordset()
        with self.assertRaises(AccessError):
            preview.with_user(other).read(["preview"])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestForecast(ChangeCase):
    def setUp(self):
        super().setUp()
        self.book = self._create_subscriptions(3)

    def _forecast(self, user=None, **vals):
        """Fill in the dialog and press Forecast; return the run."""
        form = Form(self.env[RUN].with_user(user or self.env.user))
        for name, value in vals.items():
            form[name] = value
        run = form.save()
        self.action = run.action_compute()
        return run

    def _read(self, run):
        return [
            (line.date, line.subscription_id, line.amount_untaxed, line.amount_total)
            for line in run.line_ids
        ]

    def _get_invoices(self):
        """Return what has been invoiced, in the form of a forecast."""
        return [
            (move.invoice_date, each, move.amount_untaxed, move.amount_total)
            for each in self.book
            for move in each.invoice_ids
        ]

    def test_the_book_is_billed_as_it_was_forecast(self):
        run = self._forecast(date_end=date(2026, 7, 31))
        self.assertEqual(run.state, "done")
        self.assertEqual(self.action["domain"], [("run_id", "=", run.id)])
        self.assertFalse(self.book.invoice_ids)
        self.assertEqual(len(run.line_ids), 9)
        for day in ("2026-05-01", "2026-06-01", "2026-07-01"):
            with freeze_time(day):
                self._run_renewal()
        self.assertCountEqual(self._read(run), self._get_invoices())

    def test_many_at_once_are_what_each_would_be(self):
        """Trials, ends, changes, pauses and arrears, played side by side."""
        self._bill(self.book, "2026-05-01")
        trial = self._create_plan(trial_days=10)
        arrears = self._create_plan(billing_timing="arrears", billing_offset=3)
        self.book |= self._create_subscription(plan_id=trial.id)
        self.book |= self._create_subscription(plan_id=arrears.id)
        self.book[0].date_end = date(2026, 6, 15)
        self._change(
            self.book[1], kind="pause", date_resume=date(2026, 5, 20)
        ).action_confirm()
        line = self.book[2].line_ids
        self._change(
            self.book[2], [(line, {"quantity": 3})], timing="period_end"
        ).action_confirm()
        forecast = self.env["subscription.forecast"]
        until = date(2026, 8, 31)
        together = forecast._preview_book(self.book, until)
        apart = forecast._preview(self.book, until=until)
        self.assertGreater(len(apart), 12)
        self.assertCountEqual(together, apart)

    def test_a_larger_book_takes_no_more_queries_a_day(self):
        def count(subscriptions):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["subscription.forecast"]._preview_book(
                subscriptions, date(2026, 6, 30)
            )
            return self.cr.sql_log_count - before

        many = self._create_subscriptions(12)
        count(self.book)
        self.assertLessEqual(count(many), count(self.book) * 1.3)

    def test_only_the_dates_asked_for(self):
        run = self._forecast(date_start=date(2026, 6, 2), date_end=date(2026, 7, 1))
        self.assertEqual(run.line_ids.mapped("date"), [date(2026, 7, 1)] * 3)

    def test_dates_that_make_no_sense_are_refused(self):
        for end in (date(2026, 4, 30), date(2031, 5, 2)):
            with self.assertRaisesRegex(ValidationError, "Until must be between"):
                self._forecast(date_end=end)

    def test_only_the_subscriptions_chosen(self):
        chosen = self.book[:2]
        action = chosen.action_forecast()
        run = self._open_form(action).save()
        run.action_compute()
        self.assertEqual(run.line_ids.subscription_id, chosen)

    def test_drafts_count_when_they_are_chosen(self):
        draft = self._create_subscription(state="draft")
        self.assertNotIn(draft, self._forecast().line_ids.subscription_id)
        run = self._forecast(date_end=date(2026, 5, 31))
        run.subscription_ids = draft
        run.action_compute()
        self.assertEqual(run.line_ids.subscription_id, draft)
        self.assertEqual(draft.state, "draft")

    def test_what_cannot_be_billed_is_told_and_stops_no_other(self):
        self.env["subscription.item"].create(
            {
                "subscription_id": self.book[1].id,
                "product_id": self.product.id,
                "kind": "deposit",
            }
        )
        run = self._forecast(date_end=date(2026, 5, 31))
        failed = run.line_ids.filtered("error")
        self.assertEqual(failed.subscription_id, self.book[1])
        self.assertIn("Choose the Customer Deposits Account", failed.error)
        billed = run.line_ids - failed
        self.assertEqual(billed.subscription_id, self.book - self.book[1])

    def test_a_line_opens_its_subscription(self):
        line = self._forecast().line_ids[0]
        action = line.action_view_subscription()
        self.assertEqual(action["res_id"], line.subscription_id.id)

    def test_a_large_book_is_worked_out_in_the_background(self):
        user = new_test_user(self.env, "forecaster", groups=GROUP)
        with patch.object(type(self.env[RUN]), "_chunk_size", 2):
            run = self._forecast(user=user, date_end=date(2026, 5, 31))
            self.assertEqual(run.state, "running")
            self.assertFalse(run.line_ids)
            self.assertIn("in the background", self.action["params"]["message"])
            self.assertEqual(
                self.action["params"]["next"]["res_model"], run.line_ids._name
            )
            self._run_cron("subscription_billing.ir_cron_forecast")
        self.assertEqual(run.state, "done")
        self.assertEqual(run.with_user(user).line_ids.subscription_id, self.book)

    def test_the_background_shows_nothing_that_its_owner_may_not_see(self):
        """Whatever a client writes on a forecast while it runs."""
        user = new_test_user(self.env, "curious", groups=GROUP)
        other = self.env["res.company"].create({"name": "Other company"})
        self._create_subscription(company_id=other.id)
        run = self._forecast(user=user, date_end=date(2026, 5, 31))
        self.assertEqual(run.line_ids.subscription_id, self.book)
        run.write({"company_id": other.id, "state": "running", "last_id": 0})
        run.line_ids.sudo().unlink()
        run.sudo()._work()
        self.assertRecordValues(run, [{"state": "done", "line_ids": []}])

    def test_a_forecast_is_its_owners(self):
        one, other = (
            new_test_user(self.env, f"forecast_{number}", groups=GROUP)
            for number in range(2)
        )
        run = self._forecast(user=one)
        Line = self.env["subscription.forecast.line"]
        self.assertTrue(Line.with_user(one).search([("run_id", "=", run.id)]))
        self.assertFalse(Line.with_user(other).search([]))
        self.assertFalse(self.env[RUN].with_user(other).search([]))
