"""Included services: what is granted, used, left, and what more costs, to the cent."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .test_settlement import SettlementCase


class EntitlementCase(SettlementCase):
    """A plan with the product Maintenance that includes visits and support.

    Four visits a quarter, no more; ten hours of support a quarter, then 80 an hour.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit, cls.support = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "service",
                    "taxes_id": [Command.set(cls.tax.ids)],
                }
                for name in ("Visit", "Support")
            ]
        )
        cls.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        cls.visits = cls._include(cls.visit, quantity=4)
        cls.hours = cls._include(
            cls.support, quantity=10, overage="billed", overage_price=80
        )

    @classmethod
    def _include(cls, product, plan=None, **vals):
        """Include a service in a plan, for each quarter."""
        return cls._include_service(plan or cls.plan, product, **vals)

    @classmethod
    def _get(cls, subscription, product):
        """Return the entitlement of a subscription to a service, the last one."""
        return subscription.entitlement_ids.filtered(
            lambda each: each.product_id == product
        ).sorted("id")[-1:]

    @classmethod
    def _use(cls, entitlement, quantity=1, **vals):
        """Record a use, today by default."""
        return cls._use_service(entitlement, quantity, **vals)

    def _get_figures(self, entitlement):
        """Return what the running period grants, carries in, uses and leaves."""
        entitlement.invalidate_recordset()
        return [
            entitlement.quantity_granted,
            entitlement.quantity_carried,
            entitlement.quantity_used,
            entitlement.quantity_left,
        ]


# === WHAT A SUBSCRIPTION INCLUDES === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestTerms(EntitlementCase):
    def test_a_confirmed_subscription_has_what_its_plan_includes(self):
        draft = self._create_subscription(state="draft")
        self.assertFalse(draft.entitlement_ids)
        draft.action_confirm()
        self.assertRecordValues(
            draft.entitlement_ids,
            [
                {
                    "name": "Visit",
                    "quantity": 4,
                    "plan_id": self.plan.id,
                    "date_start": date(2026, 5, 1),
                    "date_anchor": date(2026, 5, 1),
                    "date_period_last": date(2026, 7, 31),
                    "quantity_left": 4,
                    "availability": "available",
                },
                {
                    "name": "Support",
                    "quantity": 10,
                    "plan_id": self.plan.id,
                    "date_start": date(2026, 5, 1),
                    "date_anchor": date(2026, 5, 1),
                    "date_period_last": date(2026, 7, 31),
                    "quantity_left": 10,
                    "availability": "available",
                },
            ],
        )

    def test_the_terms_of_running_customers_are_kept(self):
        old = self._get(self._create_subscription(), self.support)
        self.hours.write({"quantity": 2, "overage_price": 120})
        self._include(self.product, quantity=1)
        new = self._get(self._create_subscription(), self.support)
        self.assertEqual((old.quantity, old.overage_price), (10, 80))
        self.assertEqual((new.quantity, new.overage_price), (2, 120))
        self.assertEqual(len(old.subscription_id.entitlement_ids), 2)
        self.assertEqual(len(new.subscription_id.entitlement_ids), 3)

    def test_the_terms_are_written_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.visits.with_context(lang="fr_FR").name = "Visite"
        self.partner.lang = "fr_FR"
        self.assertEqual(
            self._get(self._create_subscription(), self.visit).name, "Visite"
        )

    def test_a_price_beyond_is_in_the_currency_of_the_subscription(self):
        franc = self.env.ref("base.CHF")
        franc.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": franc.id, "rate": 2, "name": "2026-01-01"}
        )
        subscription = self._create_subscription(currency_id=franc.id)
        self.assertEqual(self._get(subscription, self.support).overage_price, 160)

    def test_periods_count_from_billing_or_from_the_first_day(self):
        self.hours.counted_from = "start"
        subscription = self._create_subscription(date_start=date(2026, 5, 20))
        visits = self._get(subscription, self.visit)
        hours = self._get(subscription, self.support)
        with freeze_time("2026-06-15"):
            self.assertEqual(visits.date_period_start, date(2026, 6, 1))
            self.assertEqual(hours.date_period_start, date(2026, 5, 20))
            self.assertEqual(hours.date_period_last, date(2026, 8, 19))

    def test_the_last_day_of_the_month_stays_the_last_day(self):
        self.plan.anchor_day = 31
        self.visits.write({"interval_unit": "month"})
        visits = self._get(
            self._create_subscription(date_start=date(2026, 2, 28)), self.visit
        )
        for day, start in (("2026-03-15", "2026-02-28"), ("2026-04-15", "2026-03-31")):
            with freeze_time(day):
                visits.invalidate_recordset()
                self.assertEqual(str(visits.date_period_start), start)

    def test_a_first_part_is_granted_in_full_or_by_its_days(self):
        """From 17 May the quarter that began on 1 March has 15 of 92 days."""
        self.hours.partial_period = "prorated"
        self.visits.write({"partial_period": "prorated", "is_visit": True})
        with freeze_time("2026-05-17"):
            subscription = self._create_subscription()
            visits = self._get(subscription, self.visit)
            hours = self._get(subscription, self.support)
            for each in (visits, hours):
                each.sudo().date_anchor = date(2026, 3, 1)
            self.assertEqual(hours.quantity_granted, 1.63)  # 10 × 15/92
            self.assertEqual(visits.quantity_granted, 1)  # 4 × 15/92 = 0.65 visits
            hours.partial_period = "full"
            self.assertEqual(hours.quantity_granted, 10)

    def test_who_is_taken_over_has_the_whole_period_that_runs(self):
        self.hours.carry_over = "forever"
        subscription = self._create_subscription(
            date_start=date(2024, 1, 1), date_next_invoice=date(2026, 6, 1)
        )
        hours = self._get(subscription, self.support)
        self.assertEqual(self._get_figures(hours), [10, 0, 0, 10])
        self.assertEqual(hours.date_start, hours.date_period_start)

    def test_who_is_billed_for_the_past_has_its_allowance_too(self):
        self.hours.carry_over = "forever"
        subscription = self._create_subscription(date_start=date(2026, 1, 1))
        hours = self._get(subscription, self.support)
        self.assertEqual(self._get_figures(hours), [10, 10, 0, 20])

    def test_a_trial_includes_services_or_not(self):
        self.plan.trial_days = 14
        self.hours.is_in_trial = False
        subscription = self._create_subscription(date_start=date(2026, 5, 1))
        self.assertEqual(subscription.state, "trial")
        self.assertTrue(subscription._is_entitled(self.visit).is_entitled)
        answer = subscription._is_entitled(self.support)
        self.assertEqual(answer.reason, "not_started")
        with freeze_time("2026-05-15"):
            self._run_renewal()
            self.assertTrue(subscription._is_entitled(self.support).is_entitled)

    def test_each_unit_brings_its_own(self):
        self.hours.write(
            {"is_per_unit": True, "included_with_id": self.product.product_tmpl_id.id}
        )
        subscription = self._create_subscription([{"quantity": 2}, {"quantity": 1}])
        self.assertEqual(self._get(subscription, self.support).quantity_granted, 30)
        self.assertEqual(self._get(subscription, self.visit).quantity_granted, 4)

    def test_services_come_with_their_product(self):
        self.hours.included_with_id = self.visit.product_tmpl_id
        subscription = self._create_subscription()
        self.assertEqual(subscription.entitlement_ids.product_id, self.visit)

    def test_a_service_for_each_unit_says_of_what(self):
        with self.assertRaisesRegex(ValidationError, "Comes With"):
            self.hours.is_per_unit = True

    def test_an_administrator_adds_what_was_agreed_apart(self):
        subscription = self._create_subscription()
        form = Form(
            self.env["subscription.entitlement"].with_context(
                default_subscription_id=subscription.id
            )
        )
        form.product_id = self.product
        form.quantity = 2
        extra = form.save()
        self.assertFalse(extra.plan_id)
        self.assertEqual(extra.date_anchor, subscription.date_anchor)
        self.assertTrue(subscription._is_entitled(self.product).is_entitled)

    def test_an_entitlement_does_not_begin_before_the_subscription(self):
        with self.assertRaisesRegex(ValidationError, "must not be before"):
            self._get(self._create_subscription(), self.visit).date_start = date(
                2026, 4, 1
            )


# === RECORDING === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestRecording(EntitlementCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self.visit_right = self._get(self.subscription, self.visit)
        self.support_right = self._get(self.subscription, self.support)

    def test_uses_add_up(self):
        self._use(self.support_right, 2.5)
        consumption = self._use(self.support_right, 1, name="By telephone")
        self.assertEqual(self._get_figures(self.support_right), [10, 0, 3.5, 6.5])
        self.assertRecordValues(
            consumption,
            [
                {
                    "date": date(2026, 5, 1),
                    "user_id": self.env.uid,
                    "subscription_id": self.subscription.id,
                    "quantity_overage": 0,
                    "state": "recorded",
                }
            ],
        )

    def test_a_new_period_begins_anew(self):
        self._use(self.support_right, 8)
        with freeze_time("2026-08-01"):
            self.assertEqual(self._get_figures(self.support_right), [10, 0, 0, 10])

    def test_what_is_left_carries_over_with_a_cap(self):
        self.support_right.write({"carry_over": "periods", "carry_periods": 1})
        self._use(self.support_right, 4)
        with freeze_time("2026-08-01"):
            self.assertEqual(self._get_figures(self.support_right), [10, 6, 0, 16])
            self.support_right.sudo().carry_cap = 5
            self.assertEqual(self._get_figures(self.support_right), [10, 5, 0, 15])
        with freeze_time("2026-11-01"):
            self.assertEqual(self._get_figures(self.support_right), [10, 5, 0, 15])

    def test_nothing_is_recorded_beyond_without_a_price(self):
        self._use(self.visit_right, 3)
        with self.assertRaisesRegex(UserError, "1 of 4 .* from 05/01/2026 to 07/31"):
            self._use(self.visit_right, 2)
        self._use(self.visit_right)
        with self.assertRaisesRegex(UserError, "New Terms"):
            self._use(self.visit_right)
        self.assertEqual(self._get_figures(self.visit_right), [4, 0, 4, 0])

    def test_beyond_can_be_recorded_and_not_billed(self):
        self.visit_right.overage = "free"
        consumption = self._use(self.visit_right, 6)
        self.assertEqual(consumption.quantity_overage, 2)
        self.assertFalse(consumption.item_ids)
        answer = self.subscription._is_entitled(self.visit)
        self.assertEqual((answer.is_entitled, answer.left), (True, 0))

    def test_only_what_has_happened_while_it_was_served_is_recorded(self):
        for values, message in (
            ({"date": "2026-05-02"}, "must not be after today"),
            ({"date": "2026-04-30"}, "has not started"),
            ({"date": "tomorrow"}, "must be a date"),
            ({"quantity": 0}, "above 0"),
            ({"quantity": -1}, "above 0"),
            ({"quantity": "a lot"}, "must be a number"),
            ({"quantity": float("nan")}, "must be a number"),
            ({"quantity": float("inf")}, "must be a number"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, message):
                self._use(self.support_right, **values)

    def test_a_pause_is_no_time_for_uses(self):
        self._change(kind="pause").action_confirm()
        with self.assertRaisesRegex(UserError, "is paused"):
            self._use(self.support_right)
        with freeze_time("2026-05-10"):
            self.subscription.action_resume()
            self._use(self.support_right)
            with self.assertRaisesRegex(UserError, "is paused"):
                self._use(self.support_right, date="2026-05-05")

    def _change(self, **vals):
        return self.env["subscription.change"].create(
            {"subscription_id": self.subscription.id, **vals}
        )

    def test_consumption_is_kept(self):
        consumption = self._use(self.support_right)
        user = new_test_user(
            self.env, "keeper", groups="subscription_billing.group_subscription_manager"
        )
        with self.assertRaisesRegex(UserError, "Cancel it"):
            consumption.with_user(user).sudo(False).write({"quantity": 2})
        with self.assertRaisesRegex(UserError, "never deleted"):
            consumption.unlink()

    # === OVER THE API === #

    def _record(self, *vals_list):
        return self.env["subscription.consumption"].record(
            [{"entitlement_id": self.support_right.id, **vals} for vals in vals_list]
        )

    def test_a_client_may_send_a_use_as_often_as_it_likes(self):
        first = self._record({"key": "T-1", "quantity": 8})
        again = self._record(
            {"key": "T-1", "quantity": 8}, {"key": "T-2"}, {"key": "T-2"}, {}, {}
        )
        self.assertEqual(
            [each["result"] for each in again],
            ["duplicate", "recorded", "duplicate", "recorded", "recorded"],
        )
        self.assertEqual(again[0]["id"], first[0]["id"])
        self.assertEqual(again[1]["id"], again[2]["id"])
        self.assertEqual(again[-1]["quantity_overage"], 1)
        self.assertEqual(self._get_figures(self.support_right), [10, 0, 11, 0])

    def test_a_cancelled_use_is_not_recorded_again(self):
        result = self._record({"key": "T-1"})
        self.env["subscription.consumption"].browse(result[0]["id"]).action_cancel()
        self.assertEqual(self._record({"key": "T-1"})[0]["result"], "duplicate")

    def test_of_several_uses_all_are_recorded_or_none(self):
        with self.assertRaises(UserError), self.cr.savepoint():
            self._record({"quantity": 1}, {"quantity": -1})
        self.assertFalse(self.support_right.consumption_ids)

    def test_what_is_worked_out_is_not_taken_from_a_client(self):
        for name, value in (
            ("state", "cancelled"),
            ("quantity_overage", 0),
            ("user_id", 1),
            ("activity_id", 1),
            ("subscription_id", self.subscription.id),
        ):
            model = self.env["subscription.consumption"].with_user(
                self.env.ref("base.user_admin")
            )
            with self.subTest(name), self.assertRaisesRegex(UserError, "worked out"):
                model.create({"entitlement_id": self.support_right.id, name: value})
        for missing in ({}, {"entitlement_id": "1"}, {"entitlement_id": False}):
            with self.assertRaisesRegex(UserError, "Fill in Entitlement"):
                self.env["subscription.consumption"].record([missing])
        for nonsense in ({"entitlement_id": 1}, "all", ["all"], None):
            with self.assertRaisesRegex(UserError, "vals_list"):
                self.env["subscription.consumption"].record(nonsense)

    def test_many_uses_take_few_queries(self):
        self._record({"quantity": 0.01})
        self.env.invalidate_all()
        with self.assertQueryCount(30):
            self._record(*[{"quantity": 0.01}] * 20)
            self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(30):
            self._record(*[{"quantity": 0.01}] * 40)
            self.env.flush_all()

    # === THE DIALOG === #

    def test_the_dialog_says_what_it_costs_before_it_is_recorded(self):
        self._use(self.support_right, 9)
        action = self.subscription.action_record_use()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        form.entitlement_id = self.support_right
        form.quantity = 3
        self.assertEqual(form.quantity_left, 1)
        self.assertEqual(form.quantity_overage, 2)
        self.assertEqual(form.amount_overage, 160)
        self.assertFalse(form.error)
        form.name = "Boiler"
        form.save().action_record()
        consumption = self.support_right.consumption_ids.sorted("id")[-1]
        self.assertRecordValues(
            consumption,
            [
                {
                    "name": "Boiler",
                    "quantity": 3,
                    "quantity_overage": 2,
                    "amount_overage": 160,
                }
            ],
        )

    def test_the_dialog_says_why_not(self):
        action = self.visit_right.action_record()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        self.assertEqual(form.entitlement_id, self.visit_right)
        form.quantity = 5
        self.assertIn("more than what is left", form.error)
        with self.assertRaisesRegex(UserError, "more than what is left"):
            form.save().action_record()

    def test_the_dialog_opens_with_what_is_left(self):
        self._use(self.visit_right, 4)
        action = self.subscription.action_record_use()
        self.assertEqual(
            action["context"]["default_entitlement_id"], self.support_right.id
        )
        other = self._create_subscription(plan_id=self._create_plan().id)
        with self.assertRaisesRegex(UserError, "includes no services"):
            other.action_record_use()


# === BEYOND THE ALLOWANCE === #


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestOverage(EntitlementCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription()
        self.right = self._get(self.subscription, self.support)
        self._pay(self._bill(self.subscription, "2026-05-01"))

    @freeze_time("2026-05-11")
    def test_what_is_beyond_is_on_the_next_invoice(self):
        self._use(self.right, 9)
        consumption = self._use(self.right, 2.5, name="New thermostat")
        self.assertEqual(consumption.quantity_overage, 1.5)
        invoice = self._bill(self.subscription, "2026-06-01")
        line = invoice.invoice_line_ids.filtered(
            lambda line: line.product_id == self.support
        )
        self.assertRecordValues(
            line,
            [
                {
                    "name": "Support beyond the allowance, 05/11/2026\nNew thermostat",
                    "quantity": 1.5,
                    "price_unit": 80,
                    "price_subtotal": 120,
                    "tax_ids": self.tax.ids,
                }
            ],
        )
        self.assertEqual(invoice.amount_untaxed, 220)
        self.assertEqual(invoice.amount_total, 253)
        self.assertEqual(consumption.item_ids.move_id, invoice)
        self.assertEqual(
            self._bill(self.subscription, "2026-07-01").amount_untaxed, 100
        )

    @freeze_time("2026-05-11")
    def test_it_follows_the_analytic_account_of_the_package(self):
        account = self.env["account.analytic.account"].create(
            {
                "name": "Project",
                "plan_id": self.env["account.analytic.plan"].search([], limit=1).id,
            }
        )
        self.right.included_with_id = self.product.product_tmpl_id
        self.subscription.line_ids.analytic_distribution = {str(account.id): 100}
        consumption = self._use(self.right, 11)
        self.assertEqual(
            consumption.item_ids.analytic_distribution, {str(account.id): 100}
        )

    @freeze_time("2026-05-11")
    def test_a_pending_overage_goes_with_its_use(self):
        consumption = self._use(self.right, 12)
        self.assertEqual(consumption.item_ids.amount, 160)
        consumption.action_cancel()
        consumption.action_cancel()
        self.assertFalse(self.subscription.item_ids)
        self.assertRecordValues(
            consumption,
            [
                {
                    "state": "cancelled",
                    "cancel_user_id": self.env.uid,
                    "quantity": 12,
                    "quantity_overage": 0,
                }
            ],
        )
        self.assertEqual(self._get_figures(self.right), [10, 0, 0, 10])
        self.assertEqual(
            self._bill(self.subscription, "2026-06-01").amount_untaxed, 100
        )

    @freeze_time("2026-05-11")
    def test_a_use_taken_back_makes_later_ones_cheaper(self):
        first = self._use(self.right, 8)
        second = self._use(self.right, 3)
        third = self._use(self.right, 3)
        self.assertEqual((second.quantity_overage, third.quantity_overage), (1, 3))
        first.action_cancel()
        self.assertEqual((second.quantity_overage, third.quantity_overage), (0, 0))
        self.assertFalse(self.subscription.item_ids)
        self._use(self.right, 5)
        self.assertEqual(self.subscription.item_ids.quantity, 1)

    @freeze_time("2026-05-11")
    def test_a_pending_overage_is_reduced_by_the_part_that_falls_away(self):
        first = self._use(self.right, 2)
        second = self._use(self.right, 13)
        first.action_cancel()
        self.assertEqual(second.quantity_overage, 3)
        self.assertRecordValues(second.item_ids, [{"quantity": 3, "amount": 240}])

    @freeze_time("2026-05-11")
    def test_an_invoiced_overage_is_credited(self):
        consumption = self._use(self.right, 12)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(invoice.amount_untaxed, 260)
        self._pay(invoice)
        consumption.action_cancel()
        credit = consumption.item_ids - invoice.invoice_line_ids.subscription_item_ids
        self.assertRecordValues(
            credit,
            [
                {
                    "kind": "credit",
                    "quantity": 2,
                    "amount": -160,
                    "tax_ids": self.tax.ids,
                    "origin_id": consumption.item_ids[0].id,
                }
            ],
        )
        self.assertEqual(consumption.amount_overage, 0)
        following = self._bill(self.subscription, "2026-07-01")
        self.assertEqual(following.move_type, "out_refund")
        self.assertEqual(following.amount_untaxed, 60)

    @freeze_time("2026-05-11")
    def test_of_an_invoiced_overage_a_part_is_credited_as_it_was_billed(self):
        first = self._use(self.right, 1)
        second = self._use(self.right, 12)
        self._pay(self._bill(self.subscription, "2026-06-01"))
        self.right.overage_price = 500
        first.action_cancel()
        self.assertEqual(second.quantity_overage, 2)
        self.assertEqual(second.item_ids.mapped("amount"), [240, -80])
        second.action_cancel()
        self.assertEqual(second.item_ids.mapped("amount"), [240, -80, -160])

    @freeze_time("2026-05-11")
    def test_an_unpaid_overage_is_credited_to_its_invoice(self):
        consumption = self._use(self.right, 12)
        invoice = self._bill(self.subscription, "2026-06-01")
        consumption.action_cancel()
        documents = self._bill(self.subscription, "2026-07-01")
        note = documents.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertEqual(note.amount_untaxed, 160)
        self.assertEqual(invoice.amount_residual, 115)

    @freeze_time("2026-05-11")
    def test_nothing_is_credited_of_an_invoice_that_was_reversed(self):
        consumption = self._use(self.right, 12)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).refund_moves()
        invoice.reversal_move_ids.action_post()
        consumption.action_cancel()
        self.assertFalse(self.subscription.pending_item_ids)

    @freeze_time("2026-08-03")
    def test_a_late_use_counts_on_its_own_day(self):
        """What it takes from what was carried over is beyond the allowance now."""
        self.right.write({"carry_over": "periods", "carry_periods": 1})
        self._use(self.right, 4, date="2026-07-31")
        self._use(self.right, 16)
        late = self._use(self.right, 1, date="2026-06-01")
        self.assertEqual(late.quantity_overage, 1)
        late.action_cancel()
        self.assertFalse(self.subscription.item_ids)

    @freeze_time("2026-05-11")
    def test_a_waived_overage_is_not_billed(self):
        consumption = self._use(self.right, 12)
        consumption.item_ids.unlink()
        self.assertEqual(
            self._bill(self.subscription, "2026-06-01").amount_untaxed, 100
        )
        consumption.action_cancel()
        self.assertFalse(self.subscription.item_ids)

    @freeze_time("2026-05-11")
    def test_an_overage_is_on_the_last_invoice(self):
        self._use(self.right, 12)
        self._close(self.subscription)
        last = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(last.amount_untaxed, 160)

    @freeze_time("2026-05-11")
    def test_what_is_taken_back_after_the_end_is_credited_at_once(self):
        consumption = self._use(self.right, 12)
        self._close(self.subscription)
        last = self.subscription.invoice_ids.sorted("id")[-1]
        self._pay(last)
        with freeze_time("2026-06-20"):
            consumption.action_cancel()
            late = self._use(self.right, 13, date="2026-05-10")
        note, invoice = self.subscription.invoice_ids.sorted("id")[-2:]
        self.assertEqual(note.amount_untaxed_signed, -160)
        self.assertEqual(late.item_ids.move_id, invoice)
        self.assertEqual(invoice.amount_untaxed, 240)

    def _close(self, subscription):
        self.env["subscription.change"].create(
            {"subscription_id": subscription.id, "kind": "close", "timing": "now"}
        ).action_confirm()
        self.assertEqual(subscription.state, "closed")

    def test_the_invoiced_overage_is_what_the_preview_showed(self):
        with freeze_time("2026-05-11"):
            self._use(self.right, 12)
            preview = self.env["subscription.forecast"]._preview(
                self.subscription, count=1
            )
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(preview[0].amount_total, invoice.amount_total)
