"""The table that `./run demo` prints, from the facts of a run."""

from collections.abc import Mapping, Sequence

# Key of the facts, header, whether it is an amount.
COLUMNS = (
    ("active", "active", False),
    ("mrr", "MRR", True),
    ("invoices", "invoices", False),
    ("untaxed", "untaxed", True),
    ("total", "total", True),
    ("collected", "collected", False),
    ("collected_total", "amount", True),
    ("open", "open", False),
    ("open_total", "amount", True),
)
ERRORS_SHOWN = 5


def format_summary(facts: Mapping) -> str:
    """Return the summary of a run as text, one line a plan and a total.

    :param facts: as `workshop/inside/run_demo.py` writes them
    """
    plans = [plan for plan in facts["plans"] if plan["active"] or plan["invoices"]]
    total = {"plan": "All plans", **totals(plans)}
    header = ["Plan", *(title for _key, title, _is_amount in COLUMNS)]
    rows = [header, *(_cells(plan) for plan in [*plans, total])]
    lines = _align(rows)
    rule = "-" * len(lines[0])
    table = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
    told = [*_dunning(facts["dunning"]), *_errors(facts)]
    return "\n".join([_headline(total, facts["currency"]), "", *table, *told])


def totals(plans: Sequence[Mapping]) -> dict:
    """Return the sum of each column."""
    return {
        key: sum(plan[key] for plan in plans) for key, _title, _is_amount in COLUMNS
    }


def _headline(total: Mapping, currency: str) -> str:
    return (
        f"This run posted {total['invoices']} invoices and collected "
        f"{total['collected']} of them by a saved payment method "
        f"(amounts in {currency}):"
    )


def _cells(row: Mapping) -> list[str]:
    amounts = (
        f"{row[key]:,.2f}" if is_amount else f"{row[key]:,}"
        for key, _title, is_amount in COLUMNS
    )
    return [row["plan"], *amounts]


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _dunning(facts: Mapping) -> list[str]:
    """Return what is overdue, and what was done about it."""
    steps = ", ".join(f"{count} x {name}" for name, count in facts["steps"].items())
    stopped = facts["stopped"][:ERRORS_SHOWN]
    overdue = f"Overdue: {facts['overdue']:,.2f} of {facts['cases']} customers."
    return [
        "",
        f"{overdue} Done about it: {steps or 'nothing new'}.",
        *(f"  waits for a person: {error}" for error in stopped),
    ]


def _errors(facts: Mapping) -> list[str]:
    if not facts["errors"]:
        return []
    shown = facts["errors"][:ERRORS_SHOWN]
    return [
        "",
        "To fix (filter 'To Fix' in the list of subscriptions):",
        *(f"  {len(each['names'])} x {each['error']}" for each in shown),
    ]


# === CHARGES AT STRIPE === #


def format_stories(facts: Mapping) -> str:
    """Return what became of the charges as text, some lines a customer.

    :param facts: as `workshop/inside/run_stripe_demo.py` writes them
    """
    lines = []
    for story in facts["stories"]:
        lines += [
            f"{story['name']}: {story['story']}",
            f"    invoice {story['invoice']}: {story['what']}",
        ]
    is_equal = round(facts["taken"], 2) == round(facts["booked"], 2)
    verdict = "both agree" if is_equal else "THEY DO NOT AGREE"
    books = (
        f"Stripe's stand-in took {facts['taken']:,.2f} with {facts['charges']} "
        f"charges, and payments of {facts['booked']:,.2f} are booked: {verdict}."
    )
    return "\n".join([*lines, "", books])
