"""The same events in two processes at the same moment."""

import json

import pytest

METERED = """
from odoo import Command
product = env["product.product"].create({"name": "Calls", "type": "service"})
plan = env["subscription.plan"].create({"name": "Monthly"})
meter = env["subscription.meter"].create({"name": "Calls", "code": "calls"})
partner = env["res.partner"].create({"name": "Ada Lovelace"})
env["subscription.subscription"].create({
    "name": "S1",
    "partner_id": partner.id,
    "plan_id": plan.id,
    "state": "active",
    "line_ids": [Command.create({"product_id": product.id, "meter_id": meter.id})],
})
env.cr.commit()
"""
# Each process waits until all are ready; then it sends its events in batches, each in a
# transaction that starts over after a conflict, as a request does.
SEND = """
import json, os, time
from pathlib import Path
from odoo.service.model import retrying
keys = json.loads(os.environ["KEYS"])
found = {"accepted": 0, "duplicate": 0, "refused": 0}
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
for start in range(0, len(keys), 200):
    events = [
        {"key": key, "meter": "calls", "subscription": "S1", "quantity": 1}
        for key in keys[start : start + 200]
    ]
    results = retrying(lambda: env["subscription.usage"].record(events), env)
    for result in results:
        found[result["result"]] += 1
print("FOUND", json.dumps(found))
"""
EVENTS = "SELECT count(*) FROM subscription_usage WHERE state = 'accepted'"
REFUSED = "SELECT count(*) FROM subscription_usage WHERE state = 'refused'"


@pytest.fixture
def metered(live_database):
    """A subscription that is metered."""
    live_database.run(METERED)
    return live_database


@pytest.fixture
def send_together(metered, tmp_path):
    """Send lists of keys, each in a process of its own, at the same moment."""

    def send(*batches):
        go = tmp_path / "go"
        ready = [tmp_path / f"ready-{number}" for number in range(len(batches))]
        processes = [
            metered.start(SEND, READY=str(flag), GO=str(go), KEYS=json.dumps(keys))
            for flag, keys in zip(ready, batches, strict=True)
        ]
        while not all(flag.exists() for flag in ready):
            assert all(process.poll() is None for process in processes)
        go.touch()
        outputs = [metered.finish(process) for process in processes]
        return [
            json.loads(output.split("FOUND", 1)[1].splitlines()[0])
            for output in outputs
        ]

    return send


def test_the_same_events_at_the_same_moment_count_once(metered, send_together):
    """In opposite orders too: neither process waits for the other for ever."""
    keys = [f"key-{number:04}" for number in range(1000)]
    found = send_together(keys, keys[::-1])
    assert metered.number(EVENTS) == 1000
    assert metered.number(REFUSED) == 0
    assert sum(each["accepted"] for each in found) == 1000
    assert sum(each["duplicate"] for each in found) == 1000
