"""A Stripe Billing book at the stand-in, and how lists are read."""

import pytest
import stripe


@pytest.fixture
def book(talk):
    """A customer with a product, two prices and a coupon."""
    customer, method = talk.saved()
    product = talk.v1.products.create({"name": "Alarm", "metadata": {"odoo": "7"}})
    recurring = {"interval": "month"}
    monthly, metered = (
        talk.v1.prices.create(
            {
                "product": product.id,
                "currency": "eur",
                "unit_amount": amount,
                "recurring": {**recurring, **more},
            }
        )
        for amount, more in ((1999, {}), (5, {"usage_type": "metered"}))
    )
    talk.v1.coupons.create(
        {
            "id": "WELCOME",
            "percent_off": 25,
            "duration": "repeating",
            "duration_in_months": 3,
        }
    )
    talk.product, talk.monthly, talk.metered = product, monthly, metered
    talk.customer, talk.method = customer, method
    return talk


def subscribe(talk, **values):
    """Return a subscription to the monthly price."""
    items = [{"price": talk.monthly.id, "quantity": 2}]
    params = {"customer": talk.customer.id, "items": items, **values}
    return talk.v1.subscriptions.create(params)


def test_a_period_belongs_to_an_item(book):
    made = subscribe(book)
    item = made["items"].data[0]
    assert "current_period_end" not in made
    assert item.current_period_start <= made.created < item.current_period_end
    assert item.price.recurring.interval == "month"
    assert item.quantity == 2
    old = book.core("GET", f"subscriptions/{made.id}").json()
    assert old["current_period_end"] == item.current_period_end
    assert "current_period_end" not in old["items"]["data"][0]


def test_everything_an_import_reads_can_be_expanded(book):
    made = subscribe(
        book,
        default_payment_method=book.method.id,
        discounts=[{"coupon": "WELCOME"}],
        metadata={"contract": "A"},
    )
    found = book.v1.subscriptions.list(
        {
            "status": "all",
            "expand": [
                "data.customer",
                "data.default_payment_method",
                "data.discounts.source.coupon",
                "data.latest_invoice",
            ],
        }
    ).data[0]
    assert found.id == made.id
    assert found.customer.email == "anna@example.com"
    assert found.default_payment_method.card.last4 == "4242"
    assert found.discounts[0].source.coupon.percent_off == 25
    assert found.discounts[0].end > found.discounts[0].start
    assert found.latest_invoice.status == "paid"
    one = book.v1.subscriptions.retrieve(
        made.id, {"expand": ["items.data.price.product"]}
    )
    assert one["items"].data[0].price.product.name == "Alarm"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data.items.data.price.product", "more than 4 levels"),
        ("data.metadata", "cannot be expanded"),
        ("data.nonsense", "cannot be expanded"),
    ],
)
def test_what_cannot_be_expanded_is_refused(book, path, message):
    subscribe(book)
    with pytest.raises(stripe.InvalidRequestError, match=message):
        book.v1.subscriptions.list({"expand": [path]})


def test_each_status_of_a_book_can_be_made(book):
    now = book.stand_in.state.now()
    trialing = subscribe(book, trial_end=now + 5 * 86400)
    made = {"trialing": trialing, "active": subscribe(book)}
    for status in ("past_due", "paused", "unpaid"):
        made[status] = subscribe(book)
        book.stand_in.set_subscription(made[status], status)
    made["canceled"] = subscribe(book)
    book.v1.subscriptions.cancel(made["canceled"].id)
    for status, one in made.items():
        listed = book.v1.subscriptions.list({"status": status}).data
        assert [each.id for each in listed] == [one.id]
    assert trialing["items"].data[0].current_period_end == trialing.trial_end
    shown = {each.id for each in book.v1.subscriptions.list().data}
    assert made["canceled"].id not in shown
    assert len(shown) == 5
    assert len(book.v1.subscriptions.list({"status": "all"}).data) == 6
    overdue = book.v1.invoices.list({"subscription": made["past_due"].id}).data
    assert [each.status for each in overdue] == ["open", "paid"]


def test_a_subscription_is_ended_now_or_later(book):
    later = subscribe(book)
    updated = book.v1.subscriptions.update(later.id, {"cancel_at_period_end": True})
    assert updated.cancel_at_period_end
    ended = book.v1.subscriptions.cancel(later.id)
    assert ended.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        book.v1.subscriptions.update(later.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        book.v1.subscriptions.cancel(later.id)
    assert caught.value.http_status == 404


def test_collection_is_paused_and_resumed(book):
    made = subscribe(book)
    paused = book.v1.subscriptions.update(
        made.id, {"pause_collection": {"behavior": "void"}}
    )
    assert paused.pause_collection.behavior == "void"
    resumed = book.v1.subscriptions.update(made.id, {"pause_collection": ""})
    assert resumed.pause_collection is None


def test_the_period_is_counted_from_the_anchor(book):
    start = 1_769_817_600  # 31 January 2026
    book.stand_in.state.offset = start + 40 * 86400 - book.stand_in.state.now()
    made = subscribe(book, backdate_start_date=start)
    item = made["items"].data[0]
    assert item.current_period_start == start + 28 * 86400
    assert item.current_period_end == start + 59 * 86400


def test_tiers_are_only_told_when_asked_for(book):
    made = book.v1.prices.create(
        {
            "product": book.product.id,
            "currency": "eur",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "recurring": {"interval": "year"},
            "tiers": [
                {"up_to": 10, "unit_amount": 500},
                {"up_to": "inf", "unit_amount": 400, "flat_amount": 100},
            ],
        }
    )
    assert "tiers" not in book.v1.prices.retrieve(made.id)
    told = book.v1.prices.retrieve(made.id, {"expand": ["tiers"]})
    assert [each.up_to for each in told.tiers] == [10, None]


def test_quantity_and_price_of_an_item_can_change(book):
    item = subscribe(book)["items"].data[0]
    changed = book.v1.subscription_items.update(item.id, {"quantity": 5})
    assert changed.quantity == 5
    listed = book.v1.subscription_items.list({"subscription": item.subscription})
    assert [each.quantity for each in listed.data] == [5]


def test_metered_items_have_no_quantity(book):
    made = subscribe(book, items=[{"price": book.metered.id}])
    assert made["items"].data[0].quantity is None


def test_the_catalog_is_listed(book):
    assert {p.id for p in book.v1.prices.list({"product": book.product.id}).data} == {
        book.monthly.id,
        book.metered.id,
    }
    book.v1.products.update(book.product.id, {"active": False})
    assert book.v1.products.list({"active": True}).data == []
    assert [each.id for each in book.v1.coupons.list().data] == ["WELCOME"]


# === LISTS === #


@pytest.fixture
def crowd(talk):
    """Twenty-seven customers, the last one first."""
    made = [talk.v1.customers.create({"name": str(n)}) for n in range(27)]
    return [each.id for each in reversed(made)]


def test_all_pages_make_the_whole(talk, crowd):
    listed = talk.v1.customers.list({"limit": 10})
    assert listed.has_more
    assert [each.id for each in listed.auto_paging_iter()] == crowd


def test_a_list_is_read_in_both_directions(talk, crowd):
    after = talk.v1.customers.list({"limit": 5, "starting_after": crowd[9]})
    assert [each.id for each in after.data] == crowd[10:15]
    before = talk.v1.customers.list({"limit": 5, "ending_before": crowd[10]})
    assert [each.id for each in before.data] == crowd[5:10]
    assert before.has_more
    first = talk.v1.customers.list({"limit": 20, "ending_before": crowd[10]})
    assert not first.has_more


@pytest.mark.parametrize(
    "params",
    [{"limit": 0}, {"limit": 101}, {"starting_after": "cus_x"}, {"emial": "x"}],
)
def test_a_wrong_page_is_refused(talk, params):
    with pytest.raises(stripe.InvalidRequestError):
        talk.v1.customers.list(params)


def test_intents_are_found_by_customer_and_time(talk):
    first = talk.charge(*talk.saved())
    talk.stand_in.advance(3600)
    second = talk.charge(*talk.saved())
    by_customer = talk.v1.payment_intents.list({"customer": first.customer}).data
    assert [each.id for each in by_customer] == [first.id]
    recent = talk.v1.payment_intents.list({"created": {"gte": first.created + 60}})
    assert [each.id for each in recent.data] == [second.id]


def test_a_search_is_late_where_a_test_wants_it(talk):
    customer, method = talk.saved(metadata={"partner": "7"})
    intent = talk.charge(customer, method, metadata={"tx": "it's 7"})
    query = {"query": "metadata['tx']:\"it's 7\" AND status:'succeeded'"}
    assert [e.id for e in talk.v1.payment_intents.search(query).data] == [intent.id]
    mail = {"query": "email~'anna@' AND -metadata['partner']:'8'"}
    assert [e.id for e in talk.v1.customers.search(mail).data] == [customer.id]
    talk.stand_in.state.search_delay = 60
    assert talk.v1.payment_intents.search(query).data == []
    talk.stand_in.advance(61)
    assert len(talk.v1.payment_intents.search(query).data) == 1


def test_a_search_that_nobody_understands_is_refused(talk):
    with pytest.raises(stripe.InvalidRequestError, match="parse"):
        talk.v1.customers.search({"query": "give me all"})


def test_customers_are_found_by_email_in_each_letter(talk):
    customer, _ = talk.saved()
    for email, count in ((customer.email, 1), (customer.email.upper(), 0)):
        assert len(talk.v1.customers.list({"email": email}).data) == count


def test_metadata_is_merged_and_emptied(talk):
    customer, _ = talk.saved(metadata={"a": "1", "b": "2"})
    merged = talk.v1.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})
    assert merged.metadata.to_dict() == {"b": "2", "c": "3"}
    emptied = talk.v1.customers.update(customer.id, {"metadata": ""})
    assert emptied.metadata.to_dict() == {}
