from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..models.batch import retry_on_conflict, run_isolated


class SubscriptionForecastRun(models.TransientModel):
    """A forecast of many subscriptions, worked out a chunk at a time.

    A small one is worked out while the person waits, a large one by a scheduled action.
    """

    _name = "subscription.forecast.run"
    _description = "Forecast of Invoices"
    _transient_max_hours = 48

    #: subscriptions that are played, and rolled back, together
    _chunk_size = 100

    # === DEFAULTS === #

    def _default_date_end(self):
        """Return the day before the same day three months later."""
        today = self.env.company._get_subscription_today()
        return fields.Date.subtract(fields.Date.add(today, months=3), days=1)

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    date_start = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._get_subscription_today(),
    )
    date_end = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self._default_date_end(),
        help="Last invoice date to look at.",
    )
    subscription_ids = fields.Many2many(
        "subscription.subscription",
        string="Subscriptions",
        help="Empty: all that are running.",
    )
    state = fields.Selection(
        selection=[("draft", "New"), ("running", "Running"), ("done", "Done")],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
    )
    last_id = fields.Integer(
        readonly=True, help="The last subscription that has been worked out."
    )
    line_ids = fields.One2many(
        "subscription.forecast.line", "run_id", string="Invoices", readonly=True
    )

    # === CONSTRAINTS === #

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for run in self:
            last = fields.Date.add(run.date_start, years=5)
            if not run.date_start <= run.date_end <= last:
                raise ValidationError(
                    self.env._(
                        "Until must be between %(start)s and %(last)s: on or after "
                        "From, and at most five years later.",
                        start=run.date_start,
                        last=last,
                    )
                )

    # === ACTIONS === #

    def action_compute(self):
        """Work the forecast out, at once or in the background, and show it."""
        self.ensure_one()
        self.subscription_ids.check_access("read")
        self.line_ids.sudo().unlink()
        self.write({"state": "running", "last_id": 0})
        count = self.env["subscription.subscription"].search_count(self._get_domain())
        if count > self._chunk_size:
            self.env.ref("subscription_billing.ir_cron_forecast").sudo()._trigger()
            return self._get_patience_action(count)
        self._work()
        return self._get_lines_action()

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_forecast(self):
        """Work out the forecasts that are too large to wait for."""
        cron = self.env["ir.cron"]
        running = [("state", "=", "running")]
        while run := self.search(running, order="id", limit=1):
            owned = run.with_user(run.create_uid).sudo()
            retry_on_conflict(owned.env, owned._work)
            if owned.state == "done":
                owned._tell_done()
            if not cron._commit_progress(1, remaining=self._count_chunks()):
                return

    # === BUSINESS METHODS === #

    @api.model
    def _count_chunks(self):
        """Return how many chunks of all forecasts are still to be worked out."""
        runs = self.search([("state", "=", "running")])
        return sum(-(-run._count_left() // run._chunk_size) or 1 for run in runs)

    def _count_left(self):
        """Return how many subscriptions are still to be worked out."""
        self.ensure_one()
        Subscription = self.env["subscription.subscription"]
        return Subscription.search_count(self._get_domain())

    def _get_domain(self):
        """Return the domain of the subscriptions that are still to be worked out."""
        self.ensure_one()
        if self.subscription_ids:
            chosen = [
                ("id", "in", self.subscription_ids.ids),
                ("state", "!=", "closed"),
            ]
        else:
            chosen = [
                ("company_id", "=", self.company_id.id),
                ("state", "not in", ("draft", "closed")),
            ]
        return [("id", ">", self.last_id), *chosen]

    def _work(self):
        """Work out the next chunk; the last one ends the forecast."""
        self.ensure_one()
        subscriptions = (
            self.env["subscription.subscription"]
            .sudo()
            .search(self._get_domain(), order="id", limit=self._chunk_size)
        )
        # Its owner sees what the owner may see, in the background too.
        readable = subscriptions.with_user(self.create_uid)._filtered_access("read")
        run_isolated(readable, self._forecast, self._on_error)
        if subscriptions:
            self.last_id = subscriptions[-1].id
        if not self._count_left():
            self.state = "done"

    def _forecast(self, subscriptions):
        """Write down the invoices of some subscriptions, which are rolled back."""
        forecast = self.env["subscription.forecast"]
        invoices = forecast._preview_book(subscriptions, self.date_end)
        self._create_lines(
            [
                {
                    "subscription_id": invoice.subscription_ids[0],
                    "date": invoice.date,
                    "amount_untaxed": invoice.amount_untaxed,
                    "amount_tax": invoice.amount_tax,
                    "amount_total": invoice.amount_total,
                }
                for invoice in invoices
                if invoice.date >= self.date_start
            ]
        )
        return subscriptions

    def _on_error(self, subscription, message):
        """Write down why a subscription could not be forecast."""
        self._create_lines([{"subscription_id": subscription.id, "error": message}])

    def _create_lines(self, vals_list):
        """Add lines to the forecast; people only read them."""
        self.env["subscription.forecast.line"].sudo().create(
            [{"run_id": self.id, **vals} for vals in vals_list]
        )

    def _tell_done(self):
        """Tell the person that a forecast in the background is complete."""
        self.ensure_one()
        self.create_uid._bus_send(
            "simple_notification",
            {
                "type": "success",
                "title": self.env._("Forecast"),
                "message": self.env._(
                    "The forecast until %(date)s is complete.",
                    date=format_date(self.env, self.date_end),
                ),
            },
        )

    def _get_lines_action(self):
        """Return the window action that shows the invoices of this forecast."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_forecast_line_action"
        )
        return {**action, "domain": [("run_id", "=", self.id)]}

    def _get_patience_action(self, count):
        """Return the action that tells of work in the background, and shows its
        lines as they come."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(count)s subscriptions are forecast in the background: reload "
                    "this page to see more of them. You are told when it is complete.",
                    count=count,
                ),
                "next": self._get_lines_action(),
            },
        }
