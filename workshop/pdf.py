"""wkhtmltopdf, which Odoo prints PDF with: the machine's own, else Debian's.

It is optional: without it all works but the printing of PDF documents.
"""

from pathlib import Path

from . import markers, paths, private_tool
from .console import Failure, say

NAMES = ("wkhtmltopdf", "wkhtmltoimage")
WKHTMLTOPDF = private_tool.PrivateTool(
    "wkhtmltopdf", ("wkhtmltopdf", "fonts-dejavu-core")
)
GIVEN_UP = paths.WORKSHOP / "no-pdf"


def ensure() -> None:
    """Provide wkhtmltopdf, or say once that there will be no PDF."""
    if private_tool.on_path(NAMES[0]):
        return
    key = markers.key_of(WKHTMLTOPDF.packages)
    if markers.is_made(GIVEN_UP, key):
        return
    try:
        _ensure_private()
    except Failure as failure:
        say(f"No wkhtmltopdf could be had, so PDF printing is off: {failure}")
        GIVEN_UP.mkdir(exist_ok=True)
        markers.mark(GIVEN_UP, key)


def _ensure_private() -> None:
    is_new = WKHTMLTOPDF.ensure()
    program = WKHTMLTOPDF.root / "usr/bin" / NAMES[0]
    if private_tool.is_wrapped(NAMES[0], program) and not is_new:
        return
    variables = {**WKHTMLTOPDF.variables(), **_qt_variables(WKHTMLTOPDF.root)}
    if private_tool.output_of([program, "--version"], env=variables) is None:
        raise Failure("Debian's package does not run on this machine.")
    for name in reversed(NAMES):
        private_tool.write_wrapper(name, program.with_name(name), variables)


def _qt_variables(root: Path) -> dict[str, str]:
    plugins = root / "usr/lib" / private_tool.triplet() / "qt5/plugins"
    return {"QT_QPA_PLATFORM": "offscreen", "QT_PLUGIN_PATH": str(plugins)}
