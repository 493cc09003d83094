"""What people press on a subscription: change, pause, close, each with a preview."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import html2plaintext

from .test_changes import ChangeCase

SCHEDULE = "odoo.addons.subscription_billing.models.subscription_schedule"


class DialogCase(ChangeCase):
    def setUp(self):
        super().setUp()
        self.reason = self.env.ref("subscription_billing.close_reason_price")
        self._sign_up(self.plan)

    @freeze_time("2026-05-01")
    def _sign_up(self, plan):
        """Have a subscription whose May has been paid."""
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id
        )
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def _open(self, button, **options):
        """Press a button of the subscription; return the form that it opens."""
        return self._open_form(getattr(self.subscription, button)(), **options)

    def _create_person(self, role):
        group = f"subscription_billing.group_subscription_{role}"
        return new_test_user(self.env, f"dialogs_{role}", groups=group)

    def _preview_and_confirm(self, change):
        change.action_preview()
        return change.action_confirm_previewed()

    def _get_preview(self, change):
        """Return the words of a preview, on one line."""
        words = html2plaintext(change.preview).replace("\ufeff", "")
        return " ".join(words.split())

    def _is_shown(self, form, name):
        return not form._get_modifier(name, "invisible")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-11")
class TestChangeDialog(DialogCase):
    def _prepare_three(self):
        """Open the dialog, ask for three units; return the change."""
        form = self._open("action_change")
        with form.line_ids.edit(0) as line:
            line.quantity = 3
        return form.save()

    def test_a_change_is_seen_before_it_is_confirmed(self):
        change = self._prepare_three()
        self.assertFalse(change.preview)
        action = change.action_preview()
        self.assertEqual((action["res_id"], action["target"]), (change.id, "new"))
        seen = self._get_preview(change)
        self.assertIn("Invoice on 06/01/2026", seen)
        for amount in ("-21.00", "63.00", "93.00", "155.25"):
            self.assertIn(amount, seen)
        self.assertIn("Invoice on 07/01/2026", seen)
        self.assertEqual(self.subscription.line_ids.quantity, 1)
        self.assertEqual(
            change.action_confirm_previewed(), {"type": "ir.actions.act_window_close"}
        )
        self.assertEqual(change.state, "applied")
        self.assertEqual(self._get_preview(change), seen)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-21, 63, 93])

    def test_editing_clears_what_was_seen(self):
        other = self._create_plan(name="Other")
        edits = (
            lambda change: change.write({"timing": "period_end"}),
            lambda change: change.write({"plan_id": other.id}),
            lambda change: change.line_ids.write({"quantity": 4}),
            lambda change: change.line_ids.write({"action": "remove"}),
            lambda change: change.write(
                {"line_ids": [Command.create({"product_id": self.product.id})]}
            ),
        )
        for edit in edits:
            change = self._prepare_three()
            change.action_preview()
            edit(change)
            self.assertFalse(change.preview)

    def test_editing_clears_it_before_the_eyes(self):
        change = self._prepare_three()
        form = self._open_form(change.action_preview())
        self.assertTrue(form.preview)
        with form.line_ids.edit(0) as line:
            line.quantity = 2
        self.assertFalse(form.preview)
        form.save()
        self.assertTrue(self._is_shown(form, "line_ids"))
        self.assertFalse(self._is_shown(form, "close_reason_id"))

    def test_what_is_no_longer_true_is_shown_anew(self):
        change = self._prepare_three()
        change.action_preview()
        self.env["subscription.item"].create(
            {
                "subscription_id": self.subscription.id,
                "product_id": self.product.id,
                "price_unit": 7,
            }
        )
        action = change.action_confirm_previewed()
        self.assertTrue(action["context"]["preview_changed"])
        self.assertEqual(change.state, "draft")
        self.assertIn("7.00", self._get_preview(change))
        change.action_confirm_previewed()
        self.assertEqual(change.state, "applied")

    def test_a_change_is_never_confirmed_unseen(self):
        change = self._prepare_three()
        change.action_confirm_previewed()
        self.assertEqual(change.state, "draft")
        self.assertTrue(change.preview)

    def test_a_change_of_nothing_is_refused(self):
        change = self._open("action_change").save()
        for press in (change.action_preview, change.action_confirm_previewed):
            with self.assertRaisesRegex(UserError, "Nothing would change"):
                press()

    def test_a_line_is_taken_away_by_a_tick(self):
        form = self._open("action_change")
        with form.line_ids.edit(0) as line:
            line.is_removed = True
        with form.line_ids.new() as line:
            line.product_id = self.product
            self.assertEqual(line.price_unit, 100)
        change = form.save()
        self.assertEqual(sorted(change.line_ids.mapped("action")), ["add", "remove"])
        self._preview_and_confirm(change)
        self.assertEqual(self.subscription._get_running_lines().price_unit, 100)

    def test_a_tick_taken_back_leaves_the_line_alone(self):
        change = self._open("action_change").save()
        change.line_ids.is_removed = True
        change.line_ids.is_removed = False
        self.assertEqual(change.line_ids.action, "change")

    def test_the_terms_of_today_stay_before_the_eyes(self):
        form = self._open("action_change")
        with form.line_ids.edit(0) as line:
            line.quantity = 3
            self.assertEqual(
                line.terms_today.replace("\xa0", " "), "Maintenance: 1.00 × $ 31.00"
            )

    def test_a_price_by_tiers_is_no_price_of_a_unit(self):
        self.env["subscription.price"].create(
            {
                "plan_id": self.plan.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "pricing_model": "graduated",
                "tier_ids": [
                    Command.create({"quantity_last": 2, "price_unit": 50}),
                    Command.create({"quantity_last": 0, "price_unit": 40}),
                ],
            }
        )
        form = self._open("action_change")
        self.assertFalse(form.has_rated_lines)
        with form.line_ids.new() as line:
            line.product_id = self.product
            line.quantity = 3
            self.assertEqual(line.pricing_model, "graduated")
            self.assertTrue(line._get_modifier("price_unit", "invisible"))
        self.assertTrue(form.has_rated_lines)
        change = form.save()
        change.action_preview()
        self.assertIn("140.00", self._get_preview(change))
        change.action_confirm_previewed()
        with self._open("action_change").line_ids.edit(1) as line:
            self.assertEqual(line.terms_today, "Maintenance: 3.00 × Graduated")

    def test_another_plan_shows_its_prices(self):
        year = self._create_plan(name="Yearly", interval_unit="year")
        self.env["subscription.price"].create(
            {
                "plan_id": year.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price_unit": 300,
            }
        )
        form = self._open("action_change")
        form.plan_id = year
        with form.line_ids.edit(0) as line:
            self.assertEqual(line.price_unit, 300)
        self._preview_and_confirm(form.save())
        self.assertEqual(self.subscription.plan_id, year)
        self.assertEqual(self.subscription._get_running_lines().price_unit, 300)

    def test_where_the_plan_waits_the_dialog_does_not_ask_when(self):
        self.plan.proration = "period_end"
        form = self._open("action_change")
        self.assertEqual(form.date, "2026-06-01")
        self.assertFalse(self._is_shown(form, "timing"))

    def test_running_lines_are_changed_in_the_dialog_only(self):
        form = Form(self.subscription)
        with (
            self.assertRaisesRegex(AssertionError, "not editable"),
            form.line_ids.edit(0),
        ):
            pass
        with self.assertRaisesRegex(AssertionError, "readonly"):
            form.plan_id = self._create_plan(name="Other")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-11")
class TestPauseDialog(DialogCase):
    def test_a_pause_until_a_date(self):
        form = self._open("action_pause")
        self.assertFalse(self._is_shown(form, "line_ids"))
        form.date_resume = date(2026, 5, 21)
        change = form.save()
        change.action_preview()
        self.assertIn("-10.00", self._get_preview(change))
        change.action_confirm_previewed()
        self.assertEqual(self.subscription.state, "paused")
        self.assertEqual(self.subscription.change_count, 1)

    def test_an_open_pause_says_that_nothing_is_invoiced(self):
        change = self._open("action_pause").save()
        change.action_preview()
        self.assertIn("given back with the first invoice", self._get_preview(change))
        change.pause_policy = "keep"
        change.action_preview()
        self.assertEqual(
            self._get_preview(change), "Nothing is invoiced during the pause."
        )

    def test_a_change_that_failed_is_made_once_its_cause_is_mended(self):
        journal = self.env["account.journal"].create(
            {"name": "Dead journal", "code": "DEAD", "type": "sale", "active": False}
        )
        change = self._change(
            self.subscription,
            [(self.subscription.line_ids, {"quantity": 3})],
            proration="invoice_now",
            timing="date",
            date=date(2026, 5, 20),
        )
        change.action_confirm()
        self.plan.journal_id = journal
        with freeze_time("2026-05-20"):
            with self.assertLogs(SCHEDULE, "WARNING"):
                self._run_renewal()
            self.assertIn("archived journal", change.error)
            self.assertTrue(self.subscription.activity_ids)
            with self.assertRaisesRegex(UserError, "archived"), self.cr.savepoint():
                change.action_retry()
            self.assertTrue(change.error)
            journal.active = True
            change.action_retry()
        self.assertRecordValues(change, [{"state": "applied", "error": False}])
        self.assertFalse(self.subscription.activity_ids)
        self.assertEqual(self.subscription.invoice_count, 2)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-11")
class TestCloseDialog(DialogCase):
    def _commit_to_plan(self, **vals):
        """Sign up for a plan with a commitment of three months."""
        self.plan = self._create_plan(term_count=3, term_unit="month", **vals)
        self._sign_up(self.plan)

    def _charge_for_leaving(self):
        self._commit_to_plan(
            early_termination="fee",
            early_fee_percent=50,
            early_fee_product_id=self.product.id,
        )

    def _prepare(self, button="action_close", user=None, **vals):
        form = self._open(button, user=user)
        form.close_reason_id = self.reason
        for name, value in vals.items():
            form[name] = value
        return form.save()

    def test_it_closes_at_the_end_of_the_period_unless_told_otherwise(self):
        change = self._prepare()
        self.assertEqual(change.date_last, date(2026, 5, 31))
        self.assertFalse(change.date_earliest_last)
        change.action_preview()
        self.assertEqual(self._get_preview(change), "Nothing more will be invoiced.")
        change.action_confirm_previewed()
        self.assertEqual(self.subscription.date_end, date(2026, 5, 31))

    def test_what_is_given_back_is_seen(self):
        change = self._prepare(timing="now", is_credited=True)
        change.action_preview()
        self.assertIn("Credit note on 05/11/2026", self._get_preview(change))
        self.assertIn("-21.00", self._get_preview(change))
        change.action_confirm_previewed()
        self.assertEqual(self.subscription.state, "closed")

    def test_the_last_day_is_chosen(self):
        change = self._prepare(timing="date", date_last=date(2026, 5, 20))
        self.assertEqual(change.date, date(2026, 5, 21))
        self._preview_and_confirm(change)
        self.assertEqual(self.subscription.date_end, date(2026, 5, 20))

    def test_what_leaving_costs_is_told(self):
        self._charge_for_leaving()
        self.plan.notice_days = 14
        form = self._open("action_close")
        self.assertEqual(form.date_earliest_last, "2026-05-24")
        # From 1 June two of the three months are left.
        self.assertEqual(form.amount_fee, 31)
        form.close_reason_id = self.reason
        change = form.save()
        change.action_preview()
        self.assertIn("31.00", self._get_preview(change))

    def test_the_commitment_is_kept(self):
        self._commit_to_plan(early_termination="refused")
        change = self._prepare()
        self.assertEqual(change.date_earliest_last, date(2026, 7, 31))
        with self.assertRaisesRegex(UserError, "2026-07-31 at the earliest"):
            change.action_preview()

    def test_an_administrator_lets_a_customer_go(self):
        self._commit_to_plan(early_termination="refused")
        manager = self._create_person("manager")
        change = self._prepare(user=manager, timing="now", is_forced=True)
        self._preview_and_confirm(change)
        self.assertEqual(self.subscription.state, "closed")

    def test_who_is_let_go_pays_no_fee(self):
        self._charge_for_leaving()
        change = self._prepare(
            user=self._create_person("manager"), timing="now", is_forced=True
        )
        self.assertEqual(change.amount_fee, 0)
        self._preview_and_confirm(change)
        self.assertFalse(self.subscription.item_ids)

    def test_nobody_else_lets_a_customer_go(self):
        self._commit_to_plan(early_termination="refused")
        user = self._create_person("user")
        change = self._prepare().with_user(user)
        with self.assertRaises(AccessError):
            change.is_forced = True
        self.assertNotIn(
            "is_forced", self._open("action_close", user=user)._view["fields"]
        )
        change.sudo().is_forced = True
        change.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "at the earliest"):
            change.action_confirm()

    def test_undone_the_subscription_goes_on(self):
        self._preview_and_confirm(self._prepare())
        self.assertTrue(self.subscription.is_close_scheduled)
        self.subscription.action_undo_end()
        self.assertRecordValues(
            self.subscription,
            [{"date_end": False, "is_close_scheduled": False, "change_count": 0}],
        )
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 31)

    def test_undone_the_agreed_end_is_back(self):
        self.subscription.date_end = date(2026, 9, 30)
        self._preview_and_confirm(self._prepare())
        self.subscription.action_undo_end()
        self.assertEqual(self.subscription.date_end, date(2026, 9, 30))
        self.subscription.action_undo_end()
        self.assertFalse(self.subscription.date_end)

    def test_undone_an_end_that_was_agreed_since_stays(self):
        self._preview_and_confirm(self._prepare())
        self.subscription.date_end = date(2026, 8, 31)
        self.subscription._get_scheduled_closes().action_cancel()
        self.assertEqual(self.subscription.date_end, date(2026, 8, 31))

    def test_a_second_close_replaces_the_first(self):
        self.subscription.date_end = date(2026, 9, 30)
        self._preview_and_confirm(self._prepare())
        self._preview_and_confirm(
            self._prepare(timing="date", date_last=date(2026, 6, 15))
        )
        self.assertEqual(self.subscription.date_end, date(2026, 6, 15))
        self.subscription.action_undo_end()
        self.assertEqual(self.subscription.date_end, date(2026, 9, 30))

    def test_a_plan_whose_changes_wait_is_closed_at_once(self):
        self.plan.proration = "period_end"
        self._preview_and_confirm(self._prepare(timing="now"))
        self.assertEqual(self.subscription.state, "closed")

    def test_a_draft_is_closed_at_once(self):
        self.subscription = self._create_subscription(
            state="draft", date_start=date(2026, 7, 1)
        )
        form = self._open("action_close")
        self.assertFalse(self._is_shown(form, "timing"))
        form.close_reason_id = self.reason
        self._preview_and_confirm(form.save())
        self.assertEqual(self.subscription.state, "closed")

    def test_what_has_not_begun_is_closed_at_once(self):
        self.subscription = self._create_subscription(date_start=date(2026, 7, 1))
        self._preview_and_confirm(self._prepare(timing="now"))
        self.assertEqual(self.subscription.state, "closed")
        self.assertFalse(self._bill(self.subscription, "2026-07-01"))


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-11")
class TestCloseMany(DialogCase):
    def setUp(self):
        super().setUp()
        self.later = self._create_subscription(date_start=date(2026, 5, 6))
        self.both = self.subscription | self.later

    def _prepare(self, subscriptions=None, user=None, **vals):
        action = (subscriptions or self.both).action_close()
        form = self._open_form(action, user)
        form.reason_id = self.reason
        for name, value in vals.items():
            form[name] = value
        return form

    def test_each_ends_with_its_own_period(self):
        self._prepare(note="Moved away").save().action_close()
        self.assertEqual(
            self.both.mapped("date_end"), [date(2026, 5, 31), date(2026, 6, 5)]
        )
        self.assertRecordValues(
            self.both.change_ids,
            [{"kind": "close", "state": "scheduled", "note": "Moved away"}] * 2,
        )
        self._run_until("2026-06-06")
        self.assertEqual(set(self.both.mapped("state")), {"closed"})
        self.assertEqual(self.both.close_reason_id, self.reason)

    def _run_until(self, day):
        with freeze_time(day):
            self._run_renewal()

    def test_all_end_on_one_day(self):
        form = self._prepare(timing="date")
        with self.assertRaisesRegex(AssertionError, "required"):
            form.save()
        form.date_last = date(2026, 5, 20)
        form.save().action_close()
        self.assertEqual(self.both.mapped("date_end"), [date(2026, 5, 20)] * 2)

    def test_a_last_day_is_asked_for(self):
        with self.assertRaisesRegex(UserError, "Fill in Last Day"):
            self.env["subscription.close"].create(
                {
                    "subscription_ids": [Command.set(self.both.ids)],
                    "reason_id": self.reason.id,
                    "timing": "date",
                }
            )

    def test_drafts_and_closed_ones_are_no_obstacle(self):
        draft = self._create_subscription(state="draft")
        closed = self._create_subscription()
        closed._close()
        self._prepare(self.both | draft | closed).save().action_close()
        self.assertEqual(draft.state, "closed")
        self.assertEqual(draft.change_ids.state, "applied")
        self.assertFalse(closed.change_ids)

    def test_what_the_terms_say_is_told(self):
        plan = self._create_plan(
            notice_days=14,
            term_count=3,
            term_unit="month",
            early_termination="fee",
            early_fee_amount=10,
            early_fee_product_id=self.product.id,
        )
        self._sign_up(plan)
        other = self._create_subscription(plan_id=plan.id)
        form = self._prepare(self.later | self.subscription | other)
        self.assertEqual(form.date_earliest_last, date(2026, 5, 24))
        self.assertEqual(form.fees.replace("\xa0", " "), "$ 20.00")

    def test_one_that_may_not_end_stops_all(self):
        self.plan.notice_days = 14
        wizard = self._prepare(timing="now").save()
        with self.assertRaisesRegex(UserError, "at the earliest"), self.cr.savepoint():
            wizard.action_close()
        self.assertEqual(set(self.both.mapped("state")), {"active"})

    def test_only_an_administrator_ignores_the_terms(self):
        self.plan.notice_days = 14
        form = self._prepare(user=self._create_person("user"))
        self.assertNotIn("is_forced", form._view["fields"])
        form = self._prepare(user=self._create_person("manager"), timing="now")
        form.is_forced = True
        form.save().action_close()
        self.assertEqual(set(self.both.mapped("state")), {"closed"})
