"""What must not leave: keys and card numbers, timings, identities, bodies."""

import inspect
import logging
import os
import re
import subprocess
import sys
from threading import Thread

import pytest
import stripe
from odoo.addons.subscription_billing_stripe.gateway import (
    API_VERSION,
    ConfigurationError,
    GatewayConfig,
    StripeGateway,
    UnreachableError,
    get_gateway,
    get_masked_logger,
    mask,
)

from tests.unit.stripe_cases import KEY, Book, make_gateway

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
import odoo.addons
odoo.addons.__path__.append({root!r})
from odoo.addons.subscription_billing_stripe.gateway import GatewayConfig, StripeGateway
gateway = StripeGateway(GatewayConfig("sk_test_x", api_base={url!r}))
gateway.check_connection()
gateway.check_connection()
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk_live_51H8abcDEF refused", "key sk_live_[…] refused"),
        ("rk_test_abc", "rk_test_[…]"),
        ("'whsec_AbC+/=09'", "'whsec_[…]'"),
        ("pi_3Abc_secret_XyZ9", "pi_3Abc_secret_[…]"),
        ("seti_1A_secret_b", "seti_1A_secret_[…]"),
        ("card 4242424242424242.", "card […]."),
        ("4242 4242 4242 4242", "[…]"),
        ("3782-8224-6310-005", "[…]"),
        (
            "INV/2026/00042 of 19.99 at 1764000000",
            "INV/2026/00042 of 19.99 at 1764000000",
        ),
        ("pi_3Abc123 by pm_card_visa", "pi_3Abc123 by pm_card_visa"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text, expected):
    assert mask(text) == expected


def test_a_masked_logger_masks_arguments_and_tracebacks(caplog):
    logger = get_masked_logger("odoo.addons.subscription_billing_stripe.test")
    try:
        raise ValueError("with sk_live_abcdef")
    except ValueError:
        logger.exception("The key %s for %s", "whsec_abc", "4242424242424242")
    assert "ValueError" in caplog.text
    for secret in ("abcdef", "whsec_abc", "4242424242424242"):
        assert secret not in caplog.text


def test_a_configuration_does_not_show_its_key():
    config = GatewayConfig("sk_live_abcdef")
    assert "abcdef" not in f"{config!r} {config}"


def test_nothing_secret_is_logged_at_any_level(gateway, stand_in, book, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("stripe").debug("sk_test_gateway at the SDK's own level")
    stand_in.decline(book.method, "insufficient_funds")
    gateway.charge(book.request())
    intent = gateway.charge(book.request(2)).reference
    secret = gateway.get_payment(intent).facts.client_secret
    gateway.create_webhook_endpoint("https://example.com", ["*"])
    stand_in.revoke(KEY)
    with pytest.raises(ConfigurationError, match="Invalid API Key"):
        gateway.charge(book.request(3))
    assert secret
    for text in (KEY, secret, "whsec_", "4242424242424242"):
        assert text not in caplog.text


def test_an_intent_does_not_show_its_client_secret(gateway, book):
    intent = gateway.get_payment(gateway.charge(book.request()).reference).facts
    assert intent.client_secret
    assert intent.client_secret not in repr(intent)


def test_importing_and_calling_leaves_nothing_behind(echo, tmp_path):
    """No identity in the user's folder; no hint, notice or body on the screen."""
    # Whatever makes the SDK talkative, in its own words.
    talkative = re.findall(r'environ\.get\(\s*"(\w+)"', inspect.getsource(stripe._util))
    assert "STRIPE_LOG" in talkative
    root = os.getcwd()
    echo.notice = "You should upgrade."
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(root=root, url=echo.url)],
        env={
            **dict.fromkeys(talkative, "debug"),
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr, answer.stdout) == (0, "", "")
    assert len(echo.seen) == 2
    assert [path for path in tmp_path.rglob("*") if "stripe" in str(path).lower()] == []


def test_no_telemetry_goes_along(echo):
    gateway = StripeGateway(GatewayConfig(KEY, api_base=echo.url, rate_limit=1000))
    for _ in range(2):
        gateway.check_connection()
    assert len(echo.seen) == 2
    for _, headers in echo.seen:
        assert "X-Stripe-Client-Telemetry" not in headers
        told = headers["X-Stripe-Client-User-Agent"]
        assert "telemetry_id" not in told
        assert "platform" not in told
        assert headers["Stripe-Version"]
    assert not stripe.enable_telemetry


def test_a_key_does_not_follow_a_redirect(echo, stand_in):
    echo.location = f"{stand_in.url}/v1/account"
    gateway = StripeGateway(GatewayConfig(KEY, api_base=echo.url, rate_limit=1000))
    with pytest.raises(UnreachableError, match="HTTP 307"):
        gateway.check_connection()
    book = Book(make_gateway(stand_in), stand_in)
    before = len(stand_in.calls())
    assert gateway.charge(book.request()).status == "unknown"
    assert len(stand_in.calls()) == before


def test_a_proxy_of_the_environment_is_not_on_the_way_to_this_machine(
    echo, stand_in, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", echo.url)
    monkeypatch.setenv("http_proxy", echo.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    make_gateway(stand_in).check_connection()
    assert echo.seen == []


def test_we_speak_the_version_that_the_sdk_was_made_for():
    """A newer SDK moves its version: then read its changelog, and move ours."""
    assert stripe.api_version == API_VERSION


def test_one_configuration_has_one_gateway():
    config = GatewayConfig(KEY, api_base="http://127.0.0.1:1")
    same = GatewayConfig(KEY, api_base="http://127.0.0.1:1/")
    other = GatewayConfig("sk_test_other", api_base="http://127.0.0.1:1")
    assert get_gateway(config) is get_gateway(same)
    assert get_gateway(config) is not get_gateway(other)


def test_each_thread_has_its_own_session(gateway):
    sessions = []

    def work():
        sessions.append((gateway._sessions._session, gateway._sessions._session))

    for _ in range(2):
        thread = Thread(target=work)
        thread.start()
        thread.join()
    (first, again), (second, _) = sessions
    assert first is again
    assert first is not second
