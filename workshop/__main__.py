"""The command line: `./run COMMAND`."""

import os
import sys

from .commands import COMMANDS
from .console import Failure, say

HELP = {"-h", "--help"}
#: commands that hand their arguments on to a program with a help of its own
HANDING_ON = {"test", "python"}


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code."""
    name, *rest = arguments or ["help"]
    if name in HELP:
        name = "help"
    elif name in COMMANDS and name not in HANDING_ON and HELP & set(rest):
        name, rest = "help", [name]
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
