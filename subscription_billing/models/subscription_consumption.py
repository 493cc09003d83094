from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.entitlement import Use

#: what a person or a client says about a use; the rest is worked out
INPUTS = {"entitlement_id", "date", "quantity", "name", "reference", "key"}
#: what only the visit that was planned says
VISIT_INPUTS = {"activity_id"}


class SubscriptionConsumption(models.Model):
    """One use of an included service. Append-only: it is cancelled, never deleted.

    What of it is beyond the allowance is worked out when it is recorded, and put on the
    next invoice: see ``subscription_consumption_overage``.
    """

    _name = "subscription.consumption"
    _description = "Consumption"
    _order = "date desc, id desc"
    _rec_name = "name"

    # === FIELDS === #

    entitlement_id = fields.Many2one(
        "subscription.entitlement", required=True, ondelete="restrict", index=True
    )
    subscription_id = fields.Many2one(
        related="entitlement_id.subscription_id",
        store=True,
        precompute=True,
        index=True,
    )
    company_id = fields.Many2one(
        related="entitlement_id.company_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="entitlement_id.partner_id", store=True, precompute=True, index=True
    )
    product_id = fields.Many2one(
        related="entitlement_id.product_id", store=True, precompute=True
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    date = fields.Date(
        required=True,
        help="The day of the use, which decides in which period it counts.",
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    name = fields.Char(
        string="Description", help="What was done; printed on the invoice if it costs."
    )
    reference = fields.Char(
        copy=False, help="Number of the job, ticket or report elsewhere."
    )
    key = fields.Char(
        copy=False,
        help="What makes the use unique: another one of the entitlement with the same "
        "key is a duplicate, which is acknowledged and ignored.",
    )
    activity_id = fields.Many2one(
        "mail.activity",
        string="Planned Visit",
        ondelete="set null",
        index="btree_not_null",
        help="The planned visit that was done.",
    )
    user_id = fields.Many2one(
        "res.users", string="Recorded By", required=True, ondelete="restrict"
    )
    state = fields.Selection(
        selection=[("recorded", "Recorded"), ("cancelled", "Cancelled")],
        string="Status",
        default="recorded",
        required=True,
        index=True,
    )
    date_cancelled = fields.Datetime(string="Cancelled At")
    cancel_user_id = fields.Many2one(
        "res.users", string="Cancelled By", ondelete="restrict"
    )
    quantity_overage = fields.Float(
        string="Beyond the Allowance",
        digits="Product Unit",
        help="What of it exceeded what was left when it was recorded.",
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)",
        "Quantity must be above 0. Cancel a use to take it back.",
    )
    _overage_in_quantity = models.Constraint(
        "CHECK (quantity_overage >= 0 AND quantity_overage <= quantity)",
        "What is beyond the allowance is a part of the use.",
    )
    _key_unique = models.UniqueIndex(
        "(entitlement_id, key) WHERE key IS NOT NULL",
        "A use with this Key has been recorded already.",
    )
    _visit_once = models.UniqueIndex(
        "(activity_id) WHERE activity_id IS NOT NULL",
        "This visit has been recorded already.",
    )
    _recorded_index = models.Index("(entitlement_id, date) WHERE state = 'recorded'")

    # === COMPUTE METHODS === #

    @api.depends("name", "entitlement_id")
    def _compute_display_name(self):
        for consumption in self:
            consumption.display_name = (
                consumption.name or consumption.entitlement_id.name
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Record uses, one after the other, with what each costs.

        :raises UserError: nothing, or not enough, is left, and more is not sold
        """
        self.check_access("create")
        self._lock_entitlements(vals_list)
        consumptions = super().create(self._prepare_rated_vals(vals_list))
        consumptions.sudo()._bill_overage()
        for consumption in consumptions.sudo():
            within = consumption.quantity - consumption.quantity_overage
            consumption._shift_successors(within)
            if consumption.entitlement_id.is_visit and not consumption.activity_id:
                consumption.entitlement_id._cancel_visits(int(consumption.quantity))
        return consumptions

    def write(self, vals):
        """Refuse: what was recorded is a fact.

        :raises UserError: with the way to take it back
        """
        if self.env.su:
            return super().write(vals)
        raise UserError(
            self.env._(
                "What was consumed is kept as it was recorded. Cancel it and record it "
                "again."
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_nothing(self):
        raise UserError(
            self.env._(
                "Consumption is cancelled, never deleted, so that it can be read."
            )
        )

    # === ACTIONS === #

    @api.model
    def record(self, vals_list):
        """Record uses; to be called over the external API, as often as a client likes.

        :param list[dict] vals_list: ``entitlement_id``, ``quantity`` (1 by default),
            ``date`` (today), ``name``, ``reference``, and ``key``: a use that comes a
            second time with its key is acknowledged and ignored
        :return: for each use its ``id``, the ``result`` (recorded or duplicate), its
            ``quantity_overage`` and the ``quantity_left`` of its entitlement
        :rtype: list[dict]
        :raises UserError: one cannot be recorded; then none is
        """
        self.check_access("create")
        if not isinstance(vals_list, (list, tuple)):
            raise UserError(self.env._("vals_list: send a list of uses."))
        self._lock_entitlements(vals_list)
        found = self._find_known(vals_list)
        fresh = {}
        for vals in vals_list:
            if (identity := self._get_identity(vals)) not in found:
                fresh.setdefault(identity, vals)
        created = self.create(list(fresh.values()))
        found.update(zip(fresh, created, strict=True))
        return [
            found[identity]._prepare_result(
                "recorded" if fresh.get(identity) is vals else "duplicate"
            )
            for vals in vals_list
            for identity in [self._get_identity(vals)]
        ]

    def action_cancel(self):
        """Take uses back: what they cost is taken off, or credited once invoiced."""
        self.check_access("read")
        self.subscription_id.check_access("write")
        entitlements = self.entitlement_id.sudo()
        entitlements._lock()
        self.invalidate_recordset(["state"])
        for consumption in self.sudo().sorted("id"):
            if consumption.state == "recorded":
                consumption._cancel()

    # === BUSINESS METHODS === #

    @api.model
    def _lock_entitlements(self, vals_list):
        """Have other uses of the same entitlements wait, after a look at the values.

        :raises UserError: with the field that is wrong
        """
        for vals in vals_list:
            if not isinstance(vals, dict):
                raise UserError(self.env._("vals_list: each use is a set of values."))
            self._check_inputs(vals)
        entitlements = self.env["subscription.entitlement"].browse(
            {vals["entitlement_id"] for vals in vals_list}
        )
        entitlements.check_access("read")
        entitlements.sudo()._lock()

    @api.model
    def _check_inputs(self, vals):
        """Refuse what is worked out, and what says nothing.

        :raises UserError: with the field that is wrong
        """
        allowed = INPUTS | VISIT_INPUTS if self.env.su else INPUTS
        if unknown := vals.keys() - allowed:
            raise UserError(
                self.env._(
                    "These are worked out and cannot be set: %(fields)s.",
                    fields=", ".join(sorted(unknown)),
                )
            )
        if not (vals.get("entitlement_id") and isinstance(vals["entitlement_id"], int)):
            raise UserError(
                self.env._("Fill in Entitlement with the id of what is used.")
            )

    @api.model
    def _get_identity(self, vals):
        """Return what two uses share only when they are the same."""
        key = vals.get("key")
        return (vals["entitlement_id"], key) if key else id(vals)

    @api.model
    def _find_known(self, vals_list):
        """Return the uses that have been recorded before, by identity."""
        keyed = [vals for vals in vals_list if vals.get("key")]
        if not keyed:
            return {}
        consumptions = self.search(
            [
                ("entitlement_id", "in", [vals["entitlement_id"] for vals in keyed]),
                ("key", "in", [vals["key"] for vals in keyed]),
            ]
        )
        return {(each.entitlement_id.id, each.key): each for each in consumptions}

    def _prepare_result(self, result):
        """Return what a client is told about a use that it has sent."""
        self.ensure_one()
        return {
            "id": self.id,
            "result": result,
            "quantity_overage": self.quantity_overage,
            "quantity_left": self.entitlement_id.quantity_left,
        }

    def _get_use(self):
        """Return this use as the arithmetic knows it.

        :rtype: tools.entitlement.Use
        """
        self.ensure_one()
        return Use(self.date, Decimal(str(self.quantity)))
