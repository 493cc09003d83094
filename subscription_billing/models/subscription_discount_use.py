from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionDiscountUse(models.Model):
    """A billed period that a discount has reduced: what counts as one use of it.

    A row is written in the transaction of the period's claims and invoice. The unique
    index is what counts a period once, whatever runs twice.
    """

    _name = "subscription.discount.use"
    _description = "Use of a Discount"
    _order = "date_start desc, id desc"
    _rec_name = "discount_id"

    # === FIELDS === #

    discount_id = fields.Many2one(
        "subscription.discount", required=True, ondelete="restrict", readonly=True
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date_start = fields.Date(
        string="From", required=True, readonly=True, help="First day of the period."
    )
    date_end = fields.Date(
        string="End", required=True, readonly=True, help="First day after the period."
    )
    date_last = fields.Date(
        string="To", compute="_compute_date_last", help="Last day of the period."
    )
    amount = fields.Monetary(
        string="Taken Off",
        readonly=True,
        help="What was taken off the prices of the period.",
    )

    _counted_once = models.UniqueIndex(
        "(discount_id, date_start)",
        "This discount has already been taken off this period.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end > date_start)", "A period must end after it starts."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_end")
    def _compute_date_last(self):
        for use in self:
            use.date_last = use.date_end and fields.Date.subtract(use.date_end, days=1)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._(
                "The use of a discount is kept for good: it is what prevents a second "
                "use for the same period."
            )
        )
