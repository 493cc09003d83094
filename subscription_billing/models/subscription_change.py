from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.lifecycle import BILLED_STATES

KINDS = [
    ("modify", "Change"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("close", "Close"),
]


class SubscriptionChange(models.Model):
    """One change of a subscription: previewed, then applied once, now or on its day.

    What is left empty stays as it is.
    """

    _name = "subscription.change"
    _description = "Subscription Change"
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS: WHAT AND WHEN === #

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, precompute=True
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    kind = fields.Selection(selection=KINDS, default="modify", required=True)
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("scheduled", "Scheduled"),
            ("applied", "Applied"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    timing = fields.Selection(
        selection=[
            ("now", "Now"),
            ("period_end", "At the end of the period"),
            ("date", "On a date"),
        ],
        string="When",
        default=lambda self: self._default_timing(),
        required=True,
    )
    date = fields.Date(
        string="Effective On",
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        help="First day on which the change holds.",
    )
    date_applied = fields.Datetime(string="Applied At", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users",
        string="Requested By",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
    )
    error = fields.Text(readonly=True, copy=False)
    note = fields.Text(help="Why, for those who look later.")

    # === FIELDS: NEW VALUES === #

    proration = fields.Selection(
        selection=lambda self: (
            self.env["subscription.plan"]._fields["proration"].selection
        ),
        string="Rest of the Period",
        compute="_compute_proration",
        store=True,
        readonly=False,
        precompute=True,
    )
    plan_id = fields.Many2one(
        "subscription.plan",
        string="New Plan",
        check_company=True,
        help="Lines get their prices on the new plan. Another billing period begins "
        "with the change.",
    )
    date_anchor = fields.Date(
        string="New Billing Day",
        help="A date on which a period starts; the others are counted from it.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="New Customer", check_company=True
    )
    partner_invoice_id = fields.Many2one(
        "res.partner", string="New Invoice Address", check_company=True
    )
    collection_method = fields.Selection(
        selection=[("automatic", "Automatic payment"), ("invoice", "Invoice to pay")],
        string="New Collection Method",
    )
    payment_token_id = fields.Many2one(
        "payment.token",
        string="New Payment Method",
        groups="subscription_billing.group_subscription_user",
    )
    line_ids = fields.One2many(
        "subscription.change.line", "change_id", string="Lines", copy=True
    )

    # === FIELDS: PAUSE AND CLOSE === #

    pause_policy = fields.Selection(
        selection=lambda self: (
            self.env["subscription.pause"]._fields["policy"].selection
        ),
        string="Billing While Paused",
        default="credit",
    )
    date_resume = fields.Date(
        string="Until",
        help="First day on which it is served again. Empty: until somebody resumes it.",
    )
    close_reason_id = fields.Many2one("subscription.close.reason", string="Reason")
    is_credited = fields.Boolean(
        string="Credit Unserved Days",
        help="Give back what was billed for the days after the end.",
    )
    date_end_before = fields.Date(
        readonly=True,
        copy=False,
        help="End date of the subscription that a scheduled close replaced.",
    )

    # === DEFAULTS === #

    def _default_timing(self):
        """Return the end of the period for a close, else now."""
        return (
            "period_end" if self.env.context.get("default_kind") == "close" else "now"
        )

    # === COMPUTE METHODS === #

    @api.depends("subscription_id", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for change in self:
            change.display_name = self.env._(
                "%(kind)s: %(subscription)s",
                kind=labels.get(change.kind, ""),
                subscription=change.subscription_id.display_name or "",
            )

    @api.depends("timing", "proration", "subscription_id", "kind")
    def _compute_date(self):
        for change in self:
            subscription = change.subscription_id
            waits = change.kind == "modify" and change.proration == "period_end"
            if not subscription or change.state != "draft":
                change.date = change.date
            elif change.timing == "period_end" or waits:
                change.date = subscription._get_period_end()
            elif change.timing == "now":
                change.date = subscription.company_id._get_subscription_today()
            else:
                change.date = change.date

    @api.depends("subscription_id.plan_id")
    def _compute_proration(self):
        for change in self:
            change.proration = (
                change.proration or change.subscription_id.plan_id.proration
            )

    # === CONSTRAINTS === #

    @api.constrains("date", "date_resume")
    def _check_dates(self):
        for change in self.filtered("date_resume"):
            if change.date and change.date_resume <= change.date:
                raise ValidationError(
                    self.env._(
                        "Until %(resume)s must be after the pause begins on %(start)s.",
                        resume=change.date_resume,
                        start=change.date,
                    )
                )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if self.filtered(lambda change: change.state not in ("draft", "cancelled")):
            raise UserError(
                self.env._("A scheduled change is cancelled, an applied one is kept.")
            )

    @api.autovacuum
    def _gc_drafts(self):
        """Remove previews that nobody has confirmed for a day."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.search([("state", "=", "draft"), ("create_date", "<", limit)]).unlink()

    # === ACTIONS === #

    def action_confirm(self):
        """Apply the change, or schedule it for its day."""
        for change in self.filtered(lambda change: change.state == "draft"):
            change._check_can_apply()
            change.sudo().state = "scheduled"
            change.sudo()._prepare_day()
            if change._is_due(change.company_id._get_subscription_today()):
                change._apply()
            else:
                change._log_scheduled()
        return {"type": "ir.actions.act_window_close"}

    def action_cancel(self):
        """Call a scheduled change off before it takes effect."""
        for change in self.filtered(lambda change: change.state == "scheduled"):
            change.check_access("write")
            change.subscription_id.lock_for_update()
            change_sudo = change.sudo()
            if change._is_end_standing():
                change_sudo.subscription_id.date_end = change.date_end_before
            change_sudo.state = "cancelled"
            change.subscription_id._message_log(
                body=self.env._(
                    "Called off: %(change)s on %(date)s.",
                    change=change._get_kind_label(),
                    date=format_date(self.env, change.date),
                )
            )

    # === BUSINESS METHODS === #

    def _is_end_standing(self):
        """Return whether a scheduled close has set the end that is agreed now: one that
        was entered since is another agreement."""
        self.ensure_one()
        last = self.date and fields.Date.subtract(self.date, days=1)
        subscription = self.subscription_id
        return (
            self.kind == "close"
            and subscription.state != "closed"
            and subscription.date_end == last
        )

    def _is_due(self, day):
        """Return whether the change holds on ``day``."""
        self.ensure_one()
        return self.state == "scheduled" and self.date <= day

    def _get_kind_label(self):
        """Return what kind of change this is, in words."""
        self.ensure_one()
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _check_can_apply(self):
        """Refuse a change that cannot be made; nothing is written before."""
        self.ensure_one()
        subscription = self.subscription_id
        subscription.check_access("write")
        if not self.date:
            raise UserError(self.env._("Fill in Effective On: the date of the change."))
        self._check_day()
        self._check_state()
        if self.kind == "close" and not self._is_released():
            subscription._check_can_close(self.date)

    def _check_state(self):
        """Refuse what the subscription is not in the state for."""
        self.ensure_one()
        subscription = self.subscription_id
        allowed = {
            "modify": BILLED_STATES | {"trial", "paused", "suspended"},
            "pause": {"active"},
            "resume": {"paused"},
            "close": BILLED_STATES | {"trial", "paused", "suspended", "draft"},
        }
        if subscription.state not in allowed[self.kind]:
            states = dict(
                subscription._fields["state"]._description_selection(self.env)
            )
            raise UserError(
                self.env._(
                    "%(subscription)s is %(state)s: %(kind)s is not possible.",
                    subscription=subscription.display_name,
                    state=states[subscription.state],
                    kind=self._get_kind_label(),
                )
            )

    def _prepare_day(self):
        """List the lines that a new plan gives new prices, and let billing know of an
        end that is still to come."""
        self.ensure_one()
        subscription = self.subscription_id
        if self.plan_id:
            self._add_missing_lines()
        if self.kind == "close" and subscription.state != "draft":
            others = subscription.change_ids - self
            others.filtered(
                lambda c: c.kind == "close" and c.state == "scheduled"
            ).action_cancel()
            if self.date > subscription.date_start:
                self.date_end_before = subscription.date_end
                subscription.date_end = fields.Date.subtract(self.date, days=1)

    def _log_scheduled(self):
        """Tell in the chatter what will happen."""
        self.ensure_one()
        self.subscription_id._message_log(
            body=self.env._(
                "Scheduled: %(change)s on %(date)s.",
                change=self._get_kind_label(),
                date=format_date(self.env, self.date),
            )
        )

    def _apply(self):
        """Make the change; one that has been made is left alone.

        Who confirmed it was allowed to: what follows from it is written without asking
        again.
        """
        for change in self.sorted(lambda change: (change.date, change.id)):
            change.subscription_id.lock_for_update()
            change.invalidate_recordset(["state"])
            if change.state == "scheduled":
                change._check_state()
                change_sudo = change.sudo()
                # First, for a close calls off what is still scheduled.
                change_sudo.write(
                    {
                        "state": "applied",
                        "date_applied": fields.Datetime.now(),
                        "error": False,
                    }
                )
                getattr(change_sudo, f"_apply_{change.kind}")()

    def _apply_pause(self):
        """Stop the service from the day of the change on."""
        self.subscription_id._pause(self.date, self.pause_policy)
        if self.date_resume:
            # Its day may be over already, when the run is late.
            resume = self.create(
                {
                    "subscription_id": self.subscription_id.id,
                    "kind": "resume",
                    "state": "scheduled",
                    "timing": "date",
                    "date": self.date_resume,
                }
            )
            today = self.company_id._get_subscription_today()
            if resume._is_due(today):
                resume._apply()
            else:
                resume._log_scheduled()

    def _apply_resume(self):
        """Serve again from the day of the change on."""
        self.subscription_id._resume(self.date)

    def _apply_close(self):
        """End the subscription on the day before the change."""
        self.subscription_id._finish(
            self.date,
            reason=self.close_reason_id,
            note=self.note,
            is_credited=self.is_credited,
            is_released=self.is_forced,
        )
