"""The states of a subscription and the moves between them.

``past_due`` and ``suspended`` are entered by whoever follows up unpaid invoices;
billing only knows what they mean.
"""

from __future__ import annotations

#: state -> the states it may change to
TRANSITIONS: dict[str, frozenset[str]] = {
    "draft": frozenset({"trial", "active", "closed"}),
    "trial": frozenset({"active", "paused", "closed"}),
    "active": frozenset({"paused", "past_due", "closed"}),
    "paused": frozenset({"active", "closed"}),
    "past_due": frozenset({"active", "suspended", "closed"}),
    "suspended": frozenset({"active", "closed"}),
    "closed": frozenset({"active"}),
}

#: states in which periods are invoiced when they fall due, and count in the MRR
BILLED_STATES: frozenset[str] = frozenset({"active", "past_due"})


def can_change(source: str, target: str) -> bool:
    """Return whether a subscription may go from ``source`` to ``target``."""
    return target in TRANSITIONS[source]
