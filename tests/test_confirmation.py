"""Payments that the customer's bank wants confirmed are finished by the customer."""

import json
from contextlib import nullcontext

from odoo.exceptions import UserError
from odoo.tests import HttpCase, mute_logger, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.subscription_billing.tools.outcome import Decline, Outcome
from tests.stripe_case import StripeCase

CARD = "pm_card_authenticationRequired"
#: asks for authentication, and then declines
POOR_CARD = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"


class ConfirmationCase(StripeCase):
    """A charge that failed for want of its customer's confirmation."""

    def _bill_waiting(self, card=CARD):
        """Bill and charge a subscription whose bank wants to hear from the customer."""
        invoice = self._bill_automatic(card)
        self._run_collection()
        return invoice, invoice.transaction_ids

    def _confirm(self, charge, success=True):
        """Confirm, or not, in the browser; the server has not heard of it yet."""
        opened = charge._start_stripe_confirmation()
        self.stand_in.authenticate(charge.provider_reference, success=success)
        return opened

    def _pay_outside(self, invoice, amount=None):
        """Register a payment by other means."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": amount or invoice.amount_residual}).action_create_payments()

    def _get_intent_status(self, charge):
        return self.stripe.payment_intents.retrieve(charge.provider_reference).status

    def _cut_off(self, charge, what="", method="GET"):
        """Let Stripe be out of reach for calls about a payment."""
        path = f"payment_intents/{charge.provider_reference}{what}"
        self.stand_in.faults.add("close_before", times=3, path=path, method=method)

    def _get_notices(self, invoice):
        return invoice.subscription_ids.notice_ids.filtered(
            lambda notice: notice.kind == "payment_action"
        )


@tagged("standard", "post_install", "-at_install")
class TestConfirmation(ConfirmationCase):
    # === THE WAY TO THE PAYMENT === #

    def test_complaint_11_the_customer_finishes_a_payment_that_was_stuck(self):
        """Complaint 11: a failed authentication leaves the customer stuck for ever."""
        invoice, charge = self._bill_waiting()
        self.assertEqual((charge.state, invoice.collection_state), ("error", "failed"))
        self.assertTrue(invoice.is_confirmation_awaited)
        self.assertIn("/payment/stripe/confirm/", invoice.confirmation_url)
        opened = self._confirm(charge)
        self.assertTrue(opened["client_secret"].startswith(charge.provider_reference))
        self.assertEqual((charge.state, invoice.collection_state), ("draft", "open"))
        charge._finish_confirmation()
        self._assert_charged_once(invoice)
        self.assertEqual(charge.attempt, 1)
        self.assertFalse(charge.is_left_open)

    def test_nothing_is_charged_again_by_itself(self):
        invoice, charge = self._bill_waiting()
        self._run_collection()
        self.assertEqual(invoice.transaction_ids, charge)
        self.assertEqual(len(self.stand_in.calls("POST", "payment_intents")), 1)

    def test_the_customer_is_told_once(self):
        invoice, charge = self._bill_waiting()
        invoice.partner_id.email = "ada@lovelace.example"
        notice = self._get_notices(invoice)
        self.assertEqual(len(notice), 1)
        self.env["subscription.notifier"]._in_company(self.company)._write_chunk()
        self.assertIn(charge._get_confirmation_path().split("?")[0], notice.body)
        self.assertIn("3184", notice.body)
        self._confirm(charge, success=False)
        charge._finish_confirmation()
        self.assertEqual(charge.state, "error")
        self.assertEqual(self._get_notices(invoice), notice)

    def test_the_back_office_sends_the_link_again(self):
        invoice, charge = self._bill_waiting()
        invoice.action_send_confirmation_link()
        charge.action_send_confirmation_link()
        self.assertEqual(len(self._get_notices(invoice)), 3)
        self.env.ref("subscription_billing.notice_rule_payment_action").active = False
        with self.assertRaisesRegex(UserError, "Payments to confirm"):
            invoice.action_send_confirmation_link()

    def test_an_accountant_sends_and_copies_the_link(self):
        invoice, _charge = self._bill_waiting()
        accountant = new_test_user(
            self.env, "accountant", groups="account.group_account_invoice"
        )
        mine = invoice.with_user(accountant)
        self.assertTrue(mine.confirmation_url)
        mine.action_send_confirmation_link()
        self.assertEqual(len(self._get_notices(invoice)), 2)

    def test_no_link_is_sent_to_what_was_confirmed_meanwhile(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        charge._finish_confirmation()
        self.env["subscription.notifier"]._in_company(self.company)._write_chunk()
        self.assertEqual(self._get_notices(invoice).state, "cancelled")
        with self.assertRaisesRegex(UserError, "waits for the customer"):
            invoice.action_send_confirmation_link()

    def test_the_client_secret_is_kept_nowhere(self):
        _invoice, charge = self._bill_waiting()
        with self.assertLogs(level="DEBUG") as logs:
            opened = self._confirm(charge)
            charge._finish_confirmation()
        secret = opened["client_secret"]
        self.assertNotIn(secret, "\n".join(logs.output))
        self.env.flush_all()
        for table in ("payment_transaction", "account_move", "mail_message"):
            found = self.env.execute_query(
                SQL(
                    "SELECT 1 FROM %s t WHERE t::text LIKE %s",
                    SQL.identifier(table),
                    f"%{secret}%",
                )
            )
            self.assertFalse(found, table)

    # === THE CUSTOMER DOES NOT CONFIRM === #

    def test_complaint_11_a_customer_who_fails_may_try_again(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge, success=False)
        charge._finish_confirmation()
        self.assertEqual((charge.state, invoice.collection_state), ("error", "failed"))
        self.assertEqual(charge.decline_code, "authentication_required")
        self._confirm(charge)
        charge._finish_confirmation()
        self._assert_charged_once(invoice)
        self.assertEqual(charge.confirmation_count, 2)

    def test_complaint_11_a_payment_that_was_left_is_not_pending_for_ever(self):
        invoice, charge = self._bill_waiting()
        charge._start_stripe_confirmation()
        self.assertEqual(charge.state, "draft")
        self._resolve()
        self.assertEqual((charge.state, invoice.collection_state), ("error", "failed"))
        self.assertTrue(charge._can_be_confirmed())
        self.assertEqual(len(self.stand_in.ledger("charge")), 0)

    def test_a_customer_who_confirms_and_leaves_has_paid(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        self._resolve()
        self._assert_charged_once(invoice)

    def test_a_confirmed_payment_that_is_declined_is_not_tried_elsewhere(self):
        invoice = self._bill_automatic(POOR_CARD)
        self._create_stripe_token(invoice.partner_id)
        self._run_collection()
        charge = invoice.transaction_ids
        self._confirm(charge)
        charge._finish_confirmation()
        self.assertEqual(charge.decline_code, "insufficient_funds")
        self.assertEqual(charge._get_confirmation_obstacle(), "declined")
        self._run_collection()
        self.assertEqual(invoice.transaction_ids, charge)

    # === RACES === #

    def test_two_tabs_pay_once(self):
        invoice, charge = self._bill_waiting()
        first = charge._start_stripe_confirmation()
        second = self._confirm(charge)
        self.assertEqual(first["client_secret"], second["client_secret"])
        charge._finish_confirmation()
        charge._finish_confirmation()
        self.assertIsNone(charge._start_stripe_confirmation())
        self._assert_charged_once(invoice)

    def test_a_tab_that_gives_up_does_not_undo_the_other(self):
        invoice, charge = self._bill_waiting()
        charge._start_stripe_confirmation()
        charge._finish_confirmation()
        self.assertEqual(charge.state, "error")
        self.stand_in.authenticate(charge.provider_reference)
        charge._finish_confirmation()
        self._assert_charged_once(invoice)

    def test_a_success_that_is_reported_while_the_page_is_open(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        charge._apply_outcome(Outcome("done", charge.provider_reference))
        charge._finish_confirmation()
        self._assert_charged_once(invoice)

    def test_the_run_leaves_alone_what_its_customer_is_confirming(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            invoice.action_collect()
        self._run_collection()
        self.assertEqual(invoice.transaction_ids, charge)
        charge._finish_confirmation()
        self._assert_charged_once(invoice)

    def test_another_tab_cannot_confirm_what_was_charged_anew(self):
        """The old payment is called off before the new one is sent."""
        invoice, charge = self._bill_waiting()
        new = self._create_stripe_token(invoice.partner_id)
        invoice.subscription_ids.payment_token_id = new
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(self._get_intent_status(charge), "canceled")
        calls = [call["path"] for call in self.stand_in.calls("POST")]
        cancel = f"/v1/payment_intents/{charge.provider_reference}/cancel"
        self.assertEqual(
            [each for each in calls if "payment_intents" in each],
            ["/v1/payment_intents", cancel, "/v1/payment_intents"],
        )
        self._assert_charged_once(invoice)
        self.assertEqual(charge.decline_code, "authentication_required")
        self.assertIsNone(charge._start_stripe_confirmation())

    def test_what_was_confirmed_unheard_is_not_charged_anew(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        # The customer's browser is gone, and somebody has given the charge up.
        charge._set_error("The customer has to confirm.")
        charge._post_process()
        invoice.action_collect()
        self._run_collection()
        self._assert_charged_once(invoice)
        self.assertEqual(charge.state, "done")

    def test_nothing_is_sent_before_the_old_payment_is_called_off(self):
        invoice, charge = self._bill_waiting()
        invoice.action_collect()
        self._cut_off(charge, "/cancel", "POST")
        self._run_collection()
        self.assertEqual(len(self.stand_in.calls("POST", "payment_intents")), 1)
        self.assertTrue(charge.is_left_open)
        self.assertFalse((invoice.transaction_ids - charge).date_sent)
        self.stand_in.faults.clear()
        self.stand_in.approve(charge.token_id.stripe_payment_method)
        charge.date_next_check = "2000-01-01"
        self._run_collection()
        self._assert_charged_once(invoice)
        self.assertEqual(self._get_intent_status(charge), "canceled")

    def test_a_late_yes_withdraws_the_charge_that_waits(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        charge._set_error("The customer has to confirm.")
        charge._post_process()
        invoice.action_collect()
        collection = self.env["subscription.collection"]._in_company(self.company)
        collection._open_charges(invoice)
        waiting = invoice.transaction_ids - charge
        self.assertEqual(waiting.state, "draft")
        charge._finish_confirmation()
        self.assertEqual(waiting.state, "cancel")
        self._run_collection()
        self._assert_charged_once(invoice)

    def test_a_payment_in_another_way_calls_it_off(self):
        for is_at_it in (False, True):
            with self.subTest(is_at_it=is_at_it):
                invoice, charge = self._bill_waiting()
                if is_at_it:
                    charge._start_stripe_confirmation()
                self._pay_outside(invoice)
                self.assertEqual(charge._get_confirmation_obstacle(), "paid")
                self._run_collection()
                self.assertEqual(self._get_intent_status(charge), "canceled")
                self.assertFalse(charge.is_left_open)
                self.assertNotEqual(charge.state, "draft")
                self.assertFalse(self.stand_in.ledger("charge"))

    def test_a_part_payment_calls_it_off(self):
        invoice, charge = self._bill_waiting()
        self._pay_outside(invoice, 15)
        self.assertEqual(charge._get_confirmation_obstacle(), "changed")
        self.assertIsNone(charge._start_stripe_confirmation())
        self._run_collection()
        self.assertEqual(self._get_intent_status(charge), "canceled")

    def test_an_invoice_that_is_cancelled_calls_it_off(self):
        invoice, charge = self._bill_waiting()
        invoice.button_draft()
        self.assertEqual(charge._get_confirmation_obstacle(), "cancelled")
        self._run_collection()
        self.assertEqual(self._get_intent_status(charge), "canceled")

    def test_what_a_person_gives_up_is_called_off(self):
        """The page is still open: nobody may pay there beside a new charge."""
        invoice, charge = self._bill_waiting()
        charge._start_stripe_confirmation()
        charge._apply_outcome(Outcome("cancelled", message="Settled by hand"))
        charge._post_process()
        self.assertEqual(charge._get_confirmation_obstacle(), "superseded")
        self.stand_in.approve(charge.token_id.stripe_payment_method)
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(self._get_intent_status(charge), "canceled")
        self._assert_charged_once(invoice)

    def test_a_fresh_failure_is_not_called_off_by_another_worker(self):
        invoice = self._bill_automatic(CARD)
        collection = self.env["subscription.collection"]._in_company(self.company)
        collection._open_charges(invoice)
        charge = invoice.transaction_ids
        charge.date_sent = "2026-01-01"
        charge._apply_outcome(
            Outcome(
                "action",
                "pi_fresh",
                decline=Decline("customer", "authentication_required"),
            )
        )
        self.assertEqual((charge.state, invoice.collection_state), ("error", "open"))
        domain = collection._get_superseded_domain()
        self.assertNotIn(charge, self.env["payment.transaction"].search(domain))

    def test_a_payment_that_takes_its_time_is_waited_for(self):
        invoice, charge = self._bill_waiting()
        opened = charge._start_stripe_confirmation()
        self.assertTrue(opened)
        pending = Outcome("pending", charge.provider_reference)
        charge._set_error("The customer has to confirm.")
        charge._apply_confirmation(pending)
        self.assertEqual((charge.state, invoice.collection_state), ("pending", "open"))
        self.assertEqual(charge._get_confirmation_obstacle(), "processing")

    def test_stripe_out_of_reach_changes_nothing(self):
        _invoice, charge = self._bill_waiting()
        self._cut_off(charge)
        self.assertEqual(charge._start_stripe_confirmation(), {"is_unavailable": True})
        self.assertEqual(charge.state, "error")

    def test_an_answer_that_is_lost_keeps_the_charge_open(self):
        invoice, charge = self._bill_waiting()
        self._confirm(charge)
        self._cut_off(charge)
        charge._finish_confirmation()
        self.assertEqual((charge.state, charge.is_outcome_unknown), ("draft", True))
        self.assertEqual(charge._get_confirmation_obstacle(), "processing")
        self._resolve()
        self._assert_charged_once(invoice)

    def test_a_payment_over_another_amount_cannot_be_confirmed(self):
        _invoice, charge = self._bill_waiting()
        self.stripe.payment_intents.update(charge.provider_reference, {"amount": 99})
        self.assertIsNone(charge._start_stripe_confirmation())
        self.assertEqual((charge.state, charge.confirmation_count), ("error", 0))


@tagged("standard", "post_install", "-at_install")
class TestConfirmationPage(ConfirmationCase, HttpCase):
    def enter_registry_test_mode(self):
        """Do nothing: a test with a server is in this mode from its start."""
        return nullcontext()

    def _get_page(self, charge, path=None):
        return self.url_open(path or charge._get_confirmation_path())

    def _post(self, charge, what, **params):
        """Call what the page's script calls; return the answer."""
        response = self.url_open(
            f"/payment/stripe/confirm/{charge.id}/{what}",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        )
        return response.json()

    # === WHO MAY SEE IT === #

    def test_the_page_tells_what_is_to_be_confirmed(self):
        invoice, charge = self._bill_waiting()
        page = self._get_page(charge)
        self.assertEqual(page.status_code, 200)
        for text in (invoice.name, "115.00", "3184", self.company.name):
            self.assertIn(text, page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["X-Frame-Options"], "DENY")
        self.assertNotIn("_secret_", page.text)
        self.assertEqual((charge.state, charge.confirmation_count), ("error", 0))

    def test_the_page_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        addon = self.env.ref("base.module_subscription_billing_stripe")
        addon._update_translations(["de_DE"])
        invoice, charge = self._bill_waiting()
        invoice.partner_id.lang = "de_DE"
        page = self._get_page(charge).text
        self.assertIn('lang="de-DE"', page)
        self.assertIn("115,00", page)
        self.assertIn("Zahlung bestätigen", page)
        self.assertNotIn("Confirm payment", page)

    def _assert_cannot_be_confirmed(self, charge):
        page = self._get_page(charge)
        self.assertEqual(page.status_code, 200)
        self.assertIn("cannot be confirmed any more", page.text)
        self.assertIsNone(charge._start_stripe_confirmation())
        self.assertEqual((charge.state, charge.confirmation_count), ("error", 0))

    def test_with_a_deleted_card_nothing_is_confirmed(self):
        _invoice, charge = self._bill_waiting()
        charge.token_id.active = False
        self._assert_cannot_be_confirmed(charge)

    def test_through_a_disabled_provider_nothing_is_confirmed(self):
        _invoice, charge = self._bill_waiting()
        self.provider.state = "disabled"
        self._assert_cannot_be_confirmed(charge)

    def test_a_link_stays_valid_when_contacts_are_merged(self):
        invoice, charge = self._bill_waiting()
        path = charge._get_confirmation_path()
        partner = invoice.partner_id
        kept = partner.copy({"name": "Kept", "email": partner.email})
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((partner | kept).ids, kept)
        self.env.invalidate_all()
        self.assertEqual(charge.partner_id, kept)
        page = self._get_page(charge, path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Confirm payment", page.text)

    def test_a_wrong_link_tells_nothing(self):
        invoice, charge = self._bill_waiting()
        other = self._bill_waiting()[1]
        base = "/payment/stripe/confirm"
        wrong = [
            f"{base}/{charge.id}",
            f"{base}/{charge.id}?access_token=",
            f"{base}/{charge.id}?access_token=ä",
            f"{base}/{charge.id}?access_token={other._get_confirmation_token()}",
            f"{base}/{charge.id}?access_token[]=1",
            f"{base}/0?access_token=x",
            f"{base}/{other.id + 1000}?access_token=x",
            f"{base}/{2**40}?access_token=x",
        ]
        pages = [self._get_page(charge, path) for path in wrong]
        self.assertEqual({page.status_code for page in pages}, {404})
        for page in pages:
            self.assertIn("This link is not valid", page.text)
            self.assertNotIn(invoice.name, page.text)
            self.assertNotIn("115.00", page.text)

    def test_a_wrong_token_starts_and_ends_nothing(self):
        _invoice, charge = self._bill_waiting()
        calls = len(self.stand_in.requests)
        for token in (None, "", "x", "ä", 7, True, [], {"a": 1}, ["x"]):
            for what in ("start", "done"):
                answer = self._post(charge, what, access_token=token)
                self.assertEqual(answer["result"], {})
        self.assertEqual(charge.state, "error")
        self.assertEqual(len(self.stand_in.requests), calls)

    def test_a_form_of_another_site_starts_nothing(self):
        _invoice, charge = self._bill_waiting()
        with mute_logger("odoo.http"):
            response = self.url_open(
                f"/payment/stripe/confirm/{charge.id}/start",
                data={"access_token": charge._get_confirmation_token()},
            )
        self.assertGreaterEqual(response.status_code, 400)
        self.assertEqual(charge.state, "error")

    def test_charges_of_other_providers_have_no_such_page(self):
        invoice, charge = self._bill_waiting()
        charge.collection_invoice_id = False
        page = self._get_page(charge)
        self.assertEqual(page.status_code, 404)
        self.assertNotIn(invoice.name, page.text)

    # === EACH STATE HAS A PAGE === #

    def _assert_page(self, charge, text):
        page = self._get_page(charge)
        self.assertEqual(page.status_code, 200)
        self.assertIn(text, page.text)
        self.assertNotIn('name="confirm"', page.text)

    def test_what_is_paid_says_thanks(self):
        invoice, charge = self._bill_waiting()
        self._pay_outside(invoice)
        self._assert_page(charge, "Thank you")

    def test_what_was_cancelled_says_so(self):
        invoice, charge = self._bill_waiting()
        invoice.button_draft()
        invoice.button_cancel()
        self._assert_page(charge, "There is nothing to pay")

    def test_what_has_changed_says_so(self):
        invoice, charge = self._bill_waiting()
        self._pay_outside(invoice, 15)
        self._assert_page(charge, "This invoice has changed")

    def test_what_was_replaced_says_so(self):
        invoice, charge = self._bill_waiting()
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 2)
        self._assert_page(charge, "cannot be confirmed any more")

    def test_what_is_under_way_says_so(self):
        _invoice, charge = self._bill_waiting()
        charge._start_stripe_confirmation()
        charge._set_pending()
        self._assert_page(charge, "is being processed")

    def test_a_decline_is_told_without_its_reason(self):
        _invoice, charge = self._bill_waiting()
        charge._start_stripe_confirmation()
        charge._set_error("stolen")
        charge.decline_code = "stolen_card"
        self._assert_page(charge, "did not approve the payment")
        self.assertNotIn("stolen", self._get_page(charge).text)

    # === CONFIRMING === #

    def test_start_and_done(self):
        invoice, charge = self._bill_waiting()
        token = charge._get_confirmation_token()
        opened = self._post(charge, "start", access_token=token)["result"]
        self.assertEqual(
            set(opened), {"publishable_key", "client_secret", "payment_method"}
        )
        self.stand_in.authenticate(charge.provider_reference)
        self.assertEqual(
            self._post(charge, "done", access_token=token, more="x")["result"], {}
        )
        self._assert_charged_once(invoice)
        self.assertEqual(self._post(charge, "start", access_token=token)["result"], {})
        self._assert_page(charge, "Thank you")

    def test_a_customer_authorizes_in_the_browser(self):
        invoice, charge = self._bill_waiting()
        self.start_tour(
            charge._get_confirmation_path(), "stripe_confirmation_authorize"
        )
        self._assert_charged_once(invoice)

    def test_a_customer_fails_in_the_browser_and_finds_another_way(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        invoice, charge = self._bill_waiting()
        self.start_tour(charge._get_confirmation_path(), "stripe_confirmation_fail")
        self.assertEqual((charge.state, invoice.collection_state), ("error", "failed"))
        self.assertFalse(self.stand_in.ledger("charge"))

    def test_a_decline_after_the_authorization_in_the_browser(self):
        invoice, charge = self._bill_waiting(POOR_CARD)
        self.start_tour(charge._get_confirmation_path(), "stripe_confirmation_declined")
        self.assertEqual(charge.decline_code, "insufficient_funds")
        self.assertEqual(invoice.collection_state, "failed")
