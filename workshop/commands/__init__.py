"""The commands of `./run`: each module has a summary (its docstring) and `run()`."""

from . import bench, clean, demo, lint, python, serve, shell, test, usage

COMMANDS = {
    "demo": demo,
    "test": test,
    "serve": serve,
    "bench": bench,
    "lint": lint,
    "shell": shell,
    "python": python,
    "clean": clean,
    "help": usage,
}
