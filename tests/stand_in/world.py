"""What banks, card networks and customers do, at a test's word.

Each method takes an id, or an object of the SDK or of an answer in its place.
"""

from . import authentication, charging, disputing, issuer, mandating, wallet
from .declines import bank_return, decline
from .rendering import CURRENT, render
from .resources import refunds, subscriptions


class World:
    """The outside of Stripe: a part of ``StandIn``, on its ``state``."""

    def _find(self, thing, *kinds):
        """Return an object by its id, or by anything that has one."""
        identifier = thing if isinstance(thing, str) else thing["id"]
        found = self.state.find(identifier)
        if found is None or (kinds and found["object"] not in kinds):
            raise KeyError(f"{identifier} is none of {', '.join(kinds) or 'ours'}")
        return found

    def get(self, thing, version=CURRENT):
        """Return an object as the API tells it."""
        with self.state.lock:
            return render(self.state, self._find(thing), version)

    def _payment(self, thing):
        """Return an intent and its last charge, by the id of either."""
        found = self._find(thing, "payment_intent", "charge")
        if found["object"] == "charge":
            return self.state.find(found["payment_intent"]), found
        return found, self.state.find(found["latest_charge"])

    # === DEBITS THAT TAKE TIME === #

    def settle(self, payment):
        """Let a payment that is processing succeed."""
        with self.state.lock:
            intent, charge = self._processing(payment)
            charging.approve(self.state, intent, charge)
            return self.get(intent)

    def fail(self, payment, code="insufficient_funds"):
        """Let a payment that is processing fail."""
        with self.state.lock:
            intent, charge = self._processing(payment)
            method = self.state.find(charge["payment_method"])
            is_card = method["type"] == "card"
            refusal = decline(code) if is_card else bank_return(code)
            charging.fail(self.state, intent, charge, method, refusal)
            return self.get(intent)

    def _processing(self, payment):
        intent, charge = self._payment(payment)
        if intent["status"] != "processing":
            raise ValueError(f"{intent['id']} is {intent['status']}, not processing")
        return intent, charge

    def settle_all(self):
        """Let each payment that is processing end as its test account says."""
        with self.state.lock:
            waiting = [
                each
                for each in self.state.all("payment_intent")
                if each["status"] == "processing"
            ]
            return [self._end(each) for each in reversed(waiting)]

    def _end(self, intent):
        method = self.state.find(intent["payment_method"])
        end, _, reason = (
            self.state.note(method).get("account", "succeed").partition(":")
        )
        if end == "fail":
            return self.fail(intent, reason)
        if end == "processing":
            return self.get(intent)
        self.settle(intent)
        if end == "dispute":
            self.fail_late(intent, reason)
        return self.get(intent)

    def fail_late(self, payment, reason="debit_not_authorized"):
        """Let the bank take a settled debit back: a dispute that is lost at once."""
        with self.state.lock:
            _, charge = self._payment(payment)
            dispute = disputing.open_dispute(self.state, charge, reason)
            return disputing.close(self.state, dispute, won=False)

    # === DISPUTES AND FRAUD === #

    def dispute(
        self, payment, reason="fraudulent", amount=None, due_by=None, inquiry=False
    ):
        """Let the customer dispute a charge, or only inquire; return the dispute."""
        with self.state.lock:
            _, charge = self._payment(payment)
            return self.get(
                disputing.open_dispute(
                    self.state,
                    charge,
                    reason,
                    amount=amount,
                    due_by=due_by,
                    is_inquiry=inquiry,
                )
            )

    def close_dispute(self, dispute, won=False):
        """Let the issuer decide a dispute."""
        with self.state.lock:
            found = self._find(dispute, "dispute")
            disputing.close(self.state, found, won=won)
            return self.get(found)

    def escalate(self, dispute):
        """Make a dispute of an inquiry: now the money leaves."""
        with self.state.lock:
            found = self._find(dispute, "dispute")
            found.update(status="needs_response", is_charge_refundable=False)
            self.state.find(found["charge"])["disputed"] = True
            disputing.withdraw(self.state, found)
            self.state.emit("charge.dispute.updated", found)
            return self.get(found)

    def fraud_warning(self, payment, fraud_type="made_with_stolen_card"):
        """Let the issuer warn of fraud."""
        with self.state.lock:
            _, charge = self._payment(payment)
            return disputing.warn(self.state, charge, fraud_type)

    # === CARDS AND CUSTOMERS === #

    def decline(self, method, code="generic_decline", times=1, **facts):
        """Let the issuer decline the next charges of a method; None for all.

        :param facts: other values, as ``advice_code`` or ``network_decline_code``
        """
        self._script(method, issuer.refuse(code, **facts), times)

    def require_authentication(self, method, times=None):
        """Let the issuer ask for authentication from now on."""
        self._script(method, issuer.AUTHENTICATE, times)

    def hold(self, method, times=1):
        """Let the next charges of a method be processing until settled or failed."""
        self._script(method, issuer.WAIT, times)

    def _script(self, method, verdict, times):
        with self.state.lock:
            note = self.state.note(self._find(method, "payment_method"))
            note.setdefault("script", []).append((verdict, times))

    def approve(self, method):
        """Let issuer and networks forget what was with a method, and approve it."""
        with self.state.lock:
            found = self._find(method, "payment_method")
            issuer.forgive(self.state, found)
            self.state.note(found)["behaviour"] = "approve"

    def update_card(self, method, exp_month=None, exp_year=None, last4=None):
        """Let the network renew a card: same id, new facts, a clean record."""
        with self.state.lock:
            found = self._find(method, "payment_method")
            card = dict(found["card"])
            given = {"exp_month": exp_month, "exp_year": exp_year, "last4": last4}
            card.update((key, value) for key, value in given.items() if value)
            if last4:
                card["fingerprint"] = self.state.fingerprint(f"{found['id']}{last4}")
            issuer.forgive(self.state, found)
            kind = "payment_method.automatically_updated"
            self.state.change(found, kind, card=card)
            return self.get(found)

    def detach(self, method):
        """Detach a method in the dashboard."""
        with self.state.lock:
            wallet.detach_from(self.state, self._find(method, "payment_method"))

    def revoke_mandate(self, mandate):
        """Let the customer or the bank take a permission back."""
        with self.state.lock:
            mandating.revoke(self.state, self._find(mandate, "mandate"))

    # === AUTHENTICATION === #

    def authenticate(self, intent, success=True):
        """Let the customer authenticate an intent; one refused off-session, too."""
        with self.state.lock:
            found = self._find(intent, "payment_intent", "setup_intent")
            if found["status"] == "requires_payment_method":
                self._come_back(found)
            if found["status"] != "requires_action":
                raise ValueError(f"{found['id']} is {found['status']}")
            authentication.answer(self.state, found, success=success)
            return self.get(found)

    def _come_back(self, intent):
        """Let the customer confirm on-session, with the method that failed."""
        failed = (intent["last_payment_error"] or {}).get("payment_method")
        method = self._find(failed or "no method", "payment_method")
        charging.pay(self.state, intent, method, present=True)

    # === REFUNDS === #

    def settle_refund(self, refund):
        """Let a pending refund arrive."""
        with self.state.lock:
            found = self._find(refund, "refund")
            refunds.settle(self.state, found)
            return self.get(found)

    def fail_refund(self, refund, reason="expired_or_canceled_card"):
        """Let a refund fail, although it may have been told to have succeeded."""
        with self.state.lock:
            found = self._find(refund, "refund")
            refunds.fail(self.state, found, reason)
            return self.get(found)

    # === SUBSCRIPTIONS === #

    def set_subscription(self, subscription, status):
        """Bring a subscription into a status: past_due, unpaid, paused, active …"""
        with self.state.lock:
            found = self._find(subscription, "subscription")
            subscriptions.force(self.state, found, status)
            return self.get(found)
