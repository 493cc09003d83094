"""Usage over the wire, as a program reports it: /json/2 and JSON-RPC."""

import json

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

RECORD = "/json/2/subscription.usage/record"


@tagged("standard", "post_install", "-at_install")
class TestUsageApi(SubscriptionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.meter = cls._create_meter()
        cls.subscription = cls._create_metered(cls.meter)
        cls.reporter = new_test_user(
            cls.env,
            "reporter",
            "base.group_user,subscription_billing.group_subscription_usage",
        )
        cls.key = cls._create_api_key(cls.reporter)

    @classmethod
    def _create_api_key(cls, user):
        keys = cls.env["res.users.apikeys"].with_user(user).sudo()
        return keys._generate("rpc", "a program that counts", None)

    def _post(self, body, key=None, path=RECORD):
        """Call the external API; return the answer."""
        if not isinstance(body, str):
            body = json.dumps(body)
        headers = {
            "Authorization": f"bearer {key or self.key}",
            "Content-Type": "application/json",
        }
        return self.url_open(path, data=body, headers=headers)

    def _prepare_event(self, **event):
        return {
            "key": "a",
            "meter": "calls",
            "subscription": self.subscription.name,
            "quantity": 2.5,
            **event,
        }

    def _call_jsonrpc(self, *arguments, key=None):
        """Call the older JSON-RPC; return its answer."""
        parameters = [
            self.env.cr.dbname,
            self.reporter.id,
            key or self.key,
            "subscription.usage",
            *arguments,
        ]
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {
                "service": "object",
                "method": "execute_kw",
                "args": parameters,
            },
        }
        with mute_logger("odoo.addons.rpc.controllers.jsonrpc", "odoo.http"):
            return self.url_open("/jsonrpc", json=body).json()

    # === /json/2 === #

    def test_events_are_recorded(self):
        events = [
            self._prepare_event(),
            self._prepare_event(key="b", quantity="many"),
            self._prepare_event(),
        ]
        answer = self._post({"events": events})
        self.assertEqual(answer.status_code, 200, answer.text)
        results = answer.json()
        words = [result["result"] for result in results]
        self.assertEqual(words, ["accepted", "refused", "duplicate"])
        self.assertIn("quantity: send a number", results[1]["reason"])
        event = self.env["subscription.usage"].browse(results[0]["id"])
        self.assertRecordValues(
            event, [{"quantity": 2.5, "create_uid": self.reporter.id}]
        )

    def test_a_lost_answer_is_asked_for_again(self):
        body = {"events": [self._prepare_event()]}
        first, second = self._post(body).json(), self._post(body).json()
        self.assertEqual(first[0]["result"], "accepted")
        self.assertEqual(second[0]["result"], "duplicate")
        self.assertEqual(second[0]["id"], first[0]["id"])

    def test_what_json_allows_and_numbers_do_not_is_refused(self):
        """Python's reader of JSON lets NaN and Infinity through."""
        event = json.dumps(self._prepare_event(quantity="VALUE"))
        for value in ("NaN", "-Infinity", "1e999", "1" * 400, "null", "[]", "true"):
            body = event.replace('"VALUE"', value)
            answer = self._post(f'{{"events": [{body}]}}')
            self.assertEqual(answer.status_code, 200, answer.text)
            self.assertEqual(answer.json()[0]["result"], "refused", value)

    def test_what_is_no_event_is_refused_and_the_rest_recorded(self):
        bad = [
            None, 1, "a", [], {}, self._prepare_event(key="k" * 10_000),
            self._prepare_event(key="\0"), self._prepare_event(key="\ud800"),
            self._prepare_event(time=[]), self._prepare_event(properties="{}"),
            self._prepare_event(meter={"id": 1}),
        ]  # fmt: skip
        answer = self._post({"events": [*bad, self._prepare_event()]})
        self.assertEqual(answer.status_code, 200, answer.text)
        words = [result["result"] for result in answer.json()]
        self.assertEqual(words, ["refused"] * len(bad) + ["accepted"])

    @mute_logger("odoo.http")
    def test_what_is_no_list_of_events_is_an_error_with_a_reason(self):
        answer = self._post({"events": "a"})
        self.assertEqual(answer.status_code, 422)
        self.assertIn("send a list of at most 10000 events", answer.json()["message"])
        self.assertEqual(self._post({}).status_code, 422)

    @mute_logger("odoo.http")
    def test_a_program_reaches_nothing_but_record(self):
        self._post({"events": [self._prepare_event()]})
        usage = self.env["subscription.usage"].search([])
        for path, body in (
            ("subscription.usage/search_read", {"domain": []}),
            ("subscription.usage/unlink", {"ids": usage.ids}),
            ("subscription.usage/action_withdraw", {"ids": usage.ids}),
            ("subscription.usage/_ingest", {"raws": []}),
            ("subscription.usage/_attach", {"windows": [], "claims": []}),
            ("subscription.meter/_aggregate", {"windows": []}),
            ("subscription.meter/search_read", {"domain": []}),
            ("subscription.subscription/search_read", {"domain": []}),
        ):
            answer = self._post(body, path=f"/json/2/{path}")
            self.assertEqual(answer.status_code, 403, path)
        body = {"ids": usage.ids, "vals": {"quantity": 1}}
        answer = self._post(body, path="/json/2/subscription.usage/write")
        self.assertIn("record of facts", answer.json()["message"])

    @mute_logger("odoo.http")
    def test_who_has_no_right_records_nothing(self):
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        body = {"events": [self._prepare_event()]}
        for key, status in ((self._create_api_key(clerk), 403), ("f" * 40, 401)):
            self.assertEqual(self._post(body, key=key).status_code, status)
        self.assertFalse(self.env["subscription.usage"].search([]))

    # === JSON-RPC === #

    def test_events_are_recorded_by_json_rpc(self):
        events = [self._prepare_event(), self._prepare_event(key="b", meter="no")]
        answer = self._call_jsonrpc("record", [events])
        words = [result["result"] for result in answer["result"]]
        self.assertEqual(words, ["accepted", "refused"])
        answer = self._call_jsonrpc("record", [], {"events": events[:1]})
        self.assertEqual(answer["result"][0]["result"], "duplicate")

    def test_json_rpc_knows_the_same_rights(self):
        answer = self._call_jsonrpc("search_read", [[]])
        self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessError")
        answer = self._call_jsonrpc("_ingest", [[]])
        self.assertIn("Private methods", answer["error"]["data"]["message"])
