from odoo import api, fields, models

from .dispute_fields import LOSS_HANDLINGS

#: how much of the disputed money each kind adds to what is outside our balance
SIGNS = {"withdrawn": 1, "reinstated": -1, "fee": 0, "given_up": -1, "taken_back": 1}


class SubscriptionDisputeMovement(models.Model):
    """Money of a dispute that moved, at the provider or in the books only; booked once.

    What a provider moves has its number. What follows from the decision, giving up a
    claim or taking that back, has one that is made here.
    """

    _name = "subscription.dispute.movement"
    _description = "Movement of a Dispute"
    _order = "date, id"

    # === FIELDS === #

    dispute_id = fields.Many2one(
        "subscription.dispute",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(
        related="dispute_id.company_id", store=True, precompute=True
    )
    provider_id = fields.Many2one(
        related="dispute_id.provider_id", store=True, precompute=True
    )
    reference = fields.Char(
        required=True, readonly=True, help="The provider's number of the movement."
    )
    kind = fields.Selection(
        selection=[
            ("withdrawn", "Withdrawn"),
            ("reinstated", "Reinstated"),
            ("fee", "Fee"),
            ("given_up", "Given up"),
            ("taken_back", "Taken back"),
        ],
        required=True,
        readonly=True,
    )
    loss_handling = fields.Selection(
        selection=LOSS_HANDLINGS,
        readonly=True,
        help="Where what was given up went.",
    )
    date = fields.Date(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    fee = fields.Monetary(readonly=True, help="Negative where a fee was given back.")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Amount in Books",
        compute="_compute_company_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    fee_company = fields.Monetary(
        string="Fee in Books",
        compute="_compute_company_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Journal Entry",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    _once_per_provider = models.UniqueIndex(
        "(provider_id, reference)", "This movement is known already."
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "fee", "currency_id", "company_id", "date")
    def _compute_company_amounts(self):
        for movement in self:
            to_books = movement.company_id.currency_id
            given = (movement.company_id, movement.date)
            convert = movement.currency_id._convert
            movement.amount_company = convert(movement.amount, to_books, *given)
            movement.fee_company = convert(movement.fee, to_books, *given)

    # === BUSINESS METHODS === #

    def _get_withheld(self):
        """Return what these movements leave outside our balance, in one currency."""
        self.currency_id.ensure_one()
        total = sum(SIGNS[movement.kind] * movement.amount for movement in self)
        return self.currency_id.round(total)

    def _is_at_provider(self):
        """Return whether the provider has moved this money."""
        self.ensure_one()
        return self.kind in ("withdrawn", "reinstated", "fee")

    def _get_label(self):
        """Return what kind of movement it is, in words."""
        self.ensure_one()
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]
