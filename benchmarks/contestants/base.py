"""What all contestants have in common."""

from collections.abc import Callable
from decimal import Decimal

from odoo import api
from odoo.tools import SQL

from .. import scene
from ..workbench import BenchmarkError

CENT = Decimal("0.01")


class Contestant:
    """A way to bill, on an open database with its addon.

    :param share: the part of the items it is given; those that work one by one, and so
        cost the same for each, are given fewer
    """

    addon: str | None = None
    share = 1.0
    invoice_state = "posted"

    def __init__(self, env: api.Environment, count: int):
        self.env = env
        self.count = max(round(count * self.share), 1)
        quiet = env(context={**env.context, "tracking_disable": True})
        self.product = scene.make_product(quiet, "Internet access")
        self.partners = scene.make_partners(quiet, count)
        self.last_invoice = 0
        self.set_up(quiet)
        env.cr.commit()

    # === FOR EACH CONTESTANT TO DEFINE === #

    def set_up(self, env: api.Environment) -> None:
        """Create what is needed once, unmeasured."""

    def prepare(self, env: api.Environment, partners) -> None:
        """Create what falls due today for the partners, unmeasured."""
        raise NotImplementedError

    def bill(self) -> None:
        """Make the invoices, and commit. Measured."""
        raise NotImplementedError

    def retire(self) -> None:
        """Take what has been billed out of the way, unmeasured."""

    # === THE SAME FOR ALL === #

    def price(self, number: int) -> float:
        """Return the monthly price of the customer of that number."""
        return 20.0 + number % 50

    def start(self) -> None:
        """Prepare a round and forget what the cache knows of it."""
        [(self.last_invoice,)] = self._execute(
            "SELECT coalesce(max(id), 0) FROM account_move"
        )
        quiet = self.env(context={**self.env.context, "tracking_disable": True})
        self.prepare(quiet, self.partners[: self.count].with_env(quiet))
        self.settle()

    def settle(self) -> None:
        """Commit and empty the cache."""
        self.env.cr.commit()
        self.env.invalidate_all()

    def check(self) -> None:
        """Make sure that the round has made the invoices that it was to make."""
        [(count, untaxed, tax)] = self._execute(
            """SELECT count(*), sum(amount_untaxed), sum(amount_tax) FROM account_move
                WHERE move_type = 'out_invoice' AND id > %s AND state = %s""",
            self.last_invoice,
            self.invoice_state,
        )
        wanted = sum(Decimal(self.price(number)) for number in range(self.count))
        got = count, _money(untaxed), _money(tax)
        if got != (self.count, wanted, _money(wanted * scene.TAX_PERCENT / 100)):
            raise BenchmarkError(f"{type(self).__name__} has invoiced {got}.")

    def check_collected(self) -> None:
        """Make sure that the round's invoices are paid."""
        [(count,)] = self._execute(
            """SELECT count(*) FROM account_move WHERE move_type = 'out_invoice'
                AND id > %s AND payment_state IN ('paid', 'in_payment')""",
            self.last_invoice,
        )
        if count != self.count:
            raise BenchmarkError(f"{type(self).__name__} has collected {count}.")

    def invoices(self):
        """Return the round's invoices."""
        return self.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("id", ">", self.last_invoice)],
            order="id",
        )

    def each(self, partners, prepare_vals: Callable) -> list[dict]:
        """Return the values that a function makes of each partner and price."""
        return [
            prepare_vals(partner, self.price(number))
            for number, partner in enumerate(partners)
        ]

    def _execute(self, sql: str, *values: object) -> list[tuple]:
        self.env.flush_all()
        return self.env.execute_query(SQL(sql, *values))


def _money(value: object) -> Decimal:
    return Decimal(value or 0).quantize(CENT)
