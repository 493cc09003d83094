"""The telecom book: a CSV of customers, and what its billing must come to.

Plain arithmetic on the file, apart from Odoo, so that it can contradict the product.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from dateutil.relativedelta import relativedelta

CENT = Decimal("0.01")
TAX_RATE = Decimal("0.15")
# Contract in the file: (name of the plan, months of commitment).
PLANS = {
    "Month-to-month": ("Month to month", 0),
    "One year": ("One year", 12),
    "Two year": ("Two years", 24),
}
_OUTCOMES = {True: "collected and reconciled", False: "open"}
# What the shared file must come to, computed by others before this code was written.
PUBLISHED = {
    "invoices posted": 5174,
    "untaxed": Decimal("316985.75"),
    "tax": Decimal("47554.33"),
    "total": Decimal("364540.08"),
    "MRR": Decimal("316985.75"),
    "MRR, Month to month": (2220, Decimal("136447.05")),
    "MRR, One year": (1307, Decimal("81698.15")),
    "MRR, Two years": (1647, Decimal("98840.55")),
    "collected and reconciled": (2576, Decimal("166938.80")),
    "open": (2598, Decimal("150046.95")),
}


@dataclass(frozen=True)
class Customer:
    """A line of the file that is billed.

    :param tenure: months since the customer came
    """

    name: str
    plan: str
    charge: Decimal
    tenure: int
    is_automatic: bool

    @property
    def tax(self) -> Decimal:
        """The tax on one invoice, rounded as an invoice is."""
        return (self.charge * TAX_RATE).quantize(CENT, ROUND_HALF_UP)

    def start(self, today: date) -> date:
        """Return the day on which the customer came."""
        return today - relativedelta(months=self.tenure)


def read(path: Path) -> list[Customer]:
    """Return the customers of the file that have not left."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Customer(
                name=row["customerID"],
                plan=PLANS[row["Contract"]][0],
                charge=Decimal(row["MonthlyCharges"]),
                tenure=int(row["tenure"]),
                is_automatic="(automatic)" in row["PaymentMethod"],
            )
            for row in csv.DictReader(file)
            if row["Churn"] == "No"
        ]


def expected(customers: Iterable[Customer]) -> dict:
    """Return what the book must come to, under the names of `PUBLISHED`."""
    customers = list(customers)
    untaxed = sum(customer.charge for customer in customers)
    tax = sum(customer.tax for customer in customers)
    groups = {f"MRR, {name}": (0, Decimal(0)) for name, _months in PLANS.values()}
    groups |= _group(customers, lambda customer: f"MRR, {customer.plan}")
    groups |= _group(customers, lambda customer: _OUTCOMES[customer.is_automatic])
    return {
        "invoices posted": len(customers),
        "untaxed": untaxed,
        "tax": tax,
        "total": untaxed + tax,
        "MRR": untaxed,
        **groups,
    }


def _group(customers, name_of) -> dict[str, tuple[int, Decimal]]:
    counts: Counter[str] = Counter()
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for customer in customers:
        counts[name_of(customer)] += 1
        sums[name_of(customer)] += customer.charge
    return {name: (counts[name], sums[name]) for name in counts}
