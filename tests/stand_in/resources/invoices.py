"""Invoices of Stripe Billing: only to be read, and written off."""

from .. import errors, lists
from ..routing import get, get_list, post


@get("/v1/invoices/{id}")
def retrieve(call):
    """Return an invoice."""
    return call.state.at(call, "invoice")


@get_list(
    "/v1/invoices", "collection_method customer status subscription due_date:time"
)
def list_all(call):
    """Return invoices."""
    subscription = call.get("subscription")
    found = [
        each
        for each in call.state.all("invoice")
        if subscription in (None, _subscription_of(each))
    ]
    names = ("collection_method", "customer", "status")
    wanted = {name: call.get(name) for name in names}
    return lists.page(call, found, "/v1/invoices", **wanted)


def _subscription_of(invoice):
    return invoice["parent"]["subscription_details"]["subscription"]


@post("/v1/invoices/{id}/void")
def void(call):
    """Void an invoice that is open."""
    return _end(call, "void", "invoice.voided")


@post("/v1/invoices/{id}/mark_uncollectible")
def mark_uncollectible(call):
    """Give an open invoice up."""
    return _end(call, "uncollectible", "invoice.marked_uncollectible")


def _end(call, status, event):
    invoice = call.state.at(call, "invoice")
    if invoice["status"] != "open":
        raise errors.invalid(
            "Only an open invoice can be ended.", code="invoice_not_open"
        )
    call.state.change(invoice, event, status=status, auto_advance=False)
    return invoice


def bill(state, subscription, amount, status="paid"):
    """Write the invoice of the current period; no money moves."""
    item = state.by_id[subscription["items"][0]]
    is_paid = status == "paid"
    details = {"metadata": {}, "subscription": subscription["id"]}
    invoice = state.new(
        "invoice",
        amount_due=amount,
        amount_paid=amount if is_paid else 0,
        amount_remaining=0 if is_paid else amount,
        attempt_count=1,
        attempted=True,
        auto_advance=not is_paid,
        billing_reason="subscription_cycle",
        collection_method=subscription["collection_method"],
        currency=subscription["currency"],
        customer=subscription["customer"],
        default_payment_method=None,
        description=None,
        discounts=[],
        due_date=None,
        lines=lists.listed([], "/v1/invoices/lines"),
        metadata={},
        next_payment_attempt=None if is_paid else state.now() + 3 * 86400,
        number=f"STANDIN-{len(state.objects.get('invoice', {})) + 1:04}",
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": {},
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        payments=lists.listed([], "/v1/invoice_payments"),
        period_end=item["current_period_end"],
        period_start=item["current_period_start"],
        status=status,
        subtotal=amount,
        total=amount,
    )
    subscription["latest_invoice"] = invoice["id"]
    return invoice
