import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

#: days for which refused events are kept for people to look at
REFUSED_DAYS = 90
#: refused events that one cleaning removes
REFUSED_LIMIT = 10_000


class SubscriptionUsage(models.Model):
    """One counted event of usage. Append-only: what was counted is a fact.

    An accepted event is billed when a claim has taken it: its ``period_id``. A refused
    event is kept for a while, so that people see what a client tried; it holds no key.
    """

    _name = "subscription.usage"
    _description = "Usage"
    _order = "id desc"
    _rec_name = "key"

    # === FIELDS === #

    subscription_id = fields.Many2one("subscription.subscription", ondelete="restrict")
    partner_id = fields.Many2one(related="subscription_id.partner_id")
    meter_id = fields.Many2one("subscription.meter", ondelete="restrict")
    unit_name = fields.Char(related="meter_id.unit_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    key = fields.Char(
        copy=False,
        default=lambda self: self._default_key(),
        help="What makes the event unique: another event of the meter with the same "
        "key is a duplicate, which is acknowledged and ignored.",
    )
    quantity = fields.Float(
        digits=0,  # an exact number, however it is shown
        default=1.0,
        help="How much was used; negative to correct an event that was too much.",
    )
    value = fields.Char(
        string="Counted Value",
        readonly=True,
        help="What the meter counts once, where it counts distinct values.",
    )
    time = fields.Datetime(
        default=lambda self: fields.Datetime.now(), help="When it was used."
    )
    date = fields.Date(
        string="Counted On",
        readonly=True,
        help="The day of its time in the company's time zone, which decides in which "
        "period the event is billed.",
    )
    properties = fields.Json(help="What else the client told about the event.")
    state = fields.Selection(
        selection=[
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        required=True,
        default="accepted",
        readonly=True,
    )
    reason = fields.Char(readonly=True, help="Why the event was refused.")
    sent = fields.Text(
        string="As Sent", readonly=True, help="A refused event, as the client sent it."
    )
    period_id = fields.Many2one(
        "subscription.period",
        string="Billed In",
        ondelete="restrict",
        readonly=True,
        help="The billed period that took this event; empty until it is billed.",
    )
    move_id = fields.Many2one(related="period_id.move_id")

    _key_unique = models.UniqueIndex(
        "(meter_id, company_id, key) WHERE state != 'refused'",
        "An event with this Key has been counted already.",
    )
    _refused_once = models.UniqueIndex(
        "(company_id, md5(sent || reason)) WHERE state = 'refused'",
        "This event was refused before.",
    )
    _counted_index = models.Index("(subscription_id, meter_id, date, time, id)")
    _unbilled_index = models.Index(
        "(subscription_id, meter_id, date) "
        "WHERE state = 'accepted' AND period_id IS NULL"
    )
    _period_index = models.Index("(period_id) WHERE period_id IS NOT NULL")
    _accepted_is_complete = models.Constraint(
        "CHECK (state = 'refused' OR (subscription_id IS NOT NULL "
        "AND meter_id IS NOT NULL AND key IS NOT NULL AND quantity IS NOT NULL "
        "AND time IS NOT NULL AND date IS NOT NULL))",
        "Subscription, Meter, Key, Quantity and Time must be filled in.",
    )
    _only_accepted_is_billed = models.Constraint(
        "CHECK (state = 'accepted' OR period_id IS NULL)",
        "Only an accepted event can be billed.",
    )

    # === DEFAULTS === #

    @api.model
    def _default_key(self):
        """Return a key for what a person types in; an import must bring its own."""
        return not self.env.context.get("import_file") and uuid.uuid4().hex

    # === COMPUTE METHODS === #

    @api.depends("key")
    def _compute_display_name(self):
        for event in self:
            name = event.key or self.env._("Refused event")
            event.display_name = name if event.id else False

    # === CRUD METHODS === #

    # pylint: disable-next=method-required-super
    @api.model_create_multi
    def create(self, vals_list):
        """Record what a person or an import brings, by the rules for all events.

        :raises ValidationError: an event is refused
        :return: the events; for a duplicate, the one that was counted
        """
        self.check_access("create")
        outcomes = self._ingest([self._prepare_event(vals) for vals in vals_list])
        for outcome in outcomes:
            if outcome.refusal:
                raise ValidationError(self._get_refusal_text(outcome.refusal))
        return self.browse([outcome.id for outcome in outcomes])

    def _load_records_create(self, vals_list):
        """Create what an import brings.

        :raises ValueError: several events are loaded and one of them is refused; the
            import then loads them one by one and reports the row at fault. A
            ``UserError`` it would report at the first row too.
        """
        try:
            return super()._load_records_create(vals_list)
        except UserError as error:
            if len(vals_list) == 1:
                raise
            raise ValueError(str(error)) from error

    def write(self, vals):
        """Refuse: what was counted is a fact. Only its withdrawal is written."""
        if self.env.su and vals == {"state": "withdrawn"}:
            return super().write(vals)
        raise UserError(
            self.env._(
                "Usage is a record of facts and cannot be changed. Record another "
                "event with a negative quantity to correct it, or withdraw an event "
                "that has not been billed."
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_refused(self):
        if any(event.state != "refused" for event in self):
            raise UserError(
                self.env._(
                    "Usage is a record of facts and cannot be deleted. Withdraw an "
                    "event that should not be billed."
                )
            )

    # === ACTIONS === #

    @api.model
    def get_import_templates(self):
        """Offer the import template in the list view's import screen."""
        return [
            {
                "label": self.env._("Import Template for Usage"),
                "template": "/subscription_billing/static/csv/"
                "usage_import_template.csv",
            }
        ]

    def action_withdraw(self):
        """Take events out of the count, as if they had not been recorded.

        Their keys stay taken: a client that sends them again is told "duplicate".

        :raises UserError: an event has been billed, or was never counted
        """
        self.check_access("read")
        if not self.env.user.has_group(
            "subscription_billing.group_subscription_manager"
        ):
            raise UserError(
                self.env._(
                    "Only an administrator of subscriptions withdraws usage. Record "
                    "another event with a negative quantity to correct it."
                )
            )
        for event in self:
            if event.state != "accepted" or event.period_id:
                raise UserError(
                    self.env._(
                        "%(key)s has been billed or was not accepted: only an accepted "
                        "event that is not billed yet can be withdrawn.",
                        key=event.display_name,
                    )
                )
        self.sudo().write({"state": "withdrawn"})

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_event(self, vals):
        """Return the values of a record as an event of the API."""
        names = {"meter_id": "meter", "subscription_id": "subscription"}
        return {
            names.get(name, name): value
            for name, value in vals.items()
            if value is not False
        }

    @api.model
    def _attach(self, windows, claims):
        """Mark the events that windows bill as billed in their claims, in one query.

        To be called in the transaction in which ``_aggregate`` was asked for the same
        windows: it takes the same events.

        :param list[tools.metering.Window] windows:
        :param claims: ``subscription.period`` of kind usage, one for each window
        :raises ValueError: a window has no claim, and would be billed again
        :return: the number of events
        :rtype: int
        """
        claim_ids = {claim.line_id.id: claim.id for claim in claims}
        if unclaimed := [w.line_id for w in windows if w.line_id not in claim_ids]:
            raise ValueError(f"Lines without a claim for their usage: {unclaimed}")
        if not windows:
            return 0
        Meter = self.env["subscription.meter"]
        Meter._flush_counted()
        self.env.cr.execute(
            SQL(
                """
                WITH %s
                UPDATE subscription_usage billed
                   SET period_id = claim.period_id
                  FROM (%s) fresh
                  JOIN unnest(%s::int[], %s::int[]) AS claim(line_id, period_id)
                    ON claim.line_id = fresh.line_id
                 WHERE billed.id = fresh.id
                """,
                Meter._get_asked_sql(windows),
                Meter._get_fresh_sql(),
                list(claim_ids),
                list(claim_ids.values()),
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model(["period_id", "move_id"])
        return count

    @api.autovacuum
    def _gc_refused(self):
        """Forget refused events after 90 days: nothing was billed for them."""
        before = fields.Datetime.now() - timedelta(days=REFUSED_DAYS)
        old = self.search(
            [("state", "=", "refused"), ("create_date", "<", before)],
            limit=REFUSED_LIMIT,
        )
        old.unlink()
        return len(old), len(old) == REFUSED_LIMIT
