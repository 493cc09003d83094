from typing import get_args

from odoo import models

from odoo.addons.subscription_billing.tools.dispute import (
    TO_ANSWER,
    DisputeFacts,
    Movement,
    Reason,
)

from ..tools.amounts import to_major

REASONS = frozenset(get_args(Reason))


class StripeEvent(models.Model):
    """Payments that are contested, with what that takes from the balance."""

    _inherit = "stripe.event"

    # === BUSINESS METHODS === #

    def _handle_dispute(self, gateway):
        """Write down what Stripe says of a dispute now, and what it has moved."""
        dispute = gateway.get_dispute(self.object_reference)
        facts = dispute.facts
        self._check_is_ours(gateway, facts.intent, dispute.origin)
        return self._write_dispute(
            DisputeFacts(
                id=facts.id,
                charge_reference=facts.intent or facts.charge,
                amount=to_major(facts.amount, facts.currency),
                currency=facts.currency,
                reason=facts.reason if facts.reason in REASONS else "general",
                status=facts.status,
                time=self.date_created,
                due_by=facts.due_by,
                is_refundable=dispute.is_refundable,
                evidence_time=self._get_evidence_time(facts),
                network_reason_code=facts.network_reason,
                movements=tuple(map(self._read_movement, dispute.movements)),
            )
        )

    def _handle_fraud_warning(self, gateway):
        """Write down that an issuer holds a payment for fraud."""
        warning = gateway.get_fraud_warning(self.object_reference)
        self._check_is_ours(gateway, warning.intent, warning.origin)
        is_open = warning.is_actionable
        return self._write_dispute(
            DisputeFacts(
                id=warning.id,
                charge_reference=warning.intent,
                amount=to_major(warning.amount, warning.currency),
                currency=warning.currency,
                reason="fraudulent",
                status="warning_needs_response" if is_open else "warning_closed",
                time=self.date_created,
                is_fraud_warning=True,
                is_refundable=is_open,
            )
        )

    def _get_evidence_time(self, facts):
        """Return when evidence was handed in that nobody here knows of: in Stripe's
        dashboard, or by a click whose answer was lost.

        :param facts: ``gateway.DisputeFacts``
        """
        is_told = self.type == "charge.dispute.updated" and facts.submissions
        if not is_told or facts.status in TO_ANSWER:
            return None
        known = [
            ("provider_id", "=", self.provider_id.id),
            ("provider_reference", "=", facts.id),
            ("evidence_time", "!=", False),
        ]
        is_known = self.env["subscription.dispute"].sudo().search_count(known, limit=1)
        return None if is_known else self.date_created

    def _check_is_ours(self, gateway, intent, origin):
        """Ignore what concerns payments that others take with the same account.

        A payment whose outcome is not known here yet is brought up to date first.

        :param str intent: ``pi_…``
        :param origin: ``gateway.present.Origin``
        """
        self._check_database(origin.database)
        charge = self.env["payment.transaction"]._find_stripe_payment(
            self.provider_id, intent, origin
        )
        if not charge:
            self._refuse_unknown(origin)
        if charge.state != "done" and charge._is_on_stripe_gateway():
            charge._apply_stripe_payment(gateway.get_payment(intent))

    def _write_dispute(self, facts):
        """Hand over what is known of a dispute; return what became of it, in words."""
        dispute = self.env["subscription.dispute"]._update_from_facts(
            self.provider_id, facts
        )
        return f"{dispute.display_name}: {dispute._get_label('state')}"

    def _read_movement(self, movement):
        """Return a movement of the balance as disputes know it.

        :param movement: ``gateway.present.BalanceMovement``
        """
        kinds = {True: "withdrawn", False: "reinstated"}
        return Movement(
            id=movement.id,
            kind=kinds[movement.amount < 0] if movement.amount else "fee",
            amount=abs(to_major(movement.amount, movement.currency)),
            currency=movement.currency,
            date=movement.created.date(),
            fee=to_major(movement.fee, movement.currency),
        )
