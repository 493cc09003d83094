"""Changes of running subscriptions: what they cost, when they hold, and once each."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_settlement import SettlementCase


class ChangeCase(SettlementCase):
    def _change(self, subscription, lines=(), **vals):
        """Prepare a change.

        :param lines: pairs of a running line, or None for a new one, and values
        """
        return self.env["subscription.change"].create(
            {
                "subscription_id": subscription.id,
                "line_ids": [
                    Command.create({"line_id": line and line.id, **line_vals})
                    for line, line_vals in lines
                ],
                **vals,
            }
        )

    def _get_mrr(self, subscription):
        """Return the MRR that the events add up to."""
        return sum(subscription.event_ids.mapped("mrr_delta"))


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestModify(ChangeCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 31}])
        self.line = self.subscription.line_ids
        self._pay(self._bill(self.subscription, "2026-05-01"))

    @freeze_time("2026-05-11")
    def test_more_units_are_billed_for_the_rest_of_the_period(self):
        change = self._change(self.subscription, [(self.line, {"quantity": 3})])
        change.action_confirm()
        self.assertEqual(change.state, "applied")
        self.assertEqual(self.subscription.mrr, 93)
        self.assertEqual(self._get_mrr(self.subscription), 93)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-21, 63, 93])

    @freeze_time("2026-05-11")
    def test_what_was_agreed_to_end_still_does_with_other_terms(self):
        self.line.date_end = date(2026, 6, 20)
        self._change(self.subscription, [(self.line, {"quantity": 2})]).action_confirm()
        running = self.subscription._get_running_lines()
        self.assertEqual(running.date_end, date(2026, 6, 20))

    @freeze_time("2026-05-11")
    def test_add_swap_and_remove(self):
        other = self.env["product.product"].create(
            {"name": "Monitoring", "type": "service", "list_price": 62}
        )
        added = self._change(self.subscription, [(None, {"product_id": other.id})])
        added.action_confirm()
        self.assertEqual(self.subscription.mrr, 93)
        swapped = self._change(
            self.subscription, [(self.line, {"product_id": other.id})]
        )
        self.assertEqual(swapped.line_ids.price_unit, 62)
        swapped.action_confirm()
        self.assertEqual(self.subscription.mrr, 124)
        running = self.subscription._get_running_lines()
        self._change(
            self.subscription, [(running[0], {"action": "remove"})]
        ).action_confirm()
        self.assertEqual(self.subscription.mrr, 62)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(invoice.amount_untaxed, -21 + 42 + 62)

    @freeze_time("2026-05-11")
    def test_an_upgrade_is_invoiced_at_once(self):
        self._change(
            self.subscription,
            [(self.line, {"price_unit": 62})],
            proration="invoice_now",
        ).action_confirm()
        invoice = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(self._get_amounts(invoice), [-21, 42])
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 62)

    @freeze_time("2026-05-11")
    def test_without_proration_the_next_period_has_the_new_price(self):
        self._change(
            self.subscription, [(self.line, {"price_unit": 62})], proration="none"
        ).action_confirm()
        self.assertEqual(self.subscription.mrr, 62)
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 62)

    @freeze_time("2026-05-11")
    def test_a_change_at_the_end_of_the_period_waits(self):
        change = self._change(
            self.subscription, [(self.line, {"price_unit": 62})], timing="period_end"
        )
        self.assertEqual(change.date, date(2026, 6, 1))
        change.action_confirm()
        self.assertEqual(change.state, "scheduled")
        self.assertEqual(self.subscription.change_count, 1)
        self.assertEqual(self.subscription.mrr, 31)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [62])
        self.assertEqual(change.state, "applied")
        self.assertEqual(self.subscription.mrr, 62)

    @freeze_time("2026-05-11")
    def test_a_scheduled_change_can_be_called_off(self):
        change = self._change(
            self.subscription, [(self.line, {"price_unit": 62})], timing="period_end"
        )
        change.action_confirm()
        change.action_cancel()
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 31)
        self.assertEqual(change.state, "cancelled")

    @freeze_time("2026-05-11")
    def test_a_scheduled_change_is_made_exactly_once(self):
        change = self._change(
            self.subscription,
            [(self.line, {"quantity": 2})],
            timing="date",
            date=date(2026, 5, 20),
        )
        change.action_confirm()
        with freeze_time("2026-05-25"):
            self._run_renewal()
            self._run_renewal()
            change.action_confirm()
        self.assertEqual(len(self.subscription.line_ids), 2)
        invoice = self._bill(self.subscription, "2026-06-01")
        # 12 of 31 days
        self.assertEqual(self._get_amounts(invoice), [-12, 24, 62])

    @freeze_time("2026-05-11")
    def test_a_change_before_a_period_that_is_billed_early(self):
        """Invoiced ten days ahead, the new period has the new price."""
        self.plan.billing_offset = 10
        self._change(
            self.subscription, [(self.line, {"price_unit": 62})], timing="period_end"
        ).action_confirm()
        invoice = self._bill(self.subscription, "2026-05-22")
        self.assertEqual(self._get_amounts(invoice), [62])

    @freeze_time("2026-05-25")
    def test_the_end_of_the_period_is_the_end_of_what_is_billed_ahead(self):
        self.plan.billing_offset = 10
        self._pay(self._bill(self.subscription, "2026-05-22"))
        change = self._change(
            self.subscription, [(self.line, {"price_unit": 62})], timing="period_end"
        )
        self.assertEqual(change.date, date(2026, 7, 1))

    @freeze_time("2026-05-11")
    def test_no_day_before_the_start_is_billed(self):
        change = self._change(
            self.subscription,
            [(self.line, {"quantity": 2})],
            timing="date",
            date=date(2026, 3, 1),
        )
        with self.assertRaisesRegex(UserError, "before 2026-05-01, the Start Date"):
            change.action_confirm()
        change.date = date(2026, 5, 1)
        change.action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-31, 62, 62])

    @freeze_time("2026-05-11")
    def test_no_day_that_was_billed_elsewhere_is_billed(self):
        """Taken over from May on; a change that holds since March bills May's part."""
        subscription = self._create_subscription(
            [{"price_unit": 31}],
            date_start=date(2025, 1, 1),
            date_next_invoice=date(2026, 5, 1),
        )
        self._pay(self._bill(subscription, "2026-05-11"))
        self._change(
            subscription,
            [(subscription.line_ids, {"quantity": 2})],
            timing="date",
            date=date(2026, 3, 1),
        ).action_confirm()
        invoice = self._bill(subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-31, 62, 62])

    def test_no_day_of_the_trial_is_billed(self):
        plan = self._create_plan(trial_days=14)
        subscription = self._create_subscription([{"price_unit": 31}], plan_id=plan.id)
        self._change(
            subscription, [(subscription.line_ids, {"quantity": 2})]
        ).action_confirm()
        invoice = self._bill(subscription, "2026-05-15")
        self.assertEqual(self._get_amounts(invoice), [62])

    @freeze_time("2026-05-16")
    def test_another_plan_from_today(self):
        """A year begins today; the rest of the month is given back."""
        year = self._create_plan(name="Yearly", interval_unit="year")
        self.env["subscription.price"].create(
            {
                "plan_id": year.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price_unit": 300,
            }
        )
        change = self._change(self.subscription, plan_id=year.id)
        change.action_confirm()
        self.assertEqual(self.subscription.plan_id, year)
        self.assertEqual(self.subscription.mrr, 25)
        invoice = self._bill(self.subscription, "2026-05-16")
        self.assertEqual(self._get_amounts(invoice), [-16, 300])
        self.assertEqual(self.subscription.date_next_invoice, date(2027, 5, 16))

    @freeze_time("2026-05-16")
    def test_another_plan_gives_lines_its_own_prices(self):
        gold, platinum = (self._create_plan(name=name) for name in ("Gold", "Platinum"))
        prices = self.env["subscription.price"].create(
            [
                {
                    "plan_id": plan.id,
                    "product_tmpl_id": self.product.product_tmpl_id.id,
                    "price_unit": price,
                    "included_quantity": included,
                }
                for plan, price, included in ((gold, 31, 0), (platinum, 62, 1))
            ]
        )
        subscription = self._create_subscription([{"quantity": 2}], plan_id=gold.id)
        self.assertEqual(subscription.line_ids.price_id, prices[0])
        self._pay(self._bill(subscription, "2026-05-16"))
        with freeze_time("2026-06-01"):
            self._change(subscription, plan_id=platinum.id).action_confirm()
        old, new = subscription.line_ids.sorted("id")
        self.assertEqual(old.price_id, prices[0])
        self.assertEqual(new.price_id, prices[1])
        self.assertEqual(subscription.mrr, 62)
        invoice = self._bill(subscription, "2026-06-16")
        self.assertEqual(self._get_amounts(invoice), [-30, 30, 62])

    @freeze_time("2026-05-16")
    def test_another_plan_at_the_end_of_the_period(self):
        year = self._create_plan(name="Yearly", interval_unit="year")
        self._change(
            self.subscription, plan_id=year.id, timing="period_end"
        ).action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [100])
        self.assertEqual(self.subscription.date_next_invoice, date(2027, 6, 1))

    @freeze_time("2026-05-16")
    def test_another_billing_day(self):
        """From the 1st to the 15th: 14 of the 31 days before the 15th (E5)."""
        self._change(self.subscription, date_anchor=date(2026, 6, 15)).action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(invoice.amount_untaxed, 14)
        self.assertEqual(self.subscription.date_next_invoice, date(2026, 6, 15))

    @freeze_time("2026-05-16")
    def test_another_payer(self):
        payer = self.env["res.partner"].create({"name": "Charles Babbage"})
        self._change(self.subscription, partner_invoice_id=payer.id).action_confirm()
        self.assertEqual(self._bill(self.subscription, "2026-06-01").partner_id, payer)

    @freeze_time("2026-05-11")
    def test_the_preview_is_what_is_billed(self):
        change = self._change(self.subscription, [(self.line, {"quantity": 3})])
        forecast = self.env["subscription.forecast"]._preview_change(change, count=3)
        self.assertEqual(change.state, "draft")
        self.assertEqual(self.subscription.mrr, 31)
        self.assertEqual(len(self.subscription.line_ids), 1)
        change.action_confirm()
        billed = [
            self._bill(self.subscription, day)
            for day in ("2026-06-01", "2026-07-01", "2026-08-01")
        ]
        self.assertEqual(
            [(each.date, each.amount_total) for each in forecast],
            [(move.invoice_date, move.amount_total) for move in billed],
        )
        self.assertEqual(
            [line.amount for line in forecast[0].lines], self._get_amounts(billed[0])
        )

    def test_two_changes_on_one_day_cost_the_same_in_any_order(self):
        totals = set()
        for first, second in ((2, 5), (5, 2)):
            subscription = self._create_subscription(
                [{"price_unit": 31}, {"price_unit": 62}], date_start=date(2026, 5, 1)
            )
            one, two = subscription.line_ids
            self._pay(self._bill(subscription, "2026-05-01"))
            with freeze_time("2026-05-11"):
                changes = {
                    2: self._change(subscription, [(one, {"quantity": 2})]),
                    5: self._change(subscription, [(two, {"quantity": 5})]),
                }
                changes[first].action_confirm()
                changes[second].action_confirm()
            totals.add(self._bill(subscription, "2026-06-01").amount_untaxed)
        self.assertEqual(len(totals), 1)

    @freeze_time("2026-05-11")
    def test_a_change_without_proration_stays_so_whatever_is_changed_after_it(self):
        """A later change gave back and billed the days of the one before it."""
        other = self._create_subscription(
            [{"price_unit": 31}, {"price_unit": 62}], date_start=date(2026, 5, 1)
        )
        other.action_bill_now()
        self._pay(other.invoice_ids)
        one, two = other.line_ids
        self._change(
            other, [(one, {"price_unit": 310})], proration="none"
        ).action_confirm()
        with freeze_time("2026-05-21"):
            self._change(other, [(two, {"quantity": 2})]).action_confirm()
        with freeze_time("2026-06-01"):
            other.action_bill_now()
        invoice = other.invoice_ids.sorted("id")[-1]
        self.assertEqual(sorted(self._get_amounts(invoice)), [-22, 44, 124, 310])

    @freeze_time("2026-05-11")
    def test_what_was_paid_before_a_change_without_proration_comes_back(self):
        """The days after the end at the price that was paid for them."""
        self._change(
            self.subscription, [(self.line, {"price_unit": 310})], proration="none"
        ).action_confirm()
        with freeze_time("2026-05-21"):
            self._change(
                self.subscription, kind="close", timing="now", is_credited=True
            ).action_confirm()
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 11))

    def test_a_removal_without_proration_ends_with_the_period(self):
        """In arrears what was removed is billed until then."""
        plan = self._create_plan(billing_timing="arrears")
        subscription = self._create_subscription(
            [{"price_unit": 31}, {"price_unit": 62}], plan_id=plan.id
        )
        with freeze_time("2026-05-11"):
            self._change(
                subscription,
                [
                    (subscription.line_ids[0], {"action": "remove"}),
                    (subscription.line_ids[1], {"quantity": 3}),
                ],
                proration="none",
            ).action_confirm()
        invoice = self._bill(subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [31, 62])
        invoice = self._bill(subscription, "2026-07-01")
        self.assertEqual(self._get_amounts(invoice), [186])

    @freeze_time("2026-05-11")
    def test_a_line_that_ends_on_a_date_still_does_after_a_change(self):
        self.line.date_end = date(2026, 6, 10)
        self._change(self.subscription, [(self.line, {"quantity": 2})]).action_confirm()
        self.assertEqual(
            self.subscription.line_ids.mapped("date_end"),
            [date(2026, 5, 10), date(2026, 6, 10)],
        )

    def test_revenue_in_arrears_follows_the_change(self):
        """It waited for the invoice of the days before the change."""
        plan = self._create_plan(billing_timing="arrears")
        subscription = self._create_subscription([{"price_unit": 31}], plan_id=plan.id)
        with freeze_time("2026-05-11"):
            self._change(
                subscription, [(subscription.line_ids, {"price_unit": 62})]
            ).action_confirm()
            self.assertEqual(subscription.mrr, 62)
            self.assertEqual(self._get_mrr(subscription), 62)

    @freeze_time("2026-05-11")
    def test_revenue_events_add_up_to_the_revenue(self):
        for quantity in (3, 1, 0, 2):
            line = self.subscription._get_running_lines()
            self._change(
                self.subscription, [(line, {"quantity": quantity})]
            ).action_confirm()
            self.assertEqual(self._get_mrr(self.subscription), self.subscription.mrr)
        self.assertEqual(
            self.subscription.event_ids.sorted("id").mapped("movement"),
            ["new", "expansion", "contraction", "churn", "reactivation"],
        )


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestPause(ChangeCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(self.subscription, "2026-05-01"))

    def _pause(self, day, **vals):
        with freeze_time(day):
            self._change(self.subscription, kind="pause", **vals).action_confirm()

    def _resume(self, day):
        with freeze_time(day):
            self.subscription.action_resume()

    def test_unserved_days_are_given_back_on_the_next_invoice(self):
        self._pause("2026-05-11")
        self.assertEqual(self.subscription.state, "paused")
        self.assertEqual(self.subscription.mrr, 0)
        self._resume("2026-05-21")
        self.assertEqual(self.subscription.mrr, 31)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-10, 31])

    def test_a_long_pause_bills_nothing_and_resumes_in_mid_period(self):
        self._pause("2026-05-11")
        self.assertFalse(self._bill(self.subscription, "2026-06-01"))
        self._resume("2026-06-16")
        invoice = self._bill(self.subscription, "2026-06-16")
        self.assertEqual(invoice.move_type, "out_refund")
        self.assertEqual(self._get_amounts(invoice), [21, -15.5])
        self.assertEqual(self.subscription.date_next_invoice, date(2026, 7, 1))

    def test_a_pause_until_a_date_ends_by_itself(self):
        self._pause("2026-05-11", date_resume=date(2026, 5, 21))
        with freeze_time("2026-05-21"):
            self._run_renewal()
        self.assertEqual(self.subscription.state, "active")
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_amounts(invoice), [-10, 31])

    def test_what_is_billed_can_stay_billed(self):
        self._pause("2026-05-11", pause_policy="keep")
        self._resume("2026-05-21")
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 31)

    def test_billing_can_go_on(self):
        self._pause("2026-05-11", pause_policy="bill")
        self.assertEqual(self.subscription.mrr, 31)
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 31)
        self._resume("2026-06-10")
        self.assertEqual(self._bill(self.subscription, "2026-07-01").amount_untaxed, 31)

    def test_days_before_a_pause_in_arrears_are_billed_when_it_begins(self):
        """They were passed over when it ended, also when it began on the same day."""
        plan = self._create_plan(billing_timing="arrears")
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id
        )
        self._pause("2026-05-11")
        self.assertEqual(self.subscription.invoice_ids.amount_untaxed, 10)
        self._resume("2026-05-11")
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 21)

    def test_paused_and_resumed_on_one_day_costs_nothing(self):
        self._pause("2026-05-11")
        self._resume("2026-05-11")
        self._pause("2026-05-11")
        self._resume("2026-05-11")
        self.assertEqual(
            self._get_amounts(self._bill(self.subscription, "2026-06-01")), [31]
        )


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestClose(ChangeCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(self.subscription, "2026-05-01"))
        self.reason = self.env.ref("subscription_billing.close_reason_price")

    def _close(self, day, **vals):
        with freeze_time(day):
            change = self._change(
                self.subscription,
                kind="close",
                close_reason_id=self.reason.id,
                **{"timing": "now", **vals},
            )
            change.action_confirm()
        return change

    def test_at_the_end_of_the_period(self):
        self._close("2026-05-11", timing="period_end")
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self.subscription.date_end, date(2026, 5, 31))
        self.assertFalse(self.subscription.date_next_invoice)
        self.assertFalse(self._bill(self.subscription, "2026-06-01"))
        self.assertRecordValues(
            self.subscription,
            [{"state": "closed", "close_reason_id": self.reason.id, "mrr": 0}],
        )

    def test_at_the_end_of_what_is_paid_ahead(self):
        self.plan.billing_offset = 10
        self._pay(self._bill(self.subscription, "2026-05-22"))
        self._close("2026-05-25", timing="period_end")
        self.assertEqual(self.subscription.date_end, date(2026, 6, 30))
        self._bill(self.subscription, "2026-06-30")
        self.assertEqual(self.subscription.state, "active")
        self._bill(self.subscription, "2026-07-01")
        self.assertEqual(self.subscription.state, "closed")

    def test_undone_before_it_takes_effect(self):
        change = self._close("2026-05-11", timing="period_end")
        change.action_cancel()
        self.assertFalse(self.subscription.date_end)
        self.assertEqual(self._bill(self.subscription, "2026-06-01").amount_untaxed, 31)

    def test_now_with_the_unserved_days_given_back(self):
        self._close("2026-05-11", is_credited=True)
        self.assertEqual(self.subscription.state, "closed")
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.amount_untaxed, 21)

    def test_on_the_first_day_everything_is_given_back(self):
        """It could not be closed: the first day of a new period came before its end."""
        self._close("2026-05-01", is_credited=True)
        self.assertEqual(self.subscription.state, "closed")
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 31))
        with freeze_time("2026-05-01"):
            self.subscription.action_reactivate()
        self.assertEqual(self._bill(self.subscription, "2026-05-01").amount_untaxed, 31)

    def test_before_the_first_day_everything_is_given_back(self):
        """Invoiced ten days ahead, and closed before it began."""
        plan = self._create_plan(billing_offset=10)
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id, date_start=date(2026, 5, 11)
        )
        self._bill(self.subscription, "2026-05-01")
        self._close("2026-05-05", is_credited=True)
        invoice, note = self.subscription.invoice_ids.sorted("id")
        self.assertEqual(note.amount_total, invoice.amount_total)
        self.assertEqual(self.subscription.state, "closed")

    def test_now_without_credit(self):
        self._close("2026-05-11")
        self.assertEqual(self.subscription.state, "closed")
        self.assertEqual(self.subscription.invoice_count, 1)

    def test_a_reactivation_bills_the_days_that_were_given_back(self):
        self._close("2026-05-11", is_credited=True)
        with freeze_time("2026-05-21"):
            self.subscription.action_reactivate()
        self.assertFalse(self.subscription.date_end)
        invoice = self._bill(self.subscription, "2026-05-21")
        self.assertEqual(invoice.amount_untaxed, 31)
        self.assertEqual(self.subscription.date_next_invoice, date(2026, 6, 21))

    def test_notice_and_commitment_are_kept(self):
        self.plan = self._create_plan(
            term_count=3,
            term_unit="month",
            notice_days=14,
            early_termination="refused",
        )
        self.subscription = self._create_subscription(plan_id=self.plan.id)
        with self.assertRaisesRegex(UserError, "2026-07-31 at the earliest"):
            self._close("2026-05-11")
        self.plan.early_termination = "allowed"
        with self.assertRaisesRegex(UserError, "2026-05-24 at the earliest"):
            self._close("2026-05-11")
        self._close("2026-05-11", timing="date", date=date(2026, 5, 25))

    def test_leaving_early_costs_a_fee(self):
        plan = self._create_plan(
            term_count=3,
            term_unit="month",
            early_termination="fee",
            early_fee_percent=50,
            early_fee_amount=10,
            early_fee_product_id=self.product.id,
        )
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id
        )
        self._bill(self.subscription, "2026-05-01")
        self._close("2026-06-01", timing="now")
        fee = self.subscription.invoice_ids.sorted("id")[-1]
        # Two of three months are left: half of 62, and 10.
        self.assertEqual(fee.amount_untaxed, 41)

    def test_the_fee_is_not_for_days_that_are_paid(self):
        """All in all it costs what the commitment would have, credited or not."""
        plan = self._create_plan(
            term_count=1,
            term_unit="year",
            early_termination="fee",
            early_fee_percent=100,
            early_fee_product_id=self.product.id,
        )
        subscriptions = self._create_subscriptions(2, plan_id=plan.id)
        self._pay(self._bill(subscriptions, "2026-05-01"))
        for self.subscription, is_credited in zip(
            subscriptions, (False, True), strict=True
        ):
            with self.subTest(is_credited=is_credited):
                self._close("2026-05-02", is_credited=is_credited)
                self.assertEqual(self.subscription.state, "closed")
                moves = self.subscription.invoice_ids
                self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 1200)

    def test_a_deposit_comes_back_with_the_last_invoice(self):
        account = self.env["account.account"].create(
            {
                "name": "Customer deposits",
                "code": "299900",
                "account_type": "liability_current",
            }
        )
        self.company.subscription_deposit_account_id = account
        self.env["subscription.item"].create(
            {
                "subscription_id": self.subscription.id,
                "product_id": self.product.id,
                "kind": "deposit",
                "price_unit": 200,
            }
        )
        self._pay(self._bill(self.subscription, "2026-06-01"))
        self._close("2026-06-10", timing="period_end")
        self._bill(self.subscription, "2026-07-01")
        note = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.amount_total, 200)
        lines = self.subscription.item_ids.move_line_id
        self.assertEqual(sum(lines.mapped("balance")), 0)

    def test_the_last_period_in_arrears_is_billed(self):
        plan = self._create_plan(billing_timing="arrears")
        self.subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id
        )
        self._close("2026-05-11")
        self.assertEqual(self.subscription.invoice_ids.amount_untaxed, 10)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestTrialAndTerm(ChangeCase):
    def test_a_trial_is_free_and_billing_starts_after_it(self):
        """Kill Bill: 30 days from 1 May 2012, then whole months (A33)."""
        plan = self._create_plan(trial_days=30)
        with freeze_time("2012-05-01"):
            subscription = self._create_subscription(
                [{"price_unit": 249.95}], plan_id=plan.id
            )
        self.assertEqual(subscription.state, "trial")
        self.assertEqual(subscription.mrr, 0)
        self.assertFalse(self._bill(subscription, "2012-05-30"))
        invoices = [
            self._bill(subscription, day)
            for day in ("2012-05-31", "2012-06-30", "2012-07-31")
        ]
        self.assertEqual([move.amount_untaxed for move in invoices], [249.95] * 3)
        self.assertEqual(subscription.date_next_invoice, date(2012, 8, 31))
        self.assertEqual(subscription.mrr, 249.95)

    def test_a_change_in_the_trial_bills_no_day_of_it(self):
        plan = self._create_plan(trial_days=10)
        subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=plan.id, date_start=date(2026, 5, 1)
        )
        with freeze_time("2026-05-05"):
            self._change(
                subscription, [(subscription.line_ids, {"price_unit": 62})]
            ).action_confirm()
        invoice = self._bill(subscription, "2026-05-11")
        self.assertEqual(self._get_amounts(invoice), [62])

    def test_a_change_on_the_day_on_which_a_trial_in_arrears_ends(self):
        """There is no day yet to settle."""
        plan = self._create_plan(trial_days=10, billing_timing="arrears")
        subscription = self._create_subscription([{"price_unit": 31}], plan_id=plan.id)
        for day in ("2026-05-05", "2026-05-11"):
            with freeze_time(day):
                self._run_renewal()
                line = subscription.line_ids.filtered(lambda line: not line.date_end)
                self._change(
                    subscription,
                    [(line, {"quantity": line.quantity + 1})],
                    proration="invoice_now",
                ).action_confirm()
        invoice = self._bill(subscription, "2026-06-11")
        self.assertEqual(self._get_amounts(invoice), [93])

    def test_a_trial_and_a_day_of_the_calendar(self):
        """Stripe: a free week from the 15th, prorated to the 1st, then months."""
        plan = self._create_plan(trial_days=7, anchor_mode="calendar", anchor_day=1)
        subscription = self._create_subscription(
            [{"price_unit": 310}], plan_id=plan.id, date_start=date(2026, 5, 15)
        )
        self.assertEqual(self._bill(subscription, "2026-05-22").amount_untaxed, 100)
        self.assertEqual(self._bill(subscription, "2026-06-01").amount_untaxed, 310)

    def test_a_trial_without_a_payment_method(self):
        for target in ("active", "paused", "closed"):
            with self.subTest(target):
                plan = self._create_plan(
                    trial_days=7,
                    collection_method="automatic",
                    trial_end_without_method=target,
                )
                subscription = self._create_subscription(plan_id=plan.id)
                self._bill(subscription, "2026-05-08")
                self.assertEqual(subscription.state, target)

    def test_a_trial_may_need_a_payment_method(self):
        plan = self._create_plan(
            trial_days=7, collection_method="automatic", is_trial_method_required=True
        )
        with self.assertRaisesRegex(UserError, "choose the Payment Method"):
            self._create_subscription(plan_id=plan.id)

    def test_a_subscription_closes_after_its_term(self):
        plan = self._create_plan(
            term_count=2, term_unit="month", term_end_action="close"
        )
        subscription = self._create_subscription(plan_id=plan.id)
        self.assertEqual(subscription.date_end, date(2026, 6, 30))
        self._bill(subscription, "2026-05-01")
        self._bill(subscription, "2026-06-01")
        self.assertFalse(self._bill(subscription, "2026-07-01"))
        self.assertEqual(subscription.state, "closed")
        self.assertEqual(subscription.invoice_count, 2)

    def test_a_commitment_is_renewed(self):
        plan = self._create_plan(
            term_count=2, term_unit="month", term_end_action="renew"
        )
        subscription = self._create_subscription(plan_id=plan.id)
        self._bill(subscription, "2026-11-15")
        self.assertEqual(subscription.date_term_start, date(2026, 11, 1))
        self.assertEqual(subscription.date_term_end, date(2026, 12, 31))

    def test_a_past_start_can_be_billed_or_skipped(self):
        billed = self._create_subscription(date_start=date(2026, 3, 10))
        skipped = self._create_subscription(
            [{"price_unit": 300}], date_start=date(2026, 3, 10), backdating="skip"
        )
        self._run_renewal()
        self.assertEqual(billed.invoice_count, 2)
        self.assertEqual(skipped.invoice_ids.amount_untaxed, 90)  # 9 of 30 days
        self.assertEqual(skipped.date_next_invoice, date(2026, 5, 10))
