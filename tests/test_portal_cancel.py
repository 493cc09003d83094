"""Customers cancel alone, in two steps, and can take it back."""

from unittest.mock import patch

from odoo import fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestPortalCancel(PortalCase):
    def setUp(self):
        super().setUp()
        self.reason = self.env["subscription.close.reason"].create({"name": "Moved"})
        self.url = f"{self.subscription.access_url}/cancel"
        self.authenticate("ada", "ada")

    def _ask(self, url=None, **data):
        """Fill in the first page; return the second one."""
        page = self._get_page(url or self.url)
        return self._send(page, "Continue", **data)

    def _cancel(self, url=None, **data):
        return self._send(self._ask(url, **data), "Cancel the subscription")

    # === CANCELLING === #

    def test_it_ends_after_what_is_paid_for(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)
        last = fields.Date.subtract(self.subscription.date_next_period, days=1)
        page = self._cancel(reason_id=str(self.reason.id), note="Too many magazines")
        self.assertIn("Your subscription is cancelled.", self._get_text(page))
        close = self.subscription._get_scheduled_closes()
        self.assertRecordValues(
            close,
            [
                {
                    "date_last": last,
                    "close_reason_id": self.reason.id,
                    "note": "Too many magazines",
                    "user_id": self.user.id,
                }
            ],
        )
        self.assertEqual(self.subscription.date_end, last)

    def test_the_customer_gets_a_confirmation(self):
        self._cancel()
        mail = self.env["mail.mail"].search(
            [("model", "=", self.subscription._name)], order="id desc", limit=1
        )
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn("Its last day is", mail.body_html)
        self.assertIn("/my/subscriptions/", mail.body_html)

    def test_a_reason_need_not_be_given(self):
        self._cancel()
        self.assertFalse(self.subscription._get_scheduled_closes().close_reason_id)

    def test_a_reason_of_the_back_office_is_not_offered(self):
        unpaid = self.env.ref("subscription_billing.close_reason_unpaid")
        values = self._get_page(self.url).xpath("//input[@name='reason_id']/@value")
        self.assertIn(str(self.reason.id), values)
        self.assertNotIn(str(unpaid.id), values)

    def test_nothing_is_cancelled_before_it_is_confirmed(self):
        page = self._ask()
        self.assertTrue(page.xpath("//h1[contains(., 'Cancel Monthly?')]"))
        self.assertFalse(self.subscription._get_scheduled_closes())

    def test_a_trial_ends_without_a_paid_period(self):
        plan = self._create_plan(name="Try", trial_days=14)
        trial = self._create_subscription(plan_id=plan.id, state="draft")
        trial.action_confirm()
        self.assertEqual(trial.state, "trial")
        self._cancel(f"{trial.access_url}/cancel")
        self.assertEqual(trial._get_scheduled_closes().date, trial.date_trial_end)

    def test_a_commitment_is_kept_to_its_end(self):
        plan = self._create_plan(
            name="Year", term_count=1, term_unit="year", early_termination="refused"
        )
        bound = self._create_subscription(plan_id=plan.id)
        self._cancel(f"{bound.access_url}/cancel")
        close = bound._get_scheduled_closes()
        self.assertGreaterEqual(close.date_last, bound.date_term_end)

    def test_a_fee_is_told_before(self):
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
        page = self._ask(f"{bound.access_url}/cancel")
        self.assertIn("$ 50.00", self._get_text(page))

    # === UNDOING === #

    def test_it_is_undone_until_it_takes_effect(self):
        page = self._cancel()
        page = self._send(page, "Undo the cancellation")
        self.assertIn("Your subscription goes on.", self._get_text(page))
        self.assertFalse(self.subscription._get_scheduled_closes())
        self.assertFalse(self.subscription.date_end)

    # === WITHOUT A LOGIN === #

    def test_the_link_is_enough(self):
        self.authenticate(None, None)
        token = self.subscription._portal_ensure_token()
        page = self._cancel(f"{self.url}?access_token={token}")
        self.assertIn("Your subscription is cancelled.", self._get_text(page))
        self._send(page, "Undo the cancellation")
        self.assertFalse(self.subscription._get_scheduled_closes())

    def test_nobody_else_cancels(self):
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        draft = self._create_draft()
        for login in ("eve", None):
            self.authenticate(login, login)
            token = self._get_page("/web/login").xpath(
                "//input[@name='csrf_token']/@value"
            ) or self._get_page("/my/subscriptions/preferences").xpath(
                "//input[@name='csrf_token']/@value"
            )
            for data in ({}, {"access_token": "wrong"}):
                data |= {"csrf_token": token[0], "change_id": draft.id}
                self.url_open(f"{self.url}/confirm", data=data)
        self.assertEqual(draft.state, "draft")
        self.assertFalse(self.subscription._get_scheduled_closes())

    # === WHEN THINGS GO WRONG === #

    def _create_draft(self):
        return self.subscription._create_portal_close(self.reason.browse(), "")

    def test_confirmed_twice_it_is_cancelled_once(self):
        confirm = self._ask()
        self._send(confirm, "Cancel the subscription")
        page = self._send(confirm, "Cancel the subscription")
        self.assertIn("There is nothing to cancel", self._get_text(page))
        self.assertEqual(len(self.subscription._get_scheduled_closes()), 1)

    def test_what_has_changed_meanwhile_is_shown_before(self):
        confirm = self._ask()
        self.subscription.line_ids.sudo().price_unit = 120
        page = self._send(confirm, "Cancel the subscription")
        self.assertIn("Nothing is cancelled yet", self._get_text(page))
        self.assertFalse(self.subscription._get_scheduled_closes())
        self._send(page, "Cancel the subscription")
        self.assertTrue(self.subscription._get_scheduled_closes())

    def test_a_page_from_before_a_change_confirms_nothing(self):
        confirm = self._ask()
        self.subscription.line_ids.sudo().price_unit = 120
        self._send(confirm, "Cancel the subscription")
        page = self._send(confirm, "Cancel the subscription")
        self.assertIn("Nothing is cancelled yet", self._get_text(page))
        self.assertFalse(self.subscription._get_scheduled_closes())

    def test_what_was_closed_meanwhile_has_nothing_to_cancel(self):
        confirm = self._ask()
        self.subscription._close()
        page = self._send(confirm, "Cancel the subscription")
        self.assertIn("There is nothing to cancel", self._get_text(page))

    def test_a_change_of_another_subscription_is_not_confirmed(self):
        other = self._create_subscription()
        draft = other._create_portal_close(self.reason.browse(), "")
        confirm = self._ask()
        seen = {"change_id": draft.id, "shown": draft._get_shown_key()}
        self._send(confirm, "Cancel the subscription", **seen)
        self.assertEqual(draft.state, "draft")
        for number in ("", "x", "0", str(10**30), "٣"):
            page = self._send(confirm, "Cancel the subscription", change_id=number)
            self.assertIn("There is nothing to cancel", self._get_text(page))

    def test_a_reason_that_is_none_is_refused_and_nothing_typed_is_lost(self):
        page = self._ask(reason_id="99999999", note="Because")
        self.assertEqual(self.answer.status_code, 400)
        self.assertIn("Reason: choose one", self._get_text(page))
        self.assertEqual(page.xpath("//textarea[@name='note']")[0].text, "Because")

    def test_what_no_database_keeps_is_kept_as_unknown(self):
        self._cancel(note="Too\0many")
        note = self.subscription._get_scheduled_closes().note
        self.assertEqual(note, "Too\N{REPLACEMENT CHARACTER}many")

    def test_what_the_plan_does_not_allow_is_not_offered(self):
        self.plan.is_portal_close = False
        page = self._get_page(self.url)
        self.assertIn("There is nothing to cancel", self._get_text(page))

    def test_a_refusal_of_the_engine_is_told(self):
        confirm = self._ask()
        message = "It cannot end now."
        model = type(self.subscription)
        with patch.object(model, "_check_can_close", _refuse(message)):
            page = self._send(confirm, "Cancel the subscription")
        self.assertIn(message, self._get_text(page))
        self.assertFalse(self.subscription._get_scheduled_closes())

    def test_nothing_happens_without_the_token_of_the_form(self):
        draft = self._create_draft()
        for path, data in (
            ("", {}),
            ("/confirm", {"change_id": draft.id, "shown": draft._get_shown_key()}),
            ("/undo", {}),
        ):
            answer = self.url_open(f"{self.url}{path}", data=data or {"x": "y"})
            self.assertEqual(answer.status_code, 400)
        self.assertEqual(draft.state, "draft")


def _refuse(message):
    """Return a method that refuses with a message."""

    def refuse(_self, _day):
        raise UserError(message)

    return refuse
