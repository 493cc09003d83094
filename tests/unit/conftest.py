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


@pytest.fixture
def talk():
    """A stand-in for Stripe, and clients that talk to it."""
    from tests.unit.stand_in_cases import Talk

    made = Talk()
    yield made
    made.stand_in.stop()
