from . import charge, coverage, lifecycle, proration, recurrence, revenue, spans
