"""Form bodies as Stripe takes them: brackets nest, empty brackets append."""

import re
from urllib.parse import parse_qsl

BRACKETS = re.compile(r"\[([^\]]*)\]")


def parse(*texts: str) -> dict:
    """Return the nested parameters of a query string and a form body.

    ``a[b]=1`` becomes ``{"a": {"b": "1"}}``; ``a[]=1`` and ``a[0]=1`` become lists.
    """
    root: dict = {}
    for text in texts:
        for name, value in parse_qsl(text, keep_blank_values=True):
            _put(root, _path(name), value)
    return _listed(root)


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    return [head, *BRACKETS.findall(bracket + rest)]


def _put(node: dict, path: list[str], value: str) -> None:
    for key in path[:-1]:
        node = node.setdefault(_next_key(node, key), {})
    node[_next_key(node, path[-1])] = value


def _next_key(node: dict, key: str) -> str:
    """Return the key itself, or for empty brackets the next number."""
    return key or str(len(node))


def _listed(node):
    """Return the tree with each node of only numbered keys as a list."""
    if not isinstance(node, dict):
        return node
    values = {key: _listed(value) for key, value in node.items()}
    if values and all(key.isdigit() for key in values):
        return [values[key] for key in sorted(values, key=int)]
    return values
