"""The renewal run: what is due is billed, each period once.

What users of other systems complained of stands in ``test_complaints``.
"""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@tagged("standard", "post_install", "-at_install")
class TestRenewal(SubscriptionCommon):
    def _periods(self, subscription):
        """Return the billed spans of a subscription, oldest first."""
        return [
            (period.date_start, period.date_end)
            for period in subscription.period_ids.sorted("date_start")
        ]

    @freeze_time("2026-03-10")
    def test_a_due_subscription_becomes_a_posted_invoice(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        self.assertRecordValues(
            subscription.invoice_ids,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "invoice_date": date(2026, 3, 10),
                    "partner_id": self.partner.id,
                    "amount_untaxed": 100.0,
                    "amount_tax": 15.0,
                    "amount_total": 115.0,
                    "invoice_origin": subscription.name,
                    "collection_state": False,
                }
            ],
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 10))

    @freeze_time("2026-03-10")
    def test_the_invoice_line_says_which_period_it_bills(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        line = subscription.invoice_ids.invoice_line_ids
        self.assertEqual(line.name, "Maintenance\n03/10/2026 to 04/09/2026")
        self.assertRecordValues(
            line.subscription_period_ids,
            [
                {
                    "subscription_id": subscription.id,
                    "line_id": subscription.line_ids.id,
                    "date_start": date(2026, 3, 10),
                    "date_end": date(2026, 4, 10),
                    "date_last": date(2026, 4, 9),
                    "amount": 100.0,
                    "move_id": subscription.invoice_ids.id,
                }
            ],
        )

    @freeze_time("2026-03-10")
    def test_the_period_is_told_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        self.assertIn("10/03/2026", subscription.invoice_ids.invoice_line_ids.name)

    @freeze_time("2026-03-10")
    def test_running_again_creates_nothing(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        for _run in range(3):
            self._run_renewal()
        self.assertEqual(subscription.invoice_count, 1)

    @freeze_time("2026-03-10")
    def test_an_invoice_that_claims_a_period_cannot_be_deleted(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        invoice = subscription.invoice_ids
        invoice.button_draft()
        with self.assertRaisesRegex(UserError, "credit note instead"):
            invoice.invoice_line_ids.unlink()
        with self.assertRaisesRegex(UserError, "kept for good"):
            subscription.period_ids.unlink()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    @freeze_time("2026-03-10")
    def test_a_period_without_an_amount_is_claimed_and_not_invoiced(self):
        subscription = self._create_subscription(
            [{"price_unit": 0}], date_start=date(2026, 3, 10)
        )
        self._run_renewal()
        self.assertFalse(subscription.invoice_ids)
        self.assertEqual(
            self._periods(subscription), [(date(2026, 3, 10), date(2026, 4, 10))]
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 10))

    @freeze_time("2026-03-10")
    def test_a_free_period_is_told_in_the_chatter(self):
        subscription = self._create_subscription(
            [{"price_unit": 0}], date_start=date(2026, 3, 10)
        )
        self._run_renewal()
        self.assertIn("Nothing to invoice", subscription.message_ids[0].body)

    @freeze_time("2026-03-10")
    def test_the_claim_is_what_the_invoice_line_says(self):
        """Also where the company rounds the sum and not the lines."""
        self.company.tax_calculation_rounding_method = "round_globally"
        subscription = self._create_subscription(
            [{"quantity": 0.33, "price_unit": 10.1}] * 3, date_start=date(2026, 3, 10)
        )
        self._run_renewal()
        for period in subscription.period_ids:
            self.assertEqual(period.amount, period.move_line_id.price_subtotal)

    @freeze_time("2026-03-10")
    def test_a_line_is_billed_within_its_own_dates(self):
        subscription = self._create_subscription(
            [
                {"price_unit": 10},
                {"price_unit": 20, "date_start": date(2026, 4, 1)},
                {"price_unit": 40, "date_end": date(2026, 4, 9)},
            ],
            date_start=date(2026, 3, 10),
        )
        self._run_renewal()
        # 10 + 20 × 9/31 + 40
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 55.81)
        with freeze_time("2026-04-10"):
            self._run_renewal()
        self.assertEqual(sum(subscription.invoice_ids.mapped("amount_untaxed")), 85.81)

    @freeze_time("2026-03-10")
    def test_the_agreement_reaches_the_invoice(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "type": "invoice", "parent_id": self.partner.id}
        )
        term = self.env["account.payment.term"].create(
            {"name": "30", "line_ids": [(0, 0, {"nb_days": 30})]}
        )
        salesperson = self.env["res.users"].create({"name": "Bob", "login": "bob"})
        analytic_plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        account = self.env["account.analytic.account"].create(
            {"name": "North", "plan_id": analytic_plan.id}
        )
        subscription = self._create_subscription(
            [{"discount": 10, "analytic_distribution": {str(account.id): 100}}],
            date_start=date(2026, 3, 10),
            payment_term_id=term.id,
            user_id=salesperson.id,
            client_order_ref="PO 7",
            terms="<p>No refunds.</p>",
        )
        self._run_renewal()
        self.assertRecordValues(
            subscription.invoice_ids,
            [
                {
                    "partner_id": contact.id,
                    "partner_shipping_id": self.partner.id,
                    "invoice_payment_term_id": term.id,
                    "invoice_date_due": date(2026, 4, 9),
                    "invoice_user_id": salesperson.id,
                    "ref": "PO 7",
                    "amount_untaxed": 90.0,
                }
            ],
        )
        self.assertIn("No refunds.", subscription.invoice_ids.narration)
        line = subscription.invoice_ids.invoice_line_ids
        self.assertEqual(line.analytic_distribution, {str(account.id): 100})
        self.assertEqual(line.discount, 10)

    @freeze_time("2026-03-10")
    def test_the_fiscal_position_replaces_the_taxes(self):
        exempt = self.env["account.tax"].create(
            {"name": "0%", "amount": 0, "type_tax_use": "sale"}
        )
        position = self.env["account.fiscal.position"].create({"name": "Export"})
        exempt.write(
            {
                "fiscal_position_ids": [(4, position.id)],
                "original_tax_ids": [(4, self.tax.id)],
            }
        )
        self.partner.property_account_position_id = position
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        self.assertRecordValues(
            subscription.invoice_ids,
            [{"fiscal_position_id": position.id, "amount_total": 100.0}],
        )

    @freeze_time("2026-03-10")
    def test_a_price_including_tax_counts_without_it(self):
        self.tax.price_include_override = "tax_included"
        subscription = self._create_subscription(
            [{"price_unit": 115}], date_start=date(2026, 3, 10)
        )
        self._run_renewal()
        self.assertRecordValues(
            subscription, [{"amount_untaxed": 100, "amount_total": 115, "mrr": 100}]
        )
        self.assertEqual(subscription.invoice_ids.amount_total, 115)

    @freeze_time("2026-03-10")
    def test_the_plan_chooses_the_journal(self):
        journal = self.env["account.journal"].create(
            {"name": "Renewals", "code": "REN", "type": "sale"}
        )
        self.plan.journal_id = journal
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        self.assertEqual(subscription.invoice_ids.journal_id, journal)

    @freeze_time("2026-03-10 23:30:00")
    def test_a_day_begins_in_the_companys_time_zone(self):
        self.company.subscription_tz = "Pacific/Auckland"
        east = self._create_subscription(date_start=date(2026, 3, 11))
        self._run_renewal()
        self.assertEqual(east.invoice_ids.invoice_date, date(2026, 3, 11))
        self.company.subscription_tz = "America/Adak"
        west = self._create_subscription(date_start=date(2026, 3, 11))
        self._run_renewal()
        self.assertFalse(west.invoice_ids)

    @freeze_time("2026-03-10")
    def test_a_paused_draft_or_closed_subscription_is_not_billed(self):
        draft = self._create_subscription(state="draft", date_start=date(2026, 3, 10))
        paused = self._create_subscription(date_start=date(2026, 3, 10))
        paused._update_state("paused")
        closed = self._create_subscription(date_start=date(2026, 3, 10))
        closed._close()
        self._run_renewal()
        self.assertFalse((draft | paused | closed).invoice_ids)

    @freeze_time("2026-03-10")
    def test_a_past_due_subscription_is_still_billed(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        subscription._update_state("past_due")
        self._run_renewal()
        self.assertEqual(subscription.invoice_count, 1)

    @freeze_time("2026-03-10")
    def test_the_credit_note_of_an_invoice_is_found_from_the_subscription(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        invoice = subscription.invoice_ids
        credit_note = invoice._reverse_moves()
        self.assertEqual(credit_note.subscription_ids, subscription)
        self.env.invalidate_all()
        self.assertEqual(subscription.invoice_ids, invoice | credit_note)
        self.assertFalse(credit_note.subscription_period_ids)


@tagged("standard", "post_install", "-at_install")
class TestBillNow(SubscriptionCommon):
    @freeze_time("2026-03-10")
    def test_bill_now_bills_the_next_period_early(self):
        subscription = self._create_subscription(date_start=date(2026, 4, 1))
        action = subscription.action_bill_now()
        self.assertEqual(action["res_id"], subscription.invoice_ids.id)
        self.assertEqual(subscription.date_next_invoice, date(2026, 5, 1))

    @freeze_time("2026-03-10")
    def test_bill_now_catches_up(self):
        subscription = self._create_subscription(date_start=date(2026, 1, 10))
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_count, 3)
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 10))

    @freeze_time("2026-03-10")
    def test_a_draft_cannot_be_billed(self):
        subscription = self._create_subscription(state="draft")
        with self.assertRaisesRegex(UserError, "is not active"):
            subscription.action_bill_now()
