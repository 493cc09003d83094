"""The bank that issued a card: what it answers to a request for money."""

from dataclasses import dataclass, replace

from .declines import FINAL, Decline, blocked, decline

MONTH = 30 * 86400
DEBITS = {"sepa_debit", "us_bank_account", "bacs_debit"}


@dataclass(frozen=True)
class Verdict:
    """What becomes of a request.

    :param kind: ``approve``, ``decline``, ``authenticate`` or ``wait``
    """

    kind: str
    decline: Decline | None = None


APPROVE, AUTHENTICATE, WAIT = (
    Verdict(kind) for kind in ("approve", "authenticate", "wait")
)


def refuse(decline_code, **facts) -> Verdict:
    """Return a refusal with the facts that usually come with its code."""
    return Verdict("decline", decline(decline_code, **facts))


def decide(state, intent, method, *, present, authenticated=False) -> Verdict:
    """Return the answer to one request for money, and remember it.

    :param present: the customer is there and could authenticate
    :param authenticated: the customer just did
    """
    verdict = _network(state, method, present)
    if verdict is None:
        verdict = _issuer(state, intent, method, present, authenticated)
    if verdict.decline and method["type"] == "card":
        verdict = _remember(state, method, verdict)
    return verdict


def history(state, method) -> dict:
    """Return what the networks remember of a customer's card, however often saved.

    Each customer is apart, for all test cards of a name have one number.
    """
    fingerprint = method[method["type"]].get("fingerprint") or method["id"]
    key = f"history {method['customer']} {fingerprint}"
    return state.notes.setdefault(key, {"declines": []})


def forgive(state, method) -> None:
    """Let the networks and the issuer forget what was with a card."""
    history(state, method).clear()
    history(state, method)["declines"] = []
    state.note(method).pop("script", None)


def _network(state, method, present):
    """Return a refusal where the networks forbid another try, else None."""
    past = history(state, method)
    recent = [each for each in past["declines"] if each > state.now() - MONTH]
    past["declines"] = recent
    if present:
        return None
    is_final = "final" in past
    if is_final or len(recent) >= state.declines_before_block:
        code = past.get("final", "generic_decline")
        return Verdict("decline", blocked("previously_declined_do_not_retry", code))
    return None


def _remember(state, method, verdict):
    """Note a decline; only Mastercard gives a network advice code."""
    refusal = verdict.decline
    if refusal.network_status == "declined_by_network":
        past = history(state, method)
        past["declines"].append(state.now())
        if refusal.decline_code in FINAL:
            past["final"] = refusal.decline_code
    if method["card"]["brand"] != "mastercard" and not refusal.reason:
        refusal = replace(refusal, network_advice_code=None)
    return Verdict("decline", refusal)


def _issuer(state, intent, method, present, authenticated) -> Verdict:
    """Return what the issuer answers once the networks let a request through."""
    scripted = _scripted(state, method)
    if scripted and not (authenticated and scripted is AUTHENTICATE):
        return scripted
    if method["type"] in DEBITS:
        return WAIT
    if method["type"] != "card":
        return APPROVE
    if _is_expired(state, method["card"]):
        return refuse("expired_card")
    if method["card"]["country"] == "IN" and not present:
        return WAIT
    return _by_behaviour(state, method, present, authenticated)


def _scripted(state, method):
    """Return the next answer that a test wrote for this method, or None."""
    script = state.note(method).get("script", [])
    if not script:
        return None
    verdict, times = script[0]
    if times is not None:
        script[0] = (verdict, times - 1)
        if times <= 1:
            script.pop(0)
    return verdict


def _is_expired(state, card) -> bool:
    """Return whether the month of expiry is over."""
    days = (card["exp_year"] * 12 + card["exp_month"] - 1970 * 12) * 30.436875
    return state.now() >= days * 86400 + 86400


def _by_behaviour(state, method, present, authenticated) -> Verdict:
    """Return what the documented test card does."""
    note = state.note(method)
    behaviour, _, detail = note["behaviour"].partition(":")
    is_set_up = note.get("is_set_up")
    if behaviour in ("decline", "later"):
        return refuse(detail)
    if behaviour == "blocked":
        return Verdict("decline", blocked("highest_risk_level", "fraudulent"))
    must_authenticate = (
        behaviour == "authenticate"
        or (behaviour == "setup" and not is_set_up)
        or (behaviour == "authenticated" and present)
    )
    if must_authenticate and not authenticated:
        return AUTHENTICATE
    return refuse(detail) if behaviour == "authenticate" and detail else APPROVE
