"""Refunds of subscription invoices: how much, with which credit note, and where to."""

from datetime import date
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_changes import ChangeCase

RUN = "odoo.addons.subscription_billing.models"


class RefundCase(ChangeCase):
    """A paid month of 100.00 plus 15 % tax, charged to a card of the demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("subscription_billing.refund_reason_goodwill")

    def _charge(self, lines=None, **vals):
        """Bill a subscription on 10 March and charge it; return the paid invoice."""
        partner = vals.pop("partner", self.partner)
        subscription = self._create_subscription(
            lines,
            **{
                "partner_id": partner.id,
                "collection_method": "automatic",
                "payment_token_id": self._create_token(partner).id,
                "date_start": date(2026, 3, 10),
                **vals,
            },
        )
        subscription.action_bill_now()
        self._run_collection()
        invoice = subscription.invoice_ids
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        return invoice

    def _charge_slowly(self):
        """Bill a subscription of 115; return its invoice, whose charge is pending."""
        subscription = self._create_subscription(
            collection_method="automatic",
            payment_token_id=self._create_token(state="pending").id,
            date_start=date(2026, 3, 10),
        )
        subscription.action_bill_now()
        self._run_collection()
        return subscription.invoice_ids

    def _lower_charge(self, charge, amount):
        """Let a charge have paid less of its invoice than it did."""
        payment = charge.payment_id
        payment.move_id.line_ids.remove_move_reconcile()
        payment.action_draft()
        payment.amount = charge.amount = amount
        payment.action_post()
        (payment.move_id | charge.invoice_ids).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()

    def _refund(self, invoice, amount=None, method="card", lines=None, **vals):
        """Refund an invoice with the wizard; return the credit note.

        :param lines: amounts by line, in the order of the invoice
        """
        before = invoice.reversal_move_ids
        wizard = self.env["subscription.refund"].create(
            {
                "invoice_id": invoice.id,
                "scope": "amount" if amount else "lines" if lines else "full",
                "method": method,
                "reason_id": self.reason.id,
                **({"amount": amount} if amount else {}),
                **vals,
            }
        )
        for line, part in zip(wizard.line_ids, lines or (), strict=False):
            line.amount = part
        wizard.action_refund()
        return invoice.reversal_move_ids - before

    def _answer(self, outcome):
        """Let the demo provider answer the next refunds in another way.

        :param outcome: a state, None for no word, or an exception
        """

        def answer(transaction):
            if isinstance(outcome, Exception):
                raise outcome
            if outcome:
                transaction._process(
                    "demo",
                    {"reference": transaction.reference, "simulated_state": outcome},
                )

        return patch.object(
            self.env.registry["payment.transaction"],
            "_send_refund_request",
            autospec=True,
            side_effect=answer,
        )

    def _get_balance(self, partner=None):
        """Return what the customer owes in the books; below zero: is owed."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", (partner or self.partner).id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        return round(sum(lines.mapped("balance")), 2)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestCreditNote(RefundCase):
    def test_a_full_refund_reverses_every_line(self):
        invoice = self._charge()
        note = self._refund(invoice, note="Asked by phone")
        self.assertRecordValues(
            note,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "reversed_entry_id": invoice.id,
                    "amount_untaxed": 100,
                    "amount_total": 115,
                    "invoice_date": date(2026, 3, 12),
                    "refund_method": "card",
                    "refund_reason_id": self.reason.id,
                    "refund_note": "Asked by phone",
                }
            ],
        )
        self.assertIn("Goodwill", note.ref)

    def test_the_reason_is_told_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.reason.with_context(lang="de_DE").name = "Kulanz"
        self.partner.lang = "de_DE"
        self.assertIn("Kulanz", self._refund(self._charge()).ref)

    def test_a_part_has_the_taxes_and_analytic_of_the_lines(self):
        analytic = self.env["account.analytic.account"].create(
            {
                "name": "North",
                "plan_id": self.env["account.analytic.plan"].create({"name": "A"}).id,
            }
        )
        untaxed = self.env["product.product"].create(
            {"name": "Book", "type": "service", "taxes_id": [Command.clear()]}
        )
        invoice = self._charge(
            [
                {
                    "price_unit": 200,
                    "analytic_distribution": {str(analytic.id): 100},
                },
                {"product_id": untaxed.id, "price_unit": 100},
            ]
        )
        note = self._refund(invoice, 33)
        self.assertEqual(note.amount_total, 33)
        lines = note.invoice_line_ids.sorted("price_total", reverse=True)
        self.assertRecordValues(
            lines,
            [
                {
                    "product_id": self.product.id,
                    "tax_ids": self.tax.ids,
                    "price_total": 23,
                    "price_subtotal": 20,
                    "analytic_distribution": {str(analytic.id): 100},
                },
                {
                    "product_id": untaxed.id,
                    "tax_ids": [],
                    "price_total": 10,
                    "price_subtotal": 10,
                    "analytic_distribution": False,
                },
            ],
        )
        self.assertEqual(lines.refund_origin_id, invoice.invoice_line_ids)

    def test_lines_are_refunded_one_by_one(self):
        invoice = self._charge([{"price_unit": 100}, {"price_unit": 50}])
        note = self._refund(invoice, lines=[0, 23])
        self.assertEqual(note.amount_total, 23)
        self.assertEqual(note.invoice_line_ids.refund_origin_id.price_unit, 50)
        taken = invoice._get_taken_back()
        self.assertEqual(
            [taken[line] for line in invoice.invoice_line_ids],
            [Decimal(0), Decimal("20.00")],
        )

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
    )
    @given(
        prices=st.lists(
            st.tuples(
                st.decimals("0.01", "999.99", places=2),
                st.sampled_from([0, 7, 15, 19.6]),
                st.booleans(),
                st.integers(1, 3),
            ),
            min_size=1,
            max_size=3,
        ),
        parts=st.lists(st.floats(0.01, 1), min_size=1, max_size=3),
    )
    # Its lines on their own are worth a cent less than the invoice.
    @example(
        prices=[
            (Decimal("510.92"), 0, False, 3),
            (Decimal("31.97"), 19.6, True, 3),
            (Decimal("1.08"), 19.6, True, 1),
        ],
        parts=[0.4412254856272505, 0.37179106844975174, 0.549170227936584],
    )
    def test_any_parts_add_up_to_the_cent_and_never_to_more(self, prices, parts):
        with self.env.cr.savepoint() as savepoint:
            products = [
                self.env["product.product"].create(
                    {
                        "name": f"P{number}",
                        "type": "service",
                        "taxes_id": [
                            Command.create(
                                {
                                    "name": f"T{number}",
                                    "amount": rate,
                                    "price_include_override": (
                                        "tax_included" if included else "tax_excluded"
                                    ),
                                }
                            )
                        ],
                    }
                )
                for number, (_price, rate, included, _quantity) in enumerate(prices)
            ]
            subscription = self._create_subscription(
                [
                    {
                        "product_id": product.id,
                        "price_unit": float(price),
                        "quantity": quantity,
                    }
                    for product, (price, _r, _i, quantity) in zip(
                        products, prices, strict=True
                    )
                ]
            )
            subscription.action_bill_now()
            invoice = subscription.invoice_ids
            total = Decimal(str(invoice.amount_total))
            given_back = Decimal(0)
            for part in parts:
                left = total - given_back
                self.assertEqual(invoice._get_refundable_amount(), left)
                amount = min(max(round(left * Decimal(part), 2), Decimal("0.01")), left)
                if not amount:
                    break
                note = self._refund(invoice, float(amount), method="credit")
                self.assertEqual(Decimal(str(note.amount_total)), amount)
                given_back += amount
            if given_back < total:
                note = self._refund(invoice, method="credit")
                self.assertEqual(Decimal(str(note.amount_total)), total - given_back)
            self._assert_all_given_back(invoice)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_a_cent_of_tax_that_lines_have_only_together_is_given_back(self):
        """Twice 0.02 plus 15 %: 0.003 of tax each, and 0.01 for both."""
        subscription = self._create_subscription([{"price_unit": 0.02}] * 2)
        subscription.action_bill_now()
        invoice = subscription.invoice_ids
        self.assertEqual(invoice.amount_total, 0.05)
        self.assertEqual(sum(invoice.invoice_line_ids.mapped("price_total")), 0.04)
        for amount in (0.01, 0.04):
            note = self._refund(invoice, amount, method="credit")
            self.assertEqual(note.amount_total, amount)
        self._assert_all_given_back(invoice)

    def _assert_all_given_back(self, invoice):
        """Assert that nothing of an invoice stands, nor of its taxes."""
        self.assertEqual(invoice._get_refundable_lines(), {})
        self.assertEqual(invoice.amount_residual, 0)
        notes = invoice.reversal_move_ids
        for name in ("amount_untaxed", "amount_tax", "amount_total"):
            self.assertAlmostEqual(sum(notes.mapped(name)), invoice[name])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestLimits(RefundCase):
    def _assert_refused(self, invoice, words, *args, **vals):
        with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
            self._refund(invoice, *args, **vals)

    def test_never_more_than_stands(self):
        invoice = self._charge()
        self._assert_refused(invoice, "Amount: .* at most .*115", 115.01)
        self._assert_refused(invoice, "Amount: enter more than 0", -1)
        self._refund(invoice, 100)
        self._assert_refused(invoice, "at most .*15.00", 15.01)
        self._refund(invoice, 15)
        self._assert_refused(invoice, "at most .*0.00")

    def test_a_line_gives_back_no_more_than_it_was(self):
        invoice = self._charge([{"price_unit": 100}, {"price_unit": 50}])
        self._assert_refused(invoice, "Refund of .* from 0 to", lines=[0, 57.51])
        self._assert_refused(invoice, "Refund of .* from 0 to", lines=[-1, 57.5])

    def test_what_a_person_is_crediting_counts(self):
        invoice = self._charge()
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).refund_moves()
        self.assertEqual(invoice.reversal_move_ids.state, "draft")
        self._assert_refused(invoice, "at most .*0.00", 1)

    def test_what_the_run_gave_back_counts(self):
        invoice = self._charge([{"price_unit": 310}])
        subscription = invoice.subscription_ids
        with freeze_time("2026-03-20"):
            self._change(
                subscription, kind="close", timing="now", is_credited=True
            ).action_confirm()
        self.assertEqual(invoice._get_refundable_amount(), Decimal("115.00"))
        self._assert_refused(invoice, "at most .*115", 115.01)

    def test_a_refund_counts_once_when_days_are_given_back(self):
        """310 for 31 days; 200 were refunded; 30 days are worth 300: 110 are left."""
        invoice = self._charge([{"price_unit": 310}])
        subscription = invoice.subscription_ids
        self._refund(invoice, 230)
        self.assertEqual(subscription.period_ids._get_credited_amount(), 200)
        with freeze_time("2026-03-11"):
            self._change(
                subscription, kind="close", timing="now", is_credited=True
            ).action_confirm()
        credited = -sum(subscription.period_ids.credit_ids.mapped("amount"))
        self.assertEqual(credited, 110)
        self.assertEqual(invoice._get_refundable_amount(), 0)

    def test_only_what_was_collected_goes_back_to_the_card(self):
        """Paid by bank transfer: there is no payment method to give it back to."""
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        subscription.action_bill_now()
        invoice = subscription.invoice_ids
        self._assert_refused(invoice, "Choose As credit", 100)
        self._pay(invoice)
        self._assert_refused(invoice, "Amount: only .*0.00", 100)
        note = self._refund(invoice, 100, method="other")
        self.assertEqual(note.amount_residual, 100)

    def test_an_invoice_of_no_subscription_is_refused(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        self._assert_refused(invoice, "Invoice: .* no posted invoice", 1)

    def test_no_refund_and_no_reversal_while_a_charge_is_open(self):
        invoice = self._charge_slowly()
        self.assertEqual(invoice.transaction_ids.state, "pending")
        self._assert_refused(invoice, "no outcome yet", 10, method="credit")
        for action in (
            invoice._reverse_moves,
            invoice.button_cancel,
            invoice.button_draft,
        ):
            with self.assertRaisesRegex(UserError, "money may still move"):
                action()

    def test_a_provider_that_gives_back_all_or_nothing(self):
        invoice = self._charge()
        method = invoice.transaction_ids.payment_method_id
        method.support_refund = "full_only"
        self._assert_refused(invoice, "as a whole only", 100)
        self.assertTrue(self._refund(invoice).refund_transaction_ids)

    def test_a_provider_that_gives_nothing_back(self):
        invoice = self._charge()
        invoice.transaction_ids.payment_method_id.support_refund = "none"
        self._assert_refused(invoice, "Amount: only .*0.00", 100)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestPaidBack(RefundCase):
    def test_the_intent_is_written_before_the_provider_is_asked(self):
        invoice = self._charge()
        with self._answer("done") as request:
            note = self._refund(invoice, 40)
            request.assert_not_called()
            refund = note.refund_transaction_ids
            self.assertRecordValues(
                refund,
                [
                    {
                        "state": "draft",
                        "operation": "refund",
                        "amount": -40,
                        "source_transaction_id": invoice.transaction_ids.id,
                        "collection_invoice_id": False,
                        "subscription_id": invoice.subscription_ids.id,
                        "refund_reason_id": self.reason.id,
                        "date_sent": False,
                    }
                ],
            )
            self.assertNotIn(
                refund.idempotency_key,
                (False, invoice.transaction_ids.idempotency_key),
            )
            self.assertEqual(note.refund_state, "open")
            self._run_collection()
            self._run_collection()
            request.assert_called_once()

    def test_the_payment_pays_the_credit_note(self):
        invoice = self._charge()
        note = self._refund(invoice, 40)
        self._run_collection()
        refund = note.refund_transaction_ids
        self.assertEqual(refund.state, "done")
        self.assertRecordValues(
            refund.payment_id,
            [{"payment_type": "outbound", "amount": 40, "is_reconciled": True}],
        )
        self.assertRecordValues(
            note | invoice, [{"amount_residual": 0}, {"amount_residual": 0}]
        )
        self.assertEqual(note.refund_state, "done")
        self.assertEqual(self._get_balance(), 0)
        charge = invoice.transaction_ids
        self.assertEqual(
            refund.payment_id.outstanding_account_id,
            charge.payment_id.outstanding_account_id,
        )

    def test_it_is_told_on_the_invoice_and_the_subscription(self):
        invoice = self._charge()
        note = self._refund(invoice, 40)
        self._run_collection()
        for record in (invoice, invoice.subscription_ids):
            bodies = " ".join(record.message_ids.mapped("body"))
            self.assertIn(note.name, bodies)
            self.assertIn("Goodwill", bodies)
        bodies = " ".join(invoice.subscription_ids.message_ids.mapped("body"))
        self.assertIn("was paid back", bodies)

    def test_several_charges_give_back_what_each_has_left(self):
        """115.00, of which 50.00 were paid online before the rest was collected."""
        invoice = self._charge(partner=self.partner)
        first = invoice.transaction_ids
        self._lower_charge(first, 50)
        self.assertEqual(invoice.amount_residual, 65)
        invoice.action_collect()
        self._run_collection()
        second = invoice.transaction_ids - first
        note = self._refund(invoice, 100)
        self.assertEqual(
            {tx.source_transaction_id: tx.amount for tx in note.refund_transaction_ids},
            {second: -65, first: -35},
        )
        self._run_collection()
        self.assertEqual(note.amount_residual, 0)
        self.assertEqual(first._get_amount_left(), 15)

    def test_a_refund_first_takes_off_what_is_open(self):
        """15.00 are open; of 40.00, only 25.00 go back."""
        invoice = self._charge()
        self._lower_charge(invoice.transaction_ids, 100)
        note = self._refund(invoice, 40)
        self.assertEqual(note.refund_transaction_ids.amount, -25)
        self._run_collection()
        self.assertEqual((note | invoice).mapped("amount_residual"), [0, 0])

    def test_a_pending_refund_waits(self):
        invoice = self._charge()
        with self._answer("pending"):
            note = self._refund(invoice, 40)
            self._run_collection()
        self.assertEqual(note.refund_state, "open")
        self.assertEqual(note.amount_residual, 40)
        self.assertEqual(self._get_balance(), -40)
        refund = note.refund_transaction_ids
        refund._set_done()
        self._run_collection()
        self.assertEqual(note.amount_residual, 0)
        self.assertEqual(note.refund_state, "done")

    def test_an_archived_payment_method_gets_its_money_back(self):
        invoice = self._charge()
        invoice.transaction_ids.token_id.active = False
        note = self._refund(invoice)
        self._run_collection()
        self.assertEqual(note.refund_state, "done")

    def test_the_money_of_a_note_that_was_used_does_not_go_back(self):
        """Somebody has cancelled the credit note before the refund was sent."""
        invoice = self._charge()
        note = self._refund(invoice, 40)
        note.button_draft()
        note.button_cancel()
        with self._answer("done") as request:
            self._run_collection()
            request.assert_not_called()
        self.assertEqual(note.refund_transaction_ids.state, "cancel")

    def test_core_counts_what_is_under_way_too(self):
        invoice = self._charge()
        payment = invoice.transaction_ids.payment_id
        self.assertEqual(payment.amount_available_for_refund, 115)
        self._refund(invoice, 40)
        payment.invalidate_recordset()
        self.assertEqual(payment.amount_available_for_refund, 75)

    def test_a_payment_of_a_subscription_opens_the_refund_of_its_invoice(self):
        invoice = self._charge()
        action = invoice.transaction_ids.payment_id.action_refund_wizard()
        self.assertEqual(action["res_model"], "subscription.refund")
        self.assertEqual(action["context"]["default_invoice_id"], invoice.id)

    def test_money_that_the_provider_gave_back_by_itself_is_asked_about(self):
        """A refund made in the provider's own pages has no credit note."""
        invoice = self._charge()
        invoice.transaction_ids._refund(20)
        self._run_collection()
        self.assertEqual(self._get_balance(), 20)
        self.assertIn("credit note", invoice.activity_ids.note)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestCredit(RefundCase):
    def test_credit_pays_the_next_invoice(self):
        invoice = self._charge()
        subscription = invoice.subscription_ids
        note = self._refund(invoice, 40, method="credit")
        self.assertFalse(note.refund_transaction_ids)
        self.assertEqual(note.amount_residual, 40)
        with freeze_time("2026-04-10"):
            subscription.action_bill_now()
        april = subscription.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move != invoice
        )
        self.assertEqual(april.amount_residual, 75)
        self.assertEqual(note.amount_residual, 0)

    def test_what_goes_back_to_the_card_or_by_hand_is_nobody_elses(self):
        for method in ("card", "other"):
            with self.subTest(method):
                partner = self.env["res.partner"].create({"name": method})
                invoice = self._charge(partner=partner)
                note = self._refund(invoice, 40, method=method)
                with freeze_time("2026-04-10"):
                    invoice.subscription_ids.action_bill_now()
                self.assertEqual(note.amount_residual, 40)

    def test_another_way_registers_a_payment_of_the_note(self):
        invoice = self._charge()
        wizard = self.env["subscription.refund"].create(
            {
                "invoice_id": invoice.id,
                "method": "other",
                "reason_id": self.reason.id,
            }
        )
        action = wizard.action_refund()
        self.assertEqual(action["res_model"], "account.payment.register")
        self.env["account.payment.register"].with_context(**action["context"]).create(
            {}
        ).action_create_payments()
        self.assertEqual(invoice.reversal_move_ids.amount_residual, 0)
        self.assertEqual(self._get_balance(), 0)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestDialog(RefundCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env,
            "refund_clerk",
            groups="account.group_account_invoice,"
            "subscription_billing.group_subscription_user",
        )
        cls.user = new_test_user(
            cls.env,
            "refund_user",
            groups="subscription_billing.group_subscription_user",
        )

    def _open(self, action, user):
        model = self.env["subscription.refund"].with_user(user)
        return Form(model.with_context(**action["context"]))

    def test_a_clerk_refunds_from_the_subscription(self):
        invoice = self._charge()
        action = invoice.subscription_ids.with_user(self.clerk).action_refund()
        form = self._open(action, self.clerk)
        self.assertEqual(form.amount, 115)
        self.assertEqual(form.method, "card")
        self.assertIn("4242", form.charge_label)
        form.scope = "lines"
        with form.line_ids.edit(0) as line:
            self.assertEqual(line.amount_available, 115)
            line.amount = 23
        self.assertEqual(form.amount, 23)
        self.assertEqual(form.amount_returned, 23)
        form.reason_id = self.reason
        form.save().action_refund()
        self._run_collection()
        note = invoice.reversal_move_ids
        self.assertEqual(note.amount_total, 23)
        self.assertEqual(note.refund_state, "done")
        self.assertEqual(Form(note.with_user(self.clerk)).refund_reason_id, self.reason)

    def test_a_user_without_accounting_refunds_nothing(self):
        invoice = self._charge()
        with self.assertRaises(AccessError):
            self._open(invoice.with_user(self.user).action_refund(), self.user)

    def test_an_amount_of_ones_own(self):
        invoice = self._charge()
        form = self._open(invoice.action_refund(), self.clerk)
        form.scope = "amount"
        form.amount = 12.34
        form.method = "credit"
        form.reason_id = self.reason
        form.save().action_refund()
        self.assertEqual(invoice.reversal_move_ids.amount_total, 12.34)

    def test_a_subscription_without_invoice_has_nothing_to_refund(self):
        subscription = self._create_subscription()
        with self.assertRaisesRegex(UserError, "no invoice that could be refunded"):
            subscription.action_refund()
