from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .subscription_entitlement_terms import COUNTING_TERMS

#: what decides which periods there are, and what the first one begins with
COUNTING_DATES = {
    "subscription_id",
    "date_start",
    "date_anchor",
    "anchor_day",
    "quantity_opening",
}


class SubscriptionEntitlement(models.Model):
    """What one customer may claim, on the terms that were agreed when it began.

    What is granted and left is worked out from the terms, the days on which it is
    served, and the consumption: see ``subscription_entitlement_balance``.
    """

    _name = "subscription.entitlement"
    _description = "Entitlement"
    _inherit = ["subscription.entitlement.terms"]
    _order = "subscription_id, sequence, id"
    _check_company_auto = True

    # === FIELDS === #

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
    partner_id = fields.Many2one(
        related="subscription_id.partner_id", store=True, precompute=True, index=True
    )
    subscription_state = fields.Selection(
        related="subscription_id.state", string="Subscription Status"
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    plan_entitlement_id = fields.Many2one(
        "subscription.plan.entitlement",
        string="Included In",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The service of the plan that this is a copy of.",
    )
    plan_id = fields.Many2one(
        "subscription.plan",
        ondelete="restrict",
        readonly=True,
        copy=False,
        help="The plan that brought it, and takes it away when the subscription leaves "
        "the plan. Empty for what was agreed apart from any plan.",
    )
    date_start = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._get_subscription_today(),
        copy=False,
        help="First day on which the service may be claimed.",
    )
    date_end = fields.Date(
        string="Until",
        copy=False,
        help="Last day on which the service may be claimed. Empty: as long as the "
        "subscription is served.",
    )
    date_anchor = fields.Date(
        string="Counted From",
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="The date from which the periods of the allowance are counted.",
    )
    anchor_day = fields.Integer(
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        precompute=True,
        help="Day of the month on which periods start, where the month of the anchor "
        "is too short for it; 0 for the anchor's own day.",
    )
    quantity_opening = fields.Float(
        string="Brought Along",
        digits="Product Unit",
        copy=False,
        help="What the customer may claim in the first period beside its allowance; "
        "below 0 for what was claimed of it before, on other terms or elsewhere.",
    )
    predecessor_id = fields.Many2one(
        "subscription.entitlement",
        string="Follows",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The entitlement to the same service on the terms before.",
    )
    successor_ids = fields.One2many(
        "subscription.entitlement", "predecessor_id", string="Followed By"
    )
    consumption_ids = fields.One2many("subscription.consumption", "entitlement_id")
    revision = fields.Integer(
        copy=False,
        readonly=True,
        help="Rises with each use, so that two people who record at the same moment "
        "come one after the other.",
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_start - 1)", "Until must not be before From."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "subscription_id")
    def _compute_display_name(self):
        for entitlement in self:
            parts = [entitlement.name, entitlement.subscription_id.name]
            entitlement.display_name = ", ".join(filter(None, parts))

    @api.depends("subscription_id")
    def _compute_date_anchor(self):
        for entitlement in self:
            subscription = entitlement.subscription_id
            entitlement.date_anchor = (
                entitlement.date_anchor
                or subscription.date_anchor
                or entitlement.date_start
            )
            entitlement.anchor_day = entitlement.anchor_day or subscription.anchor_day

    # === CONSTRAINTS === #

    @api.constrains("date_start", "subscription_id")
    def _check_date_start(self):
        for entitlement in self:
            subscription = entitlement.subscription_id
            if entitlement.date_start < subscription.date_start:
                raise ValidationError(
                    self.env._(
                        "From %(start)s of %(entitlement)s must not be before the "
                        "subscription starts on %(first)s.",
                        start=entitlement.date_start,
                        entitlement=entitlement.display_name,
                        first=subscription.date_start,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the terms by which consumption has been counted.

        :raises UserError: with the way to other terms
        """
        if (COUNTING_TERMS | COUNTING_DATES) & vals.keys() and not self.env.su:
            self.check_access("write")
            used = self.sudo().filtered("consumption_ids")
            if used:
                raise UserError(
                    self.env._(
                        "%(entitlement)s has been used, so its terms are kept. Press "
                        "New Terms to agree on others from today on.",
                        entitlement=used[0].display_name,
                    )
                )
        return super().write(vals)

    # === ACTIONS === #

    def action_view_consumption(self):
        """Open what was consumed of this entitlement."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_consumption_action"
        )
        return {
            **action,
            "domain": [("entitlement_id", "in", self.ids)],
            "context": {},
        }

    def action_record(self):
        """Open the dialog that records a use of this entitlement."""
        self.ensure_one()
        return self.env["subscription.consumption.record"]._get_dialog(
            self.subscription_id, self
        )

    # === BUSINESS METHODS === #

    def _lock(self):
        """Have others who record a use of these wait, and begin anew after us.

        They read what we have recorded then: the row has changed since they began.
        """
        if self:
            self.flush_recordset()
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET revision = COALESCE(revision, 0) + 1 WHERE id IN %s",
                    SQL.identifier(self._table),
                    self._ids,
                )
            )
            self.invalidate_recordset()
