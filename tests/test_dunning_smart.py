"""Retries at the hours that promise most, as the company's own retries teach them."""

import json
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.models.dunning_timing import Hours
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.addons.subscription_billing_dunning.tools.timing import PRIOR, TimingModel
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

LEARNING = "subscription_billing_dunning.ir_cron_dunning_learning"
LEARNER = "odoo.addons.subscription_billing_dunning.models.dunning_learning"
FRIDAY_NIGHT = TimingModel(-2.0, {"weekday_4": 2.0, "hour_22": 2.0})


class SmartCase(DunningCommon):
    def setUp(self):
        super().setUp()
        self.policy.step_ids.unlink()
        self.schedule = self.env["dunning.schedule"].create(
            {"name": "Smart", "kind": "smart", "tries": 2, "span_days": 14}
        )
        self.policy.schedule_id = self.schedule
        self.timing = self.env["dunning.timing"]

    def _teach(self, model, **vals):
        """Let the company work with a model."""
        return self.timing.create(
            {
                "company_id": self.company.id,
                "coefficients": model.to_json(),
                "is_current": True,
                **vals,
            }
        )

    def _charge_in_vain(self):
        """Return an invoice whose first charge was declined on the due date at 8."""
        self.token = self._create_token(state="error")
        invoice = self._bill(
            collection_method="automatic", payment_token_id=self.token.id
        )
        self._look(datetime(2026, 3, 1, 8))
        return invoice

    def _look(self, instant):
        """Let the runs look at an instant; whatever is declined lacked money."""
        with freeze_time(instant):
            self._run_cron("subscription_billing_dunning.ir_cron_dunning")
            self._run_collection()
            declined = self.env["payment.transaction"].search([("state", "=", "error")])
            declined.sudo().write(
                {"decline_category": "retry", "decline_code": "insufficient_funds"}
            )

    def _live(self, days, start=datetime(2026, 3, 1, 9)):
        """Let the runs look each hour."""
        for hours in range(24 * days):
            self._look(start + timedelta(hours=hours))

    def _get_charges(self, invoice):
        return invoice.collection_charge_ids.sorted("id")


@tagged("standard", "post_install", "-at_install")
class TestDunningSmart(SmartCase):
    """The invoice is due on Sunday, 1 March 2026."""

    def test_a_retry_is_at_the_hour_that_promises_most(self):
        self._teach(FRIDAY_NIGHT)
        self.partner.tz = "America/New_York"
        with self._without_chance():
            invoice = self._charge_in_vain()
            self._look(datetime(2026, 3, 1, 12))
        self.assertEqual(invoice.date_retry, datetime(2026, 3, 7, 3))
        self.assertLessEqual(self._get_case(invoice).date_next, invoice.date_retry)
        self._look(datetime(2026, 3, 7, 2))
        self.assertEqual(len(self._get_charges(invoice)), 1)
        self._look(datetime(2026, 3, 7, 3, 20))
        retry = self._get_charges(invoice)[1:]
        self.assertEqual(retry.date_sent, datetime(2026, 3, 7, 3, 20))
        self.assertAlmostEqual(retry.retry_probability, 0.881, 3)
        self.assertEqual(retry.retry_kind, "smart")

    def _without_chance(self):
        path = "odoo.addons.subscription_billing_dunning.tools.timing.Random.random"
        return patch(path, return_value=0.5)

    def test_a_backup_card_leaves_the_plan_of_the_first_as_it_is(self):
        self._teach(FRIDAY_NIGHT)
        backup = self._create_token(state="error", payment_details="1881")
        with self._without_chance():
            invoice = self._charge_in_vain()
            self._look(datetime(2026, 3, 1, 12))
            self._look(datetime(2026, 3, 6, 22, 20))
        charges = self._get_charges(invoice)
        cards = [charge.token_id for charge in charges]
        self.assertEqual(cards, [self.token, backup] * 2)
        retry = charges[2]
        self.assertEqual(retry.retry_kind, "smart")
        self.assertAlmostEqual(retry.retry_probability, 0.881, 3)
        self.assertFalse(charges[3].retry_kind)

    def test_a_schedule_of_fixed_days_forgets_the_hour_that_was_chosen(self):
        self._teach(FRIDAY_NIGHT)
        with self._without_chance():
            invoice = self._charge_in_vain()
            self._look(datetime(2026, 3, 1, 12))
        self.assertEqual(invoice.date_retry, datetime(2026, 3, 6, 22))
        with freeze_time("2026-03-01 13:00:00"):
            self.schedule.write({"kind": "fixed", "days": "2, 2"})
            self._get_case(invoice)._look_again()
        self._look(datetime(2026, 3, 3, 9))
        retry = self._get_charges(invoice)[1:]
        self.assertEqual((retry.retry_kind, retry.retry_probability), ("fixed", 0))

    def test_the_first_charge_was_expected_by_nobody(self):
        first = self._get_charges(self._charge_in_vain())
        self.assertEqual(first.retry_probability, 0)

    def test_each_look_finds_the_same_hour(self):
        invoice = self._charge_in_vain()
        self._look(datetime(2026, 3, 1, 12))
        chosen = (invoice.date_retry, invoice.retry_probability)
        for hours in range(1, 8):
            self._look(datetime(2026, 3, 1, 12) + timedelta(hours=hours))
            if len(self._get_charges(invoice)) > 1:
                break
            self.assertEqual((invoice.date_retry, invoice.retry_probability), chosen)

    def test_the_same_invoice_and_attempt_lead_to_the_same_choice(self):
        self._teach(FRIDAY_NIGHT)
        invoice = self._charge_in_vain()
        self._look(datetime(2026, 3, 1, 12))
        first = (invoice.date_retry, invoice.retry_kind)
        invoice.retry_after_id = False
        self._get_case(invoice)._look_again()
        self._look(datetime(2026, 3, 1, 12))
        self.assertEqual((invoice.date_retry, invoice.retry_kind), first)

    def test_retries_stay_within_their_window_and_number(self):
        self._teach(FRIDAY_NIGHT)
        invoice = self._charge_in_vain()
        for day in range(1, 20):
            for hour in (3, 9, 15, 22):
                instant = datetime(2026, 3, 1, hour) + timedelta(days=day)
                self._look(instant)
        dates = [charge.date_sent for charge in self._get_charges(invoice)]
        self.assertEqual(len(dates), 3)
        self.assertLessEqual(dates[-1], dates[0] + timedelta(days=14, hours=6))

    def test_an_hour_that_was_missed_by_far_is_chosen_anew(self):
        self._teach(FRIDAY_NIGHT)
        with self._without_chance():
            invoice = self._charge_in_vain()
            self._look(datetime(2026, 3, 1, 12))
            self.assertEqual(invoice.date_retry, datetime(2026, 3, 6, 22))
            self._look(datetime(2026, 3, 7, 8))
        self.assertGreaterEqual(invoice.date_retry, datetime(2026, 3, 7, 8))

    def test_a_random_hour_is_kept_as_such(self):
        invoice = self._charge_in_vain()
        path = "odoo.addons.subscription_billing_dunning.tools.timing.Random.random"
        with patch(path, return_value=0.01):
            self._look(datetime(2026, 3, 1, 12))
        self.assertEqual(invoice.retry_kind, "random")
        self._look(invoice.date_retry)
        self.assertEqual(self._get_charges(invoice)[1:].retry_kind, "random")

    def test_a_person_who_charges_at_once_follows_no_plan(self):
        self._teach(FRIDAY_NIGHT)
        with self._without_chance():
            invoice = self._charge_in_vain()
            self._look(datetime(2026, 3, 1, 12))
        with freeze_time("2026-03-02 08:00:00"):
            invoice._charge_now()
            self._run_collection()
        charges = self._get_charges(invoice)
        self.assertEqual(charges.mapped("retry_probability"), [0, 0])
        self.assertEqual(charges.mapped("retry_kind"), [False, False])

    def test_a_new_company_starts_with_what_is_commonly_known(self):
        other = self.env["res.company"].create({"name": "New"})
        self._teach(FRIDAY_NIGHT)
        self.assertEqual(self.timing._get_hours(other), Hours(PRIOR, {}))
        self.assertEqual(self.timing._get_hours(self.company).model, FRIDAY_NIGHT)

    def test_amounts_count_as_multiples_of_the_usual(self):
        currency = self.company.currency_id
        self._teach(FRIDAY_NIGHT, usual_amounts={str(currency.id): 50.0})
        hours = self.timing._get_hours(self.company)
        self.assertEqual(hours.get_ratio(100, currency), 2)
        self.assertEqual(Hours(PRIOR, {}).get_ratio(100, currency), 1)


@tagged("standard", "post_install", "-at_install")
class TestDunningTiming(SmartCase):
    def _make_history(self, count):
        """Create retries as the collection leaves them: those at 20 o'clock succeed."""
        token = self._create_token()
        subscription = self._create_subscription(date_start=DUE)
        with freeze_time(f"{DUE} 08:00:00"):
            self._run_renewal()
        invoice = subscription.invoice_ids
        moves = invoice.browse(invoice.copy().id for _ in range(count))
        for number, move in enumerate(moves):
            hour = 20 if number % 2 else 4
            sent = datetime(2026, 1, 1 + number % 28, 8)
            again = sent.replace(hour=hour) + timedelta(days=2)
            for date, state in (
                (sent, "error"),
                (again, "done" if number % 2 else "error"),
            ):
                self.env["payment.transaction"].sudo().create(
                    {
                        "provider_id": token.provider_id.id,
                        "payment_method_id": token.payment_method_id.id,
                        "token_id": token.id,
                        "partner_id": self.partner.id,
                        "amount": 115,
                        "currency_id": self.company.currency_id.id,
                        "reference": f"{move.id}-{state}-{date}",
                        "operation": "offline",
                        "collection_invoice_id": move.id,
                        "state": state,
                        "date_sent": date,
                        "decline_category": state == "error" and "retry",
                        "decline_code": state == "error" and "insufficient_funds",
                    }
                )

    def _learn(self):
        with freeze_time("2026-03-01 08:00:00"):
            self._run_cron(LEARNING)
        return self.timing.search(
            [("company_id", "=", self.company.id), ("kind", "=", "timing")]
        )

    def test_hours_are_learnt_from_the_companys_own_retries(self):
        self._make_history(80)
        fit = self._learn()
        self.assertRecordValues(
            fit, [{"count": 80, "positive_count": 40, "is_current": True}]
        )
        self.assertGreater(fit.auc, 0.9)
        self.assertIn("80 retries, of which 40 succeeded", fit.quality)
        self.assertIn("were expected", fit.quality)
        hours = self.timing._get_hours(self.company)
        self.assertGreater(
            hours.model.weights["hour_20"], hours.model.weights["hour_04"]
        )
        self.assertEqual(hours.usual, {self.company.currency_id.id: 115.0})

    def test_too_few_retries_teach_nothing_and_say_so(self):
        self._make_history(3)
        fit = self._learn()
        self.assertIn("too few retries that succeeded", fit.refusal)
        self.assertFalse(fit.is_current)
        self.assertEqual(self.timing._get_hours(self.company).model, PRIOR)

    def test_a_run_that_was_cut_short_goes_on_where_it_was(self):
        self._learn()
        self.assertEqual(len(self._learn()), 1)

    def test_what_was_learnt_stays_in_use_until_more_is(self):
        before = self._teach(FRIDAY_NIGHT, date="2026-02-01")
        after = self._learn()[0]
        self.assertNotEqual(before, after)
        self.assertTrue(before.is_current)

    def test_without_the_library_a_message_says_what_is_missing(self):
        with patch.dict("sys.modules", {"sklearn.linear_model": None}):
            self._forget_fitting()
            with self.assertRaisesRegex(UserError, "scikit-learn, which is missing"):
                self.env["dunning.learning"]._learn(self.company, "timing")
            fit = self._learn()
        self._forget_fitting()
        self.assertIn("scikit-learn", fit.refusal)

    def test_one_company_that_fails_does_not_stop_the_others(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        learning = self.env["dunning.learning"]
        learn = type(learning)._learn

        def fail(self, company, kind):
            if company == other:
                raise ZeroDivisionError("broken")
            return learn(self, company, kind)

        self.patch(type(learning), "_learn", fail)
        with mute_logger(LEARNER):
            fit = self._learn()
        self.assertIn("too few retries", fit.refusal)
        failed = self.timing.search([("company_id", "=", other.id)])
        self.assertEqual(failed.mapped("refusal"), ["broken"] * 2)

    def test_a_conflict_is_not_kept_as_a_refusal(self):
        learning = self.env["dunning.learning"]
        conflict = SerializationFailure("try again")
        with (
            patch.object(type(learning), "_learn", side_effect=conflict),
            self.assertRaises(SerializationFailure),
        ):
            learning._learn_or_note(self.company, "risk")

    def _forget_fitting(self):
        """Have the modules that learn loaded anew."""
        import sys

        prefix = "odoo.addons.subscription_billing_dunning.fitting"
        for name in [each for each in sys.modules if each.startswith(prefix)]:
            del sys.modules[name]
        addon = sys.modules["odoo.addons.subscription_billing_dunning"]
        if hasattr(addon, "fitting"):
            del addon.fitting

    def test_coefficients_that_make_no_sense_are_refused(self):
        for text in (
            "",
            "[]",
            "import os",
            json.dumps({"intercept": 1}),
            json.dumps({"intercept": "1", "weights": {}}),
            '{"intercept": NaN, "weights": {}}',
        ):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "cannot be used"),
                self.env.cr.savepoint(),
            ):
                self.timing.create(
                    {
                        "company_id": self.company.id,
                        "coefficients": text,
                        "is_current": True,
                    }
                )

    def test_coefficients_that_the_database_has_lost_stop_nothing(self):
        fit = self._teach(FRIDAY_NIGHT)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dunning_timing SET coefficients = '{' WHERE id = %s", [fit.id]
        )
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.subscription_billing_dunning", "WARNING"):
            hours = self.timing._get_hours(self.company)
        self.assertEqual(hours.model, PRIOR)

    def test_a_manager_goes_back_to_a_former_time(self):
        former = self._teach(FRIDAY_NIGHT, is_current=False, date="2026-01-01")
        latter = self._teach(PRIOR)
        group = self.env.ref("subscription_billing.group_subscription_manager")
        manager = self.env["res.users"].create(
            {"name": "M", "login": "smart_manager", "group_ids": group.ids}
        )
        former.with_user(manager).action_use()
        self.assertEqual((former.is_current, latter.is_current), (True, False))
        self.assertIn("Put in use by M", former.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "cannot be written"):
            former.with_user(manager).write({"coefficients": "{}"})
