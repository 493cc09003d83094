from . import charge, clock, coverage, lifecycle, proration, recurrence, revenue, spans
