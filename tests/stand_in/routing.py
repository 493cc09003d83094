"""Which function answers which request."""

from dataclasses import dataclass, field
from typing import Any

from .parameters import LISTING, SEARCH, Parameters


@dataclass
class Call:
    """One request to the API, as an endpoint sees it.

    :param path: the values of the route's ``{placeholders}``
    :param params: the parameters, typed
    :param version: the API version to answer in
    :param is_public: made with a publishable key, as Stripe.js does
    """

    state: Any
    path: dict
    params: dict
    version: str
    is_public: bool = False
    request_id: str = ""

    def get(self, name, default=None):
        """Return a parameter, or ``default`` when it is not there or null."""
        value = self.params.get(name)
        return default if value is None else value


@dataclass
class Route:
    """An endpoint: its address, what it takes and what answers it."""

    method: str
    segments: list[str]
    parameters: Parameters
    handler: Any
    is_public: bool = False

    def match(self, segments: list[str]) -> dict | None:
        """Return the values of the placeholders, or None for another address."""
        values = {}
        for own, other in zip(self.segments, segments, strict=True):
            if own.startswith("{"):
                values[own[1:-1]] = other
            elif own != other:
                return None
        return values


@dataclass
class Router:
    """The endpoints, by method and number of segments; the literal ones first."""

    routes: dict = field(default_factory=dict)

    def add(self, method, address, parameters="", *, is_public=False):
        """Return a decorator that makes a function answer an address."""

        def register(handler):
            segments = address.strip("/").split("/")
            listed = self.routes.setdefault((method, len(segments)), [])
            route = Route(method, segments, Parameters(parameters), handler, is_public)
            listed.append(route)
            listed.sort(key=lambda each: sum(s[0] == "{" for s in each.segments))
            return handler

        return register

    def find(self, method, address):
        """Return the route for an address and its placeholders' values, or None."""
        segments = address.strip("/").split("/")
        for route in self.routes.get((method, len(segments)), ()):
            values = route.match(segments)
            if values is not None:
                return route, values
        return None


api = Router()


def get(address, parameters="", **options):
    """Answer a GET."""
    return api.add("GET", address, parameters, **options)


def post(address, parameters="", **options):
    """Answer a POST."""
    return api.add("POST", address, parameters, **options)


def delete(address, parameters=""):
    """Answer a DELETE."""
    return api.add("DELETE", address, parameters)


def get_list(address, parameters=""):
    """Answer a GET of a list, with the parameters that each list has."""
    return api.add("GET", address, f"{LISTING} {parameters}")


def get_search(address):
    """Answer a GET of a search."""
    return api.add("GET", address, SEARCH)
