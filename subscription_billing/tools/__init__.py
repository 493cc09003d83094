from . import charge, lifecycle, metering, recurrence, revenue, usage_event
