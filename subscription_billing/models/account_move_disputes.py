from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.dispute import LOST, OPEN


class AccountMove(models.Model):
    """An invoice whose payment is disputed is not charged again."""

    _inherit = "account.move"

    # === FIELDS === #

    dispute_ids = fields.One2many(
        "subscription.dispute", "invoice_id", string="Disputes", readonly=True
    )
    dispute_count = fields.Integer(compute="_compute_dispute_count", compute_sudo=True)
    # Not computed: that would be worked out for every entry of the database.
    is_disputed = fields.Boolean(
        string="Disputed",
        readonly=True,
        copy=False,
        help="A payment of this invoice is disputed, or was lost in a dispute: it is "
        "not charged by itself.",
    )

    _disputed_index = models.Index("(company_id, id) WHERE is_disputed IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends("dispute_ids")
    def _compute_dispute_count(self):
        for move in self:
            move.dispute_count = len(move.dispute_ids)

    # === ACTIONS === #

    def action_view_disputes(self):
        """Open the disputes of the payments of this invoice."""
        self.ensure_one()
        return self.dispute_ids._get_records_action(name=self.env._("Disputes"))

    def action_collect(self):
        """Refuse to charge what is disputed or held."""
        self.check_access("write")
        for move in self:
            if reason := move._get_dispute_obstacle():
                raise UserError(reason)
        return super().action_collect()

    # === BUSINESS METHODS: WHAT BANKS HAVE GIVEN BACK === #

    def _get_withholding_disputes(self):
        """Return the disputes that give customers money back, or may, of what stays
        paid in the books; as sudo."""
        moves = self.sudo()
        disputes = moves.dispute_ids | moves.transaction_ids.dispute_ids
        return disputes.filtered(lambda dispute: dispute._is_withholding())

    def _get_withheld_amount(self):
        """Return what nobody may give back a second time, including taxes.

        :rtype: Decimal, in the currency of the invoice
        """
        self.ensure_one()
        total = Decimal(0)
        disputes = self._get_withholding_disputes()
        for charge, others in disputes.grouped("charge_id").items():
            withheld = sum(each._get_amount_in(self) for each in others)
            if charge.currency_id == self.currency_id:
                paid = max(charge._get_amount_paid(self), Decimal(0))
                withheld = min(withheld, paid)
            total += withheld
        return total

    def _get_withheld_part(self):
        """Return which part of this invoice that is, 0 to 1.

        :rtype: Decimal
        """
        withheld = self._get_withheld_amount() if self else Decimal(0)
        if not withheld:
            return Decimal(0)
        return min(withheld / Decimal(str(self.amount_total)), Decimal(1))

    def _get_withheld_text(self):
        """Return what banks give back of this invoice and by which disputes, or None.

        :rtype: str | None
        """
        self.ensure_one()
        if not (amount := self._get_withheld_amount()):
            return None
        disputes = self._get_withholding_disputes()
        return self.env._(
            "The bank gives %(amount)s of %(invoice)s back, or may: %(disputes)s. It "
            "is not given back twice.",
            amount=self.currency_id.format(float(amount)),
            invoice=self.display_name,
            disputes=disputes._get_summary(),
        )

    # === BUSINESS METHODS === #

    def _get_dispute_facts(self):
        """Return what a follow-up of this invoice has to know of its disputes.

        :return: ``is_open``: not decided yet; ``is_lost``: the customer has the money
            back; ``is_owed_again``: and owes it again; ``reasons``: of all of them
        :rtype: dict
        """
        self.ensure_one()
        disputes = self.sudo().dispute_ids
        lost = disputes.filtered(lambda dispute: dispute.state in LOST)
        return {
            "is_open": any(dispute.state in OPEN for dispute in disputes),
            "is_lost": bool(lost),
            "is_owed_again": any(dispute.loss_handling == "reopen" for dispute in lost),
            "reasons": set(disputes.mapped("reason")),
        }

    def _get_dispute_obstacle(self):
        """Return why a dispute keeps this invoice from being charged, or None."""
        self.ensure_one()
        if self.is_disputed:
            return self.env._(
                "A payment of %(invoice)s is disputed or was lost in a dispute: it is "
                "not charged again. See its disputes.",
                invoice=self.display_name,
            )
        subscription = self._get_collection_subscription()
        if subscription.is_charge_held:
            return self.env._(
                "Automatic charges of %(subscription)s are held because of a dispute. "
                "Release them on the dispute first.",
                subscription=subscription.display_name,
            )
        return None

    def _get_payment_obstacle(self):
        """Let nobody ask for money that is disputed."""
        return super()._get_payment_obstacle() or self._get_dispute_obstacle()

    def _get_payment_block(self):
        return super()._get_payment_block() or (
            "disputed" if self.is_disputed else None
        )

    def _queue_collection(self, *args, **options):
        """Leave what is disputed out of the collection."""
        free = self.filtered(lambda move: not move.is_disputed)
        return super(AccountMove, free)._queue_collection(*args, **options)

    def _update_is_disputed(self):
        """Write down which of these invoices are disputed; let the others go on."""
        if not self:
            return
        disputes = self.env["subscription.dispute"].sudo()
        paid = Domain("charge_id.invoice_ids", "in", self.ids)
        blocking = disputes.search(
            Domain("is_blocking", "=", True)
            & (Domain("invoice_id", "in", self.ids) | paid)
        )
        disputed = self.sudo() & blocking._get_invoices()
        free = (self.sudo() - disputed).filtered("is_disputed")
        disputed.filtered(lambda move: not move.is_disputed)._write_collection(
            {"is_disputed": True}
        )
        free._write_collection({"is_disputed": False})
        free._collect_again()

    def _collect_again(self):
        """Put what is still owed automatically back in line."""
        self.filtered(
            lambda move: (
                move._is_charged() and move.collection_state in (False, "failed")
            )
        )._queue_collection()

    def _get_disputed_subscription(self):
        """Return the subscription that was paid for, if there is an invoice."""
        return self._get_collection_subscription() if self else self.subscription_ids
