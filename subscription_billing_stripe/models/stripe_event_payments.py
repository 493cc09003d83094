from odoo import models

from ..gateway import read_billing
from ..tools.declines import NEEDS_CUSTOMER
from .stripe_event import EarlyEventError, IgnoredEventError

#: how often to look for what was asked for here and is not committed yet
PATIENCE = 4


class StripeEvent(models.Model):
    """Payments and their attempts, and who makes these."""

    _inherit = "stripe.event"

    # === BUSINESS METHODS: PAYMENTS === #

    def _handle_payment(self, gateway):
        """Bring a payment to what Stripe says now."""
        charge = self._find_known_payment()
        if charge.state == "done":
            return self._tell_payment(charge)
        payment = gateway.get_payment(self._get_intent())
        self._check_database(payment.origin.database)
        charge = charge or self._find_asked_payment(payment)
        if charge._is_on_stripe_gateway():
            charge._apply_stripe_payment(payment)
        else:
            self._handle_online_payment(charge)
        return self._tell_payment(charge)

    def _handle_attempt(self, gateway):
        """See to an attempt as to its payment; notice those that are not ours."""
        result = self._handle_payment(gateway)
        charge = self._find_known_payment()
        if self.type == "charge.failed" and charge._is_on_stripe_gateway():
            self._notice_retries(gateway, charge)
        return result

    def _handle_online_payment(self, charge):
        """Hand a payment of core's own pages to core, where it does not hear itself.

        :raises IgnoredEventError: core has an endpoint of its own
        """
        if self.provider_id.stripe_webhook_secret:
            raise IgnoredEventError(
                self.env._("Odoo's own webhook sees to %(ref)s.", ref=charge.reference)
            )
        self._hand_to_core(charge, "payment_intent", self._get_intent())
        charge._trigger_booking()

    def _hand_to_core(self, transaction, kind, reference):
        """Have core process what Stripe says now of an object that core asked for.

        :param str kind: ``payment_intent`` or ``setup_intent``
        :param str reference: Stripe's id of it
        """
        found = transaction._send_api_request(
            "GET", f"{kind}s/{reference}", data={"expand[]": "payment_method"}
        )
        data = {"reference": transaction.reference, kind: found}
        data["payment_method"] = found.get("payment_method")
        transaction._process("stripe", data)

    # === BUSINESS METHODS: FINDING === #

    def _get_intent(self):
        """Return the payment intent that this event is about.

        :raises IgnoredEventError: there is none
        """
        self.ensure_one()
        if not self.subject.startswith("pi_"):
            raise IgnoredEventError(self.env._("It is about no payment intent."))
        return self.subject

    def _find_known_payment(self):
        """Return the transaction that knows its payment intent, or none."""
        return self.env["payment.transaction"]._find_stripe_payment(
            self.provider_id, self._get_intent()
        )

    def _find_asked_payment(self, payment):
        """Return the transaction that has asked for a payment.

        :param payment: ``gateway.present.PaymentNow``
        :raises EarlyEventError: it was asked for here, a moment ago
        :raises IgnoredEventError: it was not
        """
        charge = self.env["payment.transaction"]._find_stripe_payment(
            self.provider_id, payment.facts.id, payment.origin
        )
        if not charge:
            self._refuse_unknown(payment.origin)
        return charge

    def _refuse_unknown(self, origin):
        """Look again later for what this database has asked for and does not show.

        Its transaction may not have been committed yet. When it never was, money has
        moved that nobody here knows of, which is an error.

        :raises EarlyEventError: it may still come
        :raises IgnoredEventError: it was not asked for here, or by another provider
        :raises LookupError: it does not come any more
        """
        reference = origin.reference or self.object_reference
        if not (origin.uuid and origin.database):
            raise IgnoredEventError(
                self.env._("No payment of this database is concerned.")
            )
        self._check_other_providers(origin)
        if self.attempts < PATIENCE:
            raise EarlyEventError(
                self.env._("Waits until %(ref)s is written down.", ref=reference)
            )
        raise LookupError(
            self.env._(
                "This database has asked Stripe for %(ref)s, and does not know it: "
                "look it up at Stripe, and book or refund it.",
                ref=reference,
            )
        )

    def _check_other_providers(self, origin):
        """Ignore what another provider of this database has asked the account for.

        Stripe reports everything to each endpoint of an account.

        :raises IgnoredEventError: another one has
        """
        others = self.env["payment.provider"].sudo()
        others = others.with_context(active_test=False).search(
            [("code", "=", "stripe"), ("id", "!=", self.provider_id.id)]
        )
        charge = self.env["payment.transaction"]._find_stripe_payment(
            others, self.subject, origin
        )
        if charge:
            raise IgnoredEventError(
                self.env._(
                    "%(ref)s was asked for by another payment provider with the same "
                    "account: %(provider)s (%(company)s).",
                    ref=charge.reference,
                    provider=charge.provider_id.name,
                    company=charge.company_id.name,
                )
            )

    def _tell_payment(self, charge):
        """Return what is known of a payment, in words."""
        states = dict(charge._fields["state"]._description_selection(self.env))
        return f"{charge.reference}: {states[charge.state]}"

    # === BUSINESS METHODS: WHO TRIES AGAIN === #

    def _notice_retries(self, gateway, charge):
        """Leave a payment to Stripe that Stripe has tried again by itself.

        Only the customer finishes a payment that waits for them.
        """
        attempts = sorted(
            gateway.list_attempts(self._get_intent()), key=lambda each: each.created
        )
        failures = [each.failure for each in attempts]
        if len(attempts) < 2 or not failures[0] or failures[0] in NEEDS_CUSTOMER:
            return
        provider = self.provider_id
        provider._warn_of_stripe_retries(
            self.env._(
                "Stripe tries refused payments again by itself, and so does Odoo: "
                "%(charge)s was tried %(count)s times. Turn automatic retries off in "
                "Stripe's dashboard, or let Stripe be the one who tries again.",
                charge=charge.reference,
                count=len(attempts),
            )
        )
        if charge.state == "error" and charge._is_stripe_able_to_retry():
            charge._begin_provider_retries(provider._get_stripe_retry_end())

    def _handle_billing(self, gateway):
        """Warn of a customer whom Stripe Billing bills as well.

        :raises IgnoredEventError: it is not one of ours
        """
        body = self.sudo().body
        if not body:
            raise IgnoredEventError(self.env._("Its message is no longer kept."))
        facts = read_billing(body)
        partner = self._find_partner(facts.customer)
        if not partner or not facts.subscription:
            raise IgnoredEventError(self.env._("It bills no customer of ours."))
        message = self.env._(
            "Stripe Billing bills and collects from %(partner)s, too (%(invoice)s of "
            "%(subscription)s). End that subscription at Stripe, or do not collect "
            "here what is collected there.",
            partner=partner.display_name,
            invoice=facts.id,
            subscription=facts.subscription,
        )
        self.provider_id._warn_of_stripe_retries(message)
        return message

    def _find_partner(self, customer):
        """Return whose customer at Stripe that is, or nobody."""
        mine = [("provider_id", "=", self.provider_id.id)]
        known = self.env["stripe.customer"].sudo()
        found = known.search([*mine, ("reference", "=", customer)], limit=1).partner_id
        tokens = self.env["payment.token"].sudo()
        return (
            found
            or tokens.search(
                [*mine, ("provider_ref", "=", customer)], limit=1
            ).partner_id
        )
