"""Sets of days, as lists of periods: which days are served, and which are billed."""

from __future__ import annotations

from collections.abc import Iterable

from .recurrence import Period


def merge(spans: Iterable[Period]) -> list[Period]:
    """Return the same days in order, with as few periods as possible."""
    merged: list[Period] = []
    for span in sorted(spans):
        if merged and span.date_start <= merged[-1].date_end:
            last = merged.pop()
            span = Period(last.date_start, max(last.date_end, span.date_end))
        merged.append(span)
    return merged


def intersect(spans: Iterable[Period], others: Iterable[Period]) -> list[Period]:
    """Return the days that are in both."""
    others = merge(others)
    common = [
        (max(span.date_start, other.date_start), min(span.date_end, other.date_end))
        for span in merge(spans)
        for other in others
    ]
    return [Period(start, end) for start, end in common if start < end]


def subtract(spans: Iterable[Period], holes: Iterable[Period]) -> list[Period]:
    """Return the days of ``spans`` that are not in ``holes``."""
    left = merge(spans)
    for hole in merge(holes):
        left = [
            Period(start, end)
            for span in left
            for start, end in (
                (span.date_start, min(span.date_end, hole.date_start)),
                (max(span.date_start, hole.date_end), span.date_end),
            )
            if start < end
        ]
    return left
