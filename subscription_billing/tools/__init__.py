from . import (
    allocation,
    charge,
    coverage,
    discounts,
    lifecycle,
    pricing,
    proration,
    recurrence,
    revenue,
    spans,
)
