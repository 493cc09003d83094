"""Events on their way to the endpoints: signed, queued, and under a test's control.

Nothing leaves before it is told to, unless ``release`` starts the postman.
"""

import hashlib
import hmac
import json
import random
import threading
from dataclasses import dataclass, field

import requests

from .rendering import CURRENT, render
from .resources.events import matches
from .resources.webhook_endpoints import version_of

LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@dataclass
class Delivery:
    """One event for one endpoint.

    :param results: the status of each try; 0 for none
    """

    event: str
    kind: str
    endpoint: str
    url: str
    body: bytes
    status: str = "pending"
    results: list = field(default_factory=list)

    def as_dict(self):
        """Return what the control tells of it."""
        return {
            "event": self.event,
            "type": self.kind,
            "endpoint": self.endpoint,
            "url": self.url,
            "status": self.status,
            "results": self.results,
        }


def sign(body: bytes, secrets, timestamp: int) -> str:
    """Return the signature header: one ``v1`` for each secret that is valid."""
    signed = f"{timestamp}.".encode() + body
    digests = (
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for secret in secrets
    )
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])


class Webhooks:
    """The queue of one stand-in.

    :param state: whose events these are
    """

    def __init__(self, state):
        self.state = state
        self.deliveries = []
        self.delay = 0
        self._wake = threading.Event()
        self._postman = None
        state.on_event = self.record

    # === EVENTS === #

    def record(self, kind, thing, previous=None):
        """Write an event and queue it for each endpoint that wants it."""
        state = self.state
        event = state.new(
            "event",
            account=None,
            api_version=CURRENT,
            data={"object": render(state, thing, CURRENT)},
            pending_webhooks=0,
            request=dict(state.request),
            type=kind,
        )
        if previous:
            event["data"]["previous_attributes"] = previous
        for endpoint in state.objects.get("webhook_endpoint", {}).values():
            if endpoint["status"] == "enabled" and any(
                matches(kind, each) for each in endpoint["enabled_events"]
            ):
                self._queue(event, endpoint, thing)
        return event

    def _queue(self, event, endpoint, thing):
        """Queue an event for an endpoint, in the endpoint's own version."""
        version = version_of(endpoint)
        data = {**event["data"], "object": render(self.state, thing, version)}
        told = {**event, "api_version": version, "data": data}
        event["pending_webhooks"] += 1
        body = json.dumps(told).encode()
        self.deliveries.append(
            Delivery(event["id"], event["type"], endpoint["id"], endpoint["url"], body)
        )
        self._wake.set()

    # === SECRETS === #

    def endpoint(self, url, events=("*",), version=None, secret=None):
        """Create an endpoint as the dashboard does; return its id and secret."""
        with self.state.lock:
            made = self.state.new(
                "webhook_endpoint",
                api_version=version,
                application=None,
                description=None,
                enabled_events=list(events),
                metadata={},
                status="enabled",
                url=url,
            )
            secret = secret or f"whsec_{self.state.secret(32)}"
            self.state.note(made)["secrets"] = [secret]
            return made["id"], secret

    def roll_secret(self, endpoint, *, keep_old=True):
        """Give an endpoint a new secret; the old one may sign along for a while."""
        with self.state.lock:
            note = self.state.notes[endpoint]
            secret = f"whsec_{self.state.secret(32)}"
            note["secrets"] = [secret, *(note["secrets"] if keep_old else [])]
            return secret

    def expire_old_secrets(self, endpoint):
        """End the time in which the old secrets sign along."""
        del self.state.notes[endpoint]["secrets"][1:]

    # === DELIVERY === #

    def pending(self, *kinds):
        """Return what waits, in the order of the events; only of certain types."""
        return self._chosen("pending", kinds)

    def _chosen(self, status, kinds):
        return [
            each
            for each in list(self.deliveries)
            if each.status == status
            and (not kinds or any(matches(each.kind, kind) for kind in kinds))
        ]

    def deliver_all(self, send=None, *, kinds=(), shuffle=None, duplicates=1, again=()):
        """Deliver what waits, until nothing new comes; return the deliveries.

        :param send: takes body and headers and returns a status or a response; None
            posts to the endpoint's address, which must be on loopback
        :param shuffle: seed of a disorder
        :param duplicates: how often each one is delivered
        :param again: deliveries of before that are to be delivered once more
        """
        known = set(map(id, again))
        fresh = [e for e in self._chosen("pending", kinds) if id(e) not in known]
        done, waiting = [], [*again, *fresh]
        while waiting:
            batch = waiting * duplicates
            if shuffle is not None:
                random.Random(shuffle).shuffle(batch)
            for each in batch:
                self.deliver(each, send)
            done += waiting
            before = set(map(id, done))
            found = self._chosen("pending", kinds)
            waiting = [each for each in found if id(each) not in before]
        return done

    def deliver(self, delivery, send=None, *, timestamp=None):
        """Deliver one event now, whatever happened to it before; return the status.

        :param timestamp: second of the signature, to forge an old one
        """
        headers = self.headers(delivery, timestamp)
        try:
            post = self._post_to(delivery.url) if send is None else send
            answer = post(delivery.body, headers)
        except requests.RequestException:
            answer = 0
        status = getattr(answer, "status_code", 200 if answer is None else answer)
        delivery.results.append(status)
        delivery.status = "delivered" if 200 <= status < 300 else "pending"
        return status

    def headers(self, delivery, timestamp=None):
        """Return the headers of a delivery, signed with the secrets of now."""
        secrets = self.state.notes[delivery.endpoint]["secrets"]
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": sign(
                delivery.body, secrets, timestamp or self.state.now()
            ),
        }

    def _post_to(self, url):
        if not url.startswith(LOOPBACK):
            raise ValueError(f"url: {url} is not on loopback")

        def post(body, headers):
            """Post one event."""
            return requests.post(url, data=body, headers=headers, timeout=30)

        return post

    def drop(self, *kinds):
        """Lose what waits; it can still be delivered by hand."""
        dropped = self.pending(*kinds)
        for each in dropped:
            each.status = "dropped"
        return dropped

    def redeliver(self, *kinds, send=None):
        """Deliver again what was delivered or dropped before."""
        chosen = [*self._chosen("delivered", kinds), *self._chosen("dropped", kinds)]
        return [self.deliver(each, send) for each in chosen]

    # === POSTMAN === #

    def release(self, delay=0, tries=3):
        """Post each event as it comes, after a delay in seconds; try again in vain."""
        self.delay, self.tries = delay, tries
        if self._postman is None:
            self._stopped = threading.Event()
            self._postman = threading.Thread(target=self._walk, daemon=True)
            self._postman.start()

    def hold(self):
        """Post nothing more by itself."""
        if self._postman is not None:
            self._stopped.set()
            self._wake.set()
            self._postman.join(timeout=35)
            self._postman = None

    def _walk(self):
        """Post what waits until told to stop."""
        while not self._stopped.is_set():
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            for each in self.pending():
                if self._stopped.is_set():
                    return
                if len(each.results) < self.tries:
                    self._stopped.wait(self.delay)
                    self.deliver(each)
