"""Customers cancel and withdraw on a public page, without a login."""

from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

URL = "/subscriptions/cancel"
WITHDRAW = "/subscriptions/withdraw"
CRON = "subscription_portal.ir_cron_answer_cancellation_requests"
BUTTON, WITHDRAW_BUTTON = "Confirm cancellation", "Confirm withdrawal"


class WithdrawCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.requests = cls.env["subscription.cancellation.request"]
        cls.partner.write({"name": "Ada Lovelace", "email": "ada@example.com"})
        cls.company.write({"email": "office@example.com", "phone": "+32 1 23"})

    # === WHAT A VISITOR DOES === #

    def _fill(self, **typed):
        """Return what is typed into the form, all right by default."""
        return {
            "kind": "ordinary",
            "customer_name": "Ada Lovelace",
            "contract_number": self.subscription.name,
            "email": "ada@example.com",
            "date_wished": "",
            "reason": "",
            **typed,
        }

    def _send_form(self, **typed):
        """Send the form; return the page that answers."""
        return self._send(self._get_page(URL), BUTTON, **self._fill(**typed))

    def _declare(self, **typed):
        """Send the form, and have it answered; return the request."""
        last = self.requests.search([], order="id desc", limit=1)
        self._send_form(**typed)
        self.assertEqual(self.answer.status_code, 200)
        self._run_cron(CRON)
        return self.requests.search([("id", ">", last.id or 0)])

    def _withdraw(self, **typed):
        return self._declare(kind="withdrawal", **typed)

    def _confirm(self, request):
        """Follow the link of the e-mail, and press its button."""
        page = self._get_page(request._get_link("confirm"))
        is_withdrawal = request.kind == "withdrawal"
        return self._send(page, WITHDRAW_BUTTON if is_withdrawal else BUTTON)

    def _find_mail(self, request):
        return self.env["mail.mail"].search(
            [("model", "=", request._name), ("res_id", "=", request.id)]
        )


@tagged("standard", "post_install", "-at_install")
class TestPortalWithdraw(WithdrawCase):
    # === THE WAY THERE === #

    def test_the_login_page_and_the_footer_lead_there(self):
        for url in ("/web/login", URL):
            links = self._get_page(url).xpath(
                "//*[@id='cancel_request_links']//a/@href"
            )
            self.assertEqual(links, [URL, WITHDRAW], url)

    def test_the_company_switches_it_off(self):
        self.env["res.company"].search([]).is_subscription_cancel_page = False
        self.assertEqual(self.url_open(URL).status_code, 404)
        self.assertEqual(self.url_open(WITHDRAW).status_code, 404)
        page = self._get_page("/web/login")
        self.assertFalse(page.xpath("//*[@id='cancel_request_links']//a"))

    def test_where_nobody_can_withdraw_no_link_says_so(self):
        self.company.subscription_withdrawal_days = 0
        links = self._get_page(URL).xpath("//*[@id='cancel_request_links']//a/@href")
        self.assertEqual(links, [URL])

    def test_who_is_logged_in_need_not_type_their_name(self):
        self.authenticate("ada", "ada")
        page = self._get_page(URL)
        self.assertEqual(
            page.xpath("//input[@name='customer_name']/@value"), ["Ada Lovelace"]
        )

    def test_browsers_fill_in_what_they_know(self):
        page = self._get_page(URL)
        for name, purpose in (("customer_name", "name"), ("email", "email")):
            [found] = page.xpath(f"//input[@name='{name}']/@autocomplete")
            self.assertEqual(found, purpose)

    # === WHAT IS ANSWERED === #

    def test_it_is_shown_at_once_with_content_and_time(self):
        with freeze_time("2026-05-04 09:30:00"):
            page = self._send_form(reason="We move.")
            text = self._get_text(page)
            [url] = page.xpath("//a[normalize-space()='Save as a file']/@href")
            answer = self.url_open(url)
        self.assertIn("We have received your cancellation", text)
        for part in ("9:30", "UTC", self.subscription.name, "ada@example.com"):
            self.assertIn(part, text)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertIn("We move.", answer.text)

    def test_right_and_wrong_data_are_answered_alike(self):
        def mask(text, *secrets):
            for secret in secrets:
                text = text.replace(secret, "…")
            return text

        with freeze_time("2026-05-04 09:30:00"):
            right = self._get_text(self._send_form().xpath("//div[@id='wrap']")[0])
            number, email = "SUB-NONE", "eve@example.com"
            wrong = self._send_form(contract_number=number, email=email)
            wrong = self._get_text(wrong.xpath("//div[@id='wrap']")[0])
        self.assertEqual(
            mask(right, self.subscription.name, "ada@example.com"),
            mask(wrong, number, email),
        )

    def test_right_and_wrong_data_take_the_same_queries(self):
        def count(**typed):
            token = self._get_page(URL).xpath("//input[@name='csrf_token']/@value")[0]
            data = {**self._fill(**typed), "csrf_token": token}
            before = self.cr.sql_log_count
            self.url_open(URL, data=data, allow_redirects=False)
            return self.cr.sql_log_count - before

        count()
        right = count()
        wrong = count(contract_number="SUB-NONE")
        other = count(email="eve@example.com")
        self.assertLessEqual(max(right, wrong, other) - min(right, wrong, other), 8)

    def test_the_mail_goes_to_the_address_on_file(self):
        request = self._declare(email="ADA@Example.com ")
        self.assertRecordValues(
            request,
            [
                {
                    "state": "received",
                    "subscription_id": self.subscription.id,
                    "partner_id": self.partner.id,
                }
            ],
        )
        mail = self._find_mail(request)
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn(f"{URL}/confirm/", mail.body_html)
        self.assertIn(self.subscription.name, mail.body_html)
        self.assertTrue(request.activity_ids)
        self.assertIn("received on the public", self.subscription.message_ids[0].body)

    def test_the_mail_tells_content_time_and_end(self):
        with freeze_time("2026-05-04 09:30:00"):
            subscription = self._create_subscription(date_start=date(2026, 5, 1))
            request = self._declare(
                contract_number=subscription.name, date_wished="2026-07-10"
            )
        self.assertEqual(request.date_end, date(2026, 7, 10))
        body = self._find_mail(request).body_html
        for part in ("9:30", "07/10/2026"):
            self.assertIn(part, body)

    def test_the_mail_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        template = self.env.ref(
            "subscription_portal.mail_template_cancellation_request"
        )
        template.with_context(lang="fr_FR").subject = "Reçu"
        request = self._declare()
        self.assertEqual(self._find_mail(request).subject, "Reçu")

    def test_the_number_may_be_typed_in_small_letters(self):
        request = self._declare(contract_number=f" {self.subscription.name.lower()} ")
        self.assertEqual(request.subscription_id, self.subscription)

    def test_the_number_is_no_pattern(self):
        for number in ("%", "_" * len(self.subscription.name), "\\"):
            self.assertEqual(self._declare(contract_number=number).state, "no_match")

    def test_what_matches_nobody_is_kept_and_nobody_is_written_to(self):
        for typed in (
            {"email": "eve@example.com"},
            {"contract_number": "SUB-NONE"},
        ):
            request = self._declare(**typed)
            self.assertEqual(request.state, "no_match")
            self.assertFalse(request.subscription_id)
            self.assertFalse(self._find_mail(request))

    def test_a_draft_is_no_contract(self):
        draft = self._create_subscription(state="draft")
        request = self._declare(contract_number=draft.name)
        self.assertEqual(request.state, "no_match")

    def test_the_same_number_in_two_companies_is_left_to_people(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        plan = self._create_plan(company_id=company.id)
        self._create_subscription(
            name=self.subscription.name,
            company_id=company.id,
            plan_id=plan.id,
            state="draft",
        )
        self.env.cr.execute("UPDATE subscription_subscription SET state = 'active'")
        self.env.invalidate_all()
        self.assertEqual(self._declare().state, "no_match")

    # === WHEN A FIELD IS WRONG === #

    def test_what_is_wrong_is_named_and_nothing_typed_is_lost(self):
        for field, value, label in (
            ("kind", "nonsense", "Kind:"),
            ("customer_name", " ", "Name:"),
            ("contract_number", "", "Contract number:"),
            ("email", "no address", "E-mail:"),
            ("date_wished", "31/31/2026", "Last day:"),
            ("date_wished", "2001-01-01", "Last day:"),
            ("date_wished", "٢٠٢٦-٠١-٠١", "Last day:"),
            ("customer_name", "x" * 201, "Name:"),
        ):
            with self.subTest(field=field, value=value):
                page = self._send_form(**{field: value})
                self.assertEqual(self.answer.status_code, 400)
                [problem] = page.xpath("//div[@role='alert']")
                self.assertIn(label, self._get_text(problem))
                self.assertEqual(
                    page.xpath("//input[@name='contract_number']/@value"),
                    [self._fill(**{field: value})["contract_number"]]
                    if field != "contract_number"
                    else [""],
                )
        self.assertFalse(self.requests.search([]))

    def test_an_extraordinary_one_needs_a_reason(self):
        page = self._send_form(kind="extraordinary")
        self.assertIn("Reason:", self._get_text(page))
        self.assertEqual(self.answer.status_code, 400)
        self._declare(kind="extraordinary", reason="It was never delivered.")

    def test_odd_input_breaks_nothing(self):
        odd = (
            "\x00",
            "a\x00b",
            "x" * 1_000_000,
            "🧨" * 300,
            "' OR 1=1 --",
            "<b>",
            "-1",
        )
        for name in (*self._fill(), "form_key", "unknown"):
            for value in odd:
                with self.subTest(name=name, value=value[:10]):
                    self._send_form(**{name: value})
                    self.assertIn(self.answer.status_code, (200, 400, 413, 429))

    def test_files_in_place_of_texts_break_nothing(self):
        token = self._get_page(URL).xpath("//input[@name='csrf_token']/@value")[0]
        for name in self._fill():
            typed = self._fill()
            del typed[name]
            answer = self.url_open(
                URL,
                data={**typed, "csrf_token": token},
                files={name: ("a.txt", b"text")},
            )
            self.assertIn(answer.status_code, (200, 400))

    def test_links_that_are_none_are_refused(self):
        good = self._declare()._get_link("confirm").rsplit("/", 1)[1]
        for token in ("x", "AA", good[:-2], good + "AA", "%00", "é", "A" * 5000):
            for page in ("confirm", "sent"):
                with self.subTest(token=token[:10], page=page):
                    answer = self.url_open(f"{URL}/{page}/{token}")
                    self.assertIn(answer.status_code, (403, 404, 414))
        # The link of one page opens no other.
        self.assertEqual(self.url_open(f"{URL}/sent/{good}").status_code, 403)

    def test_nothing_is_kept_without_the_token_of_the_form(self):
        answer = self.url_open(URL, data=self._fill())
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.requests.search([]))
        request = self._declare()
        answer = self.url_open(request._get_link("confirm"), data={"shown": "x"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(request.state, "received")

    # === TOO OFTEN === #

    def test_who_tries_too_often_is_told_how_to_reach_us(self):
        for _each in range(5):
            self._send_form(contract_number="SUB-X")
        page = self._send_form(contract_number="SUB-Y")
        self.assertEqual(self.answer.status_code, 429)
        self.assertIn("office@example.com", self._get_text(page))
        self.assertEqual(self.requests.search_count([]), 5)

    def test_a_number_is_not_found_by_trying_addresses(self):
        for number in range(10):
            self._send_form(email=f"a{number}@example.com")
        self._send_form(email="ada@example.com")
        self.assertEqual(self.answer.status_code, 429)

    def test_an_address_of_the_internet_has_a_limit(self):
        for number in range(20):
            self._send_form(contract_number=f"S{number}", email=f"{number}@example.com")
        self._send_form(contract_number="S99", email="99@example.com")
        self.assertEqual(self.answer.status_code, 429)

    # === SENT TWICE === #

    def test_sent_twice_it_is_kept_once(self):
        page = self._get_page(URL)
        self._send(page, BUTTON, **self._fill())
        first = self.answer.url
        self._send(page, BUTTON, **self._fill())
        self.assertEqual(self.requests.search_count([]), 1)
        self.assertIn("/sent/", first)

    # === LATER === #

    def test_what_matched_nobody_is_forgotten(self):
        lost = self._declare(contract_number="SUB-NONE")
        kept = self._declare()
        old = fields.Datetime.now() - timedelta(days=91)
        (lost | kept).date_received = old
        self.requests._gc_no_match()
        self.assertFalse(lost.exists())
        self.assertTrue(kept.exists())


@tagged("standard", "post_install", "-at_install")
class TestPortalWithdrawCarriedOut(WithdrawCase):
    """What comes of a declaration, by the customer's link or by a person."""

    # === BY THE LINK === #

    def test_looking_at_the_link_does_nothing(self):
        request = self._declare()
        for _each in range(2):
            self._get_page(request._get_link("confirm"))
        self.assertEqual(request.state, "received")
        self.assertFalse(self.subscription.change_ids)

    def test_the_click_cancels_on_the_day_that_was_told(self):
        request = self._declare()
        told = request.date_end
        page = self._confirm(request)
        self.assertIn("It is carried out.", self._get_text(page))
        self.assertRecordValues(request, [{"state": "done", "date_end": told}])
        self.assertEqual(self.subscription.date_end, told)
        self.assertEqual(request.change_id.state, "scheduled")
        self.assertFalse(request.activity_ids)
        mails = self.env["mail.mail"].search(
            [("model", "=", self.subscription._name), ("subject", "ilike", "cancelled")]
        )
        self.assertEqual(len(mails), 1)

    def test_a_later_day_is_kept_to(self):
        wished = fields.Date.add(fields.Date.today(), days=200)
        request = self._declare(date_wished=fields.Date.to_string(wished))
        self._confirm(request)
        self.assertEqual(self.subscription.date_end, wished)

    def test_what_arrived_in_time_is_in_time_when_it_is_confirmed_later(
        self,
    ):
        """Notice is counted from the day of the declaration, not of the click."""
        plan = self._create_plan(name="Notice", notice_days=30)
        with freeze_time("2026-03-01 10:00:00"):
            bound = self._create_subscription(
                plan_id=plan.id, date_start=date(2026, 3, 1)
            )
            request = self._declare(contract_number=bound.name)
        self.assertEqual(request.date_end, date(2026, 3, 31))
        with freeze_time("2026-03-11 10:00:00"):
            self._confirm(request)
        self.assertEqual(bound.date_end, date(2026, 3, 31))

    def test_a_commitment_that_was_renewed_meanwhile_holds_nobody(self):
        plan = self._create_plan(
            name="Year", term_count=1, term_unit="year", early_termination="refused"
        )
        with freeze_time("2026-02-20 10:00:00"):
            bound = self._create_subscription(
                plan_id=plan.id, date_start=date(2025, 3, 1)
            )
            request = self._declare(contract_number=bound.name)
        self.assertEqual(request.date_end, date(2026, 2, 28))
        with freeze_time("2026-03-02 10:00:00"):
            bound.sudo()._end_term()
            self.assertEqual(bound.date_term_end, date(2027, 2, 28))
            self._confirm(request)
        self.assertEqual(request.state, "done")
        self.assertEqual(bound.date_end, date(2026, 3, 1))

    def test_a_fee_is_shown_before(self):
        fee = self.env["product.product"].create({"name": "Fee", "type": "service"})
        plan = self._create_plan(
            name="Year",
            term_count=1,
            term_unit="year",
            early_termination="fee",
            early_fee_amount=50,
            early_fee_product_id=fee.id,
        )
        bound = self._create_subscription(plan_id=plan.id)
        request = self._declare(contract_number=bound.name)
        text = self._get_text(self._get_page(request._get_link("confirm")))
        self.assertIn("$ 50.00", text)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        request = self._declare()
        page = self._get_page(request._get_link("confirm"))
        request.sudo().date_end = fields.Date.add(request.date_end, days=5)
        page = self._send(page, BUTTON)
        self.assertIn("Nothing is confirmed yet", self._get_text(page))
        self.assertEqual(request.state, "received")
        self._send(page, BUTTON)
        self.assertEqual(request.state, "done")

    def test_confirmed_twice_it_is_cancelled_once(self):
        request = self._declare()
        page = self._get_page(request._get_link("confirm"))
        self._send(page, BUTTON)
        page = self._send(page, BUTTON)
        self.assertIn("It is carried out.", self._get_text(page))
        self.assertEqual(len(self.subscription.change_ids), 1)

    def test_declared_twice_the_second_is_done_with_the_first(self):
        first, second = self._declare(), self._declare()
        self._confirm(first)
        self.assertEqual(second.state, "done")
        self.assertFalse(second.activity_ids)

    def test_a_link_that_is_too_old_is_refused(self):
        request = self._declare()
        link = request._get_link("confirm")
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.assertEqual(self.url_open(link).status_code, 403)

    def test_where_the_plan_does_not_let_customers_cancel_a_person_does(self):
        self.plan.is_portal_close = False
        request = self._declare()
        page = self._confirm(request)
        self.assertIn("We look at it", self._get_text(page))
        self.assertEqual(request.state, "confirmed")
        self.assertFalse(self.subscription.change_ids)
        self.assertTrue(request.activity_ids)

    def test_what_has_ended_is_confirmed_and_done(self):
        self.subscription._close()
        request = self._declare()
        self.assertEqual(request.state, "done")
        self.assertIn("It has ended already", self._find_mail(request).body_html)
        self.assertFalse(request.activity_ids)

    def test_what_is_cancelled_already_is_left_as_it_is(self):
        self.subscription._create_portal_close(
            self.env["subscription.close.reason"], ""
        ).action_confirm()
        end = self.subscription.date_end
        request = self._declare()
        self._confirm(request)
        self.assertEqual(request.state, "done")
        self.assertFalse(request.change_id)
        self.assertEqual(self.subscription.date_end, end)

    def test_a_refusal_of_the_engine_is_told(self):
        request = self._declare()
        page = self._get_page(request._get_link("confirm"))

        def refuse(_self):
            raise UserError("It cannot end now.")

        model = type(self.env["subscription.change"])
        with patch.object(model, "_check_can_apply", refuse):
            page = self._send(page, BUTTON)
        self.assertIn("It cannot end now.", self._get_text(page))
        self.assertEqual(request.state, "received")

    # === WITHDRAWING === #

    def test_who_withdraws_gets_back_what_was_not_served(self):
        with freeze_time("2026-03-01 10:00:00"):
            fresh = self._create_subscription(date_start=date(2026, 3, 1))
            self.env["subscription.renewal"]._bill_now(fresh)
        with freeze_time("2026-03-11 10:00:00"):
            request = self._withdraw(contract_number=fresh.name)
            page = self._confirm(request)
        self.assertIn("It is carried out.", self._get_text(page))
        self.assertRecordValues(
            fresh, [{"state": "closed", "date_end": date(2026, 3, 10)}]
        )
        credit = fresh.invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        self.assertAlmostEqual(credit.amount_untaxed, 100 * 21 / 31, places=2)

    def test_the_last_day_to_withdraw(self):
        for day, is_alone in ((15, True), (16, False)):
            with self.subTest(day=day), freeze_time(f"2026-03-{day} 23:00:00"):
                fresh = self._create_subscription(date_start=date(2026, 3, 1))
                request = self._withdraw(contract_number=fresh.name)
                self.assertEqual(request._may_carry_out_alone(), is_alone)
                self._confirm(request)
                state = "done" if is_alone else "confirmed"
                self.assertEqual(request.state, state)

    def test_the_plan_says_how_long(self):
        self.plan.withdrawal_rule = "none"
        self.assertIsNone(self.subscription._get_last_day_to_withdraw())
        self.plan.write({"withdrawal_rule": "own", "withdrawal_days": 30})
        start = self.subscription.date_start
        self.assertEqual(
            self.subscription._get_last_day_to_withdraw(),
            fields.Date.add(start, days=30),
        )

    def test_who_withdraws_is_held_by_no_commitment(self):
        plan = self._create_plan(
            name="Year", term_count=1, term_unit="year", early_termination="refused"
        )
        bound = self._create_subscription(plan_id=plan.id)
        self._confirm(self._withdraw(contract_number=bound.name))
        self.assertEqual(bound.state, "closed")

    # === BY A PERSON === #

    def _log_in_as(self, group):
        return new_test_user(self.env, "max", f"base.group_user,{group}")

    def test_a_manager_carries_out_what_is_extraordinary(self):
        request = self._declare(kind="extraordinary", reason="Never delivered.")
        self._confirm(request)
        self.assertEqual(request.state, "confirmed")
        manager = self._log_in_as("subscription_billing.group_subscription_manager")
        request.with_user(manager).action_carry_out()
        self.assertEqual(request.state, "done")
        self.assertEqual(self.subscription.state, "closed")

    def test_a_manager_takes_it_as_ordinary_or_refuses_it(self):
        manager = self._log_in_as("subscription_billing.group_subscription_manager")
        request = self._declare(kind="extraordinary", reason="No.").with_user(manager)
        with self.assertRaisesRegex(UserError, "Reason for Refusal"):
            request.action_refuse()
        with Form(request) as form:
            form.refusal = "It was delivered."
        request.action_refuse()
        self.assertEqual(request.state, "refused")
        self.assertIn("It was delivered.", request.message_ids[0].body)
        second = self._declare(kind="extraordinary", reason="No.").with_user(manager)
        second.action_carry_out_ordinary()
        self.assertEqual(second.state, "done")
        self.assertTrue(self.subscription.date_end)

    def test_a_manager_finds_whom_it_is_about(self):
        manager = self._log_in_as("subscription_billing.group_subscription_manager")
        request = self._declare(email="old@example.com").with_user(manager)
        with self.assertRaisesRegex(UserError, "Choose the subscription"):
            request.action_take_up()
        with self.assertRaisesRegex(UserError, "Choose the subscription"):
            request.action_carry_out()
        with Form(request) as form:
            form.subscription_id = self.subscription
        request.action_take_up()
        self._run_cron(CRON)
        self.assertEqual(request.state, "received")
        self.assertEqual(self._find_mail(request).recipient_ids, self.partner)

    def test_users_look_and_only_managers_decide(self):
        request = self._declare()
        user = self._log_in_as("subscription_billing.group_subscription_user")
        mine = request.with_user(user)
        self.assertEqual(mine.contract_number, self.subscription.name)
        for action in ("action_carry_out", "action_refuse", "action_take_up"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(mine, action)()
                mine.check_access("write")
        portal = request.with_user(self.user)
        with self.assertRaises(AccessError):
            portal.read(["email"])

    def test_other_companies_do_not_see_it(self):
        request = self._declare()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = new_test_user(
            self.env,
            "far",
            "base.group_user,subscription_billing.group_subscription_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.requests.with_user(foreign).search([]))
        self.assertTrue(request)

    def test_the_subscription_leads_to_them(self):
        request = self._declare()
        self.assertEqual(self.subscription.cancellation_request_count, 1)
        action = self.subscription.action_view_cancellation_requests()
        self.assertEqual(self.requests.search(action["domain"]), request)

    def test_what_cannot_be_answered_is_left_to_a_person(self):
        self._send_form()
        request = self.requests.search([])

        def fail(_self):
            raise UserError("No server.")

        with (
            patch.object(type(request), "_answer", fail),
            mute_logger(
                "odoo.addons.subscription_portal.models."
                "subscription_cancellation_request_answer"
            ),
        ):
            self._run_cron(CRON)
        self.assertTrue(request.date_answered)
        self.assertIn("No server.", request.activity_ids.note)
