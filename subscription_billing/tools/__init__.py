from . import (
    allocation,
    charge,
    coverage,
    discounts,
    entitlement,
    lifecycle,
    pricing,
    proration,
    recurrence,
    revenue,
    spans,
)
