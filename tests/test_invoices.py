"""What the documents are like: joined, paid by a parent, drafts, sent, of zero."""

from datetime import date

from freezegun import freeze_time
from odoo.tests import tagged

from .test_settlement import SettlementCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestConsolidation(SettlementCase):
    def setUp(self):
        super().setUp()
        self.partner.is_invoiced_together = True

    def test_one_invoice_for_all_that_is_due_on_a_day(self):
        subscriptions = self.env["subscription.subscription"]
        for reference in ("A", "B", "C"):
            subscriptions |= self._create_subscription(client_order_ref=reference)
        self._run_renewal()
        invoice = subscriptions.invoice_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual(len(invoice.invoice_line_ids), 3)
        self.assertEqual(invoice.ref, "A, B, C")
        self.assertEqual(invoice.subscription_ids, subscriptions)
        self.assertEqual(
            invoice.invoice_origin, ", ".join(subscriptions.mapped("name"))
        )

    def test_other_customers_have_an_invoice_each(self):
        self.partner.is_invoiced_together = False
        first, second = self._create_subscription(), self._create_subscription()
        self._run_renewal()
        self.assertNotEqual(first.invoice_ids, second.invoice_ids)

    def test_what_a_document_has_only_one_of_stays_apart(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        plan = self._create_plan(invoice_mode="draft")
        token = self._create_token()
        subscriptions = [
            self._create_subscription(),
            self._create_subscription(currency_id=euro.id),
            self._create_subscription(plan_id=plan.id),
            self._create_subscription(
                collection_method="automatic", payment_token_id=token.id
            ),
        ]
        self._run_renewal()
        moves = {subscription.invoice_ids.id for subscription in subscriptions}
        self.assertEqual(len(moves), 4)

    def test_chunks_do_not_part_what_belongs_together(self):
        strangers = self._create_subscriptions(3, date_start=date(2026, 5, 1))
        subscriptions = self.env["subscription.subscription"]
        for _each in range(3):
            subscriptions |= self._create_subscription()
        self.patch(type(self.env["subscription.renewal"]), "_chunk_size", 4)
        self._run_renewal()
        self.assertEqual(len(subscriptions.invoice_ids), 1)
        self.assertEqual(len(strangers.invoice_ids), 3)

    def test_each_subscription_keeps_its_claims(self):
        first = self._create_subscription([{"price_unit": 10}])
        second = self._create_subscription([{"price_unit": 20}])
        self._run_renewal()
        self._run_renewal()
        self.assertEqual(first.period_ids.amount, 10)
        self.assertEqual(second.period_ids.amount, 20)
        self.assertEqual(first.invoice_ids.amount_untaxed, 30)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestPayer(SettlementCase):
    def test_a_parent_company_pays_for_its_children(self):
        group, holding, shop = self.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Group", "Hold", "Shop")]
        )
        holding.write({"parent_id": group.id, "is_paid_by_parent": True})
        shop.write({"parent_id": holding.id, "is_paid_by_parent": True})
        clerk = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": shop.id, "type": "contact"}
        )
        accounts = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": group.id, "type": "invoice"}
        )
        subscription = self._create_subscription(partner_id=clerk.id)
        self.assertEqual(subscription.partner_invoice_id, accounts)
        shop.is_paid_by_parent = False
        subscription = self._create_subscription(partner_id=clerk.id)
        self.assertEqual(subscription.partner_invoice_id, clerk)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestInvoiceMode(SettlementCase):
    def test_a_draft_waits_for_review(self):
        self.plan.invoice_mode = "draft"
        subscription = self._create_subscription()
        self._run_renewal()
        self._run_renewal()
        self.assertEqual(subscription.invoice_ids.state, "draft")
        self.assertEqual(subscription.date_next_invoice, date(2026, 6, 1))
        subscription.invoice_ids.action_post()
        self.assertEqual(subscription.invoice_ids.state, "posted")

    def test_an_invoice_is_sent_by_the_queue(self):
        self.plan.invoice_mode = "send"
        subscription = self._create_subscription()
        self._run_renewal()
        invoice = subscription.invoice_ids
        self.assertEqual(invoice.state, "posted")
        self.assertTrue(invoice.is_being_sent)
        self.assertFalse(invoice.is_move_sent)

    def test_a_free_period_can_be_invoiced_at_zero(self):
        self.plan.is_zero_invoiced = True
        subscription = self._create_subscription([{"price_unit": 0}])
        self._run_renewal()
        self.assertEqual(subscription.invoice_ids.amount_total, 0)
        self.assertEqual(subscription.invoice_ids.payment_state, "paid")

    def test_a_credit_and_a_debit_of_the_same_amount_are_a_document(self):
        subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(subscription, "2026-05-01"))
        line = subscription.line_ids
        self.env["subscription.line"].create(
            {
                **line._prepare_successor_vals({"date_start": date(2026, 5, 11)}),
                "subscription_id": subscription.id,
            }
        )
        line._stop(date(2026, 5, 11))
        subscription._mark_unsettled(date(2026, 5, 11))
        settle = self.env["subscription.renewal"]._in_company(self.company)._settle
        document = settle(subscription)
        self.assertEqual(self._get_amounts(document), [-21, 21])
        self.assertEqual(document.amount_total, 0)
