"""What is known of an invoice that was not collected; receipts of those that were."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.subscription_billing.tools.outcome import Decline

from .test_backups import TRANSACTION
from .test_charge_now import PaymentCase

NOW = datetime(2026, 3, 10)


@freeze_time(NOW)
@tagged("standard", "post_install", "-at_install")
class TestDunningFacts(PaymentCase):
    def _get_facts(self, invoice, *names):
        facts = invoice._get_dunning_facts()
        return tuple(getattr(facts, name) for name in names)

    def test_an_invoice_that_nobody_tried(self):
        token = self._create_token()
        invoice = self._bill()
        facts = invoice._get_dunning_facts()
        self.assertEqual(facts.amount_due, Decimal(115))
        self.assertEqual((facts.days_overdue, facts.attempts), (0, 0))
        self.assertEqual(facts.methods_left, (token.id,))
        for nothing in ("date_last_attempt", "last_decline", "block"):
            self.assertIsNone(getattr(facts, nothing))
        self.assertIsNone(facts.date_next_attempt)

    def test_a_temporary_decline(self):
        self._decline("retry", "insufficient_funds")
        self._create_token(state="error")
        invoice = self._bill()
        self._run_collection()
        with freeze_time(NOW + timedelta(days=5)):
            facts = invoice._get_dunning_facts()
        self.assertEqual(facts.days_overdue, 5)
        self.assertEqual((facts.attempts_in_round, facts.attempts), (1, 1))
        self.assertEqual(facts.last_decline, Decline("retry", "insufficient_funds"))
        self.assertEqual(facts.methods_left, ())
        self.assertEqual(facts.date_last_attempt, NOW)
        self.assertEqual(facts.date_next_attempt, NOW + timedelta(days=1))

    def test_a_round_counts_for_itself(self):
        self._create_token(state="error")
        self._create_token(state="error")
        invoice = self._bill()
        self._run_collection()
        invoice.action_collect()
        names = ("attempts_in_round", "attempts", "methods_left")
        left = tuple(invoice.subscription_ids._get_payment_methods().ids)
        self.assertEqual(self._get_facts(invoice, *names), (0, 2, left))
        self._run_collection()
        self.assertEqual(self._get_facts(invoice, *names), (2, 4, ()))

    def test_tries_of_one_card_count_together(self):
        """The networks count them by card, whoever is charged with it."""
        self._decline("retry", "insufficient_funds")
        self._create_token(state="error", fingerprint="abc")
        other = self.env["res.partner"].create({"name": "Other"})
        self._create_token(other, "error", fingerprint="abc")
        invoices = self._bill() + self._bill(partner_id=other.id)
        for _round in range(4):
            self._run_collection()
            invoices.action_collect()
        for invoice in invoices:
            self.assertEqual(
                self._get_facts(invoice, "attempts", "date_next_attempt"),
                (4, NOW + timedelta(days=14)),
            )

    def test_a_card_that_was_refused_for_good_is_not_tried_again(self):
        self._decline("never", "stolen_card")
        self._create_token(state="error")
        invoice = self._bill()
        self._run_collection()
        facts = invoice._get_dunning_facts()
        self.assertEqual(facts.last_decline.category, "never")
        self.assertIsNone(facts.date_next_attempt)

    def test_what_waits_for_the_bank_is_blocked(self):
        self._create_token(state="pending")
        invoice = self._bill()
        self._run_collection()
        self.assertEqual(
            self._get_facts(invoice, "block", "attempts", "last_decline"),
            ("pending", 1, None),
        )
        invoice.transaction_ids.action_demo_set_done()
        self.assertEqual(self._get_facts(invoice, "block"), ("unbooked",))

    @mute_logger(TRANSACTION)
    def test_an_unknown_outcome_blocks(self):
        self._create_token()
        self._lose_answers()
        invoice = self._bill()
        self._run_collection()
        self.assertEqual(self._get_facts(invoice, "block"), ("unknown",))

    def test_facts_cost_no_query_for_each_invoice(self):
        counts = []
        for number in (3, 30):
            subscriptions = self._create_subscriptions(
                number, date_start=date(2026, 3, 10), collection_method="automatic"
            )
            for subscription in subscriptions:
                self._create_token(subscription.partner_id, "error")
            invoices = self._collect(subscriptions)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            facts = invoices._map_dunning_facts()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({each.attempts for each in facts.values()}, {1})
        self.assertLessEqual(counts[1], counts[0] + 3)


@freeze_time(NOW)
@tagged("standard", "post_install", "-at_install")
class TestReceipts(PaymentCase):
    def test_a_collected_charge_has_a_receipt_that_names_the_method(self):
        self.env.ref("subscription_billing.notice_rule_receipt").active = True
        self._create_token(brand="Visa", last_digits="4242")
        self._create_token(brand="Mastercard", last_digits="4444", state="error")
        invoice = self._bill()
        self._run_collection()
        receipt = invoice.subscription_ids.notice_ids
        self.assertRecordValues(receipt, [{"kind": "receipt", "move_id": invoice.id}])
        self.assertEqual(dict(receipt._get_facts())["Paid with"], "Visa •••• 4242")

    def test_what_was_paid_outside_has_a_receipt_without_a_method(self):
        self.env.ref("subscription_billing.notice_rule_receipt").active = True
        invoice = self._bill()
        self._press(
            invoice, "action_mark_paid_outside", self.accountant
        ).action_record()
        receipt = invoice.subscription_ids.notice_ids
        self.assertEqual(receipt.kind, "receipt")
        self.assertNotIn("Paid with", dict(receipt._get_facts()))
