from odoo import api, fields, models
from odoo.exceptions import UserError

from .subscription_subscription import STATES


class SubscriptionEvent(models.Model):
    """One row for each change of state or of monthly recurring revenue.

    The sum of ``mrr_delta`` of a subscription's rows is its MRR, at any date.
    """

    _name = "subscription.event"
    _description = "Revenue Event"
    _order = "date desc, id desc"
    _rec_name = "subscription_id"

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True
    )
    plan_id = fields.Many2one("subscription.plan", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Done By",
        readonly=True,
        default=lambda self: self.env.uid,
    )
    date = fields.Date(required=True, index=True, readonly=True)
    movement = fields.Selection(
        selection=[
            ("new", "New"),
            ("expansion", "Expansion"),
            ("contraction", "Contraction"),
            ("churn", "Churn"),
            ("reactivation", "Reactivation"),
            ("unchanged", "No Change of Revenue"),
        ],
        required=True,
        readonly=True,
    )
    state_before = fields.Selection(selection=STATES, readonly=True)
    state_after = fields.Selection(selection=STATES, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    mrr_delta = fields.Monetary(string="MRR Change", readonly=True)
    mrr_after = fields.Monetary(string="MRR After", readonly=True, aggregator=None)
    close_reason_id = fields.Many2one(
        "subscription.close.reason", readonly=True, ondelete="restrict"
    )

    # === CRUD METHODS === #

    # pylint: disable-next=method-required-super
    def write(self, vals):
        """Refuse: the history of revenue is append-only."""
        raise UserError(
            self.env._("Revenue events are a history and cannot be changed.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("Revenue events are a history and cannot be deleted.")
        )
