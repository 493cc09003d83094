"""Say what ./run can do."""

import re

from ..console import say

TEXT = """\
./run COMMAND: everything it needs is fetched by itself into .workshop/

  demo [--no-serve]     fill a database with the demo book, run the renewal and the
                        collection, print the summary, and serve it
  demo --stripe [--no-serve]
                        charge cards at a stand-in for Stripe that runs here, in a
                        database of its own, and tell what became of each
  serve                 serve the demo database (made when there is none)
  test [ARGUMENTS]      lint, then all tests; with arguments only what they say, as in
                        ./run test tests/test_renewal.py -k leap
  bench [NAME] [--json FILE]
                        measure: telco, renewals, ...; without a name, all of them
  lint [--fix]          check style and manifests; --fix mends what can be
  shell                 a Python prompt inside Odoo, on the demo database
  python ARGUMENTS      the Python that has Odoo, with the same environment
  clean                 stop PostgreSQL, drop our databases, remove .workshop/
  help [COMMAND]        this text, or what it says of one command

Variables it looks at:
  ODOO_HOME                an Odoo 19 of yours, instead of Debian's package
  PGHOST, PGUSER, ...      a PostgreSQL server of yours, instead of the embedded one
  CHROME                   the browser to test with
  PYTHON                   the Python to start from
  SUBSCRIPTION_DB_PREFIX   the first part of the databases' names ("subscription")
"""


def run(arguments: list[str]) -> int:
    """Print the commands and the variables, or the entries of the named commands."""
    say("\n".join(map(entries_of, arguments)) or TEXT)
    return 0


def entries_of(name: str) -> str:
    """Return what the text says of one command."""
    return "".join(re.findall(rf"^  {name}\b.*\n(?:   .*\n)*", TEXT, re.MULTILINE))
