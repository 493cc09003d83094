"""Everything that Odoo needs to run here, brought together: `prepare()`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from . import browser, locks, odoo_source, paths, pdf, postgres, venv
from .odoo_source import OdooSource

# A user's settings for another Python or Odoo would lead ours astray.
UNWANTED = ("PYTHONPATH", "PYTHONHOME", "ODOO_RC", "OPENERP_SERVER", "PGDATABASE")


@dataclass(frozen=True)
class Environment:
    """An Odoo, and the variables to start it and all its helpers with."""

    odoo: OdooSource
    variables: Mapping[str, str]


def prepare(*, tools: bool = True) -> Environment:
    """Install what is missing, start PostgreSQL, and return the environment.

    :param tools: also provide the browser and the PDF printer
    """
    with locks.exclusive("install", "the workshop to install things"):
        odoo = odoo_source.ensure()
        venv.ensure(odoo)
        if tools:
            _ensure_tools()
    variables = base_variables()
    return Environment(odoo, {**variables, **postgres.ensure(variables)})


def prepare_python() -> dict[str, str]:
    """Install Odoo and the Python packages only, and return the variables."""
    with locks.exclusive("install", "the workshop to install things"):
        venv.ensure(odoo_source.ensure())
    return base_variables()


def _ensure_tools() -> None:
    browser.ensure()
    pdf.ensure()


def base_variables() -> dict[str, str]:
    """Return the user's variables with our programs first, without what misleads."""
    variables = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    programs = [paths.BIN, paths.VENV / "bin", postgres.programs()]
    inherited = variables.get("PATH", os.defpath).split(os.pathsep)
    ours = [str(path) for path in programs]
    others = [path for path in inherited if path not in ours]
    variables["PATH"] = os.pathsep.join(ours + others)
    return variables
