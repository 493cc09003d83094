from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.subscription_billing.models.batch import run_isolated

from ..tools.takeover import Obstacle, find_under_way, get_next_time

#: in this order, for each needs those before
NEEDS = ("plan", "product", "price", "customer", "method")


class StripeImportLine(models.Model):
    """Making subscriptions: as drafts, confirmed once Stripe has ended its own."""

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS: DRAFTS === #

    def _draft(self):
        """Make or renew the drafts of these subscriptions, and all that they need.

        One that fails does not stop the others.

        :return: those that have a draft now
        """
        if not self:
            return self
        known = self._look_up()
        ready = self.filtered(lambda line: line._check_subscription(known))
        ready._make_needs(known)
        work = partial(type(self)._write_drafts, known=known)
        return run_isolated(ready, work, self._keep_error) or self.browse()

    def _make_needs(self, known):
        """Make what these subscriptions refer to; what fails is told on its line."""
        items = [item["price"] for line in self for item in line.data["items"]]
        customers = set(self.mapped("customer_ref"))
        found = {
            "price": self._pick(known["price_lines"], items),
            "customer": self._pick(known["customers"], customers),
        }
        products = [line.data["product"] for line in found["price"]]
        found["product"] = self._pick(known["products"], products)
        found["plan"] = self.browse()
        for line in self:
            found["plan"] |= line._get_plan_lines(known)
        found["method"] = self.browse().union(
            *(known["methods"].get(ref, self.browse()) for ref in customers)
        )
        for kind in NEEDS:
            todo = found[kind].filtered(
                lambda line: line.state in ("new", "match", "failed")
            )
            if kind == "method":
                todo = todo.filtered(
                    lambda m: known["customers"][m.customer_ref].partner_id
                )
            if todo:
                run_isolated(
                    todo, getattr(type(self), f"_make_{kind}"), self._keep_error
                )

    def _pick(self, lines, refs):
        """Return some of the lines that are known by their Stripe id."""
        return self.browse().union(*(lines[ref] for ref in refs if ref in lines))

    def _write_drafts(self, known):
        """Make or renew the drafts of these subscriptions, all or nothing."""
        for line in self:
            line._write_draft(known)
        return self

    def _write_draft(self, known):
        """Make the draft of one subscription, or write it anew."""
        self.ensure_one()
        for line in self._get_needed(known):
            if line.state != "done":
                raise UserError(
                    self._tell(Obstacle("line", f"{line.display_name}: {line.message}"))
                )
        vals = self._prepare_subscription_vals(known)
        draft = self.subscription_id
        if draft:
            for name in ("line_ids", "discount_ids"):
                vals[name] = [Command.clear(), *vals[name]]
            draft.write(vals)
        else:
            self.subscription_id = draft.create(vals)
        date_next = vals["date_next_period"]
        self._settle("waiting", self._tell(Obstacle("drafted")), date_next=date_next)

    def _get_needed(self, known):
        """Return the lines without which the subscription cannot be made."""
        prices = self._pick(
            known["price_lines"], [item["price"] for item in self.data["items"]]
        )
        products = [line.data["product"] for line in prices]
        return (
            self._get_plan_lines(known)
            | self._pick(known["products"], products)
            | prices
            | known["customers"][self.customer_ref]
        )

    # === BUSINESS METHODS: TAKING OVER === #

    def _take_over(self):
        """Confirm the drafts, whose subscriptions Stripe has ended: Odoo bills now.

        One that fails does not stop the others.
        """
        run_isolated(self, type(self)._confirm_drafts, self._keep_error)

    def _note_end(self, row):
        """Write down how far Stripe had billed when it ended the subscription.

        :return: this line if Stripe had begun another period, so that its draft is
            behind; none else
        """
        self.ensure_one()
        before, items = get_next_time(self.data), row["items"]
        vals = {name: row[name] for name in ("invoice", "invoice_status")}
        if get_next_time(row):
            vals["items"] = items
        self.data = {**self.data, **vals}
        if under_way := find_under_way(self.data, now=0):
            self._fail(self._tell(under_way[0]))
            return self.browse()
        self.state = "waiting"
        return self if get_next_time(self.data) != before else self.browse()

    def _confirm_drafts(self):
        """Confirm these drafts, all or nothing."""
        for line in self:
            line._confirm_draft()
        return self

    def _confirm_draft(self):
        """Confirm a draft, and do what was agreed for later."""
        self.ensure_one()
        subscription, data = self.subscription_id, self.data
        day = fields.Date.to_string(self.date_next)
        self._settle("done", self._tell(Obstacle("taken", day)), is_queued=False)
        subscription.action_confirm()
        today = self.company_id._get_subscription_today()
        if data["cancel_at"]:
            self._schedule("close", max(self._get_day(data["cancel_at"]), today))
        if data["is_collection_paused"] or data["status"] == "paused":
            resume = data["resumes_at"] and self._get_day(data["resumes_at"])
            self._schedule(
                "pause",
                today,
                pause_policy="keep",
                date_resume=resume if resume and resume > today else False,
            )

    def _schedule(self, kind, day, **vals):
        """Make a change that was agreed at Stripe."""
        self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription_id.id,
                "kind": kind,
                "timing": "date",
                "date": day,
                "is_forced": kind == "close",
                **vals,
            }
        ).action_confirm()

    def _drop_draft(self):
        """Delete the drafts of subscriptions that were ended at Stripe by others."""
        self.subscription_id.filtered(lambda each: each.state == "draft").unlink()
        self._settle("skip", self._tell(Obstacle("stopped")), is_queued=False)

    def _keep_error(self, line, message):
        """Keep why one could not be taken over."""
        line._fail(message)
