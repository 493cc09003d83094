from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.lifecycle import can_change
from ..tools.revenue import classify_movement
from .derived import DEFERRED, without_internal_defaults


class SubscriptionSubscription(models.Model):
    """How a subscription changes state, and the revenue events that this writes."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    date_activation = fields.Date(string="Activated On", copy=False, readonly=True)
    date_closed = fields.Date(string="Closed On", copy=False, readonly=True)
    close_reason_id = fields.Many2one(
        "subscription.close.reason",
        copy=False,
        readonly=True,
        tracking=True,
        ondelete="restrict",
    )
    close_note = fields.Text(copy=False, readonly=True)
    event_ids = fields.One2many(
        "subscription.event", "subscription_id", string="Revenue Events", readonly=True
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Number the subscriptions and activate those that come in as active.

        ``state`` may be ``draft`` or ``active``; the second is how an existing book
        is imported, and goes through the same confirmation as the button.
        """
        self._check_written(vals_list)
        states = [vals.get("state") or "draft" for vals in vals_list]
        self._check_created_states(states)
        model = without_internal_defaults(self)
        subscriptions = super(SubscriptionSubscription, model).create(
            [
                {
                    **vals,
                    "state": "draft",
                    "name": vals.get("name") or self._next_number(vals),
                }
                for vals in vals_list
            ]
        )
        for subscription, vals in zip(subscriptions, vals_list, strict=True):
            subscription._check_anchor_is_kept(vals)
        activated = [
            subscription.id
            for subscription, state in zip(subscriptions, states, strict=True)
            if state == "active"
        ]
        self.browse(activated).action_confirm()
        return subscriptions

    def write(self, vals):
        """Route a change of state and record what a change does to the revenue."""
        self._check_written([vals])
        vals = dict(vals)
        target = vals.pop("state", None)
        if "date_anchor" in vals:
            vals.setdefault("anchor_day", 0)
        result = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")  # also where it is now
        if {"date_next_invoice", "date_next_period"} & vals.keys():
            self._refresh_dated_amounts()
        if {"plan_id", "currency_id", "line_ids"} & vals.keys():
            self._record_revenue()
        if vals.get("payment_token_id"):
            self._queue_failed_collections()
        if target:
            self._request_state(target)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        if self.sudo().event_ids:
            raise UserError(
                self.env._(
                    "A subscription that has been active is kept. Close it instead."
                )
            )

    # === BUSINESS METHODS === #

    def _request_state(self, target):
        """Do what the button to ``target`` does, for a state written as a value.

        :raises UserError: people do not set the other states; policies enter them
        """
        if target == "closed":
            open_subscriptions = self.filtered(lambda s: s.state != "closed")
            self.env["subscription.change"].create(
                [
                    {"subscription_id": each.id, "kind": "close", "timing": "now"}
                    for each in open_subscriptions
                ]
            ).action_confirm()
        elif target == "active":
            self.action_confirm()
            self.action_reactivate()
        if stuck := self.filtered(lambda s: s.state != target):
            raise UserError(
                self.env._(
                    "%(subscription)s cannot be set to this status by hand.",
                    subscription=stuck[0].display_name,
                )
            )

    def _update_state(self, target, **vals):
        """Move to ``target``: the one way in which a state changes.

        Records already there are left alone. The revenue event and the chatter line
        (by tracking) are written with the change.

        :param str target: a key of ``TRANSITIONS``
        :param vals: other fields to write with the state, such as a close reason
        :return: the subscriptions that changed
        :raises UserError: a record may not go there from where it is; none is changed
        """
        moving = self.filtered(lambda subscription: subscription.state != target)
        for subscription in moving:
            if not can_change(subscription.state, target):
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(subscription)s is %(state)s and cannot become %(target)s.",
                        subscription=subscription.display_name,
                        state=labels[subscription.state],
                        target=labels.get(target, target),
                    )
                )
        # What follows the plan while it is a draft is settled before it is none.
        moving._recompute_recordset()
        for state, subscriptions in moving.grouped("state").items():
            # Past our own write(), which brings a state here.
            # pylint: disable-next=super-method-mismatch
            super(SubscriptionSubscription, subscriptions).write(
                {**vals, "state": target}
            )
            subscriptions._record_revenue(state_before=state)
        return moving

    def _record_revenue(self, state_before=None):
        """Append a revenue event for each change of MRR, or of state.

        :param str state_before: the state that was left, None when it did not change
        """
        confirmed = self.filtered(lambda s: s.state != "draft" or state_before)
        if not confirmed or self.env.context.get("subscription_revenue") is DEFERRED:
            return
        recorded = confirmed._get_recorded_mrr()
        vals_list = [
            vals
            for subscription in confirmed
            if (
                vals := subscription._prepare_event_vals(
                    recorded[subscription.id], state_before
                )
            )
        ]
        self.env["subscription.event"].sudo().create(vals_list)

    def _prepare_event_vals(self, mrr_before, state_before):
        """Return the values of the revenue event, None when nothing has changed."""
        self.ensure_one()
        delta = self.currency_id.round(self.mrr - mrr_before)
        if not delta and state_before is None:
            return None
        return {
            "subscription_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "plan_id": self.plan_id.id,
            "user_id": self.env.uid,
            "date": self.company_id._get_subscription_today(),
            "movement": classify_movement(
                Decimal(str(mrr_before)),
                Decimal(str(mrr_before + delta)),
                had_revenue=bool(self.event_ids.filtered("mrr_delta")),
            ),
            "state_before": state_before or self.state,
            "state_after": self.state,
            "currency_id": self.currency_id.id,
            "mrr_delta": delta,
            "mrr_after": self.mrr,
            "close_reason_id": self.close_reason_id.id,
        }

    @api.model
    def _check_created_states(self, states):
        """Refuse to create a subscription in the middle of its life."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for state in set(states) - {"draft", "active"}:
            raise ValidationError(
                self.env._(
                    "A subscription is created as Draft or Active, not as %(state)s. "
                    "Leave Status empty or set it to Active.",
                    state=labels.get(state, state),
                )
            )

    def _get_recorded_mrr(self):
        """Return the MRR that the revenue events of each subscription add up to.

        :rtype: defaultdict[int, float], by subscription id
        """
        rows = (
            self.env["subscription.event"]
            .sudo()
            ._read_group(
                [("subscription_id", "in", self.ids)],
                groupby=["subscription_id"],
                aggregates=["mrr_delta:sum"],
            )
        )
        return defaultdict(float, {record.id: delta for record, delta in rows})
