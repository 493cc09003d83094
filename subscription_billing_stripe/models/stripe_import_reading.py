from functools import partial

from odoo import fields, models

from odoo.addons.subscription_billing.tools.side_by_side import run_side_by_side

from ..tools.takeover import OVER, get_plan_key
from .stripe_import import STAGES

#: customers whose methods are asked for, and lines that are worked out, in one go
CHUNK = 100


class StripeImport(models.Model):
    """Reading a book: a page and a transaction at a time, so that it can go on."""

    _inherit = "stripe.import"

    # === BUSINESS METHODS: STEPS === #

    def _read_step(self):
        """Read or work out the next part.

        :raises GatewayError: Stripe did not answer; the same step can be tried again
        """
        self.ensure_one()
        following = getattr(self, f"_do_{self.stage.partition('_')[0]}")()
        if following:
            self.cursor = following
            return
        stages = [name for name, _label in STAGES]
        number = stages.index(self.stage) + 1
        if number < len(stages):
            self.write({"stage": stages[number], "cursor": False})
        else:
            self.write(
                {
                    "state": "ready",
                    "stage": False,
                    "cursor": False,
                    "date_read": fields.Datetime.now(),
                }
            )

    def _do_item(self):
        """Read what waits for the next invoices at Stripe."""
        if not self.cursor:
            self._get_lines("item").unlink()
        page = self._read_page()
        self._keep("item", page.rows)
        return page.after

    def _do_price(self):
        """Read the prices."""
        page = self._read_page()
        self._keep("price", page.rows)
        return page.after

    def _do_subscription(self):
        """Read subscriptions; those that are over are counted only."""
        page = self._read_page()
        known = set(self._get_lines("subscription", page.rows).mapped("stripe_id"))
        over = [row for row in page.rows if row["status"] in OVER]
        self.over_count += len(over)
        kept = [row for row in page.rows if row not in over or row["id"] in known]
        self._keep("subscription", kept)
        used = {item["price"] for row in kept for item in row["items"]}
        self._use_prices(used)
        return page.after

    def _do_customer(self):
        """Read customers; those without a running subscription are counted only."""
        page = self._read_page()
        refs = [row["id"] for row in page.rows]
        Line = self.env["stripe.import.line"]
        living = {
            ref
            for (ref,) in Line._read_group(
                [
                    ("import_id", "=", self.id),
                    ("kind", "=", "subscription"),
                    ("customer_ref", "in", refs),
                ],
                groupby=["customer_ref"],
            )
        }
        self.stranger_count += len(refs) - len(living)
        lines = self._keep("customer", [r for r in page.rows if r["id"] in living])
        lines.is_read = False
        return page.after

    def _do_method(self):
        """Read the saved methods of some customers, side by side."""
        unread = [("import_id", "=", self.id), ("kind", "=", "customer")]
        customers = self.env["stripe.import.line"].search(
            [*unread, ("is_read", "=", False)], order="id", limit=CHUNK
        )
        answers = self._ask_side_by_side(
            customers.mapped("stripe_id"),
            lambda gateway, customer: gateway.read_methods(customer),
        )
        self._keep("method", [row for rows in answers.values() for row in rows])
        self._drop_detached(customers, answers)
        customers.is_read = True
        return len(customers) == CHUNK and "more"

    def _do_catalog(self):
        """Work out what becomes of plans, products and prices."""
        self._list_catalog()
        for kind in ("item", "plan", "product", "price"):
            self._get_lines(kind)._check()

    def _do_check(self):
        """Work out what becomes of some customers, methods or subscriptions."""
        kind = self.stage.partition("_")[2]
        lines = self.env["stripe.import.line"].search(
            [
                ("import_id", "=", self.id),
                ("kind", "=", kind),
                ("id", ">", int(self.cursor or 0)),
            ],
            order="id",
            limit=CHUNK,
        )
        lines._check()
        return len(lines) == CHUNK and str(lines[-1].id)

    # === BUSINESS METHODS: WHAT WAS READ === #

    def _read_page(self):
        """Return the next page of what is being read."""
        gateway = self.provider_id._get_stripe_gateway()
        return gateway.read_page(self.stage, self.cursor or "")

    def _ask_side_by_side(self, requests, ask, *, tolerated=()):
        """Return Stripe's answer to each request, by request.

        :param ask: ``ask(gateway, request)``, in a thread without a cursor
        :param tolerated: classes of exceptions that are answers, too
        """
        gateway = self.provider_id._get_stripe_gateway()
        answered = {}
        for batch in run_side_by_side(
            partial(ask, gateway),
            ((request, request) for request in requests),
            threads=gateway.config.threads,
            batch=gateway.config.threads,
        ):
            for request, answer in batch:
                if isinstance(answer, Exception) and not isinstance(answer, tolerated):
                    raise answer
                answered[request] = answer
        return answered

    def _get_lines(self, kind, rows=None):
        """Return the lines of a kind; only of some rows if these are given."""
        domain = [("import_id", "=", self.id), ("kind", "=", kind)]
        if rows is not None:
            domain.append(("stripe_id", "in", [row["id"] for row in rows]))
        return self.env["stripe.import.line"].search(domain)

    def _keep(self, kind, rows):
        """Write down what Stripe said of some things; return their lines.

        What has been taken over stays as it was.
        """
        lines = self._get_lines(kind, rows)
        known = {line.stripe_id: line for line in lines}
        created = []
        for row in {row["id"]: row for row in rows}.values():
            vals = {"data": row, "name": self._get_row_name(kind, row)}
            line = known.get(row["id"])
            if not line:
                created.append(
                    {
                        **vals,
                        "import_id": self.id,
                        "kind": kind,
                        "stripe_id": row["id"],
                        "customer_ref": row.get("customer"),
                    }
                )
            elif not line._is_settled() and line.data != row:
                line.write(vals)
        return lines | lines.create(created)

    def _get_row_name(self, kind, row):
        """Return by what people know a thing."""
        if kind == "customer":
            return row["name"] or row["email"]
        if kind == "price":
            return row["name"] or row["product_name"]
        if kind == "method":
            return " ".join(filter(None, [row["brand"].title(), row["last4"]]))
        return row.get("name")

    def _use_prices(self, refs):
        """Note which prices are in use; ask for those that no list has told."""
        rows = [{"id": ref} for ref in refs]
        lines = self._get_lines("price", rows)
        missing = refs - set(lines.mapped("stripe_id"))
        found = self._ask_side_by_side(
            missing, lambda gateway, price: gateway.read_price(price)
        )
        lines |= self._keep("price", [row for row in found.values() if row])
        lines.filtered(lambda line: not line.is_used).is_used = True

    def _drop_detached(self, customers, answers):
        """Forget methods that their customer has no more, and nothing was made of."""
        attached = {row["id"] for rows in answers.values() for row in rows}
        gone = self.env["stripe.import.line"].search(
            [
                ("import_id", "=", self.id),
                ("kind", "=", "method"),
                ("customer_ref", "in", customers.mapped("stripe_id")),
                ("stripe_id", "not in", list(attached)),
                ("state", "!=", "done"),
            ]
        )
        gone.unlink()

    def _list_catalog(self):
        """List the plans and products that the used prices need."""
        prices = self._get_lines("price").filtered("is_used")
        plans, products = {}, {}
        for price in prices:
            data = price.data
            plan = get_plan_key(data)
            if data["interval"]:
                plans[plan] = {
                    "id": plan,
                    "interval": data["interval"],
                    "interval_count": data["interval_count"],
                }
            products[data["product"]] = {
                "id": data["product"],
                "name": data["product_name"],
                "description": data["product_description"],
            }
        self._keep("plan", plans.values())
        self._keep("product", products.values())
