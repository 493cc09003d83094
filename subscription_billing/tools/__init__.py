from . import (
    allocation,
    charge,
    coverage,
    discounts,
    lifecycle,
    metering,
    pricing,
    proration,
    recurrence,
    revenue,
    spans,
    usage_event,
)
