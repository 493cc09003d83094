"""Check style and manifests."""

from .. import checks, environment, locks, node
from ..console import say


def run(arguments: list[str]) -> int:
    """Run every check; `--fix` mends what can be mended."""
    variables = environment.prepare_python()
    with locks.exclusive("install", "the workshop to install things"):
        node.ensure()
    found_fault = [
        check.name
        for check in checks.all_checks()
        if not _run(check, fix="--fix" in arguments, variables=variables)
    ]
    if found_fault:
        say(f"\nLint: {', '.join(found_fault)} found something to mend, see above.")
        return 1
    say("Lint: all is well.")
    return 0


def _run(check: checks.Check, *, fix: bool, variables: dict[str, str]) -> bool:
    is_well = check.run(fix=fix, env=variables)
    say(f"  {check.name}: {'ok' if is_well else 'found something'}")
    return is_well
