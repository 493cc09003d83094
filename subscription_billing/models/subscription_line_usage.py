from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.charge import Charge


class SubscriptionLine(models.Model):
    """Lines that bill what was used, and lines whose quantity is counted."""

    _inherit = "subscription.line"

    # === FIELDS === #

    meter_id = fields.Many2one(
        "subscription.meter",
        string="Metered By",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        compute="_compute_meter_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Bill what this meter has counted, after each period, instead of a fixed "
        "quantity in advance.",
    )
    quantity_meter_id = fields.Many2one(
        "subscription.meter",
        string="Quantity Counted By",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('can_set_quantity', '=', True)]",
        help="This meter tells the quantity of the line, such as the devices or seats "
        "in use.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id", "subscription_id.company_id")
    def _compute_meter_id(self):
        """Take the meter of the product; another one can be chosen."""
        for line in self:
            product = line.product_id.sudo().with_company(line.company_id)
            line.meter_id = not line.quantity_meter_id and product.subscription_meter_id

    @api.depends("meter_id")
    def _compute_amounts(self):
        return super()._compute_amounts()

    # === CONSTRAINTS === #

    @api.constrains("meter_id", "quantity_meter_id")
    def _check_meters(self):
        for line in self:
            if line.meter_id and line.quantity_meter_id:
                raise ValidationError(
                    self.env._(
                        "%(line)s has both Metered By and Quantity Counted By: clear "
                        "one of them. A metered line has no quantity of its own.",
                        line=line.name,
                    )
                )
            meter = line.quantity_meter_id
            if meter and not meter.can_set_quantity:
                raise ValidationError(
                    self.env._(
                        "Quantity Counted By: %(meter)s counts from 0 in each period. "
                        "Choose a meter of a highest or last quantity, or one that "
                        "carries over.",
                        meter=meter.name,
                    )
                )

    @api.constrains("meter_id", "date_start", "date_end")
    def _check_one_line_counts_a_day(self):
        """Refuse two lines that would bill the same events."""
        for subscription in self.filtered("meter_id").subscription_id:
            lines = subscription.line_ids.filtered("meter_id")
            for meter, rivals in lines.grouped("meter_id").items():
                if meter and rivals._have_a_day_in_common():
                    raise ValidationError(
                        self.env._(
                            "%(subscription)s has two lines that are metered by "
                            "%(meter)s on the same day. End one before the other "
                            "begins, or use another meter for it.",
                            subscription=subscription.display_name,
                            meter=meter.name,
                        )
                    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the meter with which a line has been billed.

        :raises UserError: the meter of a billed line would change
        """
        if "meter_id" in vals:
            for line in self:
                is_changed = line.meter_id.id != vals["meter_id"]
                if is_changed and line.sudo().period_ids:
                    raise UserError(
                        self.env._(
                            "%(line)s has been billed: its Metered By cannot change. "
                            "End it and add another line.",
                            line=line.name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_counted(self):
        for line in self.filtered("meter_id"):
            counted = [
                ("subscription_id", "=", line.subscription_id.id),
                ("meter_id", "=", line.meter_id.id),
                ("state", "=", "accepted"),
                ("period_id", "=", False),
            ]
            if self.env["subscription.usage"].sudo().search_count(counted, limit=1):
                raise UserError(
                    self.env._(
                        "%(line)s has usage that is not billed yet and is kept. Set "
                        "its Until date to stop counting.",
                        line=line.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _prepare_base_line(self):
        """Count a metered line as nothing: nobody knows yet what will be used."""
        base_line = super()._prepare_base_line()
        if self.meter_id:
            base_line["quantity"] = 0.0
        return base_line

    def _get_usage_charge(self, period, usage):
        """Return what was used in a period, rated by the line's price.

        :param tools.recurrence.Period period: the days that were counted
        :param tools.metering.Usage usage: what was counted on them
        :rtype: tools.charge.Charge
        """
        self.ensure_one()
        rating = self._get_rating(usage.quantity, events=usage.event_count)
        return Charge(
            line_id=self.id,
            kind="usage",
            period=period,
            quantity=usage.quantity,
            gross=rating.amount,
            discount=Decimal(str(self.discount)),
            steps=rating.steps,
        )

    def _get_span(self):
        """Return the first day of this line, and the first day after it or None."""
        self.ensure_one()
        first = self.subscription_id.date_start
        start = max(self.date_start or first, first)
        return start, (self.date_end and self.date_end + timedelta(days=1)) or None

    def _have_a_day_in_common(self):
        """Return whether two of these lines count on the same day."""
        spans = sorted((line._get_span() for line in self), key=lambda span: span[0])
        return any(
            not end or end > start for (_first, end), (start, _last) in pairwise(spans)
        )
