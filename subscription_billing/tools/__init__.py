from . import charge, lifecycle, recurrence, revenue
