import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.metering import TOTALS, Meter

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
AGGREGATIONS = [
    ("sum", "Sum of quantities"),
    ("count", "Number of events"),
    ("maximum", "Highest quantity"),
    ("last", "Last quantity"),
    ("unique", "Number of distinct values"),
]


class SubscriptionMeter(models.Model):
    """What is counted, and how: the rules of ``tools/metering.py`` as a record."""

    _name = "subscription.meter"
    _description = "Meter"
    _order = "name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="The name by which programs that report usage know this meter: letters, "
        "digits, '_', '-' and '.', such as api_calls.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to count with this meter in every company."
    )
    aggregation = fields.Selection(
        selection=AGGREGATIONS,
        default="sum",
        required=True,
        help="What the events of a billing period come to.",
    )
    value_property = fields.Char(
        string="Counted Property",
        help="The property of an event whose distinct values are counted, such as "
        "user_id.",
    )
    quantity_property = fields.Char(
        help="The property that holds the quantity of an event, such as gigabytes. "
        "Empty: events bring a quantity of their own.",
    )
    unit_name = fields.Char(
        string="Unit", translate=True, help="What is counted, such as GB or calls."
    )
    late_rule = fields.Selection(
        selection=[
            ("next_invoice", "Bill on the next invoice"),
            ("refuse", "Refuse"),
        ],
        string="Late Events",
        default="next_invoice",
        required=True,
        help="What happens to an event whose day has been billed already.",
    )
    late_days = fields.Integer(
        string="Refuse After (Days)",
        help="Events whose day is longer ago are refused, billed or not; 0: no limit.",
    )
    carries_over = fields.Boolean(
        help="Counting goes on from the period before, as for things that stay in use: "
        "a sum is the total of all events so far, a highest or last quantity begins "
        "with the one that was reached before. Otherwise each period begins at 0.",
    )
    can_set_quantity = fields.Boolean(
        compute="_compute_can_set_quantity",
        search="_search_can_set_quantity",
        help="This meter tells how many there are, and may set the quantity of a line.",
    )
    usage_count = fields.Integer(string="Events", compute="_compute_usage_count")

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "This Code is already used by another meter."
    )
    _late_days_not_negative = models.Constraint(
        "CHECK (late_days >= 0)", "Refuse After must be 0 (no limit) or more days."
    )

    # === COMPUTE METHODS === #

    @api.depends("aggregation", "carries_over")
    def _compute_can_set_quantity(self):
        for meter in self:
            meter.can_set_quantity = (
                meter.carries_over or meter.aggregation not in TOTALS
            )

    @api.model
    def _search_can_set_quantity(self, operator, value):
        if operator != "in":
            return NotImplemented
        levels = Domain("carries_over", "=", True) | Domain(
            "aggregation", "not in", tuple(TOTALS)
        )
        return levels if True in value else ~levels

    def _compute_usage_count(self):
        counts = dict(
            self.env["subscription.usage"]._read_group(
                [("meter_id", "in", self.ids), ("state", "=", "accepted")],
                groupby=["meter_id"],
                aggregates=["__count"],
            )
        )
        for meter in self:
            meter.usage_count = counts.get(meter, 0)

    # === CONSTRAINTS === #

    @api.constrains("code")
    def _check_code(self):
        for meter in self:
            if not CODE.fullmatch(meter.code):
                raise ValidationError(
                    self.env._(
                        "Code %(code)s must begin with a letter or a digit, and have "
                        "letters, digits, '_', '-' and '.' only.",
                        code=meter.code,
                    )
                )

    @api.constrains("code", "company_id")
    def _check_code_means_one_meter(self):
        for meter in self:
            domain = Domain("id", "!=", meter.id) & Domain("code", "=", meter.code)
            if meter.company_id:
                domain &= Domain("company_id", "in", (False, meter.company_id.id))
            if (
                self.sudo()
                .with_context(active_test=False)
                .search_count(domain, limit=1)
            ):
                raise ValidationError(
                    self.env._(
                        "Code %(code)s is already used by another meter. Choose "
                        "another code: it is how events name the meter.",
                        code=meter.code,
                    )
                )

    @api.constrains("aggregation", "value_property")
    def _check_value_property(self):
        for meter in self:
            if meter.aggregation == "unique" and not meter.value_property:
                raise ValidationError(
                    self.env._(
                        "%(meter)s counts distinct values: fill in Counted Property, "
                        "the property of the events to look at.",
                        meter=meter.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the rules by which events have been counted.

        :raises UserError: a meter with events would count them in another way
        """
        fixed = (
            "aggregation",
            "carries_over",
            "company_id",
            "quantity_property",
            "value_property",
        )
        for meter in self:
            changed = [name for name in fixed if meter._is_changed(name, vals)]
            if changed and meter._has_counted():
                raise UserError(
                    self.env._(
                        "%(meter)s has counted events: its %(field)s cannot change. "
                        "Archive it and make a new meter.",
                        meter=meter.display_name,
                        field=self._fields[changed[0]]._description_string(self.env),
                    )
                )
        return super().write(vals)

    # === ACTIONS === #

    def action_view_usage(self):
        """Open the events of this meter."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_usage_action"
        )
        return {
            **action,
            "domain": [("meter_id", "=", self.id)],
            "context": {"default_meter_id": self.id, "search_default_accepted": 1},
        }

    # === BUSINESS METHODS === #

    def _has_counted(self):
        """Return whether this meter has accepted an event."""
        self.ensure_one()
        domain = [("meter_id", "=", self.id), ("state", "!=", "refused")]
        return bool(self.env["subscription.usage"].sudo().search_count(domain, limit=1))

    def _is_changed(self, name, vals):
        """Return whether values change a field of this meter."""
        self.ensure_one()
        if name not in vals:
            return False
        field = self._fields[name]
        value = field.convert_to_cache(vals[name], self)
        return value != field.convert_to_cache(self[name], self)

    def _get_definition(self):
        """Return the rules of this meter as the arithmetic knows them.

        :rtype: tools.metering.Meter
        """
        self.ensure_one()
        return Meter(
            aggregation=self.aggregation,
            carries_over=self.carries_over,
            late_rule=self.late_rule,
            late_days=self.late_days,
            value_property=self.value_property or "",
            quantity_property=self.quantity_property or "",
        )
