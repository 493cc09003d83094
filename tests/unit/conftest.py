"""Pure tests: `odoo.addons.…` resolves to this repository, and nothing is started."""

from pathlib import Path

import odoo.addons
import pytest

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in odoo.addons.__path__:
    odoo.addons.__path__.append(ROOT)


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Keep pytest-odoo from opening a database."""


@pytest.fixture(scope="session", autouse=True)
def load_http():
    """Keep pytest-odoo from starting a server."""


@pytest.fixture(scope="module", autouse=True)
def enable_odoo_test_flag():
    """Leave Odoo's configuration alone."""


# === STRIPE === #


@pytest.fixture
def hasty(monkeypatch):
    """Let the SDK repeat without waiting."""
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)


@pytest.fixture
def stand_in(hasty):
    """A Stripe that runs here."""
    from tests.stand_in import StandIn

    with StandIn() as running:
        yield running


@pytest.fixture
def gateway(stand_in):
    """A gateway to it."""
    from tests.unit.stripe_cases import make_gateway

    return make_gateway(stand_in)


@pytest.fixture
def book(gateway, stand_in):
    """A customer there, and requests to charge them."""
    from tests.unit.stripe_cases import Book

    return Book(gateway, stand_in)


@pytest.fixture
def talk(hasty):
    """A stand-in for Stripe, and clients that talk to it."""
    from tests.unit.stand_in_cases import Talk

    made = Talk()
    yield made
    made.stand_in.stop()


@pytest.fixture
def echo():
    """A server that keeps what it was sent, instead of Stripe."""
    from tests.unit.stripe_cases import Echo

    with Echo.serve() as handler:
        yield handler
