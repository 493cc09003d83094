"""A telecom company's real book: import it, bill a month, collect; to the cent.

    ./run bench telco [--cold] [--csv FILE] [--json FILE]

Every figure is read from the database after the run. The book is imported through
Odoo's own import by a subscription administrator; the scheduled actions are run by the
scheduler's own code, and commit. `--cold` does it twice: on a database whose tables
were never analysed (and are not while it runs), and on one with fresh statistics.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odoo import Command, api

from workshop import paths

from . import report, scene, telco_book, telco_figures
from .measure import Cost, measured
from .telco_book import PUBLISHED, Customer
from .workbench import (
    BenchmarkError,
    Workbench,
    opened,
    prepared,
    run_scheduled_action,
)

CSV = paths.ROOT.parent / "shared" / "data" / "telco_customers.csv"
PRODUCT = "Telecom service"
# Rows that the import screen sends at a time.
IMPORT_BATCH = 2000
# The fields behind the headers of the import template.
COLUMNS = (
    "partner_id",
    "plan_id",
    "state",
    "date_start",
    "date_next_invoice",
    "collection_method",
    "payment_token_id/id",
    "line_ids/product_id",
    "line_ids/quantity",
    "line_ids/price_unit",
)
COLD_LIMIT = 2.0


def main() -> int:
    """Run the benchmark; 1 when a figure differs or it cannot be run."""
    options = _parse()
    path = options.csv or CSV
    if not path.is_file():
        print(f"The telecom book is not there: {path} (name it with --csv FILE).")
        return 1
    customers = telco_book.read(path)
    expected = telco_book.expected(customers) if options.csv else PUBLISHED
    try:
        with prepared() as workbench:
            return _compare(workbench, customers, expected, options)
    except BenchmarkError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench telco", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--csv", type=Path, help="another book of the same columns")
    parser.add_argument("--cold", action="store_true", help="compare cold and warm")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _compare(workbench: Workbench, customers, expected, options) -> int:
    """Run the book on one database, or on a cold and a warm one, and report."""
    differences, costs, got = 0, {}, {}
    for kind in ("cold", "warm") if options.cold else ("warm",):
        print(f"\nA {kind} database, {len(customers)} customers.", flush=True)
        costs[kind], got[kind] = _run_book(workbench, customers, kind)
        differences += telco_figures.print_comparison(expected, got[kind])
        _print_costs(costs[kind])
    if options.cold:
        differences += _print_ratios(costs["cold"], costs["warm"])
    report.save(options.json, "telco", _as_figures(costs, got, differences))
    print("Everything as expected." if not differences else f"{differences} DIFFERENT.")
    return 1 if differences else 0


def _as_figures(costs, got, differences: int) -> dict:
    return {
        "differences": differences,
        "got": got,
        "costs": {
            kind: {step: cost.as_figures() for step, cost in steps.items()}
            for kind, steps in costs.items()
        },
    }


def _run_book(workbench: Workbench, customers, kind: str) -> tuple[dict, dict]:
    """Import, bill and collect on a new database; return the costs and figures."""
    name = workbench.copy_ours(f"telco_{kind}")
    if kind == "cold" and (known := workbench.make_cold(name)):
        print(f"Not quite cold: the planner has statistics of {known} columns.")
    costs: dict[str, Cost] = {}
    with opened(name) as env:
        _make_surroundings(env, customers)
        with _step(workbench, env, kind, costs, "import", len(customers)):
            _import(env, customers)
        automatic = sum(customer.is_automatic for customer in customers)
        for step, action, items in (
            ("renew", "renewal", len(customers)),
            ("collect", "collection", automatic),
        ):
            with _step(workbench, env, kind, costs, step, items):
                run_scheduled_action(env, f"subscription_billing.ir_cron_{action}")
        first = telco_figures.read(env, customers)
        run_scheduled_action(env, "subscription_billing.ir_cron_renewal")
        run_scheduled_action(env, "subscription_billing.ir_cron_collection")
        again = telco_figures.read_again(env, first)
    return costs, {**first, **again}


@contextmanager
def _step(
    workbench: Workbench, env: api.Environment, kind, costs, name: str, items: int
) -> Iterator[None]:
    """Measure one step, on a database as its kind prescribes."""
    env.cr.commit()
    env.invalidate_all()
    if kind == "warm":
        workbench.analyze(env.cr.dbname)
    with measured(items) as costs[name]:
        yield
        env.cr.commit()
    print(f"    {name}: {costs[name].seconds:.1f} s", flush=True)


# === THE BOOK'S SURROUNDINGS === #


def _make_surroundings(env: api.Environment, customers: list[Customer]) -> None:
    """Create the product, the plans, the partners and their saved payment methods."""
    env = env(context={**env.context, "tracking_disable": True})
    scene.make_product(env, PRODUCT)
    env["subscription.plan"].create(
        [
            {
                "name": name,
                "interval_count": 1,
                "interval_unit": "month",
                "term_count": months,
                "term_unit": "month",
            }
            for name, months in telco_book.PLANS.values()
        ]
    )
    manager = env.ref("subscription_billing.group_subscription_manager")
    env.ref("base.user_admin").group_ids = [Command.link(manager.id)]
    partners = env["res.partner"].create(
        [{"name": customer.name} for customer in customers]
    )
    payers = env["res.partner"].union(
        *(
            partner
            for partner, customer in zip(partners, customers, strict=True)
            if customer.is_automatic
        )
    )
    _name_tokens(scene.make_tokens(env, payers))
    env.cr.commit()


def _name_tokens(tokens) -> None:
    """Give the payment methods the external ids by which the import finds them."""
    tokens.env["ir.model.data"].create(
        [
            {
                "module": "telco",
                "name": _token_name(token.partner_id.name),
                "model": "payment.token",
                "res_id": token.id,
            }
            for token in tokens
        ]
    )


def _token_name(customer_name: str) -> str:
    return f"token_{customer_name}"


def _import(env: api.Environment, customers: list[Customer]) -> None:
    """Load the subscriptions, as the import screen does with the template's columns."""
    importer = env(user=env.ref("base.user_admin").id)
    Subscription = importer["subscription.subscription"].with_context(import_file=True)
    today = env.company._get_subscription_today()
    rows = [_row(customer, today) for customer in customers]
    for start in range(0, len(rows), IMPORT_BATCH):
        result = Subscription.load(COLUMNS, rows[start : start + IMPORT_BATCH])
        if result["messages"]:
            raise BenchmarkError(f"The import refused: {result['messages'][0]}")
        env.cr.commit()


def _row(customer: Customer, today) -> list[str]:
    """Return a customer as a row of the import template, all of it text."""
    return [
        customer.name,
        customer.plan,
        "Active",
        customer.start(today).isoformat(),
        today.isoformat(),
        "Automatic payment" if customer.is_automatic else "Invoice to pay",
        f"telco.{_token_name(customer.name)}" if customer.is_automatic else "",
        PRODUCT,
        "1",
        str(customer.charge),
    ]


# === PRINTING === #


def _print_costs(costs: dict[str, Cost]) -> None:
    report.print_table(
        ("step", "items", "seconds", "ms an item", "queries an item", "memory, MiB"),
        [
            (
                step,
                cost.items,
                f"{cost.seconds:.1f}",
                f"{cost.ms:.2f}",
                f"{cost.queries_each:.2f}",
                f"+{cost.growth / 2**20:.0f}",
            )
            for step, cost in costs.items()
        ],
    )


def _print_ratios(cold: dict[str, Cost], warm: dict[str, Cost]) -> int:
    """Print cold against warm; return how many steps take too long."""
    ratios = {step: cold[step].ms / warm[step].ms for step in cold}
    report.print_table(
        ("step", "cold, ms", "warm, ms", "cold/warm", f"at most {COLD_LIMIT}"),
        [
            (
                step,
                f"{cold[step].ms:.2f}",
                f"{warm[step].ms:.2f}",
                f"{ratio:.2f}",
                "OK" if ratio <= COLD_LIMIT else "DIFFERENT",
            )
            for step, ratio in ratios.items()
        ],
    )
    return sum(ratio > COLD_LIMIT for ratio in ratios.values())


if __name__ == "__main__":
    sys.exit(main())
