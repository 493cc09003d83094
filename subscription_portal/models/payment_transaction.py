from odoo import fields, models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """A payment with which its customer agreed to pay automatically from now on.

    The agreement is kept here, and carried out once the money is there: also when the
    customer's browser never came back.
    """

    _inherit = "payment.transaction"

    # === FIELDS === #

    portal_enrolment_ids = fields.Many2many(
        "subscription.subscription",
        "payment_transaction_portal_enrolment_rel",
        "transaction_id",
        "subscription_id",
        string="Automatic From Now On",
        readonly=True,
        copy=False,
        help="Subscriptions whose customer agreed to have them charged to the method "
        "of this payment.",
    )
    portal_consent = fields.Text(
        string="Agreement",
        readonly=True,
        copy=False,
        help="What the customer has agreed to, word for word.",
    )
    date_portal_consent = fields.Datetime(string="Agreed On", readonly=True, copy=False)
    is_portal_consent_by_link = fields.Boolean(
        string="Agreed By Link",
        readonly=True,
        copy=False,
        help="Who agreed had the link of the subscription, and was not logged in.",
    )
    is_portal_enrolment_due = fields.Boolean(
        readonly=True,
        copy=False,
        help="The agreement is carried out when the payment has succeeded.",
    )

    # === BUSINESS METHODS === #

    def _post_process(self):
        """Carry out what the customers agreed to with payments that succeeded."""
        result = super()._post_process()
        agreed = self.filtered(
            lambda tx: tx.is_portal_enrolment_due and tx.state == "done"
        )
        for transaction in agreed:
            transaction._enrol_subscriptions()
        return result

    def _enrol_subscriptions(self):
        """Charge subscriptions to the method of this payment from now on.

        One that refuses is left as it is, and a person is asked to see to it: the
        payment itself has succeeded.
        """
        self.ensure_one()
        self.is_portal_enrolment_due = False
        for subscription in self.portal_enrolment_ids:
            try:
                with self.env.cr.savepoint():
                    subscription._pay_automatically(
                        self.token_id,
                        consent=self.portal_consent,
                        date=self.date_portal_consent,
                        author=self.partner_id,
                        is_by_link=self.is_portal_consent_by_link,
                    )
            except UserError as error:
                message = self.env._(
                    "The customer agreed to pay automatically from now on, which could "
                    "not be set up: %(error)s",
                    error=error,
                )
                subscription._message_log(body=message)
                subscription._ask_for_method(message)

    def _is_enrolled(self):
        """Return whether all that was agreed with this payment is carried out."""
        self.ensure_one()
        agreed = self.portal_enrolment_ids
        return bool(agreed) and all(
            each.payment_token_id == self.token_id
            and each.collection_method == "automatic"
            for each in agreed
        )
