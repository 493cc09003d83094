from odoo import fields, models

from odoo.addons.subscription_billing.models.activity import schedule_once

#: what a person is told of themselves
PERSONAL_FIELDS = (
    "name",
    "email",
    "phone",
    "street",
    "street2",
    "zip",
    "city",
    "vat",
    "lang",
    "tz",
)
#: what asks to erase a person's data, and who does it
ERASURE_ACTIVITY = "subscription_portal.mail_activity_type_erasure"


class ResPartner(models.Model):
    """What customers may know and ask about their own data."""

    _inherit = "res.partner"

    # === BUSINESS METHODS: WHAT IS KNOWN === #

    def _prepare_portal_data(self):
        """Return all that is kept about a customer here, ready for JSON.

        :rtype: dict
        """
        self.ensure_one()
        Subscription = self.env["subscription.subscription"]
        subscriptions = Subscription.search(Subscription._get_portal_domain(self))
        tokens = self.env["payment.token"].search([("partner_id", "=", self.id)])
        return {
            "person": {name: self[name] or None for name in PERSONAL_FIELDS}
            | {"country": self.country_id.code or None},
            "payment_methods": [
                {"name": token.display_name, "saved_on": self._write_day(token)}
                for token in tokens
            ],
            "consents": [
                {
                    "kind": consent._get_kind_label(),
                    "text": consent.text,
                    "given_on": fields.Datetime.to_string(consent.date),
                }
                for consent in self.env["subscription.consent"]._find_portal_consents(
                    self
                )
            ],
            "subscriptions": [each._prepare_portal_data() for each in subscriptions],
            "exported_on": fields.Datetime.to_string(fields.Datetime.now()),
        }

    def _write_day(self, record):
        """Return the day on which a record was made, as text."""
        return fields.Date.to_string(record.create_date)

    # === BUSINESS METHODS: ERASURE === #

    def _request_erasure(self):
        """Ask the company to erase what it need not keep; once until it is done.

        :return: whether it was not asked before
        :rtype: bool
        """
        self.ensure_one()
        if self._get_erasure_requests():
            return False
        self._message_log(
            body=self.env._(
                "%(name)s asks for the erasure of personal data, in the portal.",
                name=self.display_name,
            )
        )
        schedule_once(
            self,
            ERASURE_ACTIVITY,
            self.env._(
                "Choose Erase Personal Data among the actions of this contact: what "
                "the books need is kept. Then answer the customer. The law allows a "
                "month for it."
            ),
            self.env["res.users"],
        )
        return True

    def _get_erasure_requests(self):
        """Return the requests that nobody has seen to yet."""
        self.ensure_one()
        return self.activity_search([ERASURE_ACTIVITY])
