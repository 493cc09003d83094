from . import (
    charge,
    coverage,
    entitlement,
    lifecycle,
    proration,
    recurrence,
    revenue,
    spans,
)
