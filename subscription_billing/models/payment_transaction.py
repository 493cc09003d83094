import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from .derived import refuse_internal


class PaymentTransaction(models.Model):
    """The charge: one attempt to collect an invoice with a saved payment method."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    collection_invoice_id = fields.Many2one(
        "account.move",
        string="Collected Invoice",
        readonly=True,
        index="btree_not_null",
        help="The subscription invoice that this transaction collects by itself.",
    )
    subscription_id = fields.Many2one(
        "subscription.subscription", readonly=True, index="btree_not_null"
    )
    attempt = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="The how manieth attempt to collect its invoice this is.",
    )
    idempotency_key = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="Goes with every request of this attempt: a provider that gets it again "
        "gives its first answer again, and takes no money.",
    )
    request_data = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="What the provider was asked for, word for word, to ask it again.",
    )
    date_sent = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the collection run was about to call the provider. A charge without "
        "it was never sent; a draft with it has an unknown outcome.",
    )
    is_outcome_unknown = fields.Boolean(
        string="Outcome Unknown",
        readonly=True,
        copy=False,
        help="The provider was asked for money and has not said whether it took it. "
        "Its invoice is not charged again before that is known.",
    )
    date_next_check = fields.Datetime(
        string="Next Enquiry",
        readonly=True,
        copy=False,
        help="When the provider is asked what became of it.",
    )
    check_count = fields.Integer(
        string="Enquiries",
        readonly=True,
        copy=False,
        aggregator=None,
        help="How often the provider was asked what became of it.",
    )
    decline_category = fields.Selection(
        selection=[
            ("retry", "Temporary"),
            ("customer", "Needs the Customer"),
            ("never", "Never Again"),
            ("unknown", "Unclear"),
        ],
        string="Kind of Decline",
        readonly=True,
        copy=False,
        help="Temporary: the same method may work later. Needs the Customer: it will "
        "not before the customer acts. Never Again: this method may not be charged "
        "any more. Unclear: the reason does not say.",
    )
    decline_code = fields.Char(readonly=True, copy=False)
    decline_network_code = fields.Char(
        string="Network Code",
        readonly=True,
        copy=False,
        help="The reason as the card network or the bank has given it.",
    )
    decline_advice = fields.Char(
        string="Issuer's Advice",
        readonly=True,
        copy=False,
        help="What the issuer of the card advises to do.",
    )

    _one_open_charge = models.UniqueIndex(
        "(collection_invoice_id) WHERE state IN ('draft', 'pending', 'authorized')",
        "A charge of this invoice is still open; a second one could take the money "
        "twice.",
    )
    _idempotency_key_unique = models.UniqueIndex(
        "(idempotency_key)", "Two transactions cannot have one idempotency key."
    )
    _next_check_index = models.Index(
        "(date_next_check) WHERE state IN ('draft', 'pending', 'authorized')"
    )
    # In the words of the ORM: PostgreSQL takes no other ones for the same.
    _unbooked_index = models.Index(
        "(company_id, id) WHERE is_post_processed IS NOT TRUE"
    )

    # === CONSTRAINTS === #

    @api.constrains("token_id")
    def _check_token_is_active(self):
        """Check one transaction at a time, as core expects, so that many can be created
        at once."""
        for transaction in self:
            super(PaymentTransaction, transaction)._check_token_is_active()
        return

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("collection_invoice_id") for vals in vals_list):
            refuse_internal(self, vals_list, self._get_ledger_text())
        return super().create(vals_list)

    def write(self, vals):
        """Let nobody but the run, and buttons, say what became of a charge."""
        if not self.env.su and self.sudo().collection_invoice_id:
            refuse_internal(self, [vals], self._get_ledger_text())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        """Keep what the provider was asked for: its money may have moved."""
        for charge in self.filtered(lambda tx: tx.collection_invoice_id):
            if charge.date_sent:
                raise UserError(
                    self.env._(
                        "%(charge)s was sent to the payment provider and is kept, "
                        "whatever became of it.",
                        charge=charge.reference,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_ledger_text(self):
        """Return how people change what a charge says."""
        return self.env._(
            "Charge Now on the invoice makes a charge; Ask the Provider and Settle, on "
            "the charge, find out what became of it."
        )

    @api.model
    def _compute_reference_prefix(self, separator, **values):
        """Name a charge after its invoice, as core does, which looks each up again."""
        invoice = self.env["account.move"].browse(values.get("collection_invoice_id"))
        return invoice.name or super()._compute_reference_prefix(separator, **values)

    def _get_paid_invoice(self):
        """Return the invoice that this transaction pays: the first of several."""
        return self.collection_invoice_id or self.invoice_ids[:1]

    def _is_still_owed(self):
        """Return whether the invoice still asks for exactly this amount.

        What a person has sent, in a form or on the portal, is not sent again by itself.
        """
        self.ensure_one()
        if not (invoice := self.collection_invoice_id):
            return False
        wanted = invoice._get_amount_to_collect()
        same = self.currency_id.compare_amounts(self.amount, wanted)
        return invoice._is_unpaid() and same == 0

    def _may_be_sent(self):
        """Return whether this charge is still wanted, and nothing else pays for it.

        Opened charges can wait for hours. By then the method may be gone, the customer
        be paying in another way, or have agreed to pay invoices.
        """
        if not self._is_still_owed() or self.token_id._get_charge_obstacle():
            return False
        invoice = self.collection_invoice_id
        under_way = self.env["subscription.collection"]._get_payment_under_way_domain()
        others = (invoice.transaction_ids - self).filtered_domain(under_way)
        return invoice._is_charged() and not others

    def _withdraw_unsent(self):
        """Call off those of these charges that nobody has sent or is sending."""
        for charge in self._filter_unsent().try_lock_for_update():
            charge._withdraw()

    def _withdraw(self):
        """Cancel a charge that was not sent; what is still owed is collected anew."""
        self.ensure_one()
        self._set_canceled(
            self.env._(
                "It was not sent: the invoice, how it is paid, or the payment method "
                "has changed since."
            )
        )
        self.is_post_processed = True
        self.collection_invoice_id._write_collection({"collection_state": False})
        self.collection_invoice_id._continue_collection()
