"""Customers pause the service, call it off, and have it go on."""

from unittest.mock import patch

from odoo import fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestPortalPause(PortalCase):
    def setUp(self):
        super().setUp()
        self.plan.write({"is_portal_pause": True, "collection_method": "invoice"})
        self.subscription.collection_method = "invoice"
        self.today = self.company._get_subscription_today()
        self.env["subscription.renewal"]._bill_now(self.subscription)
        self.url = f"{self.subscription.access_url}/pause"
        self.authenticate("ada", "ada")

    def _in(self, days):
        """Return the day in so many days, as a browser sends it."""
        return fields.Date.add(self.today, days=days).isoformat()

    def _ask(self, start=0, days=30, **data):
        """Fill in the first page; return the second one."""
        return self._send(
            self._get_page(self.url),
            "Continue",
            **{"date_start": self._in(start), "date_resume": self._in(start + days)}
            | data,
        )

    def _pause(self, *args, **data):
        return self._send(self._ask(*args, **data), "Pause the subscription")

    def _get_pauses(self, state="scheduled"):
        return self.subscription.change_ids.filtered(
            lambda change: change.kind == "pause" and change.state == state
        )

    # === PAUSING === #

    def test_it_is_paused_today_and_goes_on_by_itself(self):
        page = self._pause()
        self.assertIn("The service is paused.", self._get_text(page))
        self.assertEqual(self.subscription.state, "paused")
        [resume] = self.subscription.change_ids.filtered(
            lambda change: change.state == "scheduled"
        )
        self.assertRecordValues(
            resume,
            [{"kind": "resume", "date": fields.Date.add(self.today, days=30)}],
        )

    def test_what_is_paid_for_is_given_back(self):
        page = self._ask()
        self.assertIn("-", self._get_text(page.xpath("//section")[-1]))
        self._send(page, "Pause the subscription")
        self.assertEqual(self.subscription.pause_ids.policy, "credit")

    def test_nothing_is_paused_before_it_is_confirmed(self):
        page = self._ask()
        self.assertTrue(page.xpath("//h1[contains(., 'Pause Monthly?')]"))
        self.assertEqual(self.subscription.state, "active")

    def test_a_pause_of_later_is_planned(self):
        page = self._pause(10, 20)
        self.assertIn("The pause is planned.", self._get_text(page))
        self.assertIn("goes on from", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self._get_pauses().date, fields.Date.add(self.today, days=10))

    def test_a_planned_pause_is_called_off(self):
        page = self._send(self._pause(10, 20), "Call off the pause")
        self.assertIn("The pause is called off.", self._get_text(page))
        self.assertFalse(self._get_pauses())
        page = self._get_page(self.subscription.access_url)
        self.assertTrue(page.xpath(f"//a[@href='{self.url}']"))

    def test_called_off_twice_it_is_called_off_once(self):
        page = self._pause(10, 20)
        self._send(page, "Call off the pause")
        page = self._send(page, "Call off the pause")
        self.assertIn("There is nothing to call off", self._get_text(page))

    def test_a_plan_without_a_limit_needs_no_end(self):
        self.plan.portal_pause_days = 0
        self._pause(date_resume="")
        self.assertEqual(self.subscription.state, "paused")
        self.assertFalse(self.subscription._get_scheduled_closes())

    # === WHAT IS ENTERED === #

    def test_a_pause_is_not_longer_than_the_plan_allows(self):
        for entered in (self._in(91), ""):
            page = self._ask(date_resume=entered)
            self.assertEqual(self.answer.status_code, 400)
            self.assertIn("Goes on from: choose a day", self._get_text(page))
            [field] = page.xpath("//input[@name='date_resume']")
            self.assertEqual(field.get("value") or "", entered)
        self._ask(date_resume=self._in(90))
        self.assertEqual(self.answer.status_code, 200)

    def test_a_pause_does_not_begin_in_the_past(self):
        page = self._ask(date_start=self._in(-1))
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Pause from: choose a day", self._get_text(page))

    def test_a_pause_does_not_begin_after_the_end(self):
        self.subscription.date_end = fields.Date.add(self.today, days=40)
        page = self._ask(41)
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Pause from: choose a day", self._get_text(page))

    def test_a_pause_does_not_end_before_it_begins(self):
        for days in (0, -5):
            self._ask(10, days)
            self.assertEqual(self.answer.status_code, 400)

    def test_what_is_no_day_is_refused_and_kept(self):
        self.plan.portal_pause_days = 0
        for entered in ("x", "2026-13-01", "٢٠٢٦-٠١-٠١", "20270101", "9999-12-31"):
            for name, label in (
                ("date_start", "Pause from"),
                ("date_resume", "Goes on from"),
            ):
                with self.subTest(entered=entered, field=name):
                    page = self._ask(**{name: entered})
                    self.assertEqual(self.answer.status_code, 400)
                    self.assertIn(f"{label}: ", self._get_text(page))
                    [field] = page.xpath(f"//input[@name='{name}']")
                    self.assertEqual(field.get("value"), entered)
        self.assertFalse(self.subscription.change_ids)

    def test_a_nul_is_no_day(self):
        self._ask(date_start="2027-01-01\0")
        self.assertEqual(self.answer.status_code, 400)

    # === WHO AND WHEN === #

    def test_what_the_plan_does_not_allow_is_neither_offered_nor_done(self):
        confirm = self._ask()
        self.plan.is_portal_pause = False
        page = self._get_page(self.url)
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertFalse(page.xpath(f"//a[@href='{self.url}']"))
        page = self._send(confirm, "Pause the subscription")
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")

    def test_a_limit_that_was_lowered_meanwhile_holds(self):
        confirm = self._ask(days=80)
        self.plan.portal_pause_days = 10
        page = self._send(confirm, "Pause the subscription")
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Goes on from: choose a day", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")

    def test_confirmed_twice_it_is_paused_once(self):
        confirm = self._ask()
        for _time in range(2):
            page = self._send(confirm, "Pause the subscription")
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertEqual(len(self.subscription.pause_ids), 1)

    def test_of_two_tabs_the_first_one_pauses(self):
        first, second = self._ask(10, 20), self._ask(15, 20)
        self._send(first, "Pause the subscription")
        page = self._send(second, "Pause the subscription")
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertEqual(len(self._get_pauses()), 1)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        confirm = self._ask()
        self.subscription.line_ids.sudo().price_unit = 120
        page = self._send(confirm, "Pause the subscription")
        self.assertIn("Nothing is paused yet", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")
        self._send(page, "Pause the subscription")
        self.assertEqual(self.subscription.state, "paused")

    def test_what_has_ended_meanwhile_is_not_paused(self):
        confirm = self._ask()
        self.subscription._close()
        page = self._send(confirm, "Pause the subscription")
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertEqual(self.subscription.state, "closed")

    def test_only_what_is_served_is_paused(self):
        for state in ("past_due", "suspended"):
            self.subscription._update_state(state)
            self.assertNotIn("pause", self.subscription._get_portal_rights(), state)

    def test_what_is_cancelled_is_not_paused(self):
        self.subscription._create_portal_close(
            self.env["subscription.close.reason"], ""
        ).action_confirm()
        self.assertNotIn("pause", self.subscription._get_portal_rights())

    def test_what_a_colleague_of_ours_prepares_is_not_theirs_to_confirm(self):
        change = self.subscription._create_portal_pause(
            self.today, fields.Date.add(self.today, days=5)
        )
        seen = {"change_id": change.id, "shown": change._get_shown_key()}
        page = self._send(self._ask(), "Pause the subscription", **seen)
        self.assertIn("There is nothing to pause", self._get_text(page))
        self.assertEqual(change.state, "draft")

    def test_nobody_else_pauses(self):
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        token = self.subscription._portal_ensure_token()
        self.authenticate("eve", "eve")
        preferences = "/my/subscriptions/preferences"
        for path in ("", "/confirm", "/undo"):
            self._post_form(
                preferences,
                f"{self.url}{path}",
                {
                    "access_token": token,
                    "date_start": self._in(0),
                    "date_resume": self._in(9),
                },
            )
        self.assertFalse(self.subscription.change_ids)

    def test_nothing_happens_without_the_token_of_the_form(self):
        for path in ("pause", "pause/confirm", "pause/undo", "resume"):
            answer = self.url_open(
                f"{self.subscription.access_url}/{path}",
                data={"date_start": self._in(0), "date_resume": self._in(9)},
            )
            self.assertEqual(answer.status_code, 400, path)
        self.assertFalse(self.subscription.change_ids)


@tagged("standard", "post_install", "-at_install")
class TestPortalResume(PortalCase):
    def setUp(self):
        super().setUp()
        self.plan.is_portal_pause = True
        self.subscription.collection_method = "invoice"
        self.today = self.company._get_subscription_today()
        self.env["subscription.renewal"]._bill_now(self.subscription)
        self.authenticate("ada", "ada")
        self.url = self.subscription.access_url

    def _pause(self, **vals):
        self.env["subscription.change"].create(
            {"subscription_id": self.subscription.id, "kind": "pause", **vals}
        ).action_confirm()

    def _ask(self):
        return self._send(self._get_page(self.url), "Resume")

    def test_it_goes_on_at_any_time(self):
        self._pause(date_resume=fields.Date.add(self.today, days=40))
        page = self._ask()
        self.assertIn("What is billed or given back next", self._get_text(page))
        self.assertEqual(self.subscription.state, "paused")
        page = self._send(page, "Resume the subscription")
        self.assertIn("The service goes on.", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self.subscription.pause_ids.date_end, self.today)

    def test_the_end_that_was_planned_is_called_off(self):
        self._pause(date_resume=fields.Date.add(self.today, days=40))
        self._send(self._ask(), "Resume the subscription")
        states = self.subscription.change_ids.mapped("state")
        self.assertNotIn("scheduled", states)

    def test_confirmed_twice_it_goes_on_once(self):
        self._pause()
        confirm = self._ask()
        for _time in range(2):
            page = self._send(confirm, "Resume the subscription")
        self.assertIn("There is no pause that you can end", self._get_text(page))
        self.assertEqual(len(self.subscription.pause_ids), 1)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        self._pause()
        confirm = self._ask()
        self.subscription.line_ids.sudo().price_unit = 120
        page = self._send(confirm, "Resume the subscription")
        self.assertIn("Nothing has been done yet", self._get_text(page))
        self.assertEqual(self.subscription.state, "paused")
        self._send(page, "Resume the subscription")
        self.assertEqual(self.subscription.state, "active")

    def test_what_has_ended_meanwhile_does_not_go_on(self):
        self._pause()
        confirm = self._ask()
        self.subscription._close()
        self._send(confirm, "Resume the subscription")
        self.assertEqual(self.subscription.state, "closed")

    def test_what_is_paid_automatically_needs_a_method_first(self):
        self._pause()
        self.subscription.collection_method = "automatic"
        page = self._ask()
        self.assertTrue(page.xpath("//a[@href='/my/subscriptions/methods']"))
        self.assertFalse(page.xpath("//form[contains(@action, '/confirm')]"))
        self._create_token(self.partner)
        self._send(self._ask(), "Resume the subscription")
        self.assertEqual(self.subscription.state, "active")

    def test_a_method_that_is_gone_meanwhile_leads_to_the_methods(self):
        self._pause()
        self.subscription.collection_method = "automatic"
        token = self._create_token(self.partner)
        confirm = self._ask()
        token.active = False
        page = self._send(confirm, "Resume the subscription")
        self.assertTrue(self.answer.url.endswith("/my/subscriptions/methods"))
        self.assertTrue(page.xpath("//h1"))
        self.assertEqual(self.subscription.state, "paused")

    def test_what_we_have_paused_is_ours_to_resume(self):
        self.plan.is_portal_pause = False
        self._pause()
        self.assertNotIn("resume", self.subscription._get_portal_rights())

    def test_what_something_else_holds_up_is_told(self):
        self._pause()
        confirm = self._ask()
        model = type(self.subscription)
        with patch.object(model, "_get_resume_obstacle", lambda _self: "Pay first."):
            page = self._get_page(self.url)
            self.assertIn("Pay first.", self._get_text(page))
            self.assertFalse(page.xpath("//form[contains(@action, '/resume')]"))
            self._send(confirm, "Resume the subscription")
        self.assertEqual(self.subscription.state, "paused")

    def test_a_pause_after_a_trial_waits_for_the_customer(self):
        plan = self._create_plan(name="Try", trial_days=14, trial_end_action="paused")
        trial = self._create_subscription(
            plan_id=plan.id, state="draft", collection_method="invoice"
        )
        trial.action_confirm()
        trial._end_trial()
        self.assertEqual(trial.state, "paused")
        self.assertIn("resume", trial._get_portal_rights())


@tagged("standard", "post_install", "-at_install")
class TestPortalReactivate(PortalCase):
    def setUp(self):
        super().setUp()
        self.subscription.collection_method = "invoice"
        self.subscription._close()
        self.url = f"{self.subscription.access_url}/reactivate"
        self.authenticate("ada", "ada")

    def test_it_is_taken_up_again(self):
        page = self._get_page(self.url)
        self.assertIn("$ 115.00", self._get_text(page))
        self.assertEqual(self.subscription.state, "closed")
        page = self._send(page, "Take it up again")
        self.assertIn("Welcome back.", self._get_text(page))
        self.assertEqual(self.subscription.state, "active")
        self.assertFalse(self.subscription.date_end)

    def test_sent_twice_it_is_taken_up_once(self):
        confirm = self._get_page(self.url)
        for _time in range(2):
            page = self._send(confirm, "Take it up again")
        self.assertIn("There is nothing to take up again", self._get_text(page))
        events = self.subscription.event_ids.filtered(
            lambda event: event.state_before == "closed"
        )
        self.assertEqual(len(events), 1)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        confirm = self._get_page(self.url)
        self.subscription.line_ids.sudo().price_unit = 120
        page = self._send(confirm, "Take it up again")
        self.assertIn("Nothing has been done yet", self._get_text(page))
        self.assertEqual(self.subscription.state, "closed")
        self._send(page, "Take it up again")
        self.assertEqual(self.subscription.state, "active")

    def test_what_is_unpaid_is_paid_first(self):
        other = self._create_subscription(collection_method="invoice")
        self.env["subscription.renewal"]._bill_now(other)
        other._close()
        page = self._get_page(f"{other.access_url}/reactivate")
        self.assertIn("Pay it first", self._get_text(page))
        self._post_form(self.url, f"{other.access_url}/reactivate", {"shown": "x"})
        self.assertEqual(other.state, "closed")

    def test_what_is_paid_automatically_needs_a_method_first(self):
        confirm = self._get_page(self.url)
        self.subscription.collection_method = "automatic"
        for page in (
            self._send(confirm, "Take it up again"),
            self._get_page(self.url),
        ):
            self.assertTrue(page.xpath("//a[@href='/my/subscriptions/methods']"))
        self.assertEqual(self.subscription.state, "closed")

    def test_what_the_plan_does_not_allow_is_neither_offered_nor_done(self):
        confirm = self._get_page(self.url)
        for vals in ({"is_portal_reactivate": False}, {"active": False}):
            self.plan.write({"is_portal_reactivate": True, **vals})
            page = self._get_page(self.url)
            self.assertIn("There is nothing to take up again", self._get_text(page))
            self._send(confirm, "Take it up again")
        self.assertEqual(self.subscription.state, "closed")

    def test_what_something_else_holds_up_is_not_taken_up(self):
        confirm = self._get_page(self.url)
        model = type(self.subscription)
        with patch.object(model, "_get_resume_obstacle", lambda _self: "Settle it."):
            page = self._send(confirm, "Take it up again")
        self.assertIn("Settle it.", self._get_text(page))
        self.assertEqual(self.subscription.state, "closed")

    def test_what_runs_is_not_taken_up(self):
        other = self._create_subscription()
        page = self._get_page(f"{other.access_url}/reactivate")
        self.assertIn("There is nothing to take up again", self._get_text(page))

    def test_nobody_else_takes_it_up(self):
        confirm = self._get_page(self.url)
        shown = confirm.xpath("//input[@name='shown']/@value")[0]
        token = self.subscription._portal_ensure_token()
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        self.authenticate("eve", "eve")
        preferences = "/my/subscriptions/preferences"
        data = {"shown": shown, "access_token": token}
        self._post_form(preferences, self.url, data)
        self.assertEqual(self.subscription.state, "closed")

    def test_nothing_happens_without_the_token_of_the_form(self):
        shown = self._get_page(self.url).xpath("//input[@name='shown']/@value")[0]
        answer = self.url_open(self.url, data={"shown": shown})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.subscription.state, "closed")
