"""Customers agree, while they pay, to pay automatically from now on."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .portal_pay_case import PortalPayCase

PAY = "/my/subscriptions/pay"


@tagged("standard", "post_install", "-at_install")
class TestPortalEnrolment(PortalPayCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._bill(collection_method="invoice")
        self.paid = self.invoice.subscription_ids
        self.authenticate("ada", "ada")

    def _get_notes(self):
        """Return what the chatter says of the agreement."""
        return self.paid.message_ids.filtered(lambda note: "agreed on" in note.body)

    def test_a_new_method_is_saved_and_charged_from_now_on(self):
        payment = self._pay(PAY, enrol=True)
        self.assertEqual(payment.token_id.payment_details, "5555")
        self.assertRecordValues(
            self.paid,
            [
                {
                    "collection_method": "automatic",
                    "payment_token_id": payment.token_id.id,
                }
            ],
        )
        self.assertEqual(self.paid.change_ids.mapped("state"), ["applied"])
        page = self._get_page(payment.landing_route)
        self.assertIn("from now on invoices are paid", self._get_text(page))

    def test_a_saved_method_is_charged_from_now_on(self):
        token = self._create_token()
        self._pay(PAY, token, enrol=True)
        self.assertEqual(self.paid.payment_token_id, token)
        self.assertEqual(self.paid.collection_method, "automatic")

    def test_the_agreement_is_logged_with_its_words(self):
        form = self._open_form(PAY)
        words = self._get_text(form.xpath(".//*[@id='subscription_enrol_text']")[0])
        self.assertIn(self.paid.name, words)
        payment = self._pay(PAY, enrol=True)
        self.assertEqual(payment.portal_consent, words)
        self.assertTrue(payment.date_portal_consent)
        note = self._get_notes()
        self.assertEqual(note.author_id, self.partner)
        self.assertIn(words, note.body)
        self.assertTrue(note.subtype_id.internal)

    def test_without_the_tick_nothing_changes(self):
        for params in ({}, {"enrol": False}, {"enrol": "true"}):
            payment = self._find_payment(self._start(self._open_form(PAY), **params))
            self.assertFalse(payment.portal_enrolment_ids)
            self.assertFalse(payment.is_portal_enrolment_due)

    def test_it_happens_when_the_browser_never_came_back(self):
        payment = self._find_payment(self._start(self._open_form(PAY), enrol=True))
        self._simulate(payment)
        self.assertEqual(self.paid.collection_method, "invoice")
        self._run_cron("payment.cron_post_process_payment_tx")
        self.assertEqual(self.paid.collection_method, "automatic")
        self.assertEqual(self.paid.payment_token_id, payment.token_id)

    def test_it_happens_once(self):
        payment = self._pay(PAY, enrol=True)
        self.paid.collection_method = "invoice"
        payment._post_process()
        self.assertEqual(self.paid.collection_method, "invoice")
        self.assertEqual(len(self._get_notes()), 1)

    def test_a_payment_that_failed_agrees_to_nothing(self):
        payment = self._find_payment(self._start(self._open_form(PAY), enrol=True))
        self._simulate(payment, "error")
        self._come_back()
        self.assertEqual(self.paid.collection_method, "invoice")

    def test_a_payment_that_takes_days_agrees_when_it_is_there(self):
        payment = self._find_payment(self._start(self._open_form(PAY), enrol=True))
        self._simulate(payment, "pending")
        self._come_back()
        self.assertEqual(self.paid.collection_method, "invoice")
        payment.action_demo_set_done()
        payment._post_process()
        self.assertEqual(self.paid.collection_method, "automatic")

    def test_all_that_is_paid_at_once_is_charged_from_now_on(self):
        other = self._bill(collection_method="invoice")
        both = self.invoice | other
        url = f"{PAY}?" + "&".join(f"invoice={number}" for number in both.ids)
        self._pay(url, enrol=True)
        methods = both.subscription_ids.mapped("collection_method")
        self.assertEqual(methods, ["automatic", "automatic"])
        self.assertNotEqual(
            self.subscription.payment_token_id, self.paid.payment_token_id
        )

    def test_a_method_that_cannot_be_saved_cannot_agree(self):
        form = self._open_form(PAY)
        self.provider.allow_tokenization = False
        error = self._get_refusal(self._start(form, enrol=True))
        self.assertIn("cannot be charged automatically", error)
        self.assertFalse(self.invoice.transaction_ids)
        form = self._open_form(PAY)
        self.assertFalse(form.xpath(".//input[@name='subscription_enrol']"))

    def test_a_refusal_does_not_undo_the_payment(self):
        def refuse(*_args, **_kwargs):
            raise UserError("Not today.")

        payment = self._find_payment(self._start(self._open_form(PAY), enrol=True))
        self._simulate(payment)
        with patch.object(
            type(self.env["subscription.change"]), "action_confirm", refuse
        ):
            payment._post_process()
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertEqual(self.paid.collection_method, "invoice")
        self.assertFalse(self.paid.change_ids)
        self.assertIn("Not today.", self.paid.activity_ids.note)

    def test_a_plan_that_changes_at_its_end_does_so_at_once_here(self):
        self.plan.proration = "period_end"
        self._pay(PAY, enrol=True)
        self.assertEqual(self.paid.collection_method, "automatic")

    def test_who_is_not_to_be_charged_is_not_asked(self):
        self.partner.is_charging_off = True
        form = self._open_form(PAY)
        self.assertFalse(form.xpath(".//input[@name='subscription_enrol']"))
