"""Which saved method is charged: the default first, then the backups, each once."""

from datetime import date

from freezegun import freeze_time
from odoo.tests import mute_logger, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

TRANSACTION = "odoo.addons.subscription_billing.models.payment_transaction_sending"


class MethodCase(SubscriptionCommon):
    """Subscriptions that are paid with saved methods."""

    def _create_automatic(self, **vals):
        """Create a subscription that is charged to the methods of its customer."""
        return self._create_subscription(
            **{
                "date_start": date(2026, 3, 10),
                "collection_method": "automatic",
                **vals,
            },
        )

    def _collect(self, subscription):
        """Bill and collect; return the invoice."""
        self._run_renewal()
        self._run_collection()
        return subscription.invoice_ids

    def _decline(self, category, code=""):
        """Let the provider give this reason with all that it declines."""
        transactions = type(self.env["payment.transaction"])
        origin = transactions._set_error

        def set_error(charge, *args, **kwargs):
            charge.write({"decline_category": category, "decline_code": code})
            return origin(charge, *args, **kwargs)

        self.patch(transactions, "_set_error", set_error)

    def _assert_charged(self, invoice, *expected):
        """Check the methods that an invoice was charged to, in order, and how."""
        charges = invoice.transaction_ids.sorted("id")
        self.assertEqual([(tx.token_id, tx.state) for tx in charges], list(expected))


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestOrder(MethodCase):
    def test_without_a_method_of_its_own_the_default_is_charged(self):
        self._create_token()
        default = self._create_token()
        subscription = self._create_automatic()
        self.assertEqual(subscription._get_payment_methods()[0], default)
        invoice = self._collect(subscription)
        self._assert_charged(invoice, (default, "done"))
        self.assertEqual(invoice.collection_state, "done")

    def test_a_new_method_comes_first_until_the_customer_says_otherwise(self):
        first, second, third = (self._create_token() for _each in range(3))
        subscription = self._create_automatic()
        self.assertEqual(subscription._get_payment_methods(), third + second + first)
        for place, token in enumerate(first + third + second):
            token.sequence = place
        self.assertEqual(subscription._get_payment_methods(), first + third + second)
        newest = self._create_token()
        self.assertEqual(subscription._get_payment_methods()[0], newest)

    def test_its_own_method_comes_before_the_default(self):
        own, default = self._create_token(), self._create_token()
        subscription = self._create_automatic(payment_token_id=own.id)
        self.assertEqual(subscription._get_payment_methods(), own + default)
        subscription.is_backup_allowed = False
        self.assertEqual(subscription._get_payment_methods(), own)

    def test_without_backups_only_the_default_is_charged(self):
        self._create_token()
        default = self._create_token()
        subscription = self._create_automatic(is_backup_allowed=False)
        self.assertEqual(subscription._get_payment_methods(), default)
        default.date_expiry = "2026-02-28"
        self.assertFalse(subscription._get_payment_methods())

    def test_methods_of_contacts_count_as_the_customers(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.partner.id}
        )
        token = self._create_token(contact)
        self.assertEqual(self._create_automatic()._get_payment_methods(), token)

    def test_only_the_customer_that_is_invoiced_pays(self):
        self._create_token()
        payer = self.env["res.partner"].create({"name": "Payer"})
        subscription = self._create_automatic(partner_invoice_id=payer.id)
        self.assertFalse(subscription._get_payment_methods())
        token = self._create_token(payer)
        self.assertEqual(subscription._get_payment_methods(), token)

    def test_what_cannot_be_charged_is_left_out(self):
        good = self._create_token(date_expiry="2026-03-31")
        expired, refused, archived = (self._create_token() for _each in range(3))
        expired.date_expiry = "2026-03-09"
        refused._refuse("Lost card")
        archived.active = False
        subscription = self._create_automatic()
        self.assertEqual(subscription._get_payment_methods(), good)
        self.assertEqual(subscription.payment_method_names, good.display_name)
        good.provider_id.capture_manually = True
        self.env.invalidate_all()
        self.assertFalse(subscription._get_payment_methods())

    def test_one_card_that_was_saved_twice_is_charged_once(self):
        twice = [self._create_token(fingerprint="abc") for _each in range(2)]
        subscription = self._create_automatic()
        self.assertEqual(subscription._get_payment_methods(), twice[1])
        twice[0]._refuse("Stolen card")
        self.assertFalse(subscription._get_payment_methods())

    def test_methods_of_another_company_are_not_charged(self):
        other = self.env["res.company"].create({"name": "Other"})
        provider = self._create_token().provider_id.copy({"company_id": other.id})
        provider.state = "test"
        foreign = self._create_token(provider_id=provider.id)
        self.assertEqual(foreign.company_id, other)
        self.assertNotIn(foreign, self._create_automatic()._get_payment_methods())

    def test_who_has_a_method_is_found(self):
        without = self._create_automatic()
        other = self.env["res.partner"].create({"name": "Other"})
        self._create_token(other)
        having = self._create_automatic(partner_id=other.id)
        owner = self._create_automatic(
            payment_token_id=self._create_token(other).id,
            partner_id=other.id,
            is_backup_allowed=False,
        )
        every = without + having + owner
        mine = [("id", "in", every.ids)]
        for value, expected in ((True, having + owner), (False, without)):
            found = every.search([*mine, ("has_payment_method", "=", value)])
            self.assertEqual(found, expected.sorted("id", reverse=True))
            self.assertEqual(
                every.filtered_domain([("has_payment_method", "=", value)]), expected
            )

    def test_the_order_costs_no_query_for_each_invoice(self):
        counts = []
        for number in (3, 30):
            subscriptions = self._create_subscriptions(
                number, date_start=date(2026, 3, 10), collection_method="automatic"
            )
            for subscription in subscriptions:
                self._create_token(subscription.partner_id)
                self._create_token(subscription.partner_id)
            self._run_renewal()
            invoices = subscriptions.invoice_ids
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for invoice in self.env["account.move"].browse(invoices.ids):
                self.assertTrue(invoice._get_next_payment_method())
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestRounds(MethodCase):
    def test_after_a_decline_the_next_method_pays_in_the_same_run(self):
        backup, default = self._create_token(), self._create_token(state="error")
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (default, "error"), (backup, "done"))
        self.assertEqual(invoice.collection_state, "done")
        self.assertFalse(invoice.collection_error)
        self.assertEqual(invoice.amount_residual, 0)
        said = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn("is charged next", said)
        self.assertNotIn("Automatic payment failed", said)

    def test_only_when_all_are_declined_it_has_failed(self):
        second = self._create_token(state="error")
        first = self._create_token(state="error")
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (first, "error"), (second, "error"))
        self.assertEqual(invoice.collection_state, "failed")
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 2)

    def test_a_temporary_decline_tries_the_backup_too(self):
        self._decline("retry", "insufficient_funds")
        backup, default = self._create_token(), self._create_token(state="error")
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (default, "error"), (backup, "done"))
        self.assertFalse(default.date_refused)

    def test_without_backups_one_decline_is_enough(self):
        self._create_token()
        own = self._create_token(state="error")
        subscription = self._create_automatic(
            payment_token_id=own.id, is_backup_allowed=False
        )
        invoice = self._collect(subscription)
        self._assert_charged(invoice, (own, "error"))
        self.assertEqual(invoice.collection_state, "failed")

    def test_a_charge_that_waits_for_the_bank_leads_to_no_other(self):
        self._create_token()
        default = self._create_token(state="pending")
        invoice = self._collect(self._create_automatic())
        self._run_collection()
        self._assert_charged(invoice, (default, "pending"))
        self.assertEqual(invoice.collection_state, "open")

    @mute_logger(TRANSACTION)
    def test_an_unknown_outcome_leads_to_no_other(self):
        self._create_token()
        default = self._create_token()

        def lose_the_connection(charge):
            raise ConnectionError("Read timed out")

        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lose_the_connection,
        )
        invoice = self._collect(self._create_automatic())
        self._run_collection()
        self._assert_charged(invoice, (default, "draft"))
        self.assertEqual(invoice.collection_state, "open")

    def test_what_waits_for_the_customer_leads_to_no_other(self):
        """The customer may still confirm it: both would be charged."""
        self._decline("customer", "authentication_required")
        self._create_token()
        default = self._create_token(state="error")
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (default, "error"))
        self.assertEqual(invoice.collection_state, "failed")

    def test_what_was_called_off_leads_to_no_other(self):
        self._create_token()
        default = self._create_token(state="cancel")
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (default, "cancel"))
        self.assertEqual(invoice.collection_state, "failed")

    def test_a_late_decline_of_the_bank_leads_to_the_backup(self):
        backup, default = self._create_token(), self._create_token(state="pending")
        invoice = self._collect(self._create_automatic())
        charge = invoice.transaction_ids
        with freeze_time("2026-03-24"):
            charge.action_demo_set_error()
            charge._post_process()
            self.assertEqual(invoice.collection_state, "due")
            self._run_collection()
        self._assert_charged(invoice, (default, "error"), (backup, "done"))

    def test_an_old_charge_does_not_speak_for_the_invoice_again(self):
        backup, default = (
            self._create_token(state="pending"),
            self._create_token(state="error"),
        )
        invoice = self._collect(self._create_automatic())
        self._assert_charged(invoice, (default, "error"), (backup, "pending"))
        invoice.transaction_ids.sorted("id")[0]._post_process()
        self.assertEqual(invoice.collection_state, "open")

    def test_a_person_begins_a_new_round(self):
        second = self._create_token(state="error")
        first = self._create_token(state="error")
        invoice = self._collect(self._create_automatic())
        second.demo_simulated_state = "done"
        invoice.action_collect()
        self.assertEqual(invoice.collection_round, 1)
        self._run_collection()
        self._assert_charged(
            invoice,
            (first, "error"),
            (second, "error"),
            (first, "error"),
            (second, "done"),
        )
        self.assertEqual(
            invoice.transaction_ids.sorted("id").mapped("collection_round"),
            [0, 0, 1, 1],
        )

    def test_a_new_method_begins_a_new_round(self):
        old = self._create_token(state="error")
        subscription = self._create_automatic()
        invoice = self._collect(subscription)
        self.assertEqual(invoice.collection_state, "failed")
        new = self._create_token()
        self.assertEqual(invoice.collection_state, "due")
        self._run_collection()
        self._assert_charged(invoice, (old, "error"), (new, "done"))

    def test_a_new_method_is_not_for_who_wants_only_his_own(self):
        own = self._create_token(state="error")
        invoice = self._collect(
            self._create_automatic(payment_token_id=own.id, is_backup_allowed=False)
        )
        self._create_token()
        self.assertEqual(invoice.collection_state, "failed")

    def test_an_invoice_to_pay_is_not_collected_with_a_new_method(self):
        subscription = self._create_automatic(collection_method="invoice")
        self._create_token()
        invoice = self._collect(subscription)
        self._create_token()
        self._run_collection()
        self.assertFalse(invoice.collection_state)
        self.assertFalse(invoice.transaction_ids)

    def test_a_charge_that_was_withdrawn_stays_in_its_round(self):
        backup, default = self._create_token(), self._create_token(state="error")
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(invoice)
        charge._send_charge()
        charge.date_sent = "2026-03-10"
        collection._settle(charge)
        collection._open_charges(invoice)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 15}).action_create_payments()
        self._run_collection()
        self._assert_charged(
            invoice, (default, "error"), (backup, "cancel"), (backup, "done")
        )
        self.assertEqual(invoice.collection_round, 0)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestRefusals(MethodCase):
    def _refuse(self):
        """Let the bank refuse the only card for good; return the invoice."""
        self._decline("never", "stolen_card")
        self.token = self._create_token(state="error", last_digits="4242")
        return self._collect(self._create_automatic())

    def test_a_card_that_was_refused_for_good_is_not_charged_again(self):
        invoice = self._refuse()
        self.assertTrue(self.token.date_refused)
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)
        self.assertEqual(invoice.collection_state, "failed")
        self.assertIn("until its details are updated", invoice.collection_error)

    def test_a_card_that_was_updated_is_charged_again(self):
        for vals in (
            {"date_expiry": "2030-01-31"},
            {"fingerprint": "new"},
            {"payment_details": "1881"},
        ):
            with self.subTest(vals):
                invoice = self._refuse()
                self.token.demo_simulated_state = "done"
                self.token.write(vals)
                self.assertFalse(self.token.date_refused)
                self._run_collection()
                self.assertEqual(invoice.collection_state, "done")
                self.token.active = False

    def test_the_same_details_are_no_update(self):
        self._refuse()
        self.token.write({"last_digits": "4242", "date_expiry": False})
        self.assertTrue(self.token.date_refused)
