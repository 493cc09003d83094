"""Pages of lists, and searches."""

import re

from . import errors
from .parameters import read_integer

COMPARISONS = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
CLAUSE = re.compile(
    r"""\s*(?P<minus>-?)(?P<field>[\w.]+)(?:\[(?P<q>['"])(?P<key>.*?)(?P=q)\])?"""
    r"""(?P<sign>[:~]|[<>]=?)(?P<value>null|-?\d+|(?P<v>['"])(?P<text>.*?)(?P=v))\s*"""
)


def within(value, bounds) -> bool:
    """Return whether a time lies in a range; without a range it does."""
    return all(
        COMPARISONS[name](value or 0, bound) for name, bound in (bounds or {}).items()
    )


def page(call, things, url, **wanted) -> dict:
    """Return one page of things, the newest first.

    :param wanted: values that the things must have; None means any
    """
    chosen = [
        each
        for each in things
        if all(v is None or each.get(k) == v for k, v in wanted.items())
        and within(each["created"], call.params.get("created"))
    ]
    return cut(call, chosen, url)


def cut(call, things, url) -> dict:
    """Return the part of a list that ``limit`` and the cursors ask for."""
    limit = call.get("limit", 10)
    if not 1 <= limit <= 100:
        raise errors.invalid("Limit must be between 1 and 100.", "limit")
    after, before = call.get("starting_after"), call.get("ending_before")
    if after and before:
        raise errors.invalid(
            "You cannot give both starting_after and ending_before.", "ending_before"
        )
    if before:
        things = things[: _position(things, before, "ending_before")]
        return listed(things[-limit:], url, len(things) > limit)
    if after:
        things = things[_position(things, after, "starting_after") + 1 :]
    return listed(things[:limit], url, len(things) > limit)


def _position(things, identifier, param):
    for index, each in enumerate(things):
        if each["id"] == identifier:
            return index
    raise errors.no_such("object", identifier, param)


def listed(things, url, has_more=False, **more) -> dict:
    """Return the object that a list is."""
    return {
        "object": "list",
        "data": things,
        "has_more": has_more,
        "url": url,
        **more,
    }


# === SEARCH === #


def search(call, things, url) -> dict:
    """Return the things that a query in Stripe's search language finds.

    What is younger than ``state.search_delay`` seconds is not found yet.
    """
    conditions, any_of = _parse(call.params["query"])
    youngest = call.state.now() - call.state.search_delay
    joined = any if any_of else all
    found = [
        each
        for each in things
        if each["created"] <= youngest and joined(c(each) for c in conditions)
    ]
    start = read_integer("page", call.get("page", 0))
    limit = call.get("limit", 10)
    following = start + limit if len(found) > start + limit else None
    return {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": following is not None,
        "next_page": following and str(following),
        "url": url,
    }


def _parse(query):
    """Return the conditions of a query, and whether any of them is enough."""
    any_of = " OR " in query
    if any_of and " AND " in query:
        raise errors.invalid("A query cannot mix AND and OR.", "query")
    conditions = []
    for part in re.split(r" (?:AND|OR) ", query):
        match = CLAUSE.fullmatch(part)
        if not match:
            raise errors.invalid(f"We were unable to parse your search query: {part}",
                                 "query")  # fmt: skip
        conditions.append(_condition(match))
    return conditions, any_of


def _condition(match):
    """Return a function that tells whether a thing meets one clause."""
    field, key, sign = match["field"], match["key"], match["sign"]
    wanted = match["text"] if match["v"] else match["value"]

    def holds(thing):
        """Return whether the clause is true of a thing."""
        value = thing.get(field)
        if key is not None:
            value = (value or {}).get(key)
        return _compare(value, sign, wanted) is not bool(match["minus"])

    return holds


def _compare(value, sign, wanted) -> bool:
    """Return whether a value stands in the wanted relation to a text."""
    if wanted == "null":
        return value is None
    if value is None:
        return False
    if sign == "~":
        return wanted.lower() in str(value).lower()
    if sign == ":":
        return str(value).lower() == wanted.lower()
    return COMPARISONS[SIGNS[sign]](float(value), float(wanted))
