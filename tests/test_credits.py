"""What is given back: the type of its document, what it pays, and never too much."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo import Command
from odoo.tests import tagged

from .test_changes import ChangeCase


class CreditCase(ChangeCase):
    def _confirm(self, subscription, day, lines=(), **vals):
        """Make a change on ``day``; return the documents that it made."""
        before = subscription.invoice_ids
        with freeze_time(day):
            self._change(subscription, lines, **vals).action_confirm()
        return (subscription.invoice_ids - before).sorted("id")

    def _close(self, subscription, day):
        """Close with the unserved days given back; return the documents."""
        return self._confirm(
            subscription, day, kind="close", timing="now", is_credited=True
        )

    def _set_quantity(self, subscription, day, quantity):
        """Change the running line at once; return the documents."""
        line = subscription.line_ids.filtered(lambda each: not each.date_end)
        return self._confirm(
            subscription, day, [(line, {"quantity": quantity})], proration="invoice_now"
        )

    def _pay_amount(self, invoice, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": amount})._create_payments()

    def _reverse(self, invoice, **prices):
        """Reverse an invoice by hand; return the posted credit note.

        :param prices: new unit prices by the name of the product; other lines go
        """
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).refund_moves()
        note = invoice.reversal_move_ids.filtered(lambda move: move.state == "draft")
        if prices:
            for line in note.invoice_line_ids:
                if line.product_id.name in prices:
                    line.price_unit = prices[line.product_id.name]
                else:
                    line.unlink()
        note.action_post()
        return note

    def _create_untaxed_product(self):
        return self.env["product.product"].create(
            {"name": "Book", "type": "service", "taxes_id": [Command.clear()]}
        )

    def _get_open(self, subscription):
        """Return what the documents of a subscription leave to pay, less credits."""
        return round(sum(subscription.invoice_ids.mapped("amount_residual_signed")), 2)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestDocumentType(CreditCase):
    """Only totals with taxes tell whether a document is a credit note."""

    def test_a_product_swapped_for_an_untaxed_one_is_a_credit_note(self):
        book = self._create_untaxed_product()
        subscription = self._create_subscription([{"price_unit": 100}])
        self._pay(self._bill(subscription, "2026-05-01"))
        note = self._confirm(
            subscription,
            "2026-05-01",
            [
                (subscription.line_ids, {"action": "remove"}),
                (None, {"product_id": book.id, "price_unit": 100}),
            ],
            proration="invoice_now",
        )
        self.assertRecordValues(
            note,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "amount_untaxed": 0,
                    "amount_total": 15,
                    "amount_residual": 15,
                }
            ],
        )
        self.assertEqual(self._get_amounts(note), [100, -100])
        claims = note.subscription_period_ids.sorted("amount")
        self.assertEqual(claims.mapped("amount"), [-100, 100])

    def test_the_run_bills_a_month_with_mixed_taxes(self):
        """27.69 more is given back than billed before taxes: 30 days of 1000 at 25 %
        for 30 days of 500 and a month of 500, without tax."""
        self.tax.amount = 25
        book = self._create_untaxed_product()
        subscription = self._create_subscription([{"price_unit": 1000}])
        self._pay(self._bill(subscription, "2026-05-01"))
        self._confirm(
            subscription,
            "2026-05-02",
            [
                (subscription.line_ids, {"action": "remove"}),
                (None, {"product_id": book.id, "price_unit": 500}),
            ],
        )
        note = self._bill(subscription, "2026-06-01")
        self.assertFalse(subscription.billing_error)
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(sorted(self._get_amounts(note)), [-500, -483.87, 967.74])
        self.assertEqual(note.amount_total, 225.81)  # 1209.68 - 983.87

    def test_a_lower_price_with_its_tax_included_is_a_credit_note(self):
        self.tax.write({"price_include_override": "tax_included", "amount": 20})
        subscription = self._create_subscription([{"price_unit": 120}])
        self._pay(self._bill(subscription, "2026-05-01"))
        note = self._confirm(
            subscription,
            "2026-05-01",
            [(subscription.line_ids, {"price_unit": 110})],
            proration="invoice_now",
        )
        self.assertRecordValues(
            note,
            [{"move_type": "out_refund", "amount_total": 10, "amount_untaxed": 8.33}],
        )

    def test_taxes_are_worked_out_only_where_something_is_given_back(self):
        subscription = self._create_subscription([{"price_unit": 100}])
        charges = subscription._get_charges(subscription._get_next_period())
        with patch.object(
            self.env.registry["account.tax"], "_prepare_base_line_for_taxes_computation"
        ) as prepare:
            vals = subscription._prepare_invoice_vals(charges)
        self.assertEqual(vals["move_type"], "out_invoice")
        prepare.assert_not_called()

    def test_more_tax_than_is_given_back_is_an_invoice(self):
        """An untaxed month of 100 for a taxed one of 90: 103.50 less 100."""
        book = self._create_untaxed_product()
        subscription = self._create_subscription(
            [{"product_id": book.id, "price_unit": 100}]
        )
        self._pay(self._bill(subscription, "2026-05-01"))
        invoice = self._confirm(
            subscription,
            "2026-05-01",
            [
                (subscription.line_ids, {"action": "remove"}),
                (None, {"product_id": self.product.id, "price_unit": 90}),
            ],
            proration="invoice_now",
        )
        self.assertRecordValues(
            invoice,
            [{"move_type": "out_invoice", "amount_untaxed": -10, "amount_total": 3.5}],
        )


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestTakenBackByHand(CreditCase):
    """What people take back counts as given back; our own credit notes count once."""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 310}])
        self.invoice = self._bill(self.subscription, "2026-05-01")
        self.claim = self.subscription.period_ids

    def test_nothing_of_a_paid_invoice_that_was_reversed(self):
        self._pay(self.invoice)
        self._reverse(self.invoice)
        self.assertEqual(self.invoice.payment_state, "paid")
        self.assertEqual(self.claim._get_credited_amount(), 310)
        self.assertFalse(self._close(self.subscription, "2026-05-11"))

    def test_nothing_of_a_cancelled_invoice(self):
        self.invoice.button_draft()
        self.invoice.button_cancel()
        self.assertEqual(self.claim._get_credited_amount(), 310)
        self.assertFalse(self._close(self.subscription, "2026-05-11"))

    def test_what_is_left_after_a_partial_refund(self):
        self._pay(self.invoice)
        self._reverse(self.invoice, Maintenance=200)
        note = self._close(self.subscription, "2026-05-02")
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.amount_untaxed, 110)
        self.assertEqual(self.claim._get_credited_amount(), 310)

    def test_days_within_what_is_left_are_given_back_in_full(self):
        self._pay(self.invoice)
        self._reverse(self.invoice, Maintenance=200)
        self.assertEqual(
            self._close(self.subscription, "2026-05-22").amount_untaxed, 100
        )

    def test_a_draft_reversal_does_not_count_yet(self):
        self._pay(self.invoice)
        self._reverse(self.invoice, Maintenance=200).button_draft()
        self.assertEqual(self.claim._get_credited_amount(), 0)

    def test_our_own_credit_note_counts_once(self):
        """10 days are given back by the run, then 100 by hand: 110 are left."""
        note = self._close(self.subscription, "2026-05-22")
        self.assertEqual(note.reversed_entry_id, self.invoice)
        self.assertEqual(self.claim._get_credited_amount(), 100)
        self._reverse(self.invoice, Maintenance=100)
        self.assertEqual(self.claim._get_credited_amount(), 200)
        self._reverse(self.invoice, Maintenance=200)
        self.assertEqual(self.claim._get_credited_amount(), 310)

    def test_a_cancelled_credit_note_is_not_written_again(self):
        self._pay(self.invoice)
        note = self._close(self.subscription, "2026-05-22")
        note.button_draft()
        note.button_cancel()
        self.assertEqual(self.claim._get_credited_amount(), 100)

    def test_credit_that_pays_an_invoice_does_not_reverse_it(self):
        """The customer has paid June with the credit of May: it can be given back."""
        self._pay(self.invoice)
        cheap = self._confirm(
            self.subscription,
            "2026-05-02",
            [(self.subscription.line_ids, {"price_unit": 31})],
            proration="invoice_now",
        )
        self.assertEqual(cheap.amount_untaxed, 270)
        june = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(june.amount_residual, 0)
        self.assertFalse(june.subscription_period_ids._get_credited_amount())
        note = self._close(self.subscription, "2026-06-16")
        self.assertEqual(note.amount_untaxed, 15.5)

    def test_a_reversed_month_is_not_billed_again_by_itself(self):
        self._reverse(self.invoice)
        self.subscription._mark_unsettled(date(2026, 5, 1))
        june = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(june), [310])
        self.assertTrue(self.claim.is_standing)

    def test_a_refund_is_taken_off_the_product_that_it_names(self):
        """The set-up fee is refunded; the month can still be given back."""
        setup = self.env["product.product"].create(
            {"name": "Setup", "type": "service", "taxes_id": [Command.clear()]}
        )
        subscription = self._create_subscription(
            [{"price_unit": 310}, {"product_id": setup.id, "price_unit": 62}]
        )
        invoice = self._bill(subscription, "2026-05-01")
        self._pay(invoice)
        self._reverse(invoice, Setup=62)
        month, fee = subscription.period_ids.sorted("amount", reverse=True)
        self.assertEqual(month._get_credited_amount(), 0)
        self.assertEqual(fee._get_credited_amount(), 62)
        note = self._close(subscription, "2026-05-11")
        self.assertEqual(self._get_amounts(note), [210])

    def test_a_deposit_that_was_taken_back_is_not_returned(self):
        self.company.subscription_deposit_account_id = self.env[
            "account.account"
        ].create(
            {
                "name": "Customer deposits",
                "code": "299901",
                "account_type": "liability_current",
            }
        )
        deposit = self.env["product.product"].create(
            {"name": "Deposit", "type": "service"}
        )
        for refund, returned in ((None, 500), ("cancel", 0), (200, 300), (500, 0)):
            with self.subTest(refund):
                subscription = self._create_subscription([{"price_unit": 310}])
                self.env["subscription.item"].create(
                    {
                        "subscription_id": subscription.id,
                        "product_id": deposit.id,
                        "kind": "deposit",
                        "price_unit": 500,
                    }
                )
                invoice = self._bill(subscription, "2026-05-01")
                if refund == "cancel":
                    invoice.button_draft()
                    invoice.button_cancel()
                else:
                    self._pay(invoice)
                if refund in (200, 500):
                    self._reverse(invoice, Deposit=refund)
                notes = self._confirm(
                    subscription, "2026-05-10", kind="close", timing="now"
                )
                self.assertEqual(sum(notes.mapped("amount_total")), returned)

    def test_use_that_was_taken_back_is_not_credited_again(self):
        visit = self.env["product.product"].create(
            {"name": "Visit", "type": "service", "taxes_id": [Command.clear()]}
        )
        self._include_service(
            self.plan,
            visit,
            interval_unit="month",
            quantity=1,
            overage="billed",
            overage_price=50,
        )
        for refund, credited in ((0, -50), (30, -20), (50, 0)):
            with self.subTest(refund), freeze_time("2026-05-05"):
                subscription = self._create_subscription([{"price_unit": 310}])
                self._use_service(subscription.entitlement_ids)
                use = self._use_service(subscription.entitlement_ids)
                invoice = self._bill(subscription, "2026-05-05")
                self._pay(invoice)
                if refund:
                    self._reverse(invoice, Visit=refund)
                use.action_cancel()
                june = self._bill(subscription, "2026-06-05")
                self.assertEqual(june.amount_untaxed, 310 + credited)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestUnpaid(CreditCase):
    """Upgrade, do not pay, downgrade, keep the credit: gives nothing, in any order."""

    def test_a_credit_first_pays_what_is_open_of_its_invoice(self):
        """1.00 of 356.50 is paid; a day is served: 10.50 is left to pay."""
        subscription = self._create_subscription([{"price_unit": 310}])
        invoice = self._bill(subscription, "2026-05-01")
        self._pay_amount(invoice, 1)
        note = self._close(subscription, "2026-05-02")
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertRecordValues(
            note | invoice,
            [
                {
                    "move_type": "out_refund",
                    "amount_total": 345,
                    "amount_residual": 0,
                    "payment_state": "paid",
                },
                {
                    "move_type": "out_invoice",
                    "amount_total": 356.5,
                    "amount_residual": 10.5,
                    "payment_state": "partial",
                },
            ],
        )

    def test_more_credit_than_is_open_is_kept(self):
        """Half of 356.50 is paid: without a day of service, all of that is kept."""
        subscription = self._create_subscription([{"price_unit": 310}])
        invoice = self._bill(subscription, "2026-05-01")
        self._pay_amount(invoice, 178.25)
        note = self._set_quantity(subscription, "2026-05-01", 0)[0]
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(note.amount_residual, 178.25)

    def test_downgrades_in_steps_keep_no_credit(self):
        subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(subscription, "2026-05-01"))
        up = self._set_quantity(subscription, "2026-05-02", 11)
        self.assertEqual(self._get_amounts(up), [-30, 330])
        half = self._set_quantity(subscription, "2026-05-03", 6)
        self.assertEqual(half.mapped("amount_untaxed"), [319, 174])
        self.assertEqual(half[0].reversed_entry_id, up)
        one = self._set_quantity(subscription, "2026-05-04", 1)
        self.assertEqual(one.mapped("amount_untaxed"), [168, 28])
        self.assertEqual(one[0].reversed_entry_id, half[1])
        # Served: one unit on the 1st, 11 on the 2nd, 6 on the 3rd, one from the 4th on.
        owed = round((1 + 11 + 6 + 28 - 31) * 1.15, 2)
        self.assertEqual(self._get_open(subscription), owed)
        june = self._bill(subscription, "2026-06-01")
        self.assertEqual(june.amount_residual, june.amount_total)
        self.assertFalse(self._get_kept(subscription))

    def _get_kept(self, subscription):
        """Return the credit notes of which something is left."""
        return subscription.invoice_ids.filtered(
            lambda move: move.move_type == "out_refund" and move.amount_residual
        )

    def test_kept_credit_pays_what_is_owed_before_what_comes_next(self):
        """May is paid and given back; an upgrade of another line is still owed."""
        subscription = self._create_subscription(
            [{"price_unit": 310}, {"price_unit": 31}]
        )
        self._pay(self._bill(subscription, "2026-05-01"))
        large, small = subscription.line_ids
        up = self._confirm(
            subscription,
            "2026-05-11",
            [(small, {"quantity": 11})],
            proration="invoice_now",
        )
        self.assertEqual(up.amount_residual, 241.5)
        note = self._confirm(
            subscription,
            "2026-05-11",
            [(large, {"action": "remove"})],
            proration="invoice_now",
        )
        self.assertEqual(note.amount_total, 241.5)
        self.assertFalse(note.reversed_entry_id)
        self.assertEqual((up | note).mapped("amount_residual"), [0, 0])

    def test_the_note_is_for_the_customer_of_the_invoice(self):
        payer = self.env["res.partner"].create({"name": "Charles Babbage"})
        subscription = self._create_subscription([{"price_unit": 310}])
        invoice = self._bill(subscription, "2026-05-01")
        self._confirm(subscription, "2026-05-02", partner_invoice_id=payer.id)
        note = self._close(subscription, "2026-05-11")
        self.assertEqual(note.partner_id, self.partner)
        self.assertEqual(invoice.amount_residual, 115)

    def test_one_note_credits_an_invoice_of_several_subscriptions(self):
        self.partner.is_invoiced_together = True
        pair = self._create_subscription([{"price_unit": 310}])
        pair |= self._create_subscription([{"price_unit": 31}])
        invoice = self._bill(pair, "2026-05-01")
        self.assertEqual(len(invoice), 1)
        for subscription in pair:
            line = subscription.line_ids
            self._confirm(subscription, "2026-05-11", [(line, {"price_unit": 0})])
        note = self._bill(pair, "2026-06-01").filtered("reversed_entry_id")
        self.assertEqual(len(note), 1)
        self.assertEqual(sorted(self._get_amounts(note)), [21, 210])
        self.assertEqual(invoice.amount_residual, round(110 * 1.15, 2))

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["quantity", "pay"]),
                st.integers(min_value=1, max_value=9),
            ),
            min_size=3,
            max_size=5,
        )
    )
    def test_only_what_was_paid_comes_back(self, steps):
        """Whatever was changed and paid on the first day: all given back on it, the
        customer has what it has paid, and no invoice is left open beside a credit."""
        partner = self.env["res.partner"].create({"name": "Grace Hopper"})
        subscription = self._create_subscription(
            [{"price_unit": 31}], partner_id=partner.id
        )
        # The run has a cursor of its own: the numbers known to this one would not do.
        subscription.action_bill_now()
        paid = 0
        for kind, number in steps:
            owed = subscription.invoice_ids.filtered(lambda move: move._is_unpaid())
            owed = owed.filtered(lambda move: move.move_type == "out_invoice")[:1]
            if kind == "quantity":
                self._set_quantity(subscription, "2026-05-01", number)
            elif owed:
                amount = round(owed.amount_residual * number / 9, 2)
                self._pay_amount(owed, amount)
                paid += amount
            self._check_open(subscription)
        self._set_quantity(subscription, "2026-05-01", 0)
        self._check_open(subscription)
        self.assertAlmostEqual(self._get_open(subscription), -paid, 2)

    def _check_open(self, subscription):
        """Assert that there is something to pay, or credit, but not both."""
        unpaid = subscription.invoice_ids.filtered("amount_residual")
        self.assertLessEqual(len(set(unpaid.mapped("move_type"))), 1)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestDrafts(CreditCase):
    """A person posts the documents: the credit is for the draft, and pays it."""

    def setUp(self):
        super().setUp()
        plan = self._create_plan(invoice_mode="draft")
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id
        )
        self.may = self._bill(self.subscription, "2026-05-01")
        self.note = self._close(self.subscription, "2026-05-11")

    def test_the_note_reverses_the_draft(self):
        self.assertEqual((self.may | self.note).mapped("state"), ["draft", "draft"])
        self.assertEqual(self.note.reversed_entry_id, self.may)

    def test_posted_together_or_one_by_one_the_note_pays_the_invoice(self):
        for order in ("together", "invoice first", "note first"):
            with self.subTest(order), self.env.cr.savepoint() as savepoint:
                if order == "together":
                    (self.may | self.note).action_post()
                elif order == "invoice first":
                    self.may.action_post()
                    self.note.action_post()
                else:
                    self.note.action_post()
                    self.may.action_post()
                self.assertEqual(self.note.amount_residual, 0)
                self.assertEqual(self.may.amount_residual, 11.5)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_note_of_a_draft_pays_no_other_invoice(self):
        self.note.action_post()
        other = self._create_subscription([{"price_unit": 310}])
        invoice = self._bill(other, "2026-05-12")
        self.assertEqual(invoice.amount_residual, invoice.amount_total)
        self.assertEqual(self.note.amount_residual, 24.15)
        self.may.action_post()
        self.assertEqual(self.may.amount_residual, 11.5)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestStandingDays(CreditCase):
    def test_days_can_be_given_back_in_any_order(self):
        """The middle first, then the end: the days before the hole are left."""
        subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(subscription, "2026-05-01"))
        claim = subscription.period_ids

        def give_back(start, end):
            self.env["subscription.period"].create(
                {
                    "line_id": claim.line_id.id,
                    "subscription_id": subscription.id,
                    "company_id": self.company.id,
                    "currency_id": claim.currency_id.id,
                    "kind": "credit",
                    "date_start": date(2026, 5, start),
                    "date_end": end,
                    "origin_id": claim.id,
                }
            )
            return claim.date_standing_end, claim.is_standing

        self.assertEqual(give_back(11, date(2026, 5, 21)), (date(2026, 6, 1), True))
        self.assertEqual(give_back(21, date(2026, 6, 1)), (date(2026, 5, 11), True))
        self.assertEqual(give_back(6, date(2026, 5, 11)), (date(2026, 5, 6), True))
        self.assertEqual(give_back(1, date(2026, 5, 6)), (date(2026, 5, 1), False))
