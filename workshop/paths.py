"""Where things lie. Everything made or fetched is below `WORKSHOP`."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / ".workshop"

VENV = WORKSHOP / "venv"
BIN = WORKSHOP / "bin"
LOGS = WORKSHOP / "log"
LOCKS = WORKSHOP / "lock"
CONFIGS = WORKSHOP / "etc"
ODOO_DATA = WORKSHOP / "odoo-data"
APT = WORKSHOP / "apt"
NODE = WORKSHOP / "node"
REQUIREMENTS = ROOT / "requirements"

VENV_PYTHON = VENV / "bin" / "python"

# Tells this checkout from another one on the same machine.
CHECKOUT_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
