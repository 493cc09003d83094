"""What a client can send that no button sends."""

from copy import deepcopy
from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.lifecycle import TRANSITIONS

from .test_changes import ChangeCase

#: what a client can put into the context of a call
CLIENT_KEYS = (
    {"subscription_batch": {}},
    {"subscription_batch": {"format": "0"}},
    {"subscription_collection": True},
    {"import_file": True},
    # Core's own, which leave an entry unbalanced.
    {"check_move_validity": False, "skip_invoice_sync": True},
)


@tagged("standard", "post_install", "-at_install")
class TestMisuse(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user, cls.employee, cls.accountant = (
            new_test_user(cls.env, f"misuse_{group}", groups=group)
            for group in (
                "subscription_billing.group_subscription_user",
                "base.group_user",
                "account.group_account_invoice",
            )
        )
        cls.subscription = cls._create_subscription()
        cls.subscription.action_bill_now()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # What is in the cache is not asked for: a client begins without one.
        self.env.invalidate_all()

    def test_people_set_no_state_but_those_of_the_buttons(self):
        subscription = self.subscription.with_user(self.user)
        for state in {*TRANSITIONS, "nonsense"} - {"active", "closed"}:
            with self.subTest(state=state), self.assertRaises(UserError):
                subscription.write({"state": state})
            self.assertEqual(subscription.state, "active")

    def test_no_default_or_copy_starts_in_the_middle_of_a_life(self):
        subscription = self.subscription.with_user(self.user)
        with self.assertRaises(ValidationError):
            subscription.copy({"state": "suspended"})
        self.assertEqual(
            subscription.with_context(default_state="closed").copy().state, "draft"
        )

    def test_a_line_changes_nothing_of_its_subscription(self):
        self.subscription.line_ids.with_user(self.user).write(
            {"state": "closed", "partner_id": self.employee.partner_id.id}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            self.subscription, [{"state": "active", "partner_id": self.partner.id}]
        )

    def test_nobody_sets_what_is_worked_out(self):
        """Else a client could write any revenue into the history."""
        subscription = self.subscription.with_user(self.user)
        for record, name in (
            (subscription, "mrr"),
            (subscription, "amount_total"),
            (subscription.line_ids, "mrr"),
            (subscription.line_ids, "price_subtotal"),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, "worked out"):
                record[name] = 1_000_000
        with self.assertRaisesRegex(UserError, "worked out"):
            subscription.create(
                self._prepare_subscription_vals(state="active", mrr=1_000_000)
            )
        self.assertEqual(subscription.event_ids.mapped("mrr_delta"), [100])

    def test_no_key_of_the_context_opens_the_books(self):
        for keys in deepcopy(CLIENT_KEYS):
            env = self.env(context=keys, user=self.user)
            for model in ("account.move", "account.payment"):
                with self.subTest(keys=keys), self.assertRaises(AccessError):
                    env[model].create({})
            self.env.invalidate_all()
            with self.subTest(keys=keys), self.assertRaises(AccessError):
                self.subscription.with_env(env(user=self.employee)).action_bill_now()

    def test_an_invoice_is_the_same_whatever_the_context_says(self):
        for keys in deepcopy(CLIENT_KEYS):
            with self.subTest(keys=keys):
                self._assert_billed_as_always(keys)

    def _assert_billed_as_always(self, keys):
        """Bill with ``keys`` in the context; check the invoice and its number."""
        before = self.subscription.invoice_ids
        self.subscription.with_user(self.user).with_context(**keys).action_bill_now()
        invoice = self.subscription.invoice_ids - before
        self.assertRecordValues(invoice, [{"state": "posted", "amount_total": 115}])
        self.assertEqual(sum(invoice.line_ids.mapped("balance")), 0)
        self.assertEqual(
            invoice.sequence_number, max(before.mapped("sequence_number")) + 1
        )
        self.assertIn(self.subscription.name, invoice.message_ids[:1].body)

    def test_a_payment_leaves_its_traces_whatever_the_context_says(self):
        """An accountant may charge a card by hand, and not in secret."""
        expected = None
        for keys in ({}, *deepcopy(CLIENT_KEYS[:-1])):
            traces = self._pay_by_hand(keys)
            expected = expected or traces
            with self.subTest(keys=keys):
                self.assertEqual(traces, expected)

    def _pay_by_hand(self, keys):
        """Charge an invoice with a saved method; return what can be seen of it."""
        subscription = self._create_subscription()
        subscription.action_bill_now()
        invoice = subscription.invoice_ids
        known = invoice.message_ids
        token = self._create_token()
        journal = token.provider_id.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == token.provider_id
        )
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=invoice.ids, **keys
        ).create(
            {
                "journal_id": journal.id,
                "payment_method_line_id": line.id,
                "payment_token_id": token.id,
            }
        ).action_create_payments()
        payment = invoice.matched_payment_ids
        return (
            invoice.payment_state,
            len(invoice.message_ids - known),
            payment.state,
            payment.move_id.state,
            sorted(payment.move_id.line_ids.mapped("balance")),
            payment.payment_transaction_id.state,
        )


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-02")
class TestAgreement(ChangeCase):
    """Nobody gets around notice and commitment by writing what buttons write."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user, cls.manager = (
            new_test_user(
                cls.env,
                f"agreement_{role}",
                groups=f"subscription_billing.group_subscription_{role}",
            )
            for role in ("user", "manager")
        )
        cls.committed = cls._create_plan(
            name="Committed",
            term_count=1,
            term_unit="year",
            early_termination="refused",
        )
        with freeze_time("2026-05-01"):
            cls.subscription = cls._create_subscription(
                [{"price_unit": 31}], plan_id=cls.committed.id
            )

    def setUp(self):
        super().setUp()
        self._pay(self._bill(self.subscription, "2026-05-01"))
        self._start_anew()

    def _start_anew(self):
        """Forget what is in the cache, as between two calls of a client."""
        self.env.flush_all()
        self.env.invalidate_all()

    def _change(self, subscription, lines=(), **vals):
        """Prepare a change as a plain user."""
        change = super()._change(subscription, lines, **vals)
        return change.with_user(self.user)

    def _prepare_close(self, day):
        return self._change(self.subscription, kind="close", timing="date", date=day)

    def test_only_the_runs_and_the_buttons_tell_what_happened(self):
        item = self.env["subscription.item"].create(
            {"subscription_id": self.subscription.id, "product_id": self.product.id}
        )
        change = self._prepare_close(date(2027, 6, 1))
        written = (
            (self.subscription, "billing_error", "Nothing", "Billing Error"),
            (self.subscription, "date_next_try", date(2999, 1, 1), "Next Try"),
            (self.subscription, "is_billed_in_pause", True, "Is Billed In Pause"),
            (self.subscription, "date_settle_from", False, "Date Settle From"),
            (change, "state", "scheduled", "Status"),
            (change, "date_applied", "2026-05-02 10:00:00", "Applied At"),
            (change, "error", "Nothing", "Error"),
            (change, "date_end_before", date(2999, 1, 1), "Date End Before"),
            (item, "move_line_id", self.subscription.invoice_ids.line_ids[0].id, "Inv"),
        )
        for person in (self.user, self.manager):
            for record, name, value, label in written:
                self._start_anew()
                with (
                    self.subTest(field=name, person=person.login),
                    self.assertRaisesRegex(UserError, f"cannot be written: {label}"),
                ):
                    record.with_user(person).write({name: value})

    def test_nothing_is_born_decided(self):
        Change = self.env["subscription.change"].with_user(self.user)
        vals = {
            "subscription_id": self.subscription.id,
            "kind": "close",
            "timing": "now",
        }
        with self.assertRaisesRegex(UserError, "written: Status. Confirm the change"):
            Change.create({**vals, "state": "scheduled"})
        change = Change.with_context(default_state="scheduled").create(vals)
        self.assertEqual(change.state, "draft")
        self._bill(self.subscription, "2026-05-03")
        self.assertEqual(self.subscription.state, "active")

    def test_what_was_agreed_is_changed_by_a_change(self):
        free = self._create_plan(name="Free to leave")
        values = {
            "name": "SUB/1",
            "date_start": "2026-04-01",
            "date_trial_end": "2026-06-01",
            "date_term_start": "2020-01-01",
            "partner_id": self.user.partner_id.id,
            "plan_id": free.id,
            "date_anchor": "2026-05-15",
            "anchor_day": 31,
            "date_end": "2026-05-02",
        }
        self.assertEqual(values.keys(), self.subscription._get_agreed_fields().keys())
        subscription = self.subscription.with_user(self.user)
        for name, value in values.items():
            self._start_anew()
            label = self.subscription._fields[name].string
            with (
                self.subTest(name),
                self.assertRaisesRegex(UserError, f"{label} of .* was agreed"),
            ):
                subscription.write({name: value})

    def test_what_is_agreed_already_can_be_sent_again(self):
        """An import that updates prices sends the other columns too."""
        self.subscription.with_user(self.user).write(
            {
                "plan_id": self.committed.id,
                "date_start": "2026-05-01",
                "date_end": False,
                "client_order_ref": "PO 77",
            }
        )
        self.assertEqual(self.subscription.client_order_ref, "PO 77")

    def test_an_administrator_corrects_what_was_agreed(self):
        self.subscription.with_user(self.manager).date_end = date(2026, 12, 31)
        self.assertEqual(self.subscription.date_end, date(2026, 12, 31))

    def test_a_draft_is_written_freely(self):
        with Form(self.env["subscription.subscription"].with_user(self.user)) as form:
            form.partner_id = self.partner
            form.plan_id = self.committed
            form.date_start = date(2026, 4, 1)
            form.date_end = date(2027, 12, 31)
            with form.line_ids.new() as line:
                line.product_id = self.product
        draft = form.save()
        draft.write({"date_end": "2027-06-30", "date_term_start": "2026-01-01"})
        draft.action_confirm()
        self.assertRecordValues(
            draft,
            [
                {
                    "state": "active",
                    "date_end": date(2027, 6, 30),
                    "date_term_end": date(2026, 12, 31),
                }
            ],
        )

    def test_a_written_state_asks_for_the_commitment_too(self):
        with self.assertRaisesRegex(UserError, "2027-04-30 at the earliest"):
            self.subscription.with_user(self.user).write({"state": "closed"})
        self.assertEqual(self.subscription.state, "active")

    def test_a_written_state_costs_what_the_button_costs(self):
        self.committed.write(
            {
                "early_termination": "fee",
                "early_fee_amount": 50,
                "early_fee_product_id": self.product.id,
            }
        )
        self.subscription.with_user(self.user).write({"state": "closed"})
        self.assertEqual(self.subscription.state, "closed")
        self.assertEqual(self.subscription.item_ids.price_unit, 50)

    def test_a_scheduled_change_is_kept_as_it_was_confirmed(self):
        line = (self.subscription.line_ids, {"quantity": 2})
        change = self._change(self.subscription, [line], timing="period_end")
        change.action_confirm()
        self.assertEqual(change.state, "scheduled")
        other = {"change_id": change.id, "product_id": self.product.id}
        attempts = (
            lambda: change.write({"date": date(2026, 5, 3)}),
            lambda: change.write({"line_ids": [Command.clear()]}),
            lambda: change.line_ids.write({"quantity": 0}),
            lambda: change.line_ids.unlink(),
            lambda: change.line_ids.create(other),
        )
        for attempt in attempts:
            self._start_anew()
            with self.assertRaisesRegex(UserError, "Call it off and prepare another"):
                attempt()
        change.action_cancel()
        with self.assertRaisesRegex(UserError, "is over and is kept as it was"):
            change.note = "Mine"

    def test_the_day_of_a_scheduled_close_stays(self):
        change = self._prepare_close(date(2027, 5, 1))
        change.action_confirm()
        with self.assertRaisesRegex(UserError, "is scheduled and cannot be edited"):
            change.date = date(2026, 5, 3)
        self._bill(self.subscription, "2026-05-03")
        self.assertEqual(self.subscription.state, "active")

    def test_a_user_presses_every_button(self):
        """What buttons write is not refused to those who may press them."""
        self.committed.write(
            {"early_termination": "allowed", "term_end_action": "close"}
        )
        subscription = self._create_subscription(
            [{"price_unit": 31}], plan_id=self.committed.id, state="draft"
        ).with_user(self.user)
        self._start_anew()
        subscription.action_confirm()
        subscription.action_bill_now()
        self.assertEqual(subscription.date_end, date(2027, 5, 1))
        subscription.date_next_invoice = date(2026, 7, 2)
        self._change(
            subscription, [(subscription.line_ids, {"quantity": 2})]
        ).action_confirm()
        self._change(subscription, plan_id=self.plan.id).action_confirm()
        subscription.action_undo_end()
        self._change(subscription, kind="pause").action_confirm()
        subscription.action_resume()
        close = self._change(subscription, kind="close", timing="period_end")
        close.action_confirm()
        self.assertTrue(subscription.date_end)
        subscription.action_undo_end()
        self.assertFalse(subscription.date_end)
        with freeze_time("2026-05-10"):
            self._change(subscription, kind="close", is_credited=True).action_confirm()
            self.assertEqual(subscription.state, "closed")
            subscription.action_reactivate()
        self.assertEqual(subscription.state, "active")
