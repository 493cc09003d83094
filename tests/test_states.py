"""States, and the revenue events that their changes write."""

from datetime import date

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, mute_logger, tagged
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestStates(SubscriptionCommon):
    def test_a_person_signs_a_customer_up(self):
        with Form(self.env["subscription.subscription"]) as form:
            form.partner_id = self.partner
            form.plan_id = self.plan
            with form.line_ids.new() as line:
                line.product_id = self.product
                line.quantity = 2
        subscription = form.save()
        self.assertRecordValues(
            subscription,
            [{"state": "draft", "amount_untaxed": 200, "amount_total": 230, "mrr": 0}],
        )
        self.assertRegex(subscription.name, r"^SUB\d{5}$")
        subscription.action_confirm()
        self.assertRecordValues(
            subscription,
            [
                {
                    "state": "active",
                    "mrr": 200,
                    "date_next_invoice": date(2026, 3, 10),
                    "date_activation": date(2026, 3, 10),
                }
            ],
        )

    def test_a_subscription_without_lines_cannot_be_confirmed(self):
        subscription = self.env["subscription.subscription"].create(
            {"partner_id": self.partner.id, "plan_id": self.plan.id}
        )
        with self.assertRaisesRegex(UserError, "at least one line"):
            subscription.action_confirm()

    def test_an_illegal_move_is_refused_with_both_states_named(self):
        subscription = self._create_subscription()
        with self.assertRaisesRegex(UserError, "is Active and cannot become Suspended"):
            subscription._update_state("suspended")

    def test_an_update_to_the_same_state_changes_nothing(self):
        subscription = self._create_subscription()
        self.assertFalse(subscription._update_state("active"))
        self.assertEqual(len(subscription.event_ids), 1)

    def test_a_written_state_goes_through_the_same_gate(self):
        """Dragging a card in the kanban view writes the state."""
        subscription = self._create_subscription(state="draft")
        subscription.write({"state": "active"})
        self.assertEqual(subscription.date_next_invoice, date(2026, 3, 10))
        subscription.write({"state": "closed"})
        self.assertEqual(subscription.date_closed, date(2026, 3, 10))
        with self.assertRaisesRegex(UserError, "cannot be set to this status by hand"):
            subscription.write({"state": "paused"})

    def test_a_subscription_is_not_born_in_the_middle_of_its_life(self):
        with self.assertRaisesRegex(ValidationError, "not as Past Due"):
            self._create_subscription(state="past_due")

    def test_a_change_of_state_is_told_in_the_chatter(self):
        subscription = self._create_subscription()
        self.env.cr.flush()  # Odoo tracks nothing on what is being created
        subscription.with_context(tracking_disable=False)._close()
        self.env.cr.flush()
        self.env.invalidate_all()
        values = subscription.message_ids.tracking_value_ids
        states = values.filtered(lambda value: value.field_id.name == "state")
        self.assertEqual(
            (states.old_value_char, states.new_value_char), ("Active", "Closed")
        )

    def test_what_was_active_is_never_deleted(self):
        draft = self._create_subscription(state="draft")
        active = self._create_subscription()
        draft.unlink()
        with self.assertRaisesRegex(UserError, "Close it instead"):
            active.unlink()

    def test_a_billed_line_is_never_deleted(self):
        subscription = self._create_subscription()
        self._run_renewal()
        with self.assertRaisesRegex(UserError, "has been billed and is kept"):
            subscription.line_ids.unlink()

    def test_close_asks_for_the_reason_and_stops_billing(self):
        subscriptions = self._create_subscriptions(2)
        action = subscriptions.action_close()
        reason = self.env.ref("subscription_billing.close_reason_price")
        wizard = self._open_form(action)
        wizard.timing = "now"
        wizard.reason_id = reason
        wizard.note = "Half the price elsewhere"
        wizard.save().action_close()
        self.assertRecordValues(
            subscriptions,
            [
                {
                    "state": "closed",
                    "close_reason_id": reason.id,
                    "close_note": "Half the price elsewhere",
                    "date_closed": date(2026, 3, 10),
                    "mrr": 0,
                }
            ]
            * 2,
        )
        self._run_renewal()
        self.assertFalse(subscriptions.invoice_ids)

    def test_reactivation_does_not_bill_paid_days_again(self):
        subscription = self._create_subscription()
        self._run_renewal()
        subscription._close()
        with freeze_time("2026-03-20"):
            subscription.action_reactivate()
            self._run_renewal()
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 10))
        self.assertEqual(subscription.invoice_count, 1)
        self.assertFalse(subscription.close_reason_id)

    def test_reactivation_after_the_paid_days_starts_a_new_period_today(self):
        subscription = self._create_subscription()
        self._run_renewal()
        subscription._close()
        with freeze_time("2026-06-20"):
            subscription.action_reactivate()
            self._run_renewal()
        self.assertEqual(subscription.date_anchor, date(2026, 6, 20))
        self.assertEqual(subscription.date_next_invoice, date(2026, 7, 20))
        self.assertEqual(subscription.invoice_count, 2)

    def test_reactivation_respects_what_was_paid_elsewhere(self):
        subscription = self._create_subscription(
            date_start=date(2024, 1, 10), date_next_invoice=date(2027, 1, 10)
        )
        subscription._close()
        subscription.action_reactivate()
        self.assertEqual(subscription.date_next_invoice, date(2027, 1, 10))

    def test_reactivation_before_the_start_waits_for_the_start(self):
        subscription = self._create_subscription(date_start=date(2026, 4, 1))
        subscription._close()
        subscription.action_reactivate()
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 1))

    def test_a_closed_draft_without_lines_cannot_be_reactivated(self):
        draft = self.env["subscription.subscription"].create(
            {"partner_id": self.partner.id, "plan_id": self.plan.id}
        )
        draft._close()
        with self.assertRaisesRegex(UserError, "at least one line"):
            draft.action_reactivate()

    @mute_logger("odoo.sql_db")
    def test_nothing_is_billed_before_the_start(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_subscription(
                date_start=date(2026, 5, 1), date_next_invoice=date(2026, 4, 1)
            )

    def test_a_longer_commitment_on_the_plan_is_for_new_customers(self):
        self.plan.write({"term_count": 12, "term_unit": "month"})
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self.plan.term_count = 36
        self.assertEqual(subscription.date_term_end, date(2027, 3, 9))

    def test_a_line_stays_with_its_subscription(self):
        one, other = self._create_subscription(), self._create_subscription()
        with self.assertRaisesRegex(UserError, "stays with its subscription"):
            one.line_ids.subscription_id = other

    def test_a_policy_state_is_not_set_by_hand(self):
        subscription = self._create_subscription()
        with self.assertRaisesRegex(UserError, "by hand"):
            subscription.write({"state": "past_due"})

    def test_a_taken_over_book_is_not_billed_for_its_past(self):
        subscription = self._create_subscription(
            date_start=date(2024, 1, 31), date_next_invoice=date(2026, 3, 31)
        )
        self._run_renewal()
        self.assertFalse(subscription.invoice_ids)
        self.assertEqual(subscription.date_anchor, date(2024, 1, 31))
        with freeze_time("2026-04-30"):
            self._run_renewal()
        self.assertEqual(
            subscription.period_ids.sorted("date_start").mapped("date_start"),
            [date(2026, 3, 31), date(2026, 4, 30)],
        )

    def test_a_next_invoice_that_does_not_fit_the_start_becomes_the_anchor(self):
        subscription = self._create_subscription(
            date_start=date(2024, 1, 31), date_next_invoice=date(2026, 3, 15)
        )
        self.assertEqual(subscription.date_anchor, date(2026, 3, 15))

    def test_a_next_invoice_in_mid_period_is_refused_with_the_dates_that_fit(self):
        subscription = self._create_subscription(date_start=date(2026, 3, 1))
        with self.assertRaisesRegex(ValidationError, "2026-04-01 or 2026-05-01"):
            subscription.date_next_invoice = date(2026, 4, 15)

    def test_a_commitment_ends_on_its_last_day(self):
        plan = self._create_plan(term_count=36, term_unit="month")
        subscription = self._create_subscription(
            plan_id=plan.id, date_start=date(2026, 3, 10)
        )
        self.assertEqual(subscription.date_term_end, date(2029, 3, 9))

    def test_an_anchor_before_the_start_makes_the_first_period_shorter(self):
        subscription = self._create_subscription(
            date_start=date(2026, 3, 10), date_anchor=date(2026, 1, 1)
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 3, 10))
        subscription.action_bill_now()
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 1))
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 70.97)  # 22/31

    def test_the_billing_period_of_a_plan_in_use_is_kept(self):
        """Another one would bill days twice that the old periods have claimed."""
        subscription = self._create_subscription()
        subscription._close()
        with self.assertRaisesRegex(ValidationError, "Monthly: 1. Make a new plan"):
            self.plan.interval_unit = "year"
        self.plan.write({"interval_unit": "month", "name": "Same period"})

    def test_the_currency_of_what_was_active_is_kept(self):
        euro = self.env.ref("base.EUR")
        draft = self._create_subscription(state="draft")
        draft.currency_id = euro
        with self.assertRaisesRegex(ValidationError, "can no longer change"):
            self._create_subscription().currency_id = euro

    def test_a_copy_is_a_draft_that_starts_today(self):
        subscription = self._create_subscription(date_start=date(2024, 5, 31))
        self._run_renewal()
        copy = subscription.copy()
        self.assertRecordValues(
            copy,
            [
                {
                    "state": "draft",
                    "date_start": date(2026, 3, 10),
                    "date_anchor": date(2026, 3, 10),
                    "date_next_invoice": False,
                    "invoice_count": 0,
                    "amount_untaxed": 100,
                }
            ],
        )
        self.assertNotEqual(copy.name, subscription.name)

    def test_a_plan_change_of_an_active_subscription_keeps_its_terms(self):
        subscription = self._create_subscription(
            collection_method="automatic", terms="<p>Agreed</p>"
        )
        subscription.plan_id = self._create_plan(name="Other", terms="<p>New</p>")
        self.assertEqual(subscription.collection_method, "automatic")
        self.assertIn("Agreed", subscription.terms)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestRevenueEvents(SubscriptionCommon):
    def _movements(self, subscription):
        """Return what happened to the revenue, oldest first."""
        return [
            (event.movement, event.mrr_delta, event.mrr_after)
            for event in subscription.event_ids.sorted("id")
        ]

    def test_the_life_of_a_subscription_in_revenue(self):
        subscription = self._create_subscription()
        subscription.line_ids.price_unit = 120
        subscription.line_ids.quantity = 0.5
        subscription._close()
        subscription.action_reactivate()
        self.assertEqual(
            self._movements(subscription),
            [
                ("new", 100, 100),
                ("expansion", 20, 120),
                ("contraction", -60, 60),
                ("churn", -60, 0),
                ("reactivation", 60, 60),
            ],
        )

    def test_a_draft_has_no_revenue(self):
        subscription = self._create_subscription(state="draft")
        subscription.line_ids.price_unit = 7
        self.assertFalse(subscription.event_ids)

    def test_past_due_counts_and_paused_does_not(self):
        subscription = self._create_subscription()
        subscription._update_state("past_due")
        self.assertEqual(subscription.mrr, 100)
        self.assertEqual(self._movements(subscription)[-1], ("unchanged", 0, 100))
        subscription._update_state("active")
        subscription._update_state("paused")
        self.assertEqual(subscription.mrr, 0)
        self.assertEqual(self._movements(subscription)[-1], ("churn", -100, 0))

    def test_lines_added_and_removed_are_recorded(self):
        subscription = self._create_subscription()
        subscription.write(
            {
                "line_ids": [
                    Command.create({"product_id": self.product.id, "price_unit": 30})
                ]
            }
        )
        subscription.line_ids.filtered(lambda line: line.price_unit == 30).unlink()
        self.assertEqual(
            self._movements(subscription)[1:],
            [("expansion", 30, 130), ("contraction", -30, 100)],
        )

    def test_another_plan_changes_the_monthly_value(self):
        subscription = self._create_subscription()
        yearly = self._create_plan(interval_unit="year")
        subscription.plan_id = yearly
        self.assertEqual(
            self._movements(subscription)[1:], [("contraction", -91.67, 8.33)]
        )

    def test_an_event_is_a_fact_for_ever(self):
        event = self._create_subscription().event_ids
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            event.mrr_delta = 1
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            event.unlink()

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["price", "quantity", "pause", "resume", "close"]),
                st.integers(0, 5000),
            ),
            max_size=6,
        )
    )
    def test_movements_always_add_up_to_the_mrr(self, steps):
        """Property 5: the events between two dates are the difference of the MRR."""
        subscription = self._create_subscription()
        for step, number in steps:
            if step == "price":
                subscription.line_ids.price_unit = number / 100
            elif step == "quantity":
                subscription.line_ids.quantity = number
            elif step == "pause" and subscription.state == "active":
                subscription._update_state("paused")
            elif step == "resume":
                subscription._update_state("active")
            elif step == "close":
                subscription._close()
            total = sum(subscription.event_ids.mapped("mrr_delta"))
            self.assertAlmostEqual(total, subscription.mrr, places=2)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestPrices(SubscriptionCommon):
    def _create_price(self, **vals):
        """Create a price of the product on the monthly plan."""
        return self.env["subscription.price"].create(
            {
                "plan_id": self.plan.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price_unit": 80,
                **vals,
            }
        )

    def test_the_price_of_the_plan_comes_before_the_sales_price(self):
        self._create_price()
        self.assertEqual(self._create_subscription().line_ids.price_unit, 80)

    def test_the_price_of_a_variant_comes_before_that_of_the_product(self):
        self._create_price()
        self._create_price(product_id=self.product.id, price_unit=70)
        self.assertEqual(self._create_subscription().line_ids.price_unit, 70)

    def test_a_price_is_offered_between_its_dates(self):
        self._create_price(date_end=date(2026, 3, 9))
        self._create_price(price_unit=90, date_start=date(2026, 3, 10))
        self.assertEqual(self._create_subscription().line_ids.price_unit, 90)

    def test_another_currency_falls_back_to_the_sales_price(self):
        self._create_price()
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"}
        )
        subscription = self._create_subscription(currency_id=euro.id)
        self.assertEqual(subscription.line_ids.price_unit, 50)

    def test_two_prices_for_the_same_days_are_refused(self):
        self._create_price(date_end=date(2026, 3, 31))
        with self.assertRaisesRegex(ValidationError, "already has a price"):
            self._create_price(date_start=date(2026, 3, 31))

    def test_a_price_typed_by_hand_is_kept(self):
        self._create_price()
        subscription = self._create_subscription([{"price_unit": 12.5}])
        self.assertEqual(subscription.line_ids.price_unit, 12.5)
        subscription.line_ids.quantity = 3
        self.assertEqual(subscription.line_ids.price_unit, 12.5)

    def test_an_end_before_the_start_of_a_line_is_refused(self):
        line = {"date_start": "2026-03-02", "date_end": "2026-03-01"}
        with self.assertRaisesRegex(ValidationError, "Until 2026-03-01 of Maintenance"):
            self._create_subscription([line])

    def test_bad_numbers_are_refused_with_the_field(self):
        cases = {
            "Quantity": {"quantity": -1},
            "Disc.%": {"discount": 101},
        }
        for field, line in cases.items():
            with (
                self.subTest(field),
                self.assertRaisesRegex(Exception, "violates check constraint"),
                self.env.cr.savepoint(),
            ):
                self._create_subscription([line])

    def test_partner_and_product_count_their_subscriptions(self):
        contact = self.env["res.partner"].create(
            {"name": "Site", "parent_id": self.partner.id}
        )
        self._create_subscription()
        self._create_subscription(partner_id=contact.id)
        self._create_subscription()._close()
        self.assertRecordValues(
            self.partner | contact,
            [
                {"subscription_count": 2, "subscription_mrr": 200},
                {"subscription_count": 1, "subscription_mrr": 100},
            ],
        )
        self.assertEqual(self.product.product_tmpl_id.subscription_count, 2)
        self.assertEqual(self.plan.subscription_count, 2)
