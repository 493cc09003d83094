"""Customers change their subscriptions alone: what, what it means, done."""

from datetime import date

from freezegun import freeze_time
from odoo import Command, fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import new_test_user, tagged

CONFIRM = "Confirm the change"


class ChangeCase(PortalCase):
    """Ada is on a plan that leaves her everything to choose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls._create_plan(name="Large")
        cls.yearly = cls._create_plan(name="Yearly", interval_unit="year")
        cls.addon = cls.env["product.product"].create(
            {"name": "Backup", "type": "service", "list_price": 20, "taxes_id": False}
        )
        cls.env["subscription.price"].create(
            [
                {
                    "plan_id": plan.id,
                    "product_tmpl_id": cls.product.product_tmpl_id.id,
                    "price_unit": price,
                }
                for plan, price in ((cls.large, 300), (cls.yearly, 1000))
            ]
        )
        cls.plan.write(
            {
                "portal_plan_ids": [Command.set((cls.large | cls.yearly).ids)],
                "portal_product_ids": [Command.set(cls.addon.ids)],
                "is_portal_quantity": True,
                "is_portal_billing_day": True,
            }
        )
        cls.url = f"{cls.subscription.access_url}/change"

    def setUp(self):
        super().setUp()
        self.line = self.subscription.line_ids
        self.count = f"quantity_{self.line.id}"
        self.authenticate("ada", "ada")

    def _bill(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)

    def _choose(self, **data):
        """Fill in the first page; return the second one."""
        return self._send(self._get_page(self.url), "Continue", **data)

    def _change(self, **data):
        return self._send(self._choose(**data), CONFIRM)

    def _assert_unchanged(self):
        self.assertEqual(self.subscription.plan_id, self.plan)
        self.assertEqual(self.subscription.line_ids, self.line)
        self.assertEqual(self.line.quantity, 1)


@tagged("standard", "post_install", "-at_install")
class TestPortalChange(ChangeCase):
    # === CHANGING === #

    def test_another_plan(self):
        page = self._change(plan_id=str(self.large.id))
        self.assertIn("Your subscription is changed.", self._get_text(page))
        self.assertEqual(self.subscription.plan_id, self.large)
        self.assertEqual(self.subscription._get_running_lines().price_unit, 300)

    def test_another_billing_period_is_another_plan(self):
        page = self._get_page(self.url)
        text = self._get_text(page.xpath("//fieldset[1]")[0])
        self.assertIn("Monthly Your plan today : $ 115.00 per month", text)
        self.assertIn("Large : $ 345.00 per month", text)
        self.assertIn("Yearly : $ 1,150.00 per year", text)
        self._send(page, "Continue", plan_id=str(self.yearly.id))
        self._change(plan_id=str(self.yearly.id))
        self.assertEqual(self.subscription.plan_id, self.yearly)

    def test_another_quantity(self):
        self._change(**{self.count: "3"})
        self.assertEqual(self.subscription._get_running_lines().quantity, 3)

    def test_a_product_is_added_once_and_removed(self):
        add = f"add_{self.addon.id}"
        page = self._get_page(self.url)
        self.assertIn("Backup $ 20.00 per month", self._get_text(page))
        self._change(**{add: "1"})
        lines = self.subscription._get_running_lines()
        self.assertEqual(lines.product_id, self.product | self.addon)
        page = self._get_page(self.url)
        self.assertFalse(page.xpath(f"//input[@name='{add}']"))
        added = lines.filtered(lambda line: line.product_id == self.addon)
        self._change(**{f"remove_{added.id}": "1"})
        self.assertEqual(
            self.subscription._get_running_lines().product_id, self.product
        )

    def test_what_a_person_has_planned_is_not_offered_again(self):
        self.plan.proration = "period_end"
        add = f"add_{self.addon.id}"
        self._bill()
        self._change(**{add: "1", "plan_id": str(self.large.id)})
        page = self._get_page(self.url)
        self.assertFalse(page.xpath(f"//input[@name='{add}' or @name='plan_id']"))
        page = self._send(page, "Continue", **{add: "1"})
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("is not offered any more", self._get_text(page))

    def test_several_things_at_once(self):
        self._change(
            **{
                "plan_id": str(self.large.id),
                self.count: "2",
                f"add_{self.addon.id}": "1",
            }
        )
        self.assertEqual(self.subscription.plan_id, self.large)
        self.assertRecordValues(
            self.subscription._get_running_lines().sorted("price_unit"),
            [
                {"price_unit": 20, "quantity": 1},
                {"price_unit": 300, "quantity": 2},
            ],
        )

    def test_what_was_agreed_on_a_line_is_kept(self):
        self.line.discount = 10
        self._change(**{self.count: "2"})
        self.assertEqual(self.subscription._get_running_lines().discount, 10)

    def test_the_staff_sees_that_the_customer_asked_for_it(self):
        self._change(**{self.count: "2"})
        change = self.subscription.change_ids.filtered(
            lambda each: each.state == "applied"
        )
        self.assertRecordValues(change, [{"is_portal": True, "user_id": self.user.id}])

    # === BILLING DAY === #

    def test_another_billing_day(self):
        with freeze_time("2026-03-10"):
            monthly = self._create_subscription(date_start=date(2026, 3, 10))
            choices = monthly._get_billing_day_choices()
            self.assertEqual(monthly._get_billing_day(), "10")
            self.assertEqual(len(choices), 31)
            self.assertEqual(monthly._find_anchor("1"), date(2026, 4, 1))
            # April has 30 days: it would be the 30th for ever.
            self.assertEqual(monthly._find_anchor("31"), date(2026, 5, 31))

    def test_another_day_of_the_week(self):
        plan = self._create_plan(interval_unit="week", is_portal_billing_day=True)
        with freeze_time("2026-03-10"):  # a Tuesday
            weekly = self._create_subscription(
                plan_id=plan.id, date_start=date(2026, 3, 10)
            )
            self.assertEqual(weekly._get_billing_day(), "1")
            self.assertEqual(weekly._get_billing_day_choices()["4"], "Friday")
            self.assertEqual(weekly._find_anchor("4"), date(2026, 3, 20))

    def test_february_of_a_yearly_plan_has_no_30th(self):
        self.yearly.is_portal_billing_day = True
        with freeze_time("2026-02-10"):
            yearly = self._create_subscription(
                plan_id=self.yearly.id, date_start=date(2026, 2, 10)
            )
            self.assertEqual(yearly._find_anchor("30"), date(2027, 2, 28))
            self.assertEqual(yearly._find_anchor("29"), date(2028, 2, 29))

    def test_the_billing_day_is_chosen_and_billed_as_shown(self):
        self._bill()
        today = self.subscription.date_anchor.day
        chosen = 5 if today != 5 else 6
        page = self._choose(billing_day=str(chosen))
        self._send(page, CONFIRM)
        self.assertEqual(self.subscription.date_anchor.day, chosen)

    def test_the_billing_day_is_not_chosen_with_another_period(self):
        day = "5" if self.subscription._get_billing_day() != "5" else "6"
        page = self._choose(plan_id=str(self.yearly.id), billing_day=day)
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Billing day: a plan with another", self._get_text(page))
        self.assertTrue(page.xpath(f"//option[@value='{day}'][@selected]"))
        chosen = page.xpath("//input[@name='plan_id'][@checked]/@value")
        self.assertEqual(chosen, [str(self.yearly.id)])

    # === WHEN IT HOLDS === #

    def test_it_waits_for_the_end_of_the_period_where_the_plan_says_so(self):
        self.plan.proration = "period_end"
        self._bill()
        page = self._choose(plan_id=str(self.large.id))
        self.assertIn("It takes effect on", self._get_text(page))
        page = self._send(page, CONFIRM)
        self.assertIn("Your change is planned.", self._get_text(page))
        change = self.subscription._get_planned_changes()
        self.assertEqual(change.date, self.subscription.date_next_period)
        self.assertEqual(self.subscription.plan_id, self.plan)

    def test_in_a_trial_nothing_waits_nor_is_billed(self):
        self.plan.write({"trial_days": 14, "proration": "period_end"})
        trial = self._create_subscription(state="draft")
        trial.action_confirm()
        self.url = f"{trial.access_url}/change"
        first = trial.date_trial_end
        page = self._choose(plan_id=str(self.yearly.id))
        self.assertIn("Due now Nothing", self._get_text(page))
        self._send(page, CONFIRM)
        self.assertRecordValues(
            trial, [{"plan_id": self.yearly.id, "date_next_period": first}]
        )
        self.assertFalse(trial.invoice_ids)

    def test_before_it_begins_it_is_changed_from_its_first_day_on(self):
        today = self.company._get_subscription_today()
        start = fields.Date.add(today, days=20)
        coming = self._create_subscription(date_start=start)
        self.url = f"{coming.access_url}/change"
        self._change(plan_id=str(self.large.id))
        self.assertEqual(coming._get_planned_changes().date, start)

    # === WHAT IT COSTS === #

    def test_what_is_due_now_is_shown_and_led_to(self):
        self.plan.proration = "invoice_now"
        self._bill()
        page = self._choose(**{self.count: "2"})
        self.assertIn("Due now $ 115.00", self._get_text(page))
        page = self._send(page, CONFIRM)
        self.assertIn("The invoice for it is to be paid now.", self._get_text(page))
        self.assertIn("/pay?invoice=", self.answer.url)
        owed = self.subscription._get_portal_owed()
        self.assertEqual(sum(owed.mapped("amount_residual")), 230)

    def test_what_is_charged_by_itself_is_not_led_to(self):
        self.plan.proration = "invoice_now"
        self._create_token()
        self.subscription.collection_method = "automatic"
        self._bill()
        page = self._change(**{self.count: "2"})
        self.assertIn("Your subscription is changed.", self._get_text(page))
        self.assertNotIn("/pay", self.answer.url)

    def test_complaint_09_what_is_billed_is_what_was_shown(self):
        """A preview that promises nothing and a card that is charged:
        https://github.com/gitroomhq/postiz-app/pull/1904"""
        for proration in ("next_invoice", "invoice_now", "none", "period_end"):
            with self.subTest(proration):
                self.plan.proration = proration
                subscription = self._create_subscription()
                self.env["subscription.renewal"]._bill_now(subscription)
                self.url = f"{subscription.access_url}/change"
                self._choose(**{f"quantity_{subscription.line_ids.id}": "4"})
                change = subscription.change_ids
                at_once, following = change._get_portal_bills()
                known = subscription.invoice_ids
                change.with_user(self.user).sudo().action_confirm_previewed()
                billed = subscription.invoice_ids - known
                self._assert_billed(billed, at_once)
                with freeze_time(following[0].date):
                    self.env["subscription.renewal"]._bill_now(subscription)
                last = subscription.invoice_ids - known - billed
                self._assert_billed(last, following)

    def _assert_billed(self, moves, bills):
        """Fail when documents differ from those that were shown."""
        self.assertEqual(
            [-move.direction_sign * move.amount_total for move in moves.sorted("id")],
            [bill.amount_total for bill in bills],
        )

    def test_nothing_is_changed_before_it_is_confirmed(self):
        self._choose(plan_id=str(self.large.id), **{self.count: "2"})
        self._assert_unchanged()


@tagged("standard", "post_install", "-at_install")
class TestPortalChangeBack(ChangeCase):
    """What is planned is taken back by who asked for it."""

    def setUp(self):
        super().setUp()
        self.plan.proration = "period_end"
        self._bill()

    def _plan_change(self, **vals):
        """Schedule a change as a colleague of the back office does."""
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "plan_id": self.large.id,
                "timing": "period_end",
                **vals,
            }
        )
        change.action_confirm()
        return change

    def test_a_planned_change_is_taken_back(self):
        page = self._change(plan_id=str(self.large.id))
        change = self.subscription._get_planned_changes()
        page = self._send(page, "Take it back")
        self.assertIn("Your change is taken back.", self._get_text(page))
        self.assertEqual(change.state, "cancelled")
        self.assertFalse(page.xpath("//button[contains(., 'Take it back')]"))

    def test_twice_is_once(self):
        page = self._change(plan_id=str(self.large.id))
        self._send(page, "Take it back")
        page = self._send(page, "Take it back")
        self.assertIn("There is nothing to take back", self._get_text(page))

    def test_what_the_company_has_planned_is_its_own(self):
        change = self._plan_change()
        page = self._get_page(self.subscription.access_url)
        self.assertIn("The plan becomes Large.", self._get_text(page))
        self.assertFalse(page.xpath("//button[contains(., 'Take it back')]"))
        self._post_form(self.url, f"{self.url}/cancel", {"change_id": change.id})
        self.assertEqual(change.state, "scheduled")

    def test_a_scheduled_end_is_none_of_it(self):
        close = self.subscription._create_portal_close(
            self.env["subscription.close.reason"], ""
        )
        close.action_confirm_previewed()
        url = f"{self.subscription.access_url}/cancel"
        self._post_form(
            self._create_subscription().access_url + "/cancel",
            f"{self.url}/cancel",
            {"change_id": close.id},
        )
        self.assertEqual(close.state, "scheduled", url)

    def test_nobody_else_takes_it_back(self):
        self._change(plan_id=str(self.large.id))
        change = self.subscription._get_planned_changes()
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        self.authenticate("eve", "eve")
        data = {"change_id": change.id}
        self._post_form("/my/subscriptions/preferences", f"{self.url}/cancel", data)
        self.assertEqual(change.state, "scheduled")

    def test_numbers_that_are_none_do_no_harm(self):
        for number in ("", "x", "0", str(10**30), "٣", "1\x00"):
            data = {"change_id": number}
            answer = self._post_form(self.url, f"{self.url}/cancel", data)
            self.assertIn("There is nothing to take back", answer.text)


@tagged("standard", "post_install", "-at_install")
class TestPortalChangeRefused(ChangeCase):
    """When things go wrong."""

    # === WHOSE IT IS === #

    def test_a_link_is_not_enough(self):
        token = self.subscription._portal_ensure_token()
        self.authenticate(None, None)
        answer = self.url_open(f"{self.url}?access_token={token}")
        self.assertIn("/web/login", answer.url)
        page = self._get_page(f"{self.subscription.access_url}?access_token={token}")
        self.assertFalse(page.xpath("//a[contains(@href, '/change')]"))

    def test_nobody_else_changes_it(self):
        self._choose(plan_id=str(self.large.id))
        draft = self.subscription.change_ids
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        token = self.subscription._portal_ensure_token()
        self.authenticate("eve", "eve")
        for path in ("", "/confirm"):
            data = {
                "change_id": draft.id,
                "shown": draft._get_shown_key(),
                "plan_id": self.large.id,
                "access_token": token,
            }
            self._post_form("/my/subscriptions/preferences", f"{self.url}{path}", data)
        self._assert_unchanged()
        self.assertEqual(self.subscription.change_ids, draft)

    def test_what_a_colleague_prepares_is_not_confirmed(self):
        """The dialog of the back office has a draft as well, such as of a discount."""
        draft = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "line_ids": [Command.create({"line_id": self.line.id, "discount": 90})],
            }
        )
        for prepare in (lambda: None, draft.action_preview):
            prepare()
            page = self._choose(plan_id=str(self.large.id))
            seen = {"change_id": draft.id, "shown": draft._get_shown_key()}
            page = self._send(page, CONFIRM, **seen)
            self.assertIn("There is nothing to change", self._get_text(page))
        self.assertEqual(draft.state, "draft")

    def test_an_offer_to_stay_is_not_confirmed_here(self):
        draft = (
            self.env["subscription.change"]
            .with_user(self.user)
            .sudo()
            .create(
                {
                    "subscription_id": self.subscription.id,
                    "line_ids": [
                        Command.create({"product_id": self.addon.id, "discount": 100})
                    ],
                }
            )
        )
        draft.action_preview()
        page = self._choose(plan_id=str(self.large.id))
        seen = {"change_id": draft.id, "shown": draft._get_shown_key()}
        self._send(page, CONFIRM, **seen)
        self.assertEqual(draft.state, "draft")

    def test_nothing_happens_without_the_token_of_the_form(self):
        self._choose(plan_id=str(self.large.id))
        draft = self.subscription.change_ids
        for path, data in (
            ("", {"plan_id": self.large.id}),
            ("/confirm", {"change_id": draft.id, "shown": draft._get_shown_key()}),
            ("/cancel", {"change_id": draft.id}),
        ):
            answer = self.url_open(f"{self.url}{path}", data=data)
            self.assertEqual(answer.status_code, 400)
        self.assertEqual(draft.state, "draft")
        self.assertEqual(self.subscription.change_ids, draft)

    # === WHAT IS NOT ALLOWED === #

    def test_what_the_plan_does_not_allow_is_not_offered(self):
        self.plan.write(
            {
                "portal_plan_ids": False,
                "portal_product_ids": False,
                "is_portal_quantity": False,
                "is_portal_billing_day": False,
            }
        )
        page = self._get_page(self.subscription.access_url)
        self.assertFalse(page.xpath("//a[contains(@href, '/change')]"))
        page = self._get_page(self.url)
        self.assertIn("There is nothing to change", self._get_text(page))

    def test_what_the_plan_no_longer_allows_is_not_confirmed(self):
        for field, data in (
            ("portal_plan_ids", {"plan_id": str(self.large.id)}),
            ("portal_product_ids", {f"add_{self.addon.id}": "1"}),
            ("is_portal_quantity", {self.count: "2"}),
            ("is_portal_billing_day", {"billing_day": "7"}),
        ):
            with self.subTest(field):
                if self.subscription._get_billing_day() == "7":
                    data = {"billing_day": "8"} if "billing_day" in data else data
                allowed = self.plan[field]
                page = self._choose(**data)
                self.plan[field] = False
                page = self._send(page, CONFIRM)
                self.assertIn("There is nothing to change", self._get_text(page))
                self._assert_unchanged()
                self.plan[field] = allowed

    def test_what_is_not_the_customers_to_count_is_not_offered(self):
        meter = self._create_meter()
        subscription = self._create_subscription(
            [{"meter_id": meter.id}, {"discount": 100}, {"price_unit": 0}, {}]
        )
        lines = subscription._get_portal_quantity_lines()
        self.assertEqual(lines, subscription.line_ids[-1:])

    def test_plans_and_products_of_another_company_are_not_offered(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.large.sudo().with_context(no_check_company=True).company_id = company
        self.addon.product_tmpl_id.company_id = company
        self.assertNotIn(self.large, self.subscription._get_portal_plans())
        self.assertFalse(self.subscription._get_portal_addons())

    def test_what_is_suspended_paused_cancelled_or_closed_is_not_changed(self):
        for end in ("_suspend", "_close_later", "_close"):
            with self.subTest(end):
                subscription = self._create_subscription()
                if end == "_suspend":
                    subscription._update_state("past_due")
                    subscription._update_state("suspended")
                elif end == "_close_later":
                    close = subscription._create_portal_close(
                        self.env["subscription.close.reason"], ""
                    )
                    close.action_confirm_previewed()
                else:
                    subscription._close()
                self.assertNotIn("change", subscription._get_portal_rights())

    def test_who_owes_something_gets_nothing_that_costs_more(self):
        """Dunning restricts changes; what it tells customers is not for colleagues."""
        self.line.quantity = 3
        self._bill()
        self.subscription.is_change_restricted = True
        page = self._choose(**{self.count: "4"})
        self.assertEqual(self.answer.status_code, 400)
        [alert] = page.xpath("//*[@role='alert']")
        self.assertIn("is overdue. Please pay it first", self._get_text(alert))
        self.assertNotIn("Record the payment", self._get_text(alert))
        self._change(**{self.count: "2"})
        self.assertEqual(self.subscription._get_running_lines().quantity, 2)

    def test_who_comes_to_owe_something_meanwhile_confirms_nothing_dearer(self):
        confirm = self._choose(plan_id=str(self.large.id))
        self.subscription.is_change_restricted = True
        page = self._send(confirm, CONFIRM)
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("is overdue. Please pay it first", self._get_text(page))
        self._assert_unchanged()

    # === WHAT IS TYPED === #

    def test_quantities_that_are_none_are_refused_and_kept(self):
        for text in ("0", "-1", "1.5", "x", "1e5", "9" * 30, "٣", "1\x002", "nan"):
            with self.subTest(text):
                page = self._choose(**{self.count: text})
                self.assertEqual(self.answer.status_code, 400)
                self.assertIn("Quantity of Maintenance: enter", self._get_text(page))
        self.assertFalse(self.subscription.change_ids)
        page = self._choose(**{self.count: "1.5", f"add_{self.addon.id}": "1"})
        self.assertTrue(page.xpath("//input[@type='checkbox'][@checked]"))
        value = page.xpath(f"//input[@name='{self.count}']/@value")
        self.assertEqual(value, ["1.5"])

    def test_parts_of_what_is_sold_in_parts(self):
        self.line.quantity = 1.5
        self._change(**{self.count: "2.25"})
        self.assertEqual(self.subscription._get_running_lines().quantity, 2.25)

    def test_what_is_not_of_the_list_is_refused(self):
        other = self._create_plan(name="Secret")
        own = self._create_subscription().line_ids
        for data in (
            {"plan_id": str(other.id)},
            {"plan_id": "x"},
            {"plan_id": "٣"},
            {"billing_day": "32"},
            {"billing_day": "x\x00"},
            {f"add_{self.product.id}": "1"},
            {f"remove_{self.line.id}": "1"},
            {f"quantity_{own.id}": "2"},
            {"add_x": "1"},
            {"quantity_": "1"},
        ):
            with self.subTest(data):
                self._choose(**data)
                self.assertEqual(self.answer.status_code, 400)
        self.assertFalse(self.subscription.change_ids)

    def test_what_no_form_sends_does_no_harm(self):
        self._get_page(f"{self.url}?subscription=7&line=x&plan_id=y")
        page = self._choose(**{"subscription": "7", self.count: "2"})
        self.assertEqual(self.answer.status_code, 200)
        page = self._get_page(self.url)
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        answer = self.url_open(
            self.url,
            data={"csrf_token": token},
            files={"plan_id": b"x", self.count: b"2"},
        )
        self.assertEqual(answer.status_code, 400)

    def test_nothing_chosen_is_told(self):
        page = self._choose()
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Nothing would change", self._get_text(page))

    def test_the_last_product_stays(self):
        only = self._create_subscription([{"product_id": self.addon.id}])
        self.url = f"{only.access_url}/change"
        page = self._choose(**{f"remove_{only.line_ids.id}": "1"})
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("at least one has to stay", self._get_text(page))

    # === TWICE, AND MEANWHILE === #

    def test_confirmed_twice_it_is_changed_once(self):
        confirm = self._choose(**{f"add_{self.addon.id}": "1"})
        self._send(confirm, CONFIRM)
        page = self._send(confirm, CONFIRM)
        self.assertIn("There is nothing to change", self._get_text(page))
        self.assertEqual(len(self.subscription._get_running_lines()), 2)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        confirm = self._choose(**{self.count: "2"})
        self.line.sudo().price_unit = 120
        draft = self.subscription.change_ids
        draft.line_ids.price_unit = 120
        page = self._send(confirm, CONFIRM)
        self.assertIn("Nothing is changed yet", self._get_text(page))
        self._assert_unchanged()
        self._send(page, CONFIRM)
        self.assertEqual(self.subscription._get_running_lines().quantity, 2)

    def test_drafts_that_nobody_confirms_are_removed_after_a_day(self):
        self._choose(**{self.count: "2"})
        draft = self.subscription.change_ids
        self.cr.execute(
            "UPDATE subscription_change SET create_date = create_date - interval '2 d'"
        )
        self.env.invalidate_all()
        draft._gc_drafts()
        self.assertFalse(draft.exists())
