from . import allocation, charge, discounts, lifecycle, recurrence, revenue
