"""Everything the stand-in knows: objects by kind, clock, ids, events and the ledger."""

import hashlib
import random
import string
import threading
import time

from . import errors

ALPHABET = string.ascii_letters + string.digits
PREFIXES = {
    "balance_transaction": "txn",
    "charge": "ch",
    "coupon": "coupon",
    "customer": "cus",
    "discount": "di",
    "dispute": "dp",
    "event": "evt",
    "file": "file",
    "invoice": "in",
    "invoiceitem": "ii",
    "mandate": "mandate",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "request": "req",
    "setup_attempt": "setatt",
    "setup_intent": "seti",
    "subscription": "sub",
    "subscription_item": "si",
    "token": "tok",
    "webhook_endpoint": "we",
}


def copied(value):
    """Return a copy of plain data, all the way down."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


class State:
    """The books of the stand-in. Whoever reads or writes holds ``lock``.

    :param seed: the same seed and the same requests yield the same ids
    """

    def __init__(self, seed=0):
        """Begin with empty books."""
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.seed = seed
        self.offset = 0
        self.objects = {}
        self.by_id = {}
        self.notes = {}
        self.ledger = []
        self.url = ""
        self.on_event = lambda kind, thing, previous: None
        self.request = {"id": None, "idempotency_key": None}
        self.search_delay = 0
        self.declines_before_block = 15

    # === CLOCK AND IDS === #

    def now(self) -> int:
        """Return the time in whole seconds; it follows a frozen clock."""
        return int(time.time()) + self.offset

    def secret(self, length=24) -> str:
        """Return letters and digits that the seed determines."""
        return "".join(self.random.choices(ALPHABET, k=length))

    def new_id(self, kind) -> str:
        """Return a fresh id with the prefix of its kind."""
        return f"{PREFIXES[kind]}_{self.secret()}"

    def fingerprint(self, text) -> str:
        """Return what tells two cards apart without telling their numbers."""
        return hashlib.sha256(f"{self.seed}{text}".encode()).hexdigest()[:16]

    # === OBJECTS === #

    def new(self, kind, identifier=None, **values) -> dict:
        """Create and keep an object."""
        identifier = identifier or self.new_id(kind)
        made = {"id": identifier, "object": kind, "created": self.now()}
        made.update({"livemode": False, **values})
        self.objects.setdefault(kind, {})[identifier] = made
        self.by_id[identifier] = made
        return made

    def all(self, kind) -> list[dict]:
        """Return the objects of a kind, the newest first."""
        return list(reversed(self.objects.get(kind, {}).values()))

    def find(self, identifier) -> dict | None:
        """Return any object by its id, or None."""
        return self.by_id.get(identifier)

    def get(self, kind, identifier, param="id", status=400) -> dict:
        """Return an object of a kind, or refuse the request."""
        found = self.objects.get(kind, {}).get(identifier)
        if found is None:
            raise errors.no_such(kind, identifier, param, status)
        return found

    def at(self, call, kind) -> dict:
        """Return the object that the path of a request names."""
        return self.get(kind, call.path["id"], status=404)

    def remove(self, kind, identifier) -> None:
        """Forget an object."""
        del self.objects[kind][identifier]
        del self.by_id[identifier]

    def note(self, thing) -> dict:
        """Return our own notes on an object or an id, which no answer shows."""
        identifier = thing if isinstance(thing, str) else thing["id"]
        return self.notes.setdefault(identifier, {})

    def link(self, owner, name, thing) -> None:
        """Remember that a thing belongs to an owner."""
        self.note(owner).setdefault(name, []).append(thing["id"])

    def linked(self, identifier, name) -> list[dict]:
        """Return the things that belong to an owner, the newest first."""
        found = self.notes.get(identifier, {}).get(name, ())
        return [self.by_id[each] for each in reversed(found)]

    # === EVENTS AND MONEY === #

    def emit(self, kind, thing, previous=None) -> None:
        """Tell the world that something happened to an object."""
        self.on_event(kind, thing, previous)

    def change(self, thing, kind, **values) -> None:
        """Write values on an object and emit the event with what they were."""
        previous = {
            key: copied(thing.get(key))
            for key, value in values.items()
            if thing.get(key) != value
        }
        thing.update(values)
        if kind and previous:
            self.emit(kind, thing, previous)

    def book(self, kind, source, amount, fee, charge) -> None:
        """Write a movement of money: the amount is positive when we gain."""
        intent = self.find(charge["payment_intent"]) or charge
        self.ledger.append(
            {
                "type": kind,
                "id": source["id"],
                "amount": amount,
                "fee": fee,
                "currency": charge["currency"],
                "charge": charge["id"],
                "payment_intent": charge["payment_intent"],
                "customer": charge["customer"],
                "description": charge["description"],
                "metadata": dict(intent["metadata"]),
                "created": self.now(),
            }
        )
