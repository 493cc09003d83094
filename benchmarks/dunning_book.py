"""A book of unpaid invoices: Odoo makes one customer, the others are copied rows."""

from odoo import Command, api
from odoo.fields import Date
from odoo.tools import SQL

from .scene import make_product

#: of how many invoices before the one that is owed
MONTHS_PAID = 4
#: an expression that numbers the copies from 0
NUMBER = SQL("number")


def make_overdue(env: api.Environment, count: int, days: int) -> None:
    """Have that many customers owe an invoice each, due some days ago.

    Each has paid some before, so that what is owed has to be found among those.
    """
    partner, subscription = _make_one(env)
    _pay(subscription.invoice_ids.sorted("invoice_date")[:-1])
    env.flush_all()
    rows = {
        "res_partner": partner,
        "subscription_subscription": subscription,
        "subscription_line": subscription.line_ids,
        "account_move": subscription.invoice_ids,
        "account_move_line": subscription.invoice_ids.line_ids,
        "subscription_period": subscription.period_ids,
    }
    copies = Copies(env, count - 1)
    for table, records in rows.items():
        copies.add(table, records)
    copies.write()
    env.cr.execute(
        SQL(
            "UPDATE account_move SET invoice_date_due = CURRENT_DATE - %s"
            " WHERE payment_state = 'not_paid'",
            days,
        )
    )
    env.cr.commit()
    env.invalidate_all()


def _make_one(env: api.Environment):
    """Return a customer, and a subscription of his that was billed for months."""
    partner = env["res.partner"].create(
        {"name": "Customer", "email": "customer@example.com", "customer_rank": 1}
    )
    plan = env["subscription.plan"].create({"name": "Monthly"})
    subscription = env["subscription.subscription"].create(
        {
            "partner_id": partner.id,
            "plan_id": plan.id,
            "state": "active",
            "date_start": Date.subtract(Date.today(), months=MONTHS_PAID),
            "line_ids": [Command.create({"product_id": make_product(env, "Plan").id})],
        }
    )
    env["subscription.renewal"]._cron_renew()
    return partner, subscription


def _pay(invoices) -> None:
    wizard = invoices.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoices.ids
    )
    wizard.create({}).action_create_payments()


class Copies:
    """Copies of rows that point at each other, each set with ids of its own.

    :param count: of the copies of each row
    """

    def __init__(self, env: api.Environment, count: int):
        self.env = env
        self.count = count
        self.first: dict[tuple[str, int], int] = {}
        self.tables: list[str] = []

    def add(self, table: str, records) -> None:
        """Copy the rows of records."""
        self.tables.append(table)
        for record in records:
            [[last]] = self.env.execute_query(
                SQL(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'),"
                    " nextval(pg_get_serial_sequence(%s, 'id')) + %s)",
                    table,
                    table,
                    self.count,
                )
            )
            self.first[table, record.id] = last - self.count

    def write(self) -> None:
        """Insert the copies; what pointed at a copied row points at its copy."""
        targets = {
            (table, column): target
            for table, column, target in self.env.execute_query(FOREIGN_KEYS)
        }
        for (table, id_), first in self.first.items():
            self.env.cr.execute(self._prepare_insert(table, id_, first, targets))

    def _prepare_insert(self, table: str, id_: int, first: int, targets: dict) -> SQL:
        [row] = self.env.execute_query_dict(
            SQL("SELECT * FROM %s WHERE id = %s", SQL.identifier(table), id_)
        )
        values = {}
        for column, value in row.items():
            start = self.first.get((targets.get((table, column)), value))
            if column == "id":
                values[column] = SQL("%s + %s", first, NUMBER)
            elif start is not None:
                values[column] = SQL("%s + %s", start, NUMBER)
            elif column in UNIQUE:
                values[column] = SQL("%s || %s", value, NUMBER)
            else:
                values[column] = SQL.identifier(table, column)
        return SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(0, %s) number"
            " WHERE %s.id = %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, values)),
            SQL(", ").join(values.values()),
            SQL.identifier(table),
            self.count - 1,
            SQL.identifier(table),
            id_,
        )


#: columns of text that no two rows share
UNIQUE = ("name", "access_token")
FOREIGN_KEYS = SQL(
    """
    SELECT source.relname, attribute.attname, target.relname
      FROM pg_constraint
      JOIN pg_class source ON source.oid = conrelid
      JOIN pg_class target ON target.oid = confrelid
      JOIN pg_attribute attribute
        ON attribute.attrelid = conrelid AND attribute.attnum = conkey[1]
     WHERE contype = 'f' AND cardinality(conkey) = 1
    """
)
