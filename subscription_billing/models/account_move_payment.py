from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: who may ask customers for money
COLLECTORS = (
    "subscription_billing.group_subscription_user",
    "account.group_account_invoice",
)


class AccountMove(models.Model):
    """What a person does to get an invoice of a subscription paid: charge it now, send
    a link to pay it, or write down that it was paid elsewhere."""

    _inherit = "account.move"

    # === FIELDS === #

    is_chargeable = fields.Boolean(
        compute="_compute_is_payable",
        compute_sudo=True,
        help="Whether the customer owes something that its saved methods may pay.",
    )
    is_link_payable = fields.Boolean(
        compute="_compute_is_payable",
        compute_sudo=True,
        help="Whether the customer can be sent a link to pay this.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "payment_state", "collection_state", "amount_residual")
    def _compute_is_payable(self):
        for move in self:
            is_ours = move.move_type == "out_invoice" and bool(move.subscription_ids)
            owed = is_ours and move._is_unpaid() and move.collection_state != "open"
            move.is_link_payable = owed
            move.is_chargeable = owed and (
                move._get_collection_subscription().collection_method == "automatic"
            )

    # === ACTIONS === #

    def action_charge_now(self):
        """Open the dialog that charges these invoices to a saved method."""
        self._check_may_collect()
        self._check_no_obstacle()
        return self._get_dialog("subscription.charge.now", self.env._("Charge Now"))

    def action_mark_paid_outside(self):
        """Open the dialog that records money which came in another way."""
        self.env["account.payment"].check_access("create")
        self._check_no_obstacle()
        name = self.env._("Mark as Paid Outside")
        return self._get_dialog("subscription.paid.outside", name)

    def action_send_payment_link(self):
        """E-mail the customers a link with which they pay these invoices."""
        self._check_may_collect()
        self._check_no_obstacle()
        notices = self.sudo()._send_payment_links()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s e-mails with a link to pay are on their way.",
                    count=len(notices),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS: CHECKS === #

    def _check_may_collect(self):
        """Refuse to ask for money in the name of who may not.

        :raises AccessError: neither subscriptions nor invoices are the user's work
        """
        self.check_access("read")
        if not self.env.su and not any(map(self.env.user.has_group, COLLECTORS)):
            raise AccessError(
                self.env._("Only people who work on subscriptions collect invoices.")
            )

    # === BUSINESS METHODS: CHARGE NOW === #

    def _charge_now(self, token=None):
        """Have the collection run charge these invoices at once.

        :param token: the ``payment.token`` to charge, and no other; by default the
            methods of each customer in their order
        :raises UserError: one of them cannot be charged
        """
        self._check_may_collect()
        self._check_no_obstacle()
        moves = self.sudo()
        moves._check_automatic()
        for move in moves if token else ():
            if reason := move._get_token_obstacle(token):
                raise UserError(reason)
        moves._cancel_unsent_charges(self.env._("A person charges it anew."))
        moves._queue_collection(token and token.sudo(), is_early=True)
        moves._message_log_batch(
            bodies=dict.fromkeys(
                moves.ids,
                self.env._("Charged now by %(user)s.", user=self.env.user.name),
            )
        )
        self.env["subscription.collection"]._trigger_cron()

    def _check_automatic(self):
        """Refuse to charge customers who agreed to pay invoices.

        :raises UserError: the first such invoice
        """
        for move in self:
            subscription = move._get_collection_subscription()
            if subscription.collection_method != "automatic":
                raise UserError(
                    self.env._(
                        "%(invoice)s is an invoice to pay: send a payment link, or "
                        "set the Payment of %(subscription)s to Automatic payment.",
                        invoice=move.display_name,
                        subscription=subscription.name,
                    )
                )

    def _cancel_unsent_charges(self, reason):
        """Call off charges that no run has sent, so that none can be sent after this.

        :raises UserError: a run is sending one at this moment
        """
        charges = self.sudo().collection_charge_ids._filter_unsent()
        if not charges:
            return
        if charges.try_lock_for_update() != charges:
            raise UserError(
                self.env._(
                    "A charge of %(invoice)s is being sent at this moment. Wait for "
                    "its outcome.",
                    invoice=charges[0].collection_invoice_id.display_name,
                )
            )
        charges._set_canceled(reason)
        charges.is_post_processed = True
        charges.collection_invoice_id._write_collection({"collection_state": False})

    # === BUSINESS METHODS: PAYMENT LINK === #

    def _send_payment_links(self):
        """Queue the e-mails with the links, and keep them as notices.

        :return: the new ``subscription.notice`` records
        :raises UserError: online payment is off, or no rule sends links
        """
        for move in self:
            if not move._has_to_be_paid():
                raise UserError(
                    self.env._(
                        "%(invoice)s cannot be paid online. %(reason)s Turn on Online "
                        "Payment in the settings of Invoicing.",
                        invoice=move.display_name,
                        reason=move._get_online_payment_error(),
                    )
                )
        notices = self.env["subscription.notifier"]._notify_of_links(self)
        if not notices:
            raise UserError(
                self.env._(
                    "No active notice rule sends payment links for these "
                    "subscriptions, or the link was sent a moment ago."
                )
            )
        return notices

    # === BUSINESS METHODS: DIALOGS === #

    def _get_dialog(self, model, name):
        """Return the window action of a dialog about these invoices."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }
