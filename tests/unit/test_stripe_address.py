"""A secret key goes to Stripe, or with a test key to this machine, and nowhere else."""

import pytest
from odoo.addons.subscription_billing_stripe.gateway import (
    ConfigurationError,
    GatewayConfig,
    StripeGateway,
    check_api_base,
)

KEY = "sk_test_abc123"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:65535", "http://[::1]:65535"),
    ],
)
def test_this_machine_is_taken(base, expected):
    assert check_api_base(base, KEY) == expected


@pytest.mark.parametrize(
    "base",
    [
        "https://api.stripe.com",
        "https://127.0.0.1:8080",
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com:80",
        "http://evil.com/127.0.0.1",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:80@evil.com",
        "http://user@127.0.0.1",
        "http://user:pass@localhost:80",
        "http://evil.com#127.0.0.1",
        "http://127.0.0.1#@evil.com",
        "http://127.0.0.1?@evil.com",
        "http://127.0.0.1\\@evil.com",
        "http://127.0.0.1:8080/proxy",
        "http://127.0.0.1:8080//evil.com",
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://127.1",
        "http://127.0.0.2",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
        "http://[::1].evil.com",
        "http://[::1%25eth0]",
        "http://127.0.0.1:",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:８０",
        "http://127.0.0.１",
        "http://LOCALHOST.",
        " http://127.0.0.1",
        "http://127.0.0.1 ",
        "http://127.0.0.1\n",
        "http://127.0.0.1\t.evil.com",
        "//127.0.0.1",
        "127.0.0.1",
        "file:///etc/passwd",
        "http://",
        " ",
    ],
)
def test_everything_else_is_refused(base):
    with pytest.raises(ConfigurationError, match="only be this machine") as caught:
        GatewayConfig(KEY, api_base=base)
    assert caught.value.kind == "address"


@pytest.mark.parametrize(
    "key",
    ["sk_live_abc", "rk_live_abc", "rk_test_abc", "pk_test_abc", "xsk_test_a",
     "sk_test_", "sk_test_a\n", "sk_test_a sk_live_b", "sk_live_sk_test_a"],
)  # fmt: skip
def test_only_a_test_key_goes_there(key):
    with pytest.raises(ConfigurationError, match="sk_test_"):
        check_api_base("http://127.0.0.1:8080", key)


def test_nothing_works_without_a_key():
    with pytest.raises(ConfigurationError) as caught:
        GatewayConfig("")
    assert caught.value.kind == "key"


@pytest.mark.parametrize(
    ("key", "is_live"),
    [("sk_live_x", True), ("rk_live_x", True), ("sk_test_x", False),
     ("rk_test_x", False), ("sk_org_x", True)],
)  # fmt: skip
def test_what_does_not_say_test_may_move_money(key, is_live):
    assert GatewayConfig(key).is_live is is_live


def test_a_stand_in_takes_the_place_of_every_address():
    gateway = StripeGateway(GatewayConfig(KEY, api_base="http://127.0.0.1:1/"))
    addresses = gateway._stripe.charges._requestor.base_addresses
    assert set(addresses.values()) == {"http://127.0.0.1:1"}


def test_without_one_the_keys_go_to_stripe_over_tls():
    gateway = StripeGateway(GatewayConfig("sk_live_x"))
    addresses = gateway._stripe.charges._requestor.base_addresses
    assert all(
        each.startswith("https://") and each.endswith(".stripe.com")
        for each in addresses.values()
    )
