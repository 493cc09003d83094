from odoo import api, fields, models
from odoo.exceptions import UserError

#: what a preview shows the effect of; it is void when any of these is edited
PREVIEWED = (
    "kind",
    "timing",
    "date",
    "proration",
    "plan_id",
    "date_anchor",
    "partner_id",
    "partner_invoice_id",
    "collection_method",
    "payment_token_id",
    "pause_policy",
    "date_resume",
    "is_credited",
    "is_forced",
    "line_ids.line_id",
    "line_ids.action",
    "line_ids.is_removed",
    "line_ids.product_id",
    "line_ids.quantity",
    "line_ids.price_unit",
    "line_ids.discount",
)


class SubscriptionChange(models.Model):
    """A change before a person: what it will cost, before it is confirmed."""

    _inherit = "subscription.change"

    # === FIELDS === #

    subscription_state = fields.Selection(
        related="subscription_id.state", string="Status of the Subscription"
    )
    subscription_plan_id = fields.Many2one(
        related="subscription_id.plan_id", string="Plan Today"
    )
    suitable_payment_token_ids = fields.Many2many(
        related="subscription_id.suitable_payment_token_ids"
    )
    has_rated_lines = fields.Boolean(compute="_compute_has_rated_lines")
    date_last = fields.Date(
        string="Last Day",
        compute="_compute_date_last",
        inverse="_inverse_date_last",
        help="Last day of a subscription that is closed.",
    )
    date_earliest_last = fields.Date(
        string="Last Day at the Earliest",
        compute="_compute_terms_of_leaving",
        help="What notice and commitment allow; empty when they allow any day.",
    )
    amount_fee = fields.Monetary(
        string="Early Termination Fee",
        compute="_compute_terms_of_leaving",
        help="Before taxes; on the last invoice.",
    )
    is_forced = fields.Boolean(
        string="Ignore Notice and Commitment",
        groups="subscription_billing.group_subscription_manager",
        help="End before the notice and the commitment allow it, without the fee for "
        "leaving early.",
    )
    preview = fields.Html(
        string="What Will Be Invoiced",
        compute="_compute_preview",
        store=True,
        copy=False,
        help="The next invoices once this change is made. Editing the change clears "
        "them.",
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.pricing_model")
    def _compute_has_rated_lines(self):
        for change in self:
            models_used = set(change.line_ids.mapped("pricing_model"))
            change.has_rated_lines = bool(models_used - {False, "per_unit"})

    @api.depends("date")
    def _compute_date_last(self):
        for change in self:
            change.date_last = change.date and fields.Date.subtract(change.date, days=1)

    def _inverse_date_last(self):
        for change in self.filtered("date_last"):
            change.date = fields.Date.add(change.date_last, days=1)

    @api.depends("subscription_id", "kind", "state", "date", "is_forced", "is_credited")
    def _compute_terms_of_leaving(self):
        for change in self:
            subscription = change.subscription_id
            is_open = change.kind == "close" and change.state == "draft"
            is_free = change.sudo().is_forced or not change.date
            change.date_earliest_last = (
                subscription._get_earliest_last_day() if is_open else False
            )
            change.amount_fee = (
                subscription._get_termination_fee(change.date, change.is_credited)
                if is_open and not is_free
                else 0.0
            )

    @api.depends(*PREVIEWED)
    def _compute_preview(self):
        for change in self:
            change.preview = False if change.state == "draft" else change.preview

    # === ACTIONS === #

    def action_preview(self):
        """Show what will be invoiced once this change is made."""
        self.ensure_one()
        self._check_has_effect()
        self.preview = self._render_preview()
        return self._get_dialog_action()

    def action_confirm_previewed(self):
        """Confirm what the person has seen; show it anew when it is no longer true."""
        self.ensure_one()
        seen = self.preview
        self._check_has_effect()
        self.preview = self._render_preview()
        if self.preview != seen:
            return self._get_dialog_action(preview_changed=True)
        return self.action_confirm()

    def action_retry(self):
        """Make changes that failed on their day, now that the cause is mended."""
        for change in self.filtered(lambda c: c.state == "scheduled" and c.error):
            change.check_access("write")
            change.sudo().error = False
            change._apply()
            if not change.subscription_id.billing_error:
                change.subscription_id._clear_billing_activities()

    # === BUSINESS METHODS === #

    def _is_released(self):
        """Return whether an administrator lets the customer out of its terms."""
        self.ensure_one()
        group = "subscription_billing.group_subscription_manager"
        return self.sudo().is_forced and (self.env.su or self.env.user.has_group(group))

    def _check_has_effect(self):
        """Refuse to go on with a change of nothing."""
        self.ensure_one()
        is_idle = not (
            any(self[name] for name in self._get_value_fields())
            or any(line._has_effect() for line in self.line_ids)
        )
        if self.kind == "modify" and is_idle:
            raise UserError(
                self.env._(
                    "Nothing would change. Edit or add a line, or choose another plan, "
                    "billing day, customer or payment method."
                )
            )

    @api.model
    def _get_value_fields(self):
        """Return the names of the fields whose values replace the subscription's."""
        return [
            "plan_id",
            "date_anchor",
            "partner_id",
            "partner_invoice_id",
            "collection_method",
            "payment_token_id",
        ]

    def _render_preview(self):
        """Return the next invoices once this change is made, as tables to read.

        :rtype: markupsafe.Markup
        """
        self.ensure_one()
        forecast = self.env["subscription.forecast"]
        return forecast._render(
            forecast._preview_change(self),
            self.subscription_id,
            self._get_nothing_text(),
        )

    def _get_nothing_text(self):
        """Return what to say when no invoice follows the change."""
        self.ensure_one()
        if self.kind == "pause" and self.pause_policy == "credit":
            return self.env._(
                "Nothing is invoiced during the pause. The days that were billed and "
                "not served are given back with the first invoice after it."
            )
        if self.kind == "pause":
            return self.env._("Nothing is invoiced during the pause.")
        return self.env._("Nothing more will be invoiced.")

    def _get_dialog_action(self, **context):
        """Return the window action that shows this change in a dialog."""
        self.ensure_one()
        titles = {
            "modify": self.env._("Change Subscription"),
            "pause": self.env._("Pause Subscription"),
            "resume": self.env._("Resume Subscription"),
            "close": self.env._("Close Subscription"),
        }
        view = self.env.ref("subscription_billing.subscription_change_view_form_dialog")
        size = "extra-large" if self.kind == "modify" else "large"
        return {
            "type": "ir.actions.act_window",
            "name": titles[self.kind],
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"dialog_size": size, **context},
        }
