from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class AccountMove(models.Model):
    """Which saved method an invoice is charged to next.

    Within a round each method is tried once, in the order of the subscription, until
    one is not declined.
    """

    _inherit = "account.move"

    # === FIELDS === #

    collection_charge_ids = fields.One2many(
        "payment.transaction",
        "collection_invoice_id",
        string="Charges",
        readonly=True,
        groups="account.group_account_invoice",
    )
    collection_round = fields.Integer(
        copy=False,
        readonly=True,
        help="How often this invoice was put in line again. In each round every method "
        "of the customer is tried once.",
    )
    collection_token_id = fields.Many2one(
        "payment.token",
        string="Chosen Method",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The only method to charge in this round, when a person chose one.",
    )
    is_collected_early = fields.Boolean(
        string="Charged Before It Is Due",
        copy=False,
        readonly=True,
        help="A person asked for the money now, whatever the due date.",
    )
    collection_amount = fields.Monetary(
        string="Part to Charge",
        copy=False,
        readonly=True,
        help="What is charged in this round, such as an instalment; 0 for all that is "
        "owed.",
    )
    date_charge_pending = fields.Datetime(
        string="Waiting for the Bank Since",
        compute="_compute_date_charge_pending",
        compute_sudo=True,
        help="When the provider accepted a charge that takes days to settle.",
    )
    is_charge_pending = fields.Boolean(
        string="Waiting for the Bank",
        compute="_compute_date_charge_pending",
        compute_sudo=True,
        search="_search_is_charge_pending",
    )

    # === COMPUTE METHODS === #

    @api.depends("collection_state", "collection_charge_ids.state")
    def _compute_date_charge_pending(self):
        for move in self:
            pending = move.collection_state == "open" and (
                move.collection_charge_ids.filtered(lambda tx: tx.state == "pending")
            )
            move.is_charge_pending = bool(pending)
            move.date_charge_pending = pending and pending[0].last_state_change

    def _search_is_charge_pending(self, operator, value):
        if operator != "in":
            return NotImplemented
        pending = Domain("state", "=", "pending") & Domain(
            "collection_invoice_id", "!=", False
        )
        query = self.env["payment.transaction"].sudo()._search(pending)
        return Domain("collection_state", "=", "open") & Domain(
            "id", "in", query.subselect("collection_invoice_id")
        )

    # === CONSTRAINTS === #

    @api.constrains("collection_token_id")
    def _check_collection_token(self):
        for move in self.sudo().filtered("collection_token_id"):
            if reason := move._get_stranger_text(move.collection_token_id):
                raise ValidationError(reason)

    # === BUSINESS METHODS: ROUNDS === #

    def _queue_collection(self, token=None, *, is_early=False, amount=0.0):
        """Begin a new round, in which every method may be tried again.

        :param token: the only ``payment.token`` to charge in it, all of them by default
        :param bool is_early: whether not to wait for the due date
        :param float amount: the part of each invoice to charge; all that is owed by
            default
        """
        for number, moves in self.grouped("collection_round").items():
            moves._write_collection(
                {
                    "collection_round": number + 1,
                    "collection_token_id": token and token.id,
                    "is_collected_early": is_early,
                    "collection_amount": amount,
                }
            )
        return super()._queue_collection()

    def _continue_collection(self):
        """Put unpaid invoices in line again, for what their round has left to try."""
        unpaid = self.filtered(lambda move: move._is_unpaid())
        unpaid._write_collection({"collection_state": "due"})

    def _get_amount_to_collect(self):
        """Return how much of this invoice is charged in its round."""
        self.ensure_one()
        owed = self.amount_residual
        return min(self.collection_amount, owed) if self.collection_amount else owed

    # === BUSINESS METHODS: METHODS === #

    def _get_next_payment_method(self):
        """Return the method to charge this invoice to next.

        Worked out for all invoices of its prefetch at once.

        :return: a ``payment.token`` as superuser, or none when none is left to try
        """
        self.ensure_one()
        left = self._get_methods_left()
        # A slice would lose the prefetch of the batch.
        return next(iter(left), left)

    def _get_methods_left(self):
        """Return what can be charged and this round has not tried, in order."""
        self.ensure_one()
        tried = {token._get_card_key() for token in self._get_tried_methods()}
        return self._get_round_methods().filtered(
            lambda token: token._get_card_key() not in tried
        )

    def _is_charged(self):
        """Return whether the collection run charges this invoice to a saved method.

        Where the customer is not charged by itself, a person may still have it done.
        """
        self.ensure_one()
        subscription = self._get_collection_subscription()
        is_automatic = subscription.collection_method == "automatic"
        return subscription._is_charged() or (is_automatic and self.is_collected_early)

    def _get_round_methods(self):
        """Return what can be charged in this round, in order: what a person chose, or
        what the subscription has."""
        self.ensure_one()
        if chosen := self.sudo().collection_token_id:
            return chosen.filtered(lambda token: not self._get_token_obstacle(token))
        return self._get_collection_subscription()._get_payment_methods()

    def _get_token_obstacle(self, token):
        """Return why a method cannot be charged for this invoice, in words, or None."""
        return token.sudo()._get_charge_obstacle() or self._get_stranger_text(token)

    def _get_stranger_text(self, token):
        """Return that a method is not one of this customer or company, or None."""
        self.ensure_one()
        move, token = self.sudo(), token.sudo()
        payers = move._get_collection_subscription()._get_payers()
        payers |= move.commercial_partner_id
        is_payer = token.partner_id.commercial_partner_id in payers
        if is_payer and token.company_id in move.company_id.parent_ids:
            return None
        return self.env._(
            "The payment method %(token)s cannot pay %(invoice)s: it belongs to "
            "another customer or company. Choose one of the customer's own.",
            token=token.display_name,
            invoice=move.display_name,
        )

    def _get_tried_methods(self):
        """Return the methods that were charged in this round, without success."""
        self.ensure_one()
        move = self.sudo()
        return move.collection_charge_ids.filtered(
            lambda charge: (
                (
                    charge.state == "error"
                    or (charge.state == "cancel" and charge.date_sent)
                )
                and charge.collection_round == move.collection_round
            )
        ).token_id

    def _get_last_charge(self):
        """Return the latest charge of this invoice, if it has one."""
        self.ensure_one()
        return self.sudo().collection_charge_ids.sorted("id")[-1:]

    def _get_method_obstacle(self):
        """Return why no method is left to charge, in words."""
        self.ensure_one()
        if chosen := self.sudo().collection_token_id:
            return self._get_token_obstacle(chosen) or self._get_tried_text()
        if self._get_tried_methods():
            return self._get_tried_text()
        return self._get_collection_subscription()._get_method_obstacle()

    def _get_tried_text(self):
        """Return which methods were tried in this round, in words."""
        return self.env._(
            "Tried without success: %(methods)s.",
            methods="; ".join(self._get_tried_methods().mapped("display_name")),
        )

    def _try_next_method(self, charge, following):
        """Have the run charge another method after a decline.

        :param charge: the ``payment.transaction`` that was declined
        :param following: the ``payment.token`` that is charged next
        """
        self.ensure_one()
        self._continue_collection()
        self._message_log(
            body=self.env._(
                "%(method)s was declined: %(reason)s %(following)s is charged next.",
                method=charge.token_id.display_name,
                reason=charge._get_failure_reason(),
                following=following.display_name,
            )
        )
        if not self.env.context.get("subscription_collection"):
            self.env["subscription.collection"]._trigger_cron()
