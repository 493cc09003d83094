"""Recording usage: each event once, the bad ones apart, and why."""

import csv
import io
import json
import math
import re
from contextlib import contextmanager
from datetime import date, datetime
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.models import subscription_usage_record
from odoo.addons.subscription_billing.models.subscription_usage_refusal import REFUSALS
from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.metering import RefusalError

JANUARY = (date(2026, 1, 1), date(2026, 2, 1))


class UsageCase(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        frozen = freeze_time("2026-02-15 12:00:00")
        frozen.start()
        cls.addClassCleanup(frozen.stop)
        cls.meter = cls._create_meter()
        cls.subscription = cls._create_metered(
            cls.meter,
            date_start="2026-01-01",
            date_next_invoice="2026-03-01",
            client_order_ref="PO 77",
        )
        cls.line = cls.subscription.line_ids
        cls.Usage = cls.env["subscription.usage"]

    @classmethod
    def _claim(cls, line, date_start, date_end):
        """Claim the usage of days of a line, as the renewal does."""
        return cls.env["subscription.period"].create(
            {
                "line_id": line.id,
                "subscription_id": line.subscription_id.id,
                "company_id": line.company_id.id,
                "kind": "usage",
                "date_start": date_start,
                "date_end": date_end,
                "currency_id": line.currency_id.id,
            }
        )

    @contextmanager
    def _assert_unique(self, name):
        """Check that a unique index of the database refuses what is done."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(IntegrityError, name),
            self.env.cr.savepoint(),
        ):
            yield

    def _send(self, *events, **more):
        """Record events; return their results in one word each."""
        results = self._record(self.subscription, self.meter, *events, **more)
        return [result["result"] for result in results]

    def _get_reason(self, **event):
        """Record an event that is refused; return the reason."""
        (result,) = self._record(self.subscription, self.meter, event)
        self.assertEqual(result["result"], "refused", event)
        self.assertFalse(result["id"])
        return result["reason"]


@tagged("standard", "post_install", "-at_install")
class TestRecording(UsageCase):
    # === ACCEPTED === #

    def test_an_event_is_counted(self):
        (result,) = self.Usage.record(
            [
                {
                    "key": "a-1",
                    "meter": "calls",
                    "subscription": self.subscription.name,
                    "quantity": "2.5",
                    "time": "2026-02-01T10:30:00+01:00",
                    "properties": {"region": "north"},
                }
            ]
        )
        event = self.Usage.browse(result["id"])
        self.assertEqual(
            result,
            {"key": "a-1", "result": "accepted", "id": event.id, "reason": False},
        )
        self.assertRecordValues(
            event,
            [
                {
                    "subscription_id": self.subscription.id,
                    "meter_id": self.meter.id,
                    "company_id": self.company.id,
                    "key": "a-1",
                    "quantity": 2.5,
                    "time": datetime(2026, 2, 1, 9, 30),
                    "date": date(2026, 2, 1),
                    "properties": {"region": "north"},
                    "state": "accepted",
                    "period_id": False,
                    "create_uid": self.env.user.id,
                }
            ],
        )
        self.assertTrue(event.create_date, "when it was received")

    def test_one_event_may_come_without_a_list(self):
        event = {
            "key": "a",
            "meter": "calls",
            "subscription": self.subscription.id,
            "quantity": 1,
        }
        self.assertEqual(self.Usage.record(event)[0]["result"], "accepted")

    def test_a_subscription_is_named_by_number_id_or_reference(self):
        for name in (
            {"subscription": self.subscription.name},
            {"subscription": self.subscription.id},
            {"subscription": None, "reference": "PO 77"},
        ):
            (result,) = self._record(self.subscription, self.meter, name)
            event = self.Usage.browse(result["id"])
            self.assertEqual(event.subscription_id, self.subscription, name)

    def test_a_meter_is_named_by_code_or_id(self):
        self.assertEqual(self._send({"meter": self.meter.id}), ["accepted"])

    def test_a_reference_means_the_subscription_that_runs(self):
        closed = self.subscription.copy({"client_order_ref": "PO 77"})
        closed._update_state("closed")
        reference = {"subscription": None, "reference": "PO 77"}
        self.assertEqual(self._send(reference), ["accepted"])
        self._create_metered(
            self.meter, date_start="2026-01-01", client_order_ref="PO 77"
        )
        reason = self._get_reason(**reference)
        self.assertIn("reference: several subscriptions", reason)

    def test_an_event_counts_on_the_day_of_the_company(self):
        self.company.subscription_tz = "America/New_York"
        self._send({"time": "2026-02-01T03:00:00Z"})
        self.assertEqual(self.Usage.search([]).date, date(2026, 1, 31))

    def test_results_come_in_the_order_of_the_events(self):
        self._send({"key": "known"})
        words = self._send(
            {"key": "z"}, {"key": "known"}, {"quantity": "x"}, {"key": "b"}
        )
        self.assertEqual(words, ["accepted", "duplicate", "refused", "accepted"])
        keys = self.Usage.search([("state", "=", "accepted")], order="id")
        self.assertEqual(keys.mapped("key"), ["known", "z", "b"])

    def test_no_events_are_no_error(self):
        self.assertEqual(self.Usage.record([]), [])

    def test_what_is_no_list_or_too_long_is_refused_as_a_whole(self):
        for events in ("a", None, 5, [{}] * 10_001):
            with self.assertRaisesRegex(UserError, "at most 10000 events"):
                self.Usage.record(events)

    def test_a_batch_takes_as_many_queries_as_one_event(self):
        self._send({"key": "first"})
        # Subscriptions, meters, keys, lines, claims, ids and the rows themselves.
        with self.assertQueryCount(7):
            self._send_keys("one")
        with self.assertQueryCount(7):
            self._send_keys(*(f"many-{number}" for number in range(500)))

    def _send_keys(self, *keys):
        """Record events of which only the keys differ."""
        event = {"meter": "calls", "reference": "PO 77", "quantity": 1}
        return self.Usage.record([{"key": key, **event} for key in keys])

    # === DUPLICATES === #

    def test_a_duplicate_is_acknowledged_and_ignored(self):
        first = self._record(self.subscription, self.meter, {"key": "a"})[0]
        again = self._record(
            self.subscription, self.meter, {"key": "a", "quantity": 9}
        )[0]
        self.assertEqual(again["result"], "duplicate")
        self.assertEqual(again["id"], first["id"])
        self.assertEqual(self.Usage.search([]).mapped("quantity"), [1])

    def test_a_duplicate_in_one_batch_is_ignored(self):
        words = self._send({"key": "a"}, {"key": "b"}, {"key": "a", "quantity": 9})
        self.assertEqual(words, ["accepted", "accepted", "duplicate"])
        self.assertEqual(len(self.Usage.search([])), 2)

    def test_the_first_good_event_with_a_key_counts(self):
        words = self._send({"key": "a", "quantity": "x"}, {"key": "a", "quantity": 2})
        self.assertEqual(words, ["refused", "accepted"])

    def test_a_duplicate_is_acknowledged_whatever_has_come_since(self):
        """A client that got no answer asks again, however late."""
        self._send({"key": "a"})
        self._claim(self.line, date(2026, 1, 1), date(2026, 3, 1))
        self.meter.write({"late_rule": "refuse", "active": False})
        self.subscription._update_state("closed")
        self.assertEqual(self._send({"key": "a"}), ["duplicate"])

    def test_a_key_is_free_for_another_meter(self):
        other = self._create_meter(code="other")
        other_line = {"product_id": self.product.id, "meter_id": other.id}
        self.subscription.line_ids = [Command.create(other_line)]
        words = self._send({"key": "a"}, {"key": "a", "meter": "other"})
        self.assertEqual(words, ["accepted", "accepted"])

    def test_a_key_that_came_in_between_is_a_duplicate(self):
        """Two transactions look at the same moment, and both find nothing."""
        self._send({"key": "a"})
        find = type(self.Usage)._find_known
        found = [{}]
        with patch.object(
            type(self.Usage),
            "_find_known",
            lambda model, outcomes: found.pop() if found else find(model, outcomes),
        ):
            words = self._send({"key": "a"}, {"key": "b"}, {"key": "a"})
        self.assertEqual(words, ["duplicate", "accepted", "duplicate"])
        self.assertEqual(len(self.Usage.search([])), 2)

    def test_the_database_refuses_a_second_event_with_a_key(self):
        self._send({"key": "a"}, {"key": "b"})
        with self._assert_unique("subscription_usage_key_unique"):
            self.env.cr.execute("UPDATE subscription_usage SET key = 'a'")

    # === REFUSED === #

    def test_a_bad_event_loses_no_other(self):
        huge = 10**400
        bad = [
            "text", None, 7, [], {}, {"key": "k" * 10_000}, {"quantity": math.nan},
            {"quantity": huge}, {"quantity": "1e999"}, {"quantity": {}},
            {"key": "\0"}, {"key": "\ud800"}, {"meter": "\0"}, {"meter": 2**40},
            {"subscription": 2**40}, {"subscription": "no"}, {"reference": "a\0"},
            {"time": "never"}, {"time": 12}, {"properties": {"a": math.inf}},
            {"properties": "x"}, {"unknown": 1}, {"key": None}, {"key": ["a"]},
        ]  # fmt: skip
        good = {"meter": "calls", "subscription": self.subscription.name, "quantity": 1}
        events = []
        for number, each in enumerate(bad):
            is_event = isinstance(each, dict) and each
            events.append(
                {"key": f"bad-{number}", **good, **each} if is_event else each
            )
            events.append({"key": f"good-{number}", **good})
        results = self.Usage.record(events)
        words = [result["result"] for result in results]
        self.assertEqual(words, ["refused", "accepted"] * len(bad))
        self.assertTrue(all(result["reason"] for result in results[::2]))
        json.dumps(results)  # it goes over the wire
        refused = self.Usage.search([("state", "=", "refused")])
        self.assertEqual(len(refused), len(bad))

    def test_a_reason_names_the_field_and_the_fix(self):
        name = self.subscription.name
        for event, reason in (
            ({"key": ""}, "key: is missing"),
            ({"quantity": None}, "quantity: is missing"),
            ({"quantity": "x"}, "quantity: send a number, such as 2.5"),
            ({"amount": 1}, "event: there is no field 'amount'. Use key, meter,"),
            ({"meter": "sms"}, "meter: there is no meter sms. Send its code."),
            ({"subscription": "SUB"}, "subscription: there is no subscription SUB."),
            ({"time": "2026-02-15T12:06:00Z"}, "time: lies more than 5 minutes in"),
            ({"time": "2025-12-31T12:00:00Z"}, "time: on 2025-12-31 no line of"),
            ({"subscription": None}, "subscription: is missing"),
        ):
            self.assertIn(reason, self._get_reason(**event))
        self.line.unlink()
        self.assertIn(
            f"meter: no line of {name} is metered by calls", self._get_reason()
        )

    def test_every_reason_can_be_told(self):
        codes = {
            code
            for folder, name in (
                ("tools", "metering"),
                ("tools", "usage_event"),
                ("models", "subscription_usage_check"),
            )
            for code in self._find_refusals(f"subscription_billing/{folder}/{name}.py")
        }
        states = {f"{state}_subscription" for state in ("draft", "paused", "closed")}
        self.assertEqual(codes | states, set(REFUSALS))
        facts = dict.fromkeys(
            ("name", "fields", "limit", "minutes", "number", "day", "days"), "fact"
        )
        for code in REFUSALS:
            refusal = RefusalError(code, "quantity", **facts)
            text = self.Usage._get_refusal_text(refusal)
            self.assertTrue(text.startswith("quantity: "), text)

    def _find_refusals(self, path):
        """Return the codes with which a file refuses events."""
        with file_open(path) as file:
            return re.findall(r'RefusalError\(\s*"(\w+)"', file.read())

    def test_a_clock_may_be_a_little_ahead(self):
        self.assertEqual(self._send({"time": "2026-02-15T12:04:00Z"}), ["accepted"])

    def test_usage_is_counted_while_a_subscription_is_served(self):
        draft = self._create_metered(self.meter, state="draft")
        (result,) = self._record(draft, self.meter, {})
        self.assertIn("is a draft. Confirm it", result["reason"])
        for state, word in (
            ("past_due", "accepted"),
            ("suspended", "accepted"),
            ("active", "accepted"),
            ("paused", "refused"),
            ("active", "accepted"),
            ("closed", "refused"),
        ):
            self.subscription._update_state(state)
            self.assertEqual(self._send({}), [word], state)
        self.assertIn("is closed. Reactivate it", self._get_reason())

    def test_a_trial_is_counted(self):
        trial = self._create_metered(self.meter, state="draft", date_start="2026-02-01")
        trial._update_state("trial")
        self.assertEqual(self._record(trial, self.meter, {})[0]["result"], "accepted")

    def test_an_archived_meter_counts_no_more(self):
        self.meter.active = False
        self.assertIn("meter: calls is archived", self._get_reason())

    def test_another_company_is_unknown(self):
        other = self.env["res.company"].create({"name": "Other"})
        plan = self._create_plan(company_id=other.id)
        theirs = self._create_metered(self.meter, company_id=other.id, plan_id=plan.id)
        user = new_test_user(
            self.env, "reporter", "subscription_billing.group_subscription_usage"
        )
        for name in (theirs.name, theirs.id):
            (result,) = self.Usage.with_user(user).record(
                [{"key": "a", "meter": "calls", "subscription": name, "quantity": 1}]
            )
            self.assertIn("there is no subscription", result["reason"])

    def test_a_client_cannot_choose_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        plan = self._create_plan(company_id=other.id)
        theirs = self._create_metered(self.meter, company_id=other.id, plan_id=plan.id)
        user = new_test_user(
            self.env, "reporter", "subscription_billing.group_subscription_usage"
        )
        usage = self.Usage.with_user(user).with_context(allowed_company_ids=other.ids)
        event = {"key": "a", "meter": "calls", "subscription": theirs.id, "quantity": 1}
        with self.assertRaises(AccessError):
            usage.record([event])
        user.company_ids |= other
        (result,) = usage.record([event])
        self.assertEqual(result["result"], "accepted")

    def test_a_meter_of_another_company_is_unknown(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._create_meter(code="theirs", company_id=other.id)
        self.assertIn("there is no meter theirs", self._get_reason(meter="theirs"))

    def test_an_unknown_failure_is_not_hidden(self):
        """Only a refusal is about one event; all else is an error of ours."""
        with (
            patch.object(subscription_usage_record, "read_event", side_effect=KeyError),
            self.assertRaises(KeyError),
        ):
            self._send({})

    # === REFUSED EVENTS ARE KEPT === #

    def test_a_refused_event_is_kept_as_sent_and_holds_no_key(self):
        self.subscription._update_state("paused")
        reason = self._get_reason(key="a", quantity=3, properties={"region": "north"})
        refused = self.Usage.search([("state", "=", "refused")])
        self.assertRecordValues(
            refused,
            [
                {
                    "key": "a",
                    "quantity": 3,
                    "subscription_id": self.subscription.id,
                    "meter_id": self.meter.id,
                    "reason": reason,
                }
            ],
        )
        self.assertEqual(json.loads(refused.sent)["properties"], {"region": "north"})
        self.subscription._update_state("active")
        self.assertEqual(self._send({"key": "a"}), ["accepted"])

    def test_the_same_refusal_is_kept_once(self):
        for _ in range(3):
            self._get_reason(key="a", quantity="x")
        self.assertEqual(self.Usage.search_count([("state", "=", "refused")]), 1)
        self._get_reason(key="a", quantity="y")
        self.assertEqual(self.Usage.search_count([("state", "=", "refused")]), 2)

    def test_refused_events_are_forgotten_after_90_days(self):
        self._send({"key": "good"}, {"key": "bad", "quantity": "x"})
        self.env.cr.execute(
            "UPDATE subscription_usage SET create_date = '2025-11-17 11:00:00'"
        )
        self.env.invalidate_all()
        self.assertEqual(self.Usage._gc_refused(), (1, False))
        self.assertEqual(self.Usage.search([]).mapped("key"), ["good"])

    def test_a_draft_with_refused_events_can_be_deleted(self):
        draft = self._create_metered(self.meter, state="draft")
        self._record(draft, self.meter, {})
        draft.unlink()
        self.assertFalse(draft.exists())

    # === LATE EVENTS === #

    def test_a_late_event_waits_for_the_next_invoice_or_is_refused(self):
        self._claim(self.line, *JANUARY)
        late = {"time": "2026-01-31T23:59:59Z"}
        self.assertEqual(self._send(late), ["accepted"])
        self.meter.late_rule = "refuse"
        self.assertIn("time: 2026-01-31 has been billed", self._get_reason(**late))
        self.assertEqual(self._send({"time": "2026-02-01T00:00:00Z"}), ["accepted"])

    def test_an_event_is_too_old_after_the_days_of_its_meter(self):
        self.meter.late_days = 30
        self.assertEqual(self._send({"time": "2026-01-16T00:00:00Z"}), ["accepted"])
        reason = self._get_reason(time="2026-01-15T23:59:59Z")
        self.assertIn("time: 2026-01-15 is more than 30 days ago", reason)

    def test_days_that_were_not_served_are_refused_once_billing_has_passed_them(self):
        self._claim(self.line, date(2026, 1, 20), date(2026, 2, 1))
        reason = self._get_reason(time="2026-01-10T00:00:00Z")
        self.assertIn("2026-01-10 lies before the days that are billed", reason)

    def test_a_line_counts_in_its_own_days(self):
        self.line.write({"date_start": "2026-01-10", "date_end": "2026-01-20"})
        times = {
            "2026-01-09T12:00:00Z": "refused",
            "2026-01-10T00:00:00Z": "accepted",
            "2026-01-20T23:59:59Z": "accepted",
            "2026-01-21T00:00:00Z": "refused",
        }
        words = self._send(*({"time": time} for time in times))
        self.assertEqual(words, list(times.values()))

    def test_a_line_whose_quantity_is_counted_takes_events(self):
        seats = self._create_meter(code="seats", aggregation="last")
        self.subscription.line_ids = [
            Command.create(
                {"product_id": self.product.id, "quantity_meter_id": seats.id}
            )
        ]
        self.assertEqual(self._send({"meter": "seats"}), ["accepted"])

    # === FACTS === #

    def test_the_counted_value_is_kept(self):
        users = self._create_meter(
            code="users", aggregation="unique", value_property="user"
        )
        self.subscription.line_ids = [
            Command.create({"product_id": self.product.id, "meter_id": users.id})
        ]
        self._send({"meter": "users", "properties": {"user": 12}})
        event = self.Usage.search([])
        self.assertEqual((event.value, event.quantity), ("12", 1))
        reason = self._get_reason(meter="users", properties={"login": "ada"})
        self.assertIn("properties: user is missing", reason)

    def test_usage_is_append_only(self):
        self._send({"key": "a"})
        event = self.Usage.search([])
        user = new_test_user(
            self.env, "manager", "subscription_billing.group_subscription_manager"
        )
        for writer, vals in (
            (event.sudo(), {"quantity": 5}),
            (event.sudo(), {"state": "refused"}),
            (event.sudo(), {"state": "withdrawn", "quantity": 5}),
            (event.with_user(user), {"state": "withdrawn"}),
        ):
            with self.assertRaisesRegex(UserError, "record of facts"):
                writer.write(vals)
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            event.sudo().unlink()

    def test_an_administrator_withdraws_what_is_not_billed(self):
        self._send({"key": "a"}, {"key": "b"})
        first, second = self.Usage.search([], order="id")
        user = new_test_user(
            self.env, "user", "subscription_billing.group_subscription_user"
        )
        manager = new_test_user(
            self.env, "manager", "subscription_billing.group_subscription_manager"
        )
        with self.assertRaisesRegex(UserError, "Only an administrator"):
            first.with_user(user).action_withdraw()
        first.with_user(manager).action_withdraw()
        self.assertEqual(first.state, "withdrawn")
        self.assertEqual(self._send({"key": "a"}), ["duplicate"])
        for event in (first, self._bill(second)):
            with self.assertRaisesRegex(UserError, "only an accepted event"):
                event.with_user(manager).action_withdraw()

    def _bill(self, event):
        """Attach an event to a claim."""
        claim = self._claim(self.line, date(2026, 2, 1), date(2026, 3, 1))
        self.env.cr.execute(
            "UPDATE subscription_usage SET period_id = %s WHERE id = %s",
            (claim.id, event.id),
        )
        event.invalidate_recordset()
        return event


@tagged("standard", "post_install", "-at_install")
class TestTypingAndImport(UsageCase):
    """What people do: type an event in, or import a file."""

    HEADER = ("Key", "Subscription", "Meter", "Quantity", "Time", "Properties")

    def test_a_person_types_an_event_in(self):
        user = new_test_user(
            self.env, "user", "subscription_billing.group_subscription_user"
        )
        form = Form(self.Usage.with_user(user))
        form.subscription_id = self.subscription
        form.meter_id = self.meter
        form.quantity = -2.5
        event = form.save()
        self.assertRecordValues(
            event, [{"quantity": -2.5, "state": "accepted", "date": date(2026, 2, 15)}]
        )
        self.assertEqual(len(event.key), 32)

    def test_what_is_typed_in_follows_the_same_rules(self):
        self.subscription._update_state("paused")
        with self.assertRaisesRegex(ValidationError, "subscription: .* is paused"):
            self.Usage.create(
                {
                    "key": "a",
                    "subscription_id": self.subscription.id,
                    "meter_id": self.meter.id,
                    "quantity": 1,
                }
            )
        self.assertFalse(self.Usage.search([]))

    def test_what_is_worked_out_cannot_be_set(self):
        for name, value in (
            ("state", "accepted"),
            ("period_id", 1),
            ("date", "2026-01-01"),
            ("company_id", self.company.id),
        ):
            with self.assertRaisesRegex(ValidationError, f"no field '{name}'"):
                self.Usage.create({"key": "a", "quantity": 1, name: value})

    def _import(self, *rows, header=HEADER):
        """Import rows through the import screen; return its result."""
        file = io.StringIO()
        csv.writer(file).writerows([header, *rows])
        return self._import_file(file.getvalue().encode())

    def _import_file(self, content):
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "subscription.usage",
                "file": content,
                "file_name": "usage.csv",
                "file_type": "text/csv",
            }
        )
        options = {
            "has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8",
            "date_format": "", "datetime_format": "", "float_thousand_separator": ",",
            "float_decimal_separator": ".", "advanced": True, "keep_matches": False,
        }  # fmt: skip
        preview = wizard.parse_preview(options)
        matches = preview["matches"]
        columns = [
            "/".join(matches[number]) if number in matches else False
            for number in range(len(preview["headers"]))
        ]
        self.assertTrue(all(columns), preview["headers"])
        return wizard.execute_import(columns, preview["headers"], preview["options"])

    def _row(self, key, quantity=1, time="2026-02-01 10:00:00", properties=""):
        return (key, self.subscription.name, "calls", quantity, time, properties)

    def test_a_file_is_imported_and_its_duplicates_ignored(self):
        result = self._import(
            self._row("a", "2.5", properties='{"region": "north"}'),
            self._row("b", "-1"),
            self._row("a", "9"),
        )
        self.assertEqual(result["messages"], [])
        self.assertRecordValues(
            self.Usage.search([], order="id"),
            [
                {"key": "a", "quantity": 2.5, "properties": {"region": "north"}},
                {"key": "b", "quantity": -1, "properties": False},
            ],
        )
        again = self._import(self._row("a"), self._row("c"))
        self.assertEqual(again["messages"], [])
        self.assertEqual(self.Usage.search_count([]), 3)

    def test_an_error_names_its_row_and_nothing_is_imported(self):
        with mute_logger("odoo.sql_db"):
            result = self._import(
                self._row("a"),
                self._row("b", time="2025-01-01 10:00:00"),
                self._row("c"),
            )
        (message,) = result["messages"]
        self.assertEqual(message["rows"], {"from": 1, "to": 1})
        self.assertIn("on 2025-01-01 no line", message["message"])
        self.assertFalse(self.Usage.search([]))

    def test_a_file_without_keys_is_refused(self):
        """It would count everything again when it is imported again."""
        row = (self.subscription.name, "calls", 1)
        result = self._import(row, header=("Subscription", "Meter", "Quantity"))
        self.assertIn("key: is missing", result["messages"][0]["message"])

    def test_the_template_can_be_imported(self):
        self._create_metered(
            self._create_meter(code="storage_gb"),
            name="SUB00001x",
            date_start="2026-01-01",
        )
        (template,) = self.Usage.get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            content = file.read().replace(b"SUB00001", b"SUB00001x")
        result = self._import_file(content)
        self.assertEqual(result["messages"], [])
        self.assertEqual(sum(self.Usage.search([]).mapped("quantity")), 10)


@tagged("standard", "post_install", "-at_install")
class TestMeters(UsageCase):
    def test_a_code_means_one_meter_in_each_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(ValidationError, "already used"):
            self._create_meter(company_id=other.id)
        ours = self._create_meter(code="own", company_id=self.company.id)
        self._create_meter(code="own", company_id=other.id)
        with self.assertRaisesRegex(ValidationError, "already used"):
            self._create_meter(code="own")
        ours.active = False
        with self._assert_unique("subscription_meter_code_unique"):
            self._create_meter(code="own", company_id=self.company.id)

    def test_a_code_is_easy_to_send(self):
        for code in ("a b", "é", "", "-a", "a\n"):
            with self.subTest(code), self.assertRaisesRegex(ValidationError, "Code"):
                self._create_meter(code=code)
        self._create_meter(code="GB.video_2-x")

    def test_distinct_values_need_a_property(self):
        with self.assertRaisesRegex(ValidationError, "Counted Property"):
            self._create_meter(code="users", aggregation="unique")

    def test_a_meter_that_has_counted_keeps_its_rules(self):
        self.meter.aggregation = "count"
        self.meter.aggregation = "sum"
        self._send({})
        self.meter.write({"name": "API calls", "aggregation": "sum", "late_days": 9})
        for change in (
            {"aggregation": "count"},
            {"carries_over": True},
            {"quantity_property": "n"},
            {"company_id": self.company.id},
        ):
            with self.assertRaisesRegex(UserError, "has counted events"):
                self.meter.write(change)

    def test_a_meter_and_a_subscription_show_their_events(self):
        self._send({}, {}, {"quantity": "x"})
        for record in (self.meter, self.subscription):
            self.assertEqual(record.usage_count, 2)
            action = record.action_view_usage()
            events = self.Usage.search(action["domain"])
            self.assertEqual(len(events.filtered(lambda e: e.state == "accepted")), 2)
        self.assertTrue(self.subscription.has_meter)
        self.assertFalse(self._create_subscription().has_meter)

    def test_meters_that_may_set_a_quantity_are_found(self):
        seats = self._create_meter(code="seats", aggregation="last")
        stock = self._create_meter(code="stock", carries_over=True)
        found = self.env["subscription.meter"].search(
            [
                ("can_set_quantity", "=", True),
                ("code", "in", ("seats", "stock", "calls")),
            ]
        )
        self.assertEqual(found, seats | stock)
        others = self.env["subscription.meter"].search(
            [("can_set_quantity", "=", False)]
        )
        self.assertIn(self.meter, others)
        self.assertFalse(others & found)


@tagged("standard", "post_install", "-at_install")
class TestMeteredLines(UsageCase):
    def test_a_metered_line_has_no_price_in_advance(self):
        line = {"product_id": self.product.id, "price_unit": 20}
        self.subscription.line_ids = [Command.create(line)]
        self.assertRecordValues(
            self.subscription, [{"mrr": 20, "amount_untaxed": 20, "amount_total": 23}]
        )
        self.assertEqual(self.line.price_subtotal, 0)
        self.assertEqual(self.line.mrr, 0)

    def test_a_metered_line_is_not_billed_by_its_quantity(self):
        plain = {"product_id": self.product.id, "price_unit": 20}
        self.subscription.line_ids = [Command.create(plain)]
        self.subscription.action_bill_now()
        billed = self.subscription.period_ids.filtered(lambda p: p.kind == "recurring")
        self.assertNotIn(self.line, billed.line_id)

    def test_two_lines_bill_no_event_twice(self):
        self._assert_rival({})
        self.line.date_end = "2026-01-31"
        self._assert_rival({"date_start": "2026-01-31"})
        self._create_rival({"date_start": "2026-02-01"})
        with self._assert_refused():
            self.line.date_end = False

    def _create_rival(self, vals):
        """Create another line that bills what the meter counts."""
        return self.env["subscription.line"].create(
            {
                "subscription_id": self.subscription.id,
                "product_id": self.product.id,
                "meter_id": self.meter.id,
                **vals,
            }
        )

    @contextmanager
    def _assert_refused(self):
        error = "by Calls on the same day"
        with self.assertRaisesRegex(ValidationError, error), self.env.cr.savepoint():
            yield

    def _assert_rival(self, vals):
        with self._assert_refused():
            self._create_rival(vals)

    def test_a_billed_line_keeps_its_meter(self):
        other = self._create_meter(code="other")
        self.line.meter_id = other
        self.line.meter_id = self.meter
        self._claim(self.line, *JANUARY)
        with self.assertRaisesRegex(UserError, "its Metered By cannot change"):
            self.line.meter_id = other
        self.line.write({"meter_id": self.meter.id, "name": "Calls"})

    def test_a_line_with_usage_to_bill_is_kept(self):
        self._send({})
        with self.assertRaisesRegex(UserError, "has usage that is not billed yet"):
            self.line.unlink()
        self.Usage.search([]).action_withdraw()
        self.line.unlink()
        self.assertFalse(self.line.exists())

    def test_a_quantity_is_counted_by_a_meter_that_knows_it(self):
        line = self._create_subscription().line_ids
        with self.assertRaisesRegex(ValidationError, "counts from 0 in each period"):
            line.quantity_meter_id = self.meter
        line.quantity_meter_id = self._create_meter(code="seats", aggregation="maximum")
        with self.assertRaisesRegex(ValidationError, "clear one of them"):
            line.meter_id = self.meter

    def test_a_meter_of_another_company_meters_no_line_here(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_meter(code="theirs", company_id=other.id)
        with self.assertRaisesRegex(UserError, "company"):
            self.line.meter_id = theirs


@tagged("standard", "post_install", "-at_install")
class TestReporter(UsageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reporter = new_test_user(
            cls.env,
            "reporter",
            "base.group_user,subscription_billing.group_subscription_usage",
        )
        cls.portal = new_test_user(cls.env, "stranger", "base.group_portal")

    def setUp(self):
        super().setUp()
        self.env.invalidate_all()

    def test_a_reporter_records_and_does_nothing_else(self):
        event = {
            "key": "a",
            "meter": "calls",
            "subscription": self.subscription.name,
            "quantity": 1,
        }
        usage = self.Usage.with_user(self.reporter)
        (result,) = usage.record([event])
        self.assertEqual(result["result"], "accepted")
        self.assertEqual(self.Usage.browse(result["id"]).create_uid, self.reporter)
        for name in ("usage", "meter", "subscription", "line", "period", "plan"):
            model = self.env[f"subscription.{name}"].with_user(self.reporter)
            allowed = [
                operation
                for operation in ("read", "write", "create", "unlink")
                if model.has_access(operation)
            ]
            self.assertEqual(allowed, ["create"] if name == "usage" else [], name)
        with self.assertRaises(AccessError):
            usage.browse(result["id"]).action_withdraw()

    def test_strangers_record_nothing(self):
        for user in (
            self.portal,
            self.env.ref("base.public_user"),
            new_test_user(self.env, "clerk", "base.group_user"),
        ):
            usage = self.Usage.with_user(user)
            for attempt in (
                lambda usage=usage: usage.record([]),
                lambda usage=usage: usage.create({"key": "a"}),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    def test_people_of_one_company_see_the_usage_of_their_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "neighbour",
            "subscription_billing.group_subscription_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        own = self._create_meter(code="own", company_id=self.company.id)
        self._send({})
        event = self.Usage.search([])
        self.assertFalse(event.with_user(user).search([]))
        self.assertNotIn(own, own.with_user(user).search([]))
        with self.assertRaises(AccessError):
            event.with_user(user).action_withdraw()
