from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.lifecycle import BILLED_STATES


class SubscriptionSubscription(models.Model):
    """What a person does with a subscription: its buttons."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    period_ids = fields.One2many(
        "subscription.period", "subscription_id", string="Billed Periods", readonly=True
    )
    invoice_ids = fields.Many2many("account.move", compute="_compute_invoice_ids")
    invoice_count = fields.Integer(compute="_compute_invoice_ids")
    collection_failed_count = fields.Integer(
        string="Failed Collections", compute="_compute_invoice_ids"
    )

    # === COMPUTE METHODS === #

    @api.depends("period_ids.move_id", "item_ids.move_id")
    def _compute_invoice_ids(self):
        nothing = self.env["account.move"].sudo()
        invoices = defaultdict(lambda: nothing)
        for model in ("subscription.period", "subscription.item"):
            for subscription, moves in (
                self.env[model]
                .sudo()
                ._read_group(
                    [("subscription_id", "in", self.ids), ("move_id", "!=", False)],
                    groupby=["subscription_id"],
                    aggregates=["move_id:recordset"],
                )
            ):
                invoices[subscription.id] |= moves
        # One prefetch for all, so that credit notes take one query.
        everything = nothing.union(*invoices.values())
        everything |= everything.reversal_move_ids
        for subscription in self:
            moves = invoices[subscription.id].with_prefetch(everything.ids)
            moves = (moves | moves.reversal_move_ids).with_prefetch(everything.ids)
            failed = moves.filtered(
                lambda move: move.collection_state == "failed" and move._is_unpaid()
            )
            subscription.invoice_ids = moves.ids
            subscription.invoice_count = len(moves)
            subscription.collection_failed_count = len(failed)

    # === ACTIONS === #

    def action_confirm(self):
        """Start drafts: with their trial, else active.

        Billing starts at Next Invoice, or after the trial, or at the start date.
        """
        drafts = self.filtered(lambda s: s.state == "draft")
        for subscription in drafts:
            subscription._check_can_confirm()
        in_trial = drafts.filtered(lambda s: s._is_in_trial())
        drafts.check_access("write")
        for vals, group in drafts._group_by_vals(
            lambda subscription: subscription._prepare_confirmation_vals()
        ):
            group.sudo().write(vals)
        drafts.partner_invoice_id._list_as_customers()
        return in_trial._update_state("trial") | (drafts - in_trial)._update_state(
            "active"
        )

    def action_bill_now(self):
        """Invoice what is due, or the next period when nothing is due yet.

        The button passes the Next Invoice date that the person saw; when another has
        billed it meanwhile, nothing is billed and the person is told.
        """
        self.ensure_one()
        self.check_access("write")
        seen = self.env.context.get("billing_from")
        if seen and seen != fields.Date.to_string(self.date_next_invoice):
            raise UserError(
                self.env._(
                    "This period has just been billed. "
                    "The next one starts on %(date)s.",
                    date=self.date_next_invoice,
                )
            )
        if self.state not in BILLED_STATES:
            raise UserError(
                self.env._(
                    "%(subscription)s is not active and cannot be billed.",
                    subscription=self.display_name,
                )
            )
        invoices = self.env["subscription.renewal"]._bill_now(self)
        return self._get_invoices_action(invoices)

    def action_retry_billing(self):
        """Clear the billing errors and bill what is due, each on its own."""
        self.check_access("write")
        failed = self.filtered(lambda s: s.billing_error and s.state in BILLED_STATES)
        if not failed:
            raise UserError(
                self.env._("None of these is active with a billing error to retry.")
            )
        invoices = self.env["subscription.renewal"]._retry(failed)
        still_failing = failed.filtered("billing_error")
        if len(failed) == 1 and not still_failing:
            return self._get_invoices_action(invoices)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if still_failing else "success",
                "message": self.env._(
                    "%(billed)s billed, %(failing)s still with an error.",
                    billed=len(failed) - len(still_failing),
                    failing=len(still_failing),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_reactivate(self):
        """Take a closed subscription up again, from the first day not yet billed."""
        closed = self.filtered(lambda s: s.state == "closed")
        closed.check_access("write")
        for subscription in closed:
            subscription._check_can_confirm()
            subscription.sudo().write(subscription._prepare_reactivation_vals())
        return closed._update_state(
            "active", date_closed=False, close_reason_id=False, close_note=False
        )

    def action_view_invoices(self):
        """Open the invoices of these subscriptions."""
        return self._get_invoices_action(self.invoice_ids)

    def action_view_periods(self):
        """Open the billed periods of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_period_action"
        )
        return {**action, "domain": [("subscription_id", "=", self.id)]}

    def action_view_events(self):
        """Open the revenue events of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_event_action"
        )
        return {**action, "domain": [("subscription_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #

    def _group_by_vals(self, prepare):
        """Return pairs of values and the subscriptions that get them, for few writes.

        :param prepare: ``prepare(subscription) -> dict``
        """
        groups = {}
        for subscription in self:
            vals = prepare(subscription)
            groups.setdefault(tuple(vals.items()), []).append(subscription.id)
        return [(dict(items), self.browse(ids)) for items, ids in groups.items()]

    def _is_in_trial(self):
        """Return whether the trial of this subscription is still running."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        return bool(self.date_trial_end) and self.date_trial_end > today

    def _prepare_confirmation_vals(self):
        """Return the dates with which a draft starts."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        first = self.date_next_period or self._get_first_day()
        if self.backdating == "skip" and not self.date_next_period:
            first = max(first, today)
        vals = {
            "date_activation": today,
            "date_billed_from": first,
            "date_next_period": first,
        }
        if self.plan_id.term_end_action == "close" and not self.date_end:
            vals["date_end"] = self.date_term_end
        return vals

    def _check_can_confirm(self):
        """Refuse to activate an agreement about nothing."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "Add at least one line to %(subscription)s before you confirm it.",
                    subscription=self.display_name,
                )
            )
        needs_method = (
            self.plan_id.is_trial_method_required
            and self.collection_method == "automatic"
            and not self.has_payment_method
        )
        if self._is_in_trial() and needs_method:
            raise UserError(
                self.env._(
                    "The trial of %(plan)s asks for a payment method: choose the "
                    "Payment Method of %(subscription)s.",
                    plan=self.plan_id.display_name,
                    subscription=self.display_name,
                )
            )

    def _close(self, reason=None, note=None):
        """Close and stop billing; what has been invoiced stays as it is.

        :param reason: a ``subscription.close.reason``, or None
        :param str note: a free explanation
        """
        for company, subscriptions in self.grouped("company_id").items():
            subscriptions._update_state(
                "closed",
                date_closed=company._get_subscription_today(),
                close_reason_id=reason.id if reason else False,
                close_note=note,
                billing_error=False,
                date_next_try=False,
            )
            subscriptions._clear_billing_activities()

    def _prepare_reactivation_vals(self):
        """Return the dates from which a closed subscription is billed again.

        Days that were paid for, here or elsewhere, are not billed a second time. A
        subscription whose paid days are over gets a new anchor, for a whole first
        period: today, or its start date when that is still to come.
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        vals = {"date_activation": self.date_activation or today, "date_end": False}
        vals["is_end_credited"] = False
        if not self.date_next_period or self.date_next_period < today:
            first = max(today, self.date_start)
            recurrence = self.plan_id._get_anchor_rule().align(
                first, self.plan_id._get_interval()
            )
            vals.update(
                date_anchor=recurrence.anchor,
                anchor_day=recurrence.anchor_day,
                date_next_period=first,
            )
        return vals

    def _get_invoices_action(self, invoices):
        """Return the window action that shows ``invoices``."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.account_move_action_subscription"
        )
        action["context"] = {"create": False, "default_move_type": "out_invoice"}
        if len(invoices) == 1:
            action["views"] = [(False, "form")]
            action["res_id"] = invoices.id
        else:
            action["domain"] = [("id", "in", invoices.ids)]
        return action
