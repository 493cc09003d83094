"""What a person does to get invoices paid: charge now, send a link, paid outside."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .test_backups import TRANSACTION, MethodCase

USER = "subscription_billing.group_subscription_user"
ACCOUNTANT = "account.group_account_invoice"


class PaymentCase(MethodCase):
    """An invoice, and people who look after its money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "pay_user", USER)
        cls.accountant = new_test_user(cls.env, "pay_accountant", ACCOUNTANT)
        cls.employee = new_test_user(cls.env, "pay_employee", "base.group_user")

    def _bill(self, **vals):
        """Return the posted invoice of a new subscription, to be collected."""
        subscription = self._create_automatic(**vals)
        self._run_renewal()
        return subscription.invoice_ids

    def _press(self, records, button, user=None, **vals):
        """Press a button that opens a dialog, fill it in, and return it."""
        action = getattr(records.with_user(user or self.user), button)()
        form = Form(
            self.env[action["res_model"]]
            .with_user(user or self.user)
            .with_context(**action["context"])
        )
        for name, value in vals.items():
            setattr(form, name, value)
        return form.save()

    def _lose_answers(self):
        """Let no provider answer."""

        def lose_the_connection(charge):
            raise ConnectionError("Read timed out")

        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lose_the_connection,
        )


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestChargeNow(PaymentCase):
    def test_the_chosen_method_is_charged_and_no_other(self):
        chosen = self._create_token(state="error")
        self._create_token()
        invoice = self._bill()
        self._press(
            invoice, "action_charge_now", payment_token_id=chosen
        ).action_charge()
        self.assertEqual(invoice.collection_state, "due")
        self.assertIn("Charged now by pay_user", invoice.message_ids[0].body)
        self._run_collection()
        self._assert_charged(invoice, (chosen, "error"))
        self.assertEqual(invoice.collection_state, "failed")

    def test_without_a_choice_the_methods_are_charged_in_order(self):
        backup, default = self._create_token(), self._create_token(state="error")
        invoice = self._bill()
        dialog = self._press(invoice, "action_charge_now")
        self.assertEqual(dialog.method_names, "4242\n4242")
        self.assertEqual(dialog.suitable_payment_token_ids, default + backup)
        dialog.action_charge()
        self._run_collection()
        self._assert_charged(invoice, (default, "error"), (backup, "done"))

    def test_the_choice_is_for_one_round(self):
        chosen, default = self._create_token(state="error"), self._create_token()
        invoice = self._bill()
        invoice._charge_now(chosen)
        self._run_collection()
        invoice.action_collect()
        self._run_collection()
        self._assert_charged(invoice, (chosen, "error"), (default, "done"))

    def test_now_is_before_the_due_date(self):
        term = self.env["account.payment.term"].create(
            {"name": "5 days", "line_ids": [Command.create({"nb_days": 5})]}
        )
        self._create_token()
        invoice = self._bill(payment_term_id=term.id)
        self._run_collection()
        self.assertFalse(invoice.transaction_ids)
        self._press(invoice, "action_charge_now").action_charge()
        self._run_collection()
        self.assertEqual(invoice.collection_state, "done")

    def test_many_invoices_are_charged_to_the_methods_of_their_customers(self):
        other = self.env["res.partner"].create({"name": "Other"})
        tokens = [self._create_token(), self._create_token(other)]
        invoices = self._bill() + self._bill(partner_id=other.id)
        dialog = self._press(invoices, "action_charge_now")
        self.assertFalse(dialog.suitable_payment_token_ids)
        dialog.action_charge()
        self._run_collection()
        self.assertEqual(invoices.transaction_ids.token_id, tokens[0] + tokens[1])
        self.assertEqual(invoices.mapped("collection_state"), ["done", "done"])

    def test_a_subscription_charges_its_open_invoices(self):
        self._create_token()
        invoice = self._bill()
        subscription = invoice.subscription_ids
        self.assertEqual(subscription.invoice_open_count, 1)
        self._press(subscription, "action_charge_now").action_charge()
        self._run_collection()
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(subscription.invoice_open_count, 0)
        with self.assertRaisesRegex(UserError, "no open invoice"):
            subscription.action_charge_now()

    def test_nothing_is_charged_twice(self):
        self._create_token(state="pending")
        invoice = self._bill()
        self._run_collection()
        for button in (
            "action_charge_now",
            "action_send_payment_link",
            "action_mark_paid_outside",
        ):
            with self.assertRaisesRegex(UserError, "could take the money twice"):
                getattr(invoice, button)()

    @mute_logger(TRANSACTION)
    def test_an_unknown_outcome_blocks_every_other_way(self):
        self._create_token()
        self._lose_answers()
        invoice = self._bill()
        self._run_collection()
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            invoice._charge_now()
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "True"
        )
        self.assertFalse(invoice._has_to_be_paid())
        self.assertIn("being charged", invoice._get_online_payment_error())

    def test_nothing_due_is_not_charged(self):
        self._create_token()
        invoice = self._bill()
        self._run_collection()
        draft = invoice.copy()
        for move, reason in (
            (invoice, "Nothing is due"),
            (draft, "bills no subscription"),
        ):
            with self.assertRaisesRegex(UserError, reason):
                move._charge_now()

    def test_a_method_that_cannot_be_charged_is_refused_with_its_reason(self):
        token = self._create_token(date_expiry="2026-01-31")
        invoice = self._bill()
        with self.assertRaisesRegex(UserError, "has expired"):
            invoice._charge_now(token)

    def test_the_card_of_a_stranger_pays_nothing(self):
        self._create_token(state="error")
        stranger = self._create_token(self.env["res.partner"].create({"name": "Bob"}))
        invoice = self._bill()
        dialog = self.env["subscription.charge.now"].with_user(self.accountant)
        dialog = dialog.create(
            {"move_ids": invoice.ids, "payment_token_id": stranger.id}
        )
        with self.assertRaisesRegex(UserError, "belongs to another customer"):
            dialog.action_charge()
        with self.assertRaisesRegex(ValidationError, "belongs to another customer"):
            invoice.with_user(self.accountant).collection_token_id = stranger
        self._run_collection()
        self.assertNotIn(stranger, invoice.transaction_ids.token_id)

    def test_the_card_that_was_chosen_before_its_owner_changed_pays_nothing(self):
        chosen = self._create_token()
        invoice = self._bill()
        invoice._charge_now(chosen)
        chosen.sudo().partner_id = self.env["res.partner"].create({"name": "Bob"})
        self._run_collection()
        self.assertFalse(invoice.transaction_ids)
        self.assertEqual(invoice.collection_state, "failed")
        self.assertIn("belongs to another customer", invoice.collection_error)

    def test_the_card_of_another_company_pays_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        token = self._create_token()
        token.provider_id = token.provider_id.copy(
            {"company_id": other.id, "state": "test"}
        )
        invoice = self._bill()
        with self.assertRaisesRegex(UserError, "another customer or company"):
            invoice._charge_now(token)

    def test_an_invoice_to_pay_is_not_charged(self):
        self._create_token()
        invoice = self._bill(collection_method="invoice")
        self.assertFalse(invoice.is_chargeable)
        self.assertTrue(invoice.is_link_payable)
        with self.assertRaisesRegex(UserError, "is an invoice to pay"):
            invoice._charge_now()
        self._run_collection()
        self.assertFalse(invoice.transaction_ids)

    def test_what_is_not_sent_yet_is_charged_as_the_person_says(self):
        chosen, default = self._create_token(), self._create_token()
        invoice = self._bill()
        collection = self.env["subscription.collection"]._in_company(self.company)
        collection._open_charges(invoice)
        self.assertEqual(invoice.collection_state, "open")
        invoice._charge_now(chosen)
        self._run_collection()
        self._assert_charged(invoice, (default, "cancel"), (chosen, "done"))

    def test_only_people_who_work_on_subscriptions_charge(self):
        self._create_token()
        invoice = self._bill()
        with self.assertRaises(AccessError):
            invoice.with_user(self.employee).action_charge_now()
        self._press(invoice, "action_charge_now", self.accountant).action_charge()


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestPaidOutside(PaymentCase):
    def test_the_payment_is_in_the_books_and_nothing_is_charged(self):
        self._create_token()
        invoice = self._bill()
        journal = self.env["account.journal"].create(
            {"name": "Till", "code": "TILL", "type": "cash"}
        )
        self._press(
            invoice,
            "action_mark_paid_outside",
            self.accountant,
            journal_id=journal,
            date=date(2026, 3, 5),
            reference="Cheque 4711",
        ).action_record()
        self.assertRecordValues(
            invoice.matched_payment_ids,
            [
                {
                    "journal_id": journal.id,
                    "date": date(2026, 3, 5),
                    "amount": 115.0,
                    "memo": "Cheque 4711",
                    "payment_token_id": False,
                }
            ],
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertFalse(invoice.collection_state)
        self.assertIn("Cheque 4711", " ".join(invoice.message_ids.mapped("body")))
        self._run_collection()
        self.assertFalse(invoice.transaction_ids)
        self.assertEqual(invoice.subscription_ids.invoice_open_count, 0)

    def test_a_charge_that_was_not_sent_is_called_off(self):
        self._create_token()
        invoice = self._bill()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(invoice)
        self._press(
            invoice, "action_mark_paid_outside", self.accountant
        ).action_record()
        self.assertEqual(charge.state, "cancel")
        self._run_collection()
        self.assertEqual(invoice.transaction_ids, charge)
        self.assertFalse(charge.date_sent)

    def test_a_charge_that_was_sent_has_to_end_first(self):
        self._create_token(state="pending")
        invoice = self._bill()
        dialog = self._press(invoice, "action_mark_paid_outside", self.accountant)
        self._run_collection()
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            dialog.action_record()
        self.assertEqual(invoice.amount_residual, 115)

    def test_a_journal_of_a_provider_is_never_charged(self):
        token = self._create_token()
        invoice = self._bill()
        journal = token.provider_id.journal_id
        lines = journal.inbound_payment_method_line_ids
        lines.filtered(lambda line: line.code == "manual").unlink()
        dialog = self._press(
            invoice, "action_mark_paid_outside", self.accountant, journal_id=journal
        )
        with self.assertRaisesRegex(UserError, "no manual way"):
            dialog.action_record()

    def test_an_invoice_to_pay_may_be_paid_in_cash(self):
        invoices = self._bill(collection_method="invoice") + self._bill(
            collection_method="invoice"
        )
        self._press(
            invoices, "action_mark_paid_outside", self.accountant
        ).action_record()
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])

    def test_only_accountants_write_the_books(self):
        invoice = self._bill()
        with self.assertRaises(AccessError):
            invoice.with_user(self.user).action_mark_paid_outside()


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestPaymentLink(PaymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "True"
        )
        cls.company.email = "hello@company.example.com"

    def _run_notices(self):
        self._run_cron("subscription_billing.ir_cron_notify")

    def test_the_customer_gets_the_link_and_the_proof_is_kept(self):
        invoice = self._bill(collection_method="invoice")
        invoice.with_user(self.user).action_send_payment_link()
        self._run_notices()
        notice = invoice.subscription_ids.notice_ids
        self.assertEqual(notice.kind, "payment_link")
        self.assertEqual(notice.email, "ada@example.com")
        self.assertEqual(notice.move_id, invoice)
        self.assertIn(invoice.name, notice.subject)
        self.assertIn("payment_token=", notice.body)
        self.assertIn("#portal_pay", notice.body)

    def test_a_subscription_sends_one_for_each_open_invoice(self):
        invoice = self._bill(collection_method="invoice")
        subscription = invoice.subscription_ids
        with freeze_time("2026-04-10"):
            self._run_renewal()
            subscription.with_user(self.user).action_send_payment_link()
        self.assertEqual(subscription.notice_ids.move_id, subscription.invoice_ids)
        self.assertEqual(len(subscription.notice_ids), 2)

    def test_pressed_twice_it_is_sent_once_and_later_again(self):
        invoice = self._bill(collection_method="invoice")
        invoice.action_send_payment_link()
        with self.assertRaisesRegex(UserError, "a moment ago"):
            invoice.action_send_payment_link()
        with freeze_time("2026-03-11"):
            invoice.action_send_payment_link()
        self.assertEqual(len(invoice.subscription_ids.notice_ids), 2)

    def test_it_says_when_nobody_can_pay_online(self):
        invoice = self._bill(collection_method="invoice")
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "False"
        )
        with self.assertRaisesRegex(UserError, "Turn on Online Payment"):
            invoice.action_send_payment_link()

    def test_only_people_who_work_on_subscriptions_send_it(self):
        invoice = self._bill()
        with self.assertRaises(AccessError):
            invoice.with_user(self.employee).action_send_payment_link()
