"""The oracle's cases that take a database: credits and balances, and the MRR."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

from .unit import oracle_kinds as kinds
from .unit.oracle_cases import of_kind

TODAY = date(2026, 3, 10)
#: the way of a subscription into each state
WAYS = {
    "trial": ("trial",),
    "active": ("active",),
    "past_due": ("trial", "active", "past_due"),
    "suspended": ("trial", "active", "past_due", "suspended"),
    "closed": ("trial", "active", "past_due", "closed"),
}


@tagged("standard", "post_install", "-at_install")
class TestOracleCredits(SubscriptionCommon):
    def _create_priced(self, price, tax=None, **vals):
        """Create a subscription of one line with a price, without tax unless given."""
        line = {
            "price_unit": float(price),
            "tax_ids": [Command.set(tax.ids if tax else [])],
        }
        return self._create_subscription([line], **{"date_start": TODAY, **vals})

    # === G. CREDITS AND BALANCES === #

    @freeze_time(TODAY)
    def test_credit_pays_what_comes_next(self):
        for case in of_kind(kinds.AccountCredit):
            for give in (self._give_days_back, self._give_goodwill):
                with self.subTest(case.id, by=give.__name__):
                    # What one case leaves to pay, the credit of another would pay.
                    customer = {"partner_id": self.partner.copy().id}
                    note = give(case.credit, **customer)
                    charged = self._create_priced(case.charge, **customer)
                    invoice = self._bill(charged)
                    used = note.amount_total - note.amount_residual
                    self.assertEqual(invoice.amount_total, float(case.charge))
                    self.assertEqual(used, float(case.used))
                    self.assertEqual(invoice.amount_residual, float(case.balance))

    def _give_days_back(self, amount, **vals):
        """Give back a period that was paid; return the credit note."""
        subscription = self._create_priced(amount, **vals)
        self._pay(self._bill(subscription))
        self.env["subscription.pause"].create(
            {"subscription_id": subscription.id, "date_start": TODAY}
        )
        subscription._mark_unsettled(TODAY)
        return self.env["subscription.renewal"]._settle(subscription)

    def _give_goodwill(self, amount, **vals):
        """Give an amount that nothing is owed against; return the credit note."""
        subscription = self._create_priced(0, date_start=date(2026, 4, 10), **vals)
        self.env["subscription.item"].create(
            {
                "subscription_id": subscription.id,
                "kind": "credit",
                "product_id": self.product.id,
                "price_unit": float(amount),
                "tax_ids": [],
            }
        )
        return self.env["subscription.renewal"]._settle(subscription)

    def _bill(self, subscription):
        """Run the renewal; return the subscription's invoice."""
        self._run_renewal()
        return subscription.invoice_ids

    def _pay(self, invoice):
        """Pay an invoice in full."""
        wizard = self.env["account.payment.register"]
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        wizard.with_context(**context).create({}).action_create_payments()

    @freeze_time(TODAY)
    def test_a_saved_method_leaves_nothing_to_pay(self):
        for case in of_kind(kinds.PaidAtOnce):
            with self.subTest(case.id):
                subscription = self._create_priced(
                    case.price,
                    collection_method="automatic",
                    payment_token_id=self._create_token().id,
                )
                invoice = self._bill(subscription)
                self._run_collection()
                self.assertEqual(invoice.transaction_ids.amount, float(case.charged))
                self.assertEqual(invoice.amount_residual, float(case.balance))

    def test_a_new_price_is_billed_from_its_day(self):
        for case in of_kind(kinds.NewPrice):
            with self.subTest(case.id):
                self._check_new_price(case)

    def _check_new_price(self, case):
        start = min(case.expected)
        with freeze_time(start):
            subscription = self._create_priced(case.before, date_start=start)
            self._change_price(subscription, case.after, case.effective)
        for day, price in case.expected.items():
            with freeze_time(day):
                self._run_renewal()
            invoice = subscription.invoice_ids.filtered(
                lambda move, day=day: move.invoice_date == day
            )
            self.assertEqual(invoice.amount_untaxed, float(price))

    def _change_price(self, subscription, price, day):
        """End the line, and let another one go on from there."""
        line = subscription.line_ids
        line.copy({"price_unit": float(price), "date_start": day})
        line._stop(day)

    # === I. MRR === #

    def test_what_counts_as_mrr(self):
        for case in of_kind(kinds.Worth):
            with self.subTest(case.id):
                subscription = self._create_worth(case)
                self.assertEqual(subscription.mrr, float(case.expected))

    def _create_worth(self, case):
        """Create the subscription of a case, and bring it into its state."""
        tax = self.tax.copy({"amount": float(case.tax)}) if case.tax else None
        subscription = self._create_priced(case.price, tax, state="draft")
        if case.is_metered:
            subscription.line_ids.meter_id = self.env["subscription.meter"].create(
                {"name": "Calls", "code": "calls", "aggregation": "count"}
            )
        for state in WAYS[case.state]:
            subscription._update_state(state)
        return subscription
