from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionPeriod(models.Model):
    """The claim: a span of one line that has been billed, and where.

    A row is written in the transaction of its invoice line. The unique index is what
    makes a period billed once, whatever runs twice, in parallel or after a crash.
    """

    _name = "subscription.period"
    _description = "Billed Period"
    _order = "date_start desc, line_id, id desc"
    _rec_name = "line_id"

    # === FIELDS === #

    line_id = fields.Many2one(
        "subscription.line", required=True, ondelete="restrict", readonly=True
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(
        selection=[("recurring", "Recurring"), ("usage", "Usage")],
        default="recurring",
        required=True,
        readonly=True,
    )
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(
        string="End",
        required=True,
        readonly=True,
        help="First day after the period.",
    )
    date_last = fields.Date(
        string="To", compute="_compute_date_last", help="Last day of the period."
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    amount = fields.Monetary(
        string="Untaxed Amount",
        related="move_line_id.price_subtotal",
        store=True,
        help="What the period was billed, before taxes.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="Empty when the period had nothing to bill.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        related="move_line_id.move_id",
        store=True,
        index="btree_not_null",
    )

    _billed_once = models.UniqueIndex(
        "(line_id, kind, date_start)",
        "This period has already been billed.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end > date_start)", "A period must end after it starts."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_end")
    def _compute_date_last(self):
        for period in self:
            period.date_last = period.date_end and period.date_end - timedelta(days=1)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._(
                "A billed period is kept for good: it is what prevents a second "
                "invoice for the same days."
            )
        )

    # === ACTIONS === #

    def action_view_usage(self):
        """Open the events that this period has billed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_usage_action"
        )
        return {**action, "domain": [("period_id", "=", self.id)], "context": {}}
