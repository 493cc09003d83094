"""Fixtures of the tests about disputes."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from freezegun import freeze_time

from ..tools.dispute import DisputeFacts, Movement
from .common import SubscriptionCommon

#: when the disputes of the tests are opened
OPENED = datetime(2026, 3, 20, 8, 0)


def open_dispute(provider):
    """Open a dispute of a payment that is not known, whose money was withdrawn."""
    company = provider.company_id
    company._create_dispute_accounts()
    currency = company.currency_id.name
    taken = Movement("txn_1", "withdrawn", Decimal(115), currency, date(2026, 3, 20))
    facts = DisputeFacts(
        id="dp_1",
        charge_reference="pi_1",
        amount=Decimal(115),
        currency=currency,
        reason="general",
        status="needs_response",
        time=OPENED,
        movements=(taken,),
    )
    return provider.env["subscription.dispute"]._update_from_facts(provider, facts)


class DisputeCase(SubscriptionCommon):
    """A company with the accounts of disputes, and invoices that were paid by card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company._create_dispute_accounts()
        cls.token = cls._create_token()
        cls.provider = cls.token.provider_id

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-20 12:00:00"))

    # === RECORDS === #

    def _create_paid(self, day=date(2026, 3, 10), **vals):
        """Create a subscription, bill it and collect the invoice of 115.

        :return: the invoice
        """
        subscription = self._create_subscription(
            **{
                "collection_method": "automatic",
                "payment_token_id": self.token.id,
                "date_start": day,
                **vals,
            }
        )
        with freeze_time(day):
            subscription.action_bill_now()
            self._run_collection()
        invoice = subscription.invoice_ids
        charge = invoice.transaction_ids
        charge.provider_reference = f"pi_{charge.id}"
        return invoice

    # === FACTS === #

    def _facts(self, invoice=None, **vals):
        """Return facts of a dispute of an invoice: to answer, unless told otherwise."""
        charge = invoice and invoice.transaction_ids[:1]
        hours = vals.pop("hours", 0)
        return DisputeFacts(
            **{
                "id": f"dp_{charge.id}" if charge else "dp_1",
                "charge_reference": charge.provider_reference if charge else "pi_?",
                "amount": Decimal(str(charge.amount)) if charge else Decimal(115),
                "currency": charge.currency_id.name if charge else "USD",
                "reason": "fraudulent",
                "status": "needs_response",
                "time": OPENED + timedelta(hours=hours),
                "due_by": datetime(2026, 3, 31, 23, 59, 59),
                **vals,
            }
        )

    def _movement(self, id_="txn_1", kind="withdrawn", amount=115, **vals):
        """Return a movement of money at the provider."""
        return Movement(
            **{
                "id": id_,
                "kind": kind,
                "amount": Decimal(str(amount)),
                "currency": self.company.currency_id.name,
                "date": date(2026, 3, 20),
                **{
                    name: Decimal(str(value)) if name == "fee" else value
                    for name, value in vals.items()
                },
            }
        )

    def _tell(self, facts):
        """Tell what the provider says; return the dispute."""
        return self.env["subscription.dispute"]._update_from_facts(self.provider, facts)

    def _dispute(self, invoice, **vals):
        """Open a dispute of an invoice."""
        return self._tell(self._facts(invoice, **vals))
