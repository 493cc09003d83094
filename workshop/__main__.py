"""The command line: `./run COMMAND`."""

import os
import sys

from .commands import COMMANDS
from .console import Failure, say


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code."""
    name, *rest = arguments or ["help"]
    name = {"-h": "help", "--help": "help"}.get(name, name)
    command = COMMANDS.get(name)
    if command is None:
        say(f"There is no command '{name}': ./run help lists those there are.")
        return 2
    try:
        return command.run(rest)
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr, flush=True)
        return 1
    except BrokenPipeError:
        # Whoever read our output has had enough, as in `./run help | head -2`.
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        say("\nStopped. What was complete is kept; run it again to go on.")
        return 130


if __name__ == "__main__":
    os.umask(0o022)
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main(sys.argv[1:]))
