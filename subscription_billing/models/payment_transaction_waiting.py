from datetime import timedelta

from odoo import fields, models

from ..tools.asking import ask
from .batch import keep_others_away
from .payment_transaction_round import AWAITS_CUSTOMER

#: how long a customer has to confirm a payment before the provider is asked about it
CONFIRMATION_TIME = timedelta(minutes=15)


class PaymentTransaction(models.Model):
    """A charge that waits for its customer, and is finished by them.

    The bank wants to hear from the customer before it pays, so that the charge has
    failed; but the provider keeps the payment open. The customer finishes that very
    payment on a page. While they are at it, the charge is open again and blocks all
    others of its invoice. A payment that is left open is called off at the provider
    before another charge of the invoice is sent, see ``subscription.collection``.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    is_left_open = fields.Boolean(
        string="Can Still Be Confirmed",
        readonly=True,
        copy=False,
        help="The provider keeps this payment open for its customer. It is called off "
        "there before another charge of the invoice is sent.",
    )
    confirmation_count = fields.Integer(
        string="Visits of the Customer",
        readonly=True,
        copy=False,
        aggregator=None,
        help="How often the customer has begun to confirm this payment.",
    )

    _left_open_index = models.Index(
        "(collection_invoice_id) WHERE is_left_open IS TRUE"
    )

    # === BUSINESS METHODS: WHAT THE CUSTOMER MAY DO === #

    def _awaits_customer(self):
        """Return whether nothing but the customer's confirmation is missing."""
        self.ensure_one()
        invoice = self.collection_invoice_id
        return bool(
            self.state == "error"
            and self.decline_code in AWAITS_CUSTOMER
            and self == invoice._get_last_charge()
            and invoice._is_unpaid()
        )

    def _can_be_confirmed(self):
        """Return whether the customer may finish this payment now."""
        return not self._get_confirmation_obstacle()

    def _get_confirmation_obstacle(self):
        """Return why the customer cannot finish this payment.

        :return: ``paid``: nothing is owed any more; ``cancelled``: the invoice is not
            valid; ``processing``: money is on its way, or may be; ``superseded``: the
            payment was called off, or another one has taken its place; ``declined``:
            the bank does not want it although it was confirmed; ``changed``: the
            invoice asks for another amount. None when they can.
        :rtype: str | None
        """
        self.ensure_one()
        invoice = self.collection_invoice_id
        if self.state == "done" or invoice.payment_state in ("paid", "in_payment"):
            return "paid"
        if not invoice._is_unpaid():
            return "cancelled"
        if self._is_money_under_way():
            return "processing"
        is_last = self == invoice._get_last_charge()
        if not is_last or not self.is_left_open or self.state == "cancel":
            return "superseded"
        if self.decline_code not in AWAITS_CUSTOMER:
            return "declined"
        return None if self._is_still_owed() else "changed"

    def _is_money_under_way(self):
        """Return whether money for the invoice is on its way, or may be."""
        self.ensure_one()
        if self.state == "draft" and (self.is_outcome_unknown or not self.is_left_open):
            return True
        domain = self.env["subscription.collection"]._get_payment_under_way_domain()
        return bool(self.collection_invoice_id.transaction_ids.filtered_domain(domain))

    def _get_confirmation_url(self):
        """Return where the customer can see to this payment.

        A provider with a page to finish the very payment overrides this; else it is the
        page on which the invoice can be paid.
        """
        self.ensure_one()
        return self._get_other_payment_url()

    def _get_other_payment_url(self):
        """Return where the customer can pay the invoice in another way."""
        self.ensure_one()
        invoice = self.collection_invoice_id
        link = invoice.get_portal_url(query_string="&payment=True")
        return f"{invoice.get_base_url()}{link}"

    # === BUSINESS METHODS: THERE AND BACK === #

    def _reopen_for_customer(self):
        """Open this charge again while its customer confirms it.

        No other charge of the invoice can begin meanwhile. When the customer leaves,
        the provider is asked after a while, and the charge has failed again.

        :return: whether the customer may go on
        :rtype: bool
        """
        self.ensure_one()
        keep_others_away(self.collection_invoice_id)
        if not self._can_be_confirmed():
            return False
        self._open_again()
        date_check = fields.Datetime.now() + CONFIRMATION_TIME
        self.write(
            {
                "confirmation_count": self.confirmation_count + 1,
                "date_next_check": date_check,
            }
        )
        self.env["subscription.collection"]._trigger_resolving(date_check)
        return True

    def _open_again(self):
        """Bring a charge that has failed back to where its outcome is awaited."""
        self.ensure_one()
        self._update_state(("error", "draft"), "draft", None)
        # Keeps post-processing away from a charge without a result.
        self.is_post_processed = True
        self.collection_invoice_id._write_collection(
            {"collection_state": "open", "collection_error": False}
        )

    def _finish_confirmation(self):
        """Ask the provider what has become of a payment its customer has confirmed, or
        not; book it."""
        self.ensure_one()
        gateway = self.provider_id._get_charge_gateway()
        is_open = self.state in ("draft", "pending") or self.is_left_open
        if gateway and is_open and self.provider_reference:
            outcome = ask(gateway.find_charge, self._prepare_enquiry())
            # Not before: the answer may take its time.
            keep_others_away(self.collection_invoice_id)
            self._apply_confirmation(outcome)
        self._book_confirmation()

    def _apply_confirmation(self, outcome):
        """Write down what became of a payment that was in its customer's hands.

        When it went through after all, no other charge of the invoice is sent.

        :param outcome: a ``tools.outcome.Outcome``
        """
        self.ensure_one()
        if outcome.status in ("done", "pending"):
            charges = self.collection_invoice_id.sudo().collection_charge_ids
            for charge in charges._filter_unsent():
                charge._withdraw()
        if outcome.status == "pending" and self.state == "error":
            self._open_again()
        self._apply_outcome(outcome)

    def _book_confirmation(self):
        """Book what is not booked yet of an outcome."""
        self.ensure_one()
        if not self.is_post_processed:
            company = self.collection_invoice_id.company_id
            collection = self.env["subscription.collection"]._in_company(company)
            collection._settle(self.with_env(collection.env))

    # === BUSINESS METHODS: OUTCOMES === #

    def _apply_outcome(self, outcome):
        """Keep why a charge has failed when it is called off after that."""
        if outcome.status == "cancelled" and self.state == "error":
            self.is_left_open = False
            return None
        return super()._apply_outcome(outcome)

    def _write_facts(self, outcome):
        """Note that the provider keeps the payment open for its customer."""
        if outcome.status == "action" and self.collection_invoice_id:
            self.is_left_open = True
        return super()._write_facts(outcome)

    def _update_state(self, allowed_states, target_state, state_message):
        """Nothing is open any more at the provider once money moves.

        What was given up here still has to be called off there.
        """
        changed = super()._update_state(allowed_states, target_state, state_message)
        if target_state in ("done", "pending", "authorized"):
            changed.filtered("is_left_open").is_left_open = False
        return changed

    def _update_collection_state(self):
        """Tell the customers whose confirmation is missing."""
        result = super()._update_collection_state()
        waiting = self.filtered(lambda charge: charge._awaits_customer())
        self.env["subscription.notifier"]._notify_of_confirmation(waiting)
        return result

    def _is_declined(self):
        """Leave it to a customer who was there what to pay with instead."""
        return super()._is_declined() and not self.confirmation_count

    # === BUSINESS METHODS: ANOTHER CHARGE === #

    def _set_called_off(self):
        """Note that the customer cannot confirm this payment any more."""
        self.ensure_one()
        if self.state == "draft":
            self._withdraw()
        self.write({"is_left_open": False, "date_next_check": False})
        self.collection_invoice_id._message_log(
            body=self.env._(
                "%(charge)s was called off: the customer cannot confirm it any more.",
                charge=self._get_html_link(),
            )
        )

    def _take_for_sending(self):
        """Send nothing beside a payment that its customer could still confirm."""
        held_back = self._get_held_back()
        return super(PaymentTransaction, self - held_back)._take_for_sending()

    def _get_held_back(self):
        """Return the charges of whose invoices an earlier payment is still open."""
        earlier = self.search(
            [
                ("collection_invoice_id", "in", self.collection_invoice_id.ids),
                ("is_left_open", "=", True),
                ("id", "not in", self.ids),
            ]
        )
        invoices = earlier.collection_invoice_id
        return self.filtered(lambda charge: charge.collection_invoice_id in invoices)
