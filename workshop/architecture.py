"""The rules of the code's structure, as functions from source text to offences.

They know nothing of this repository's folders: `tests/unit/test_architecture.py`
applies them to it, and proves on small snippets that each can fail.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterator
from functools import cache

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ENVIRONMENT_NAMES = {"env", "cr", "cursor", "registry"}
COMMITTING = {"commit", "_commit_progress", "rollback"}
OUR_TOOLS = re.compile(r"(odoo\.addons\.subscription_\w+|\.)\.tools(\.\w+)?")
MACHINE_PATH = re.compile(r"(?<![\w.~*])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
# In pieces, for this file is searched as well.
PACKAGE_HOSTS = tuple(
    ".".join(pieces)
    for pieces in (
        ("deb", "debian", "org"),
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
    )
)


def impure_imports(source: str, allowed: Collection[str] = ("dateutil",)) -> list[str]:
    """Return what a pure module imports beside the standard library and `allowed`.

    It may import its siblings (`from .x import y`) and the tools of an addon of ours,
    which are as pure as it is, but nothing else above its package.
    """
    pure = sys.stdlib_module_names | set(allowed)
    return [
        module
        for _line, module in _imported_modules(source)
        if not _is_ours_and_pure(module) and module.split(".")[0] not in pure
    ]


def _is_ours_and_pure(module: str) -> bool:
    """Return whether a module is a sibling, or a tool of an addon of ours."""
    is_sibling = module.startswith(".") and not module.startswith("..")
    return is_sibling or bool(OUR_TOOLS.fullmatch(module))


def environments(source: str) -> list[int]:
    """Return the lines that have Odoo's environment, or a cursor, in their hands."""
    found = []
    for node in _nodes(source):
        names = {getattr(node, key, None) for key in ("id", "attr", "arg", "name")}
        if names & ENVIRONMENT_NAMES:
            found.append(node.lineno)
    return sorted(found)


def imports_of(source: str, package: str) -> list[int]:
    """Return the lines on which a top-level package is imported."""
    return [
        line
        for line, module in _imported_modules(source)
        if module.split(".")[0] == package
    ]


@cache
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a source: each rule looks at them again."""
    return tuple(ast.walk(ast.parse(source)))


def _imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each imported module, relative ones with their dots."""
    for node in _nodes(source):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def missing_annotations(source: str) -> list[str]:
    """Return the functions with an argument or a result that has no type."""
    return [
        f"{function.name} (line {function.lineno})"
        for function in _functions(source)
        if function.returns is None or not all(_annotated_arguments(function))
    ]


def _annotated_arguments(function: FunctionNode) -> Iterator[bool]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    variadic = [each for each in (arguments.vararg, arguments.kwarg) if each]
    for argument in [*named, *variadic]:
        yield argument.annotation is not None or argument.arg in {"self", "cls"}


def commits(source: str) -> list[int]:
    """Return the lines that end a transaction."""
    return [
        node.lineno
        for node in _nodes(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in COMMITTING
    ]


def long_functions(source: str, limit: int) -> list[str]:
    """Return the functions of more than `limit` lines, their docstring not counted."""
    return [
        f"{function.name} (line {function.lineno}): {length} lines"
        for function in _functions(source)
        if (length := _length(function)) > limit
    ]


def _length(function: FunctionNode) -> int:
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def _functions(source: str) -> Iterator[FunctionNode]:
    for node in _nodes(source):
        if isinstance(node, FunctionNode):
            yield node


def defines_model(source: str) -> bool:
    """Tell whether a class makes a model: it has a name that it does not inherit."""
    for node in _nodes(source):
        if isinstance(node, ast.ClassDef):
            values = {
                target.id: statement.value
                for statement in node.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
            name, inherited = values.get("_name"), values.get("_inherit")
            if name and (
                not inherited
                or ast.literal_eval(name) not in ast.literal_eval(inherited)
            ):
                return True
    return False


def mentions(text: str, words: Collection[str]) -> list[str]:
    """Return which of `words` a text names, as whole words."""
    return [word for word in words if re.search(rf"(?<!\w){re.escape(word)}\b", text)]


def machine_traces(text: str) -> list[str]:
    """Return the paths of somebody's machine and the package hosts in a text."""
    hosts = [host for host in PACKAGE_HOSTS if host in text]
    return [match[0] for match in MACHINE_PATH.finditer(text)] + hosts


def methods_anew(source: str) -> set[str]:
    """Return the names of methods that a file defines without calling what was there.

    Odoo makes one class of all that extend one controller: two methods of one name are
    one method, unless each but the first calls ``super``.
    """
    return {
        method.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        and not any(
            isinstance(inner, ast.Name) and inner.id == "super"
            for inner in ast.walk(method)
        )
    }
