"""The stand-in as one object: start it, talk to it, tell it what shall happen."""

from .api import Api
from .control import do
from .faults import Faults
from .idempotency import Keys
from .server import Server
from .state import State
from .webhooks import Webhooks
from .world import World

PARAMETERS_LOGGED = ("card", "payment_method_data", "client_secret")


class StandIn(World):
    """A Stripe that runs here.

    :param port: 0 for any that is free; it listens on 127.0.0.1 only
    :param seed: determines ids and secrets
    :param latency: seconds that each call to the API takes
    """

    def __init__(self, port=0, seed=0, latency=0.0):
        self.latency = latency
        self.revoked = set()
        self.requests = []
        self.state = State(seed)
        self.faults = Faults()
        self.webhooks = Webhooks(self.state)
        self.keys = Keys(self.state.now)
        self.api = Api(self)
        self._server = Server(self, port)
        self.state.url = self.url = self._server.url

    # === LIFE === #

    def start(self):
        """Listen, in a thread of this process."""
        self._server.start()
        return self

    def stop(self):
        """Stop listening, cut what is open, and post no more events."""
        self.faults.stopped.set()
        self.webhooks.hold()
        self._server.stop()

    def __enter__(self):
        """Start it for the time of a ``with``."""
        return self.start()

    def __exit__(self, *exception):
        """Stop it at the end of a ``with``."""
        self.stop()

    # === WHAT WAS === #

    def log(self, request, given, answer):
        """Keep a line on a request, without what is secret."""
        params = {
            name: "…" if name in PARAMETERS_LOGGED else value
            for name, value in given.items()
        }
        self.requests.append(
            {
                "id": request.id,
                "method": request.method,
                "path": request.path,
                "params": params,
                "version": request.version,
                "idempotency_key": request.key,
                "status": answer.status if answer else 0,
                "is_replay": bool(answer and "Idempotent-Replayed" in answer.headers),
                "fault": request.fault,
            }
        )

    def calls(self, method=None, path=None):
        """Return the lines on the requests so far, of one method and one path."""
        return [
            each
            for each in list(self.requests)
            if (method in (None, each["method"]))
            and path in (None, each["path"], each["path"].removeprefix("/v1/"))
        ]

    def ledger(self, *kinds):
        """Return what money moved, in order; only of certain types.

        Types: charge, refund, refund_failure, dispute, dispute_fee, dispute_reversal.
        Amounts are in minor units, positive when the balance grows, before ``fee``.
        """
        with self.state.lock:
            return [
                dict(each)
                for each in self.state.ledger
                if not kinds or each["type"] in kinds
            ]

    def events(self, *kinds):
        """Return the events so far, the oldest first."""
        with self.state.lock:
            found = reversed(self.state.all("event"))
            return [each for each in found if not kinds or each["type"] in kinds]

    # === SETTINGS === #

    def revoke(self, key):
        """Make an API key worth nothing."""
        self.revoked.add(key)

    def expire_keys(self, key=None):
        """Forget an idempotency key, or all of them, as Stripe does after a day."""
        self.keys.expire(key)

    def advance(self, seconds):
        """Let time pass; a frozen clock is followed all the same."""
        self.state.offset += int(seconds)

    def control(self, name, given):
        """Do what another process asks for; return a status and a body."""
        return do(self, name, given)
