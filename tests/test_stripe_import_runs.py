"""Imports that are interrupted, repeated and refused: nobody is billed twice."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.subscription_billing_stripe.gateway import StripeGateway
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import convert_file, mute_logger

from tests.stripe_book import TODAY, StripeBookCase, seconds


@tagged("standard", "post_install", "-at_install")
@freeze_time(TODAY)
class TestStripeImportRuns(StripeBookCase):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("database.uuid", "import-tests")

    # === WHO BILLS === #

    def test_what_is_left_alone_is_a_draft_that_cannot_be_confirmed(self):
        reference = self._subscribe()
        self._read()
        self._take_over("keep")
        line = self._get_line(reference)
        draft = line.subscription_id
        self.assertEqual((line.state, draft.state), ("waiting", "draft"))
        self.assertEqual(self._know(reference)["status"], "active")
        self.assertTrue(draft.is_billed_by_stripe)
        with self.assertRaisesRegex(UserError, f"still bills .* as {reference}"):
            draft.action_confirm()
        with freeze_time("2026-04-25"):
            self._run_renewal()
        self.assertFalse(draft.period_ids)

    def test_what_stripe_billed_meanwhile_is_read_anew(self):
        reference = self._subscribe()
        self._read()
        self._take_over("keep")
        item = self._know(self._know(reference)["items"][0])
        item.update(
            current_period_start=seconds(date(2026, 3, 20)),
            current_period_end=seconds(date(2026, 4, 20)),
            quantity=4,
        )
        draft = self._get_line(reference).subscription_id
        with freeze_time("2026-04-02"):
            expected = self._get_next_invoice(reference)
            self._take_over("end")
            self._assert_continues(draft, reference, expected)
        self.assertEqual(draft.date_next_period, date(2026, 4, 20))
        self.assertEqual(draft.line_ids.quantity, 4)
        self.assertEqual(len(draft.event_ids), 1)

    def test_it_is_ended_without_credit_and_without_a_last_invoice(self):
        reference = self._subscribe()
        invoices = len(self.stripe.invoices.list().data)
        self._import(reference)
        [call] = self.stand_in.calls("DELETE")
        self.assertEqual(call["params"]["invoice_now"], "false")
        self.assertEqual(call["params"]["prorate"], "false")
        self.assertEqual(len(self.stripe.invoices.list().data), invoices)

    def test_what_could_not_be_ended_is_not_billed_and_tried_again(self):
        reference = self._subscribe()
        self.stand_in.faults.add("error_before", method="DELETE", times=None)
        self._read()
        self._take_over()
        line = self._get_line(reference)
        self.assertEqual(line.state, "failed")
        self.assertIn("Stripe still bills", line.message)
        self.assertEqual(line.subscription_id.state, "draft")
        with self.assertRaises(UserError):
            line.subscription_id.action_confirm()
        self.stand_in.faults.clear()
        draft = line.subscription_id
        self._take_over()
        self.assertEqual((line.state, line.subscription_id), ("done", draft))
        self.assertEqual(draft.state, "active")

    def test_an_end_whose_answer_was_lost_is_found_at_stripe(self):
        reference = self._subscribe()
        expected = self._get_next_invoice(reference)
        self.stand_in.faults.add("close_after", method="DELETE", times=None)
        self._read()
        self._take_over()
        line = self._get_line(reference)
        self.assertEqual(self._know(reference)["status"], "canceled")
        self.assertEqual((line.state, line.subscription_id.state), ("failed", "draft"))
        self.stand_in.faults.clear()
        self._take_over()
        self.assertEqual(line.state, "done", line.message)
        self._assert_continues(line.subscription_id, reference, expected)

    def test_a_crash_between_the_end_and_the_confirmation_is_mended(self):
        reference = self._subscribe()
        self._read()
        self.book.ending = "end"
        self.book.action_run()
        books = type(self.book)
        with (
            patch.object(books, "_finish", side_effect=RuntimeError("killed")),
            self.assertLogs("odoo.addons.base.models.ir_cron", "ERROR"),
        ):
            self._work()
        self.assertEqual(self._know(reference)["status"], "canceled")
        line = self._get_line(reference)
        self.assertEqual(line.subscription_id.state, "draft")
        self._work()
        self.assertEqual((line.state, line.subscription_id.state), ("done", "active"))

    def test_a_draft_goes_when_others_end_it_at_stripe(self):
        reference = self._subscribe()
        self._read()
        self._take_over("keep")
        self.stripe.subscriptions.cancel(reference)
        self._take_over("end")
        line = self._get_line(reference)
        self.assertEqual((line.state, line.subscription_id.ids), ("skip", []))

    def test_a_period_that_stripe_begins_at_the_last_moment_is_not_billed_twice(self):
        reference = self._subscribe()
        self._read()
        item = self._know(self._know(reference)["items"][0])
        end_for_takeover = StripeGateway.end_for_takeover

        def end(gateway, ref, mark):
            item["current_period_end"] = seconds(date(2026, 4, 20))
            return end_for_takeover(gateway, ref, mark)

        with patch.object(StripeGateway, "end_for_takeover", end):
            self._take_over()
        line = self._get_line(reference)
        self.assertEqual(line.state, "done", line.message)
        self.assertEqual(line.subscription_id.date_next_period, date(2026, 4, 20))
        self.assertEqual(line.date_next, date(2026, 4, 20))

    # === AGAIN === #

    def test_running_it_again_changes_nothing(self):
        reference = self._subscribe()
        subscription = self._import(reference)
        models = [
            "res.partner", "payment.token", "product.product", "subscription.plan",
            "subscription.price", "subscription.subscription", "subscription.event",
            "stripe.import.line", "stripe.customer",
        ]  # fmt: skip
        before = [self.env[model].search_count([]) for model in models]
        self._read()
        with self.assertRaisesRegex(UserError, "nothing to take over"):
            self.book.action_run()
        after = [self.env[model].search_count([]) for model in models]
        self.assertEqual(after, before)
        self.assertEqual(self._get_line(reference).subscription_id, subscription)

    def test_what_is_new_at_stripe_is_added_later(self):
        first = self._subscribe()
        subscription = self._import(first)
        second = self._subscribe(self._create_customer("Katherine Johnson"))
        other = self._import(second)
        self.assertNotEqual(subscription, other)
        self.assertEqual(subscription.plan_id, other.plan_id)
        self.assertEqual(subscription.line_ids.price_id, other.line_ids.price_id)

    def test_an_account_has_one_import(self):
        action = self.provider.action_stripe_import()
        self.assertEqual(action["res_id"], self.book.id)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(Exception, "one_for_each_account"),
        ):
            self.book.create({"provider_id": self.provider.id})

    def test_one_that_fails_does_not_stop_the_others(self):
        references = [
            self._subscribe(self._create_customer(name))
            for name in ("Ada King", "Mary Jackson", "Dorothy Vaughan")
        ]
        self._read()
        lines = type(self._get_line(references[1]))
        write = lines._write_draft

        def fail(line, known):
            if line.stripe_id == references[1]:
                raise UserError("Something is wrong with her.")
            return write(line, known)

        with patch.object(lines, "_write_draft", fail):
            self._take_over()
        states = [self._get_line(each).state for each in references]
        self.assertEqual(states, ["done", "failed", "done"])
        failed = self._get_line(references[1])
        self.assertEqual(failed.message, "Something is wrong with her.")
        self.assertEqual(self._know(references[1])["status"], "active")
        failed.action_take_over()
        self._work()
        self.assertEqual(failed.state, "done")

    # === LARGE BOOKS === #

    def _fill(self, count):
        """Make a book of some subscriptions, each of a customer of its own."""
        return [
            self._subscribe(self._create_customer(f"Customer {number}"))
            for number in range(count)
        ]

    def test_a_book_of_several_pages_is_taken_over_whole(self):
        references = self._fill(230)
        self._read()
        pages = self.stand_in.calls("GET", "subscriptions")
        self.assertEqual(len(pages), 3)
        self._take_over()
        self.assertEqual(self.book.done_count, 230)
        found = self.env["subscription.subscription"].search(
            [("stripe_import_line_ids.import_id", "=", self.book.id)]
        )
        self.assertEqual(len(found), 230)
        self.assertEqual(set(found.mapped("state")), {"active"})
        self.assertEqual(len(found.partner_id), 230)
        self.assertEqual(len(found.plan_id), 1)
        statuses = {self._know(each)["status"] for each in references}
        self.assertEqual(statuses, {"canceled"})

    def test_queries_do_not_grow_with_the_lines(self):
        self._fill(60)
        self._read()
        lines = self.book.line_ids.filtered(lambda ln: ln.kind == "subscription")
        few = self._count_queries(lines[:5], "_check")
        self.assertLessEqual(self._count_queries(lines, "_check"), few + 2)
        first = self._count_queries(lines[:20], "_draft")
        second = self._count_queries(lines[20:60], "_draft")
        # Twice as many, and less than twice the work.
        self.assertLess(second, 2 * first)

    def _count_queries(self, lines, method):
        """Return how many queries a method of some lines takes, from a clean cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        getattr(lines.with_env(self.book._in_company().env), method)()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_a_connection_that_is_lost_is_taken_up_where_it_broke(self):
        self._fill(120)
        self.stand_in.faults.add(
            "close_before", method="GET", path="subscriptions", skip=1, times=None
        )
        self.book.action_read()
        self._work()
        self.assertEqual(
            (self.book.state, self.book.stage), ("reading", "subscription")
        )
        self.assertIn("Stripe could not be asked", self.book.error)
        self.assertEqual(self.book.line_count, 100)
        self.stand_in.faults.clear()
        asked = len(self.stand_in.calls("GET", "subscriptions"))
        self.book.action_resume()
        self._work()
        self.assertEqual((self.book.state, self.book.error), ("ready", False))
        self.assertEqual(self.book.new_count, 120)
        self.assertEqual(len(self.stand_in.calls("GET", "subscriptions")), asked + 1)

    def test_a_run_goes_on_after_a_lost_connection(self):
        self._fill(60)
        self._read()
        self.stand_in.faults.add(
            "close_before", method="GET", path="subscriptions/*", skip=50, times=None
        )
        self.book.ending = "end"
        self.book.action_run()
        self._work()
        self.assertEqual((self.book.state, self.book.done_count), ("running", 50))
        self.assertIn("Stripe could not be asked", self.book.error)
        self.stand_in.faults.clear()
        self._work()
        self.assertEqual((self.book.state, self.book.done_count), ("done", 60))

    def test_what_another_account_does_not_know_keeps_its_draft(self):
        reference = self._subscribe()
        self._read()
        self._take_over("keep")
        line = self._get_line(reference)
        draft = line.subscription_id
        with patch.object(StripeGateway, "read_subscription", return_value=None):
            self._take_over("end")
        self.assertEqual((line.state, line.subscription_id), ("failed", draft))
        self.assertTrue(draft.exists())
        self.assertIn("another account", line.message)
        self._take_over("end")
        self.assertEqual((line.state, draft.state), ("done", "active"))

    def test_a_run_can_be_stopped(self):
        reference = self._subscribe()
        self._read()
        self.book.action_run()
        with self.assertRaisesRegex(UserError, "at work"):
            self.book.action_read()
        self.book.action_stop()
        self._work()
        self.assertEqual(self.book.state, "ready")
        self.assertEqual(self._get_line(reference).state, "new")

    # === WHAT PEOPLE SEE === #

    def test_the_demo_shows_a_dry_run(self):
        self.book.unlink()
        convert_file(
            self.env,
            "subscription_billing_stripe",
            "demo/stripe_import_demo.xml",
            None,
            mode="init",
            noupdate=True,
        )
        book = self.env.ref("subscription_billing_stripe.stripe_import_demo")
        self.assertEqual((book.new_count, book.blocked_count), (1, 2))
        book.action_check()
        self._work()
        self.assertEqual((book.state, book.new_count), ("ready", 1))

    def test_the_forms_open_for_a_manager(self):
        manager = new_test_user(
            self.env, "boss", groups="subscription_billing.group_subscription_manager"
        )
        self._subscribe()
        self._read()
        with Form(self.book.with_user(manager)) as form:
            form.ending = "end"
            form.without_method = "invoice"
        self.assertEqual(self.book.ending, "end")
        line = self.book.line_ids.filtered(lambda line: line.kind == "customer")
        with Form(line.with_user(manager)) as form:
            form.partner_id = self.partner
        self.assertEqual((line.state, line.is_chosen), ("match", True))
        action = self.book.with_user(manager).action_view_lines()
        self.assertEqual(action["domain"], [("import_id", "=", self.book.id)])

    # === WHO MAY === #

    def test_another_company_does_not_see_it(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            groups="subscription_billing.group_subscription_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self._subscribe()
        self._read()
        for model in ("stripe.import", "stripe.import.line"):
            self.assertFalse(self.env[model].with_user(user).search([]))

    def test_only_managers_see_it(self):
        clerk = new_test_user(
            self.env, "clerk", groups="subscription_billing.group_subscription_user"
        )
        manager = new_test_user(
            self.env, "chief", groups="subscription_billing.group_subscription_manager"
        )
        reference = self._subscribe()
        self.book.with_user(manager).action_read()
        self._work()
        self.book.with_user(manager).ending = "end"
        line = self._get_line(reference).with_user(manager)
        line.action_take_over()
        self._work()
        self.assertEqual(line.state, "done")
        subscription = line.subscription_id.with_user(clerk)
        self.assertEqual(subscription.stripe_reference, reference)
        for records in (self.book, line):
            with self.assertRaises(AccessError):
                records.with_user(clerk).read(["state"])
        with self.assertRaises(AccessError):
            line.unlink()

    def test_what_was_taken_over_is_not_chosen_again(self):
        reference = self._subscribe()
        self._import(reference)
        line = self._get_line(self._know(reference)["customer"])
        with self.assertRaisesRegex(UserError, "taken over already"):
            line.with_user(self.env.ref("base.user_admin")).partner_id = self.partner
        with self.assertRaisesRegex(UserError, "it is kept"):
            self.book.unlink()
