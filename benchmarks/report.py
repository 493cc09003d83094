"""How benchmarks print and keep their figures."""

import json
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import psutil


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows of texts, the first column to the left and the others to the right."""
    texts = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(header))]
    rule = "  ".join("-" * width for width in widths)
    print()
    for number, row in enumerate(texts):
        cells = [row[0].ljust(widths[0])]
        cells += [row[i].rjust(widths[i]) for i in range(1, len(row))]
        print("  ".join(cells).rstrip())
        if number == 0:
            print(rule)
    print(flush=True)


def machine() -> dict:
    """Return what the times depend on, beside the code."""
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
    }


def save(path: Path | None, name: str, figures: dict) -> None:
    """Write the figures of one benchmark into a JSON file that may hold others'."""
    if not path:
        return
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[name] = {**machine(), **figures}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True, default=str) + "\n")
    print(f"The figures are in {path}.", flush=True)
