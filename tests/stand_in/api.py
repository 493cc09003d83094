"""A request to ``/v1/…`` from its arrival to its answer."""

import base64
import json

from . import errors, forms, legacy
from .idempotency import Answer
from .rendering import render
from .resources.account import ACCOUNT
from .routing import Call, api

RENDERED = ("payment_intent", "payment_method", "setup_intent")
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Api:
    """Answers the requests of one stand-in.

    :param owner: the ``StandIn`` whose state, keys and faults these are
    """

    def __init__(self, owner):
        self.owner = owner
        self.state = owner.state

    def answer(self, request) -> Answer:
        """Return the answer to a request, and note it in the log.

        :raise DroppedConnection: when there shall be none
        """
        given = forms.parse(request.query, request.body)
        with self.state.lock:
            request.id = self.state.new_id("request")
        answer = None
        try:
            answer = self._answer(request, given)
        except errors.ApiError as error:
            answer = self._refusal(error, request.version)
        finally:
            self.owner.log(request, given, answer)
        answer.headers.setdefault("Request-Id", request.id)
        return answer

    def _answer(self, request, given):
        """Return the answer to a request that may be hit by a fault."""
        request.is_public = self._authenticate(request)
        self.owner.faults.sleep(self.owner.latency)
        text = json.dumps(given, sort_keys=True)
        path = request.path.removeprefix("/v1/")
        fault = self.owner.faults.pick(request.method, path, text)
        request.fault = fault.kind if fault else None
        if request.fault == "html":
            return Answer(502, HTML, {"Content-Type": "text/html"})
        _before_anything(fault)
        return _after(self.owner, fault, self._keyed(request, given, text, fault))

    # === WHO ASKS === #

    def _authenticate(self, request) -> bool:
        """Return whether the key is a publishable one, or refuse it."""
        key = _key_of(request)
        if not key:
            raise errors.unauthorized(
                "You did not provide an API key. You need to provide your API key in "
                "the Authorization header, using Bearer auth."
            )
        if key in self.owner.revoked or not key.startswith(
            ("sk_test_", "rk_test_", "pk_test_")
        ):
            raise errors.unauthorized(f"Invalid API Key provided: {key[:7]}****")
        return key.startswith("pk_")

    # === IDEMPOTENCY === #

    def _keyed(self, request, given, text, fault):
        """Answer once for each idempotency key."""
        key = request.key
        if not key:
            return self._faulty(request, given, fault)[1]
        before = self.owner.keys.open(key, (request.path, text))
        if before:
            return before
        kept = None
        try:
            kept, told = self._faulty(request, given, fault)
        finally:
            self.owner.keys.close(key, kept)
        return told

    def _faulty(self, request, given, fault):
        """Return the answer that is kept, None for none, and the one that is told."""
        if request.fault == "slow_before":
            self.owner.faults.sleep(fault.seconds)
        if request.fault == "error_before":
            refused = self._refusal(errors.broken(), request.version)
            return (refused if fault.stored else None), refused
        answer, is_kept = self._execute(request, given)
        if request.fault == "error_after":
            refused = self._refusal(errors.broken(), request.version)
            return (refused if fault.stored else answer), refused
        return (answer if is_kept else None), answer

    # === WORK === #

    def _execute(self, request, given):
        """Do what is asked; return the answer and whether a key keeps it."""
        found = api.find(request.method, request.path)
        try:
            if found is None:
                raise errors.ApiError(404, f"Unrecognized request URL: {request.path}.")
            route, values = found
            if request.is_public and not route.is_public:
                raise errors.unauthorized(
                    "This API call cannot be made with a publishable API key."
                )
            params = route.parameters.read(given)
        except errors.ApiError as error:
            return self._refusal(error, request.version), False
        call = Call(
            self.state, values, params, request.version, request.is_public, request.id
        )
        return self._work(route, call, request.key), True

    def _work(self, route, call, key) -> Answer:
        """Run an endpoint alone, and render what it returns."""
        with self.state.lock:
            self.state.request = {"id": call.request_id, "idempotency_key": key}
            try:
                thing = route.handler(call)
                body = render(self.state, thing, call.version, call.get("expand"))
            except errors.ApiError as error:
                return self._refusal(error, call.version)
        return _json(200, body)

    def _refusal(self, error, version) -> Answer:
        """Return the answer that an error is."""
        facts = dict(error.error)
        with self.state.lock:
            for name in RENDERED:
                if name in facts:
                    facts[name] = render(self.state, facts[name], version)
        if legacy.is_legacy(version):
            legacy.without_later_facts(facts)
        answer = _json(error.status, {"error": facts})
        answer.headers.update(error.headers)
        return answer


def _key_of(request) -> str:
    """Return the API key of a request, as Bearer, as Basic or as a parameter."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return value.strip()


def _json(status, body) -> Answer:
    headers = {"Content-Type": "application/json", "Stripe-Account": ACCOUNT}
    return Answer(status, json.dumps(body, indent=2).encode(), headers)


# === FAULTS === #


def _before_anything(fault):
    """Let go wrong what goes wrong before a key is looked at."""
    kind = fault.kind if fault else None
    if kind == "close_before":
        raise errors.DroppedConnection
    if kind == "conflict":
        raise errors.conflict()
    if kind == "rate_limit":
        raise errors.too_many(fault.retry_after)


def _after(owner, fault, answer) -> Answer:
    """Let go wrong what goes wrong once all is done."""
    kind = fault.kind if fault else None
    if kind in ("hang", "slow_after"):
        owner.faults.sleep(fault.seconds)
    if kind in ("hang", "close_after"):
        raise errors.DroppedConnection
    if kind == "garbage":
        return Answer(answer.status, b'{"id": "pi_', dict(answer.headers))
    return answer
