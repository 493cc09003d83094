from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from .batch import BatchMemory


class AccountMove(models.Model):
    _inherit = "account.move"

    # === FIELDS === #

    subscription_period_ids = fields.One2many(
        "subscription.period",
        "move_id",
        string="Billed Periods",
        copy=False,
        readonly=True,
    )
    subscription_ids = fields.Many2many(
        "subscription.subscription",
        string="Subscriptions",
        compute="_compute_subscription_ids",
        compute_sudo=True,
    )
    subscription_count = fields.Integer(
        compute="_compute_subscription_ids", compute_sudo=True
    )
    collection_state = fields.Selection(
        selection=[
            ("due", "To Collect"),
            ("open", "Charge Open"),
            ("done", "Collected"),
            ("failed", "Collection Failed"),
        ],
        string="Automatic Payment",
        copy=False,
        readonly=True,
        tracking=True,
        help="Collection of this invoice with the saved payment method of its "
        "subscription. Empty: the customer pays it.",
    )
    collection_error = fields.Text(copy=False, readonly=True, groups="base.group_user")

    _collection_due_index = models.Index(
        "(company_id, invoice_date_due, id) WHERE collection_state = 'due'"
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_period_ids.subscription_id", "reversed_entry_id")
    def _compute_subscription_ids(self):
        nothing = self.env["subscription.subscription"]
        billed = defaultdict(lambda: nothing)
        for model in ("subscription.period", "subscription.item"):
            for move, subscriptions in self.env[model]._read_group(
                [("move_id", "in", (self | self.reversed_entry_id).ids)],
                groupby=["move_id"],
                aggregates=["subscription_id:recordset"],
            ):
                billed[move.id] |= subscriptions
        for move in self:
            subscriptions = billed[move.id] | billed[move.reversed_entry_id.id]
            move.subscription_ids = subscriptions.ids
            move.subscription_count = len(subscriptions)

    # === ACTIONS === #

    def action_view_subscriptions(self):
        """Open the subscriptions that this invoice bills."""
        self.ensure_one()
        return self.subscription_ids._get_records_action(
            name=self.env._("Subscriptions"), context={"create": False}
        )

    def action_collect(self):
        """Queue the collection of invoices again, after a failure."""
        self.check_access("write")
        open_charges = self.filtered(lambda move: move.collection_state == "open")
        if open_charges:
            raise UserError(
                self.env._(
                    "A charge of %(invoice)s is open. Wait for its outcome: a second "
                    "charge could take the money twice.",
                    invoice=open_charges[0].display_name,
                )
            )
        self._queue_collection()
        self.env["subscription.collection"]._trigger_cron()

    def action_book_charge(self):
        """Record the payment of a charge that was taken and could not be booked.

        :raises UserError: no charge of this invoice waits to be booked
        """
        self.ensure_one()
        self.check_access("write")
        unbooked = self.sudo().transaction_ids.filtered("is_unbooked")
        if not unbooked:
            raise UserError(
                self.env._(
                    "No charge of %(invoice)s waits to be recorded.",
                    invoice=self.display_name,
                )
            )
        unbooked._post_process()

    def action_settle_charge(self):
        """Open the dialog in which a person says what became of an open charge.

        :raises UserError: no charge of this invoice waits for an answer
        """
        self.ensure_one()
        charge = self.sudo().collection_charge_ids.filtered(
            lambda tx: tx.state == "draft"
        )
        if self.collection_state != "open" or not charge.date_sent:
            raise UserError(
                self.env._(
                    "%(invoice)s has no charge without an answer.",
                    invoice=self.display_name,
                )
            )
        return charge.with_env(self.env).action_settle()

    # === BUSINESS METHODS: NUMBERING === #

    def _get_next_sequence_format(self):
        """Look up the last number once for a batch instead of once for each move.

        The context's ``subscription_batch`` is the memory of one batch. It holds what
        core found for the first move of a kind; the number itself is counted on by
        ``_locked_increment``, which the first move has locked.
        """
        memory = self.env.context.get("subscription_batch")
        if not isinstance(memory, BatchMemory) or self.journal_id.is_self_billing:
            return super()._get_next_sequence_format()
        key = (
            self.journal_id.id,
            self.date,
            self.move_type in ("out_refund", "in_refund"),
            bool(self.origin_payment_id),
        )
        if key not in memory:
            memory[key] = super()._get_next_sequence_format()
        format_string, format_values = memory[key]
        return format_string, dict(format_values)

    # === BUSINESS METHODS: COLLECTION === #

    def _queue_collection(self):
        """Put unpaid subscription invoices in line for the collection run."""
        unpaid = self.filtered(lambda move: move.subscription_ids and move._is_unpaid())
        unpaid._write_collection({"collection_state": "due", "collection_error": False})

    def _write_collection(self, vals):
        """Write what collection knows, which core need not compare with the lines.

        People press buttons for it, and write none of these fields.
        """
        self.sudo().with_context(skip_invoice_sync=True).write(vals)

    def _set_collection_problem(self, message):
        """Keep an invoice open and ask a person to look at its charge."""
        for move in self:
            move._write_collection({"collection_error": message})
            subscription = move._get_collection_subscription()
            subscription._schedule_billing_activity(message)

    def _set_collection_failed(self, message):
        """Take an invoice out of the collection run, with the reason for people."""
        for move in self:
            move._write_collection(
                {"collection_state": "failed", "collection_error": message}
            )
        self._message_log_batch(
            bodies={
                move.id: self.env._(
                    "Automatic payment failed: %(reason)s", reason=message
                )
                for move in self
            }
        )

    def _queue_sending(self):
        """Have core's queue send these invoices by e-mail."""
        if not self:
            return
        self.sending_data = {
            "author_user_id": self.env.user.id,
            "author_partner_id": self.env.user.partner_id.id,
        }
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    def _is_unpaid(self):
        """Return whether the customer still owes something on this invoice."""
        self.ensure_one()
        return self.state == "posted" and self.payment_state in ("not_paid", "partial")

    def _get_collection_subscription(self):
        """Return the subscription whose payment method pays this invoice."""
        self.ensure_one()
        subscriptions = (
            self.subscription_period_ids.subscription_id or self.subscription_ids
        )
        # A slice would lose the prefetch of the batch.
        return next(iter(subscriptions), subscriptions)
