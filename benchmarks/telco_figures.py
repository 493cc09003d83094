"""The figures of the telecom book as the database has them, beside those expected."""

from decimal import Decimal

from odoo import api
from odoo.tools import SQL

from . import report
from .telco_book import Customer

CENT = Decimal("0.01")
NOTHING_MORE = {
    "run again: invoices": 0,
    "run again: charges": 0,
}
CONSISTENT = {
    "customers whose invoice is not their charge": 0,
    "periods claimed more than once, or not": 0,
    "paid invoices with an open balance": 0,
    "payments without a charge of their own": 0,
    "MRR by the revenue events": "as MRR",
}


def read(env: api.Environment, customers: list[Customer]) -> dict:
    """Return all figures of the book by name, by SQL."""
    env.flush_all()
    return {
        **_read_invoices(env),
        **_read_mrr(env),
        **_read_collection(env),
        **_read_consistency(env, customers),
    }


def read_again(env: api.Environment, first: dict) -> dict:
    """Return what a second run has added."""
    env.flush_all()
    [(invoices,)] = _rows(
        env, "SELECT count(*) FROM account_move WHERE move_type != 'entry'"
    )
    [(charges,)] = _rows(env, "SELECT count(*) FROM payment_transaction")
    charged = first["collected and reconciled"][0]
    return {
        "run again: invoices": invoices - first["invoices posted"],
        "run again: charges": charges - charged,
    }


def print_comparison(expected: dict, got: dict) -> int:
    """Print each figure as expected and as found; return how many differ."""
    rows, differences = [], 0
    for name, wanted in {**expected, **NOTHING_MORE, **CONSISTENT}.items():
        if wanted == "as MRR":
            wanted = got["MRR"]
        is_same = got.get(name) == wanted
        differences += not is_same
        verdict = "OK" if is_same else "DIFFERENT"
        rows.append((name, _text(wanted), _text(got.get(name)), verdict))
    report.print_table(("what", "expected", "got", ""), rows)
    return differences


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " / ".join(_text(part) for part in value)
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


# === READING === #


def _rows(env: api.Environment, sql: str) -> list[tuple]:
    return env.execute_query(SQL(sql))


def _money(value: object) -> Decimal:
    return Decimal(value or 0).quantize(CENT)


def _read_invoices(env: api.Environment) -> dict:
    [(count, untaxed, tax, total)] = _rows(
        env,
        """SELECT count(*), sum(amount_untaxed), sum(amount_tax), sum(amount_total)
             FROM account_move WHERE move_type = 'out_invoice' AND state = 'posted'""",
    )
    return {
        "invoices posted": count,
        "untaxed": _money(untaxed),
        "tax": _money(tax),
        "total": _money(total),
    }


def _read_mrr(env: api.Environment) -> dict:
    plans = _rows(
        env,
        """SELECT plan.name ->> 'en_US', count(*), sum(subscription.mrr)
             FROM subscription_subscription subscription
             JOIN subscription_plan plan ON plan.id = subscription.plan_id
            WHERE subscription.state = 'active' GROUP BY plan.id""",
    )
    [(events,)] = _rows(env, "SELECT sum(mrr_delta) FROM subscription_event")
    return {
        "MRR": _money(sum(mrr for _plan, _count, mrr in plans)),
        "MRR by the revenue events": _money(events),
        **{f"MRR, {name}": (count, _money(mrr)) for name, count, mrr in plans},
    }


def _read_collection(env: api.Environment) -> dict:
    """Tell collected from open by the reconciliation of the invoices' receivables."""
    [collected] = _rows(
        env,
        """SELECT count(*), sum(move.amount_untaxed) FROM account_move move
            WHERE move.move_type = 'out_invoice' AND move.state = 'posted'
              AND move.payment_state IN ('paid', 'in_payment')
              AND EXISTS (
                  SELECT 1 FROM account_move_line line
                    JOIN account_partial_reconcile part ON part.debit_move_id = line.id
                    JOIN account_move_line other ON other.id = part.credit_move_id
                    JOIN account_payment payment ON payment.move_id = other.move_id
                   WHERE line.move_id = move.id AND line.full_reconcile_id IS NOT NULL
                     AND part.amount = move.amount_total)""",
    )
    [unpaid] = _rows(
        env,
        """SELECT count(*), sum(amount_untaxed) FROM account_move
            WHERE move_type = 'out_invoice' AND state = 'posted'
              AND payment_state = 'not_paid' AND amount_residual = amount_total""",
    )
    return {
        "collected and reconciled": (collected[0], _money(collected[1])),
        "open": (unpaid[0], _money(unpaid[1])),
    }


def _read_consistency(env: api.Environment, customers: list[Customer]) -> dict:
    """Return counts of what must not be, customer by customer."""
    billed = _rows(
        env,
        """SELECT partner.name, array_agg(move.amount_untaxed) FROM account_move move
             JOIN res_partner partner ON partner.id = move.partner_id
            WHERE move.move_type = 'out_invoice' AND move.state = 'posted'
            GROUP BY partner.id""",
    )
    charged = {name: [_money(amount) for amount in amounts] for name, amounts in billed}
    [(claims,)] = _rows(
        env,
        """SELECT count(*) FROM subscription_line line WHERE 1 != (
              SELECT count(*) FROM subscription_period period
               WHERE period.line_id = line.id AND period.move_line_id IS NOT NULL)""",
    )
    [(unbalanced,)] = _rows(
        env,
        """SELECT count(*) FROM account_move WHERE move_type = 'out_invoice'
              AND payment_state IN ('paid', 'in_payment') AND amount_residual != 0""",
    )
    [(payments,)] = _rows(
        env,
        """SELECT count(*) FROM account_payment payment WHERE 1 != (
              SELECT count(*) FROM payment_transaction charge
               WHERE charge.payment_id = payment.id AND charge.state = 'done'
                 AND charge.amount = payment.amount)""",
    )
    return {
        "customers whose invoice is not their charge": sum(
            charged.get(customer.name) != [customer.charge] for customer in customers
        ),
        "periods claimed more than once, or not": claims,
        "paid invoices with an open balance": unbalanced,
        "payments without a charge of their own": payments,
    }
