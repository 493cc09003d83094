"""What is billed follows what is served: stubs, changes, pauses, credits, items."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


class SettlementCase(SubscriptionCommon):
    def _bill(self, subscription, day):
        """Run the renewal on ``day``; return the documents it made."""
        before = subscription.invoice_ids
        with freeze_time(day):
            self._run_renewal()
        return (subscription.invoice_ids - before).sorted("id")

    def _get_amounts(self, move):
        """Return the untaxed amounts of the lines of a document, in order."""
        return move.invoice_line_ids.mapped("price_subtotal")

    def _pay(self, invoices):
        for invoice in invoices:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({})._create_payments()


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestCalendar(SettlementCase):
    def test_a_first_period_reaches_the_day_of_the_calendar(self):
        """Odoo's documentation: bought on 15 July, billed 15 to 31 July (E24)."""
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        subscription = self._create_subscription(
            [{"price_unit": 310}], date_start=date(2026, 7, 15)
        )
        self.assertEqual(self._bill(subscription, "2026-07-15").amount_untaxed, 170)
        self.assertEqual(self._bill(subscription, "2026-08-01").amount_untaxed, 310)
        self.assertEqual(
            subscription.period_ids.sorted("date_start").mapped("date_last"),
            [date(2026, 7, 31), date(2026, 8, 31)],
        )

    def test_a_first_period_can_be_free_or_full(self):
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        for first_period, amount in (("free", 0), ("full", 310)):
            with self.subTest(first_period):
                self.plan.first_period = first_period
                subscription = self._create_subscription(
                    [{"price_unit": 310}], date_start=date(2026, 7, 15)
                )
                billed = self._bill(subscription, "2026-07-15")
                self.assertEqual(sum(billed.mapped("amount_untaxed")), amount)
                self.assertEqual(subscription.date_next_period, date(2026, 8, 1))

    def test_a_first_period_that_is_billed_in_parts_costs_the_same(self):
        """Its first part alone was free, or cost the price of a whole period."""
        for first_period, amount in (
            ("free", 0),
            ("full", 310),
            ("prorated", 170),
        ):
            with self.subTest(first_period):
                plan = self._create_plan(
                    billing_timing="arrears",
                    anchor_mode="calendar",
                    anchor_day=1,
                    first_period=first_period,
                    is_zero_invoiced=True,
                )
                subscription = self._create_subscription(
                    [{"price_unit": 310}], plan_id=plan.id, date_start=date(2026, 5, 15)
                )
                line = subscription.line_ids
                line.copy(
                    {
                        "subscription_id": subscription.id,
                        "date_start": date(2026, 5, 20),
                    }
                )
                line.date_end = date(2026, 5, 19)
                billed = [
                    sum(self._bill(subscription, day).mapped("amount_untaxed"))
                    for day in ("2026-06-01", "2026-07-01")
                ]
                self.assertEqual(billed, [amount, 310])

    def test_the_last_day_of_the_month_stays_the_last_day(self):
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 31})
        subscription = self._create_subscription(date_start=date(2026, 2, 28))
        starts = []
        for day in ("2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"):
            starts.append(subscription.date_next_period)
            self._bill(subscription, day)
        self.assertEqual(
            starts,
            [
                date(2026, 2, 28),
                date(2026, 3, 31),
                date(2026, 4, 30),
                date(2026, 5, 31),
            ],
        )

    def test_a_quarter_on_a_weekday_or_month(self):
        plan = self._create_plan(
            interval_unit="quarter",
            anchor_mode="calendar",
            anchor_day=1,
            anchor_month="1",
        )
        subscription = self._create_subscription(
            plan_id=plan.id, date_start=date(2026, 5, 10)
        )
        subscription.action_bill_now()
        self.assertEqual(subscription.date_next_period, date(2026, 7, 1))

    def test_arrears_are_invoiced_after_the_period_with_an_offset(self):
        plan = self._create_plan(billing_timing="arrears", billing_offset=2)
        subscription = self._create_subscription(plan_id=plan.id)
        self.assertEqual(subscription.date_next_invoice, date(2026, 6, 3))
        self.assertFalse(self._bill(subscription, "2026-06-02"))
        invoice = self._bill(subscription, "2026-06-03")
        self.assertEqual(invoice.amount_untaxed, 100)
        self.assertEqual(subscription.period_ids.date_start, date(2026, 5, 1))

    def test_in_advance_with_days_before(self):
        plan = self._create_plan(billing_offset=10)
        subscription = self._create_subscription(
            plan_id=plan.id, date_start=date(2026, 5, 20)
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 5, 10))
        self.assertTrue(self._bill(subscription, "2026-05-10"))
        self.assertEqual(subscription.date_next_invoice, date(2026, 6, 10))

    def test_a_next_invoice_in_arrears_is_the_end_of_its_period(self):
        plan = self._create_plan(billing_timing="arrears")
        subscription = self._create_subscription(
            plan_id=plan.id,
            date_start=date(2025, 1, 15),
            date_next_invoice=date(2026, 5, 15),
        )
        self.assertEqual(subscription.date_next_period, date(2026, 4, 15))
        self._bill(subscription, "2026-05-15")
        self.assertEqual(subscription.period_ids.date_last, date(2026, 5, 14))

    def test_nothing_is_billed_after_the_end(self):
        subscription = self._create_subscription(
            [{"price_unit": 310}], date_end=date(2026, 5, 10)
        )
        self.assertEqual(self._bill(subscription, "2026-05-01").amount_untaxed, 100)
        self.assertFalse(subscription.date_next_invoice)
        self.assertFalse(self._bill(subscription, "2026-07-01"))


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestSettlement(SettlementCase):
    """E7 of the oracle cases: 249.95 to 599.95 on the fifth of a month."""

    def _upgrade(self, subscription, day, price_unit, **vals):
        """Replace the running line by one with another price from ``day`` on."""
        line = subscription.line_ids.filtered(lambda each: not each.date_end)
        new = line.copy(
            {
                "subscription_id": subscription.id,
                "date_start": day,
                "price_unit": price_unit,
                **vals,
            }
        )
        line._stop(day)
        subscription._mark_unsettled(day)
        return new

    def test_an_upgrade_is_credited_and_debited_with_the_next_invoice(self):
        subscription = self._create_subscription([{"price_unit": 249.95}])
        first = self._bill(subscription, "2026-05-01")
        self._pay(first)
        self._upgrade(subscription, date(2026, 5, 5), 599.95)
        invoice = self._bill(subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-217.70, 522.54, 599.95])
        self.assertEqual(invoice.amount_untaxed, 904.79)
        self.assertFalse(subscription.date_settle_from)
        self.assertEqual(
            self._get_amounts(self._bill(subscription, "2026-07-01")), [599.95]
        )

    def test_a_credit_is_the_line_it_reverses(self):
        """Its price, discount, tax and analytic, not those of today (#6)."""
        analytic = self.env["account.analytic.account"].create(
            {
                "name": "Project",
                "plan_id": self.env["account.analytic.plan"].search([], limit=1).id,
            }
        )
        subscription = self._create_subscription(
            [
                {
                    "price_unit": 31,
                    "quantity": 2,
                    "discount": 50,
                    "analytic_distribution": {str(analytic.id): 100},
                }
            ]
        )
        self._pay(self._bill(subscription, "2026-05-01"))
        other_tax = self.env["account.tax"].create({"name": "7 %", "amount": 7})
        new = self._upgrade(subscription, date(2026, 5, 11), 62, discount=0)
        new.tax_ids = other_tax
        subscription.line_ids.discount = 0
        invoice = self._bill(subscription, "2026-06-01")
        credit = invoice.invoice_line_ids[0]
        self.assertRecordValues(
            credit,
            [
                {
                    "quantity": -2,
                    "discount": 50,
                    "price_subtotal": -21,
                    "tax_ids": self.tax.ids,
                    "analytic_distribution": {str(analytic.id): 100},
                }
            ],
        )
        claim = credit.subscription_period_ids
        self.assertEqual(claim.kind, "credit")
        self.assertEqual(claim.amount, -21)
        self.assertEqual(claim.origin_id.amount, 31)

    def test_a_negative_sum_is_a_credit_note_that_pays_the_next_invoice(self):
        subscription = self._create_subscription([{"price_unit": 310}])
        self._pay(self._bill(subscription, "2026-05-01"))
        self._upgrade(subscription, date(2026, 5, 2), 1)
        note = self._bill(subscription, "2026-06-01")
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.amount_untaxed, 298.03)  # 300 - 30/31 - 1
        self.assertAlmostEqual(sum(subscription.period_ids.mapped("amount")), 11.97)
        self._upgrade(subscription, date(2026, 7, 1), 500)
        invoice = self._bill(subscription, "2026-07-01")
        self.assertEqual(invoice.amount_total, 575)
        self.assertAlmostEqual(invoice.amount_residual, 575 - note.amount_total)
        self.assertEqual(note.payment_state, "paid")

    def test_who_does_not_pay_for_an_upgrade_keeps_no_credit(self):
        """Upgrade, do not pay, downgrade, keep the credit: gives nothing."""
        subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(subscription, "2026-05-01"))
        self._upgrade(subscription, date(2026, 5, 11), 3100)
        settle = self.env["subscription.renewal"]._in_company(self.company)._settle
        upgrade = settle(subscription)
        self.assertEqual(self._get_amounts(upgrade), [-21, 2100])
        self._upgrade(subscription, date(2026, 5, 11), 31)
        documents = settle(subscription)
        note = documents.filtered(lambda m: m.move_type == "out_refund")
        self.assertEqual(note.reversed_entry_id, upgrade)
        self.assertEqual(note.amount_untaxed, 2100)
        self.assertEqual(upgrade.amount_residual, 0)
        self.assertEqual(
            sum(subscription.invoice_ids.mapped("amount_residual_signed")), 0
        )

    def test_two_changes_on_one_day_cost_what_the_last_one_costs(self):
        totals = []
        for prices in ([62, 93], [93, 62, 93], [93]):
            subscription = self._create_subscription([{"price_unit": 31}])
            self._pay(self._bill(subscription, "2026-05-01"))
            for price in prices:
                self._upgrade(subscription, date(2026, 5, 11), price)
            totals.append(self._bill(subscription, "2026-06-01").amount_untaxed)
        self.assertEqual(totals, [-21 + 63 + 93] * 3)

    def test_credits_never_exceed_what_was_billed(self):
        subscription = self._create_subscription([{"price_unit": 0.1}])
        self._pay(self._bill(subscription, "2026-05-01"))
        settle = self.env["subscription.renewal"]._in_company(self.company)._settle
        for day in (30, 20, 10, 1):
            subscription.line_ids.date_end = date(2026, 5, day)
            subscription._mark_unsettled(date(2026, 5, day + 1))
            settle(subscription)
        claim = subscription.period_ids.filtered(lambda p: p.kind == "recurring")
        self.assertLessEqual(claim._get_credited_amount(), claim.amount)
        self.assertEqual(claim.date_standing_end, date(2026, 5, 2))

    def test_a_pause_gives_back_the_days_without_service(self):
        """Kill Bill: suspended from 10 to 20 July, 249.95 a month (E18)."""
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 31})
        subscription = self._create_subscription(
            [{"price_unit": 249.95}], date_start=date(2012, 6, 30)
        )
        self._pay(self._bill(subscription, "2012-06-30"))
        self.env["subscription.pause"].create(
            {
                "subscription_id": subscription.id,
                "date_start": date(2012, 7, 10),
                "date_end": date(2012, 7, 20),
            }
        )
        subscription._mark_unsettled(date(2012, 7, 10))
        invoice = self._bill(subscription, "2012-07-31")
        self.assertEqual(self._get_amounts(invoice), [-80.63, 249.95])
        self.assertEqual(invoice.amount_untaxed, 169.32)

    def test_an_invoice_reversed_by_hand_is_not_given_back_again(self):
        subscription = self._create_subscription([{"price_unit": 310}])
        invoice = self._bill(subscription, "2026-05-01")
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).refund_moves()
        invoice.reversal_move_ids.action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        subscription.line_ids.date_end = date(2026, 5, 10)
        subscription._mark_unsettled(date(2026, 5, 11))
        settle = self.env["subscription.renewal"]._in_company(self.company)._settle
        self.assertFalse(settle(subscription))


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestItems(SettlementCase):
    def _add_item(self, subscription, **vals):
        return self.env["subscription.item"].create(
            {
                "subscription_id": subscription.id,
                "product_id": self.product.id,
                **vals,
            }
        )

    def test_a_set_up_fee_is_on_the_first_invoice_and_no_other(self):
        subscription = self._create_subscription()
        item = self._add_item(subscription, kind="setup", price_unit=50)
        first = self._bill(subscription, "2026-05-01")
        self.assertEqual(sorted(self._get_amounts(first)), [50, 100])
        self.assertEqual(item.move_id, first)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 100)

    def test_an_item_waits_for_its_day(self):
        subscription = self._create_subscription()
        self._add_item(
            subscription, kind="credit", price_unit=30, date=date(2026, 6, 1)
        )
        self.assertEqual(self._bill(subscription, "2026-05-01").amount_untaxed, 100)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 70)

    def test_an_item_waits_for_the_day_of_the_invoice_not_of_the_period(self):
        """Invoiced after its period, or weeks ahead of it, today decides."""
        arrears = self._create_plan(billing_timing="arrears")
        ahead = self._create_plan(billing_offset=20)
        subscription = self._create_subscription(plan_id=arrears.id)
        self._add_item(subscription, price_unit=50, date=date(2026, 5, 15))
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 150)
        subscription = self._create_subscription(
            plan_id=ahead.id, date_start=date(2026, 5, 21)
        )
        self._add_item(subscription, price_unit=50, date=date(2026, 5, 15))
        self.assertEqual(self._bill(subscription, "2026-05-01").amount_untaxed, 100)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 150)

    def test_an_invoiced_item_is_kept(self):
        subscription = self._create_subscription()
        item = self._add_item(subscription, price_unit=30)
        self._bill(subscription, "2026-05-01")
        with self.assertRaisesRegex(UserError, "is on the invoice"):
            item.price_unit = 20

    def test_a_deposit_is_a_liability(self):
        subscription = self._create_subscription()
        item = self._add_item(subscription, kind="deposit", price_unit=200)
        with self.assertRaisesRegex(UserError, "Customer Deposits Account"):
            subscription.action_bill_now()
        account = self.env["account.account"].create(
            {
                "name": "Customer deposits",
                "code": "299900",
                "account_type": "liability_current",
            }
        )
        self.company.subscription_deposit_account_id = account
        self._bill(subscription, "2026-05-01")
        self.assertEqual(item.move_line_id.account_id, account)
        self.assertEqual(item.move_line_id.balance, -200)
        self.assertFalse(item.move_line_id.tax_ids)
