"""What an endpoint takes: names with types, written as ``"amount:int! confirm:bool"``.

Types: ``str``, ``int``, ``bool``, ``map`` (a dict), ``list``, ``time`` (a number or a
range of ``gt``, ``gte``, ``lt``, ``lte``), ``any``, and ``a|b|c`` for one of these words.
A ``!`` makes the parameter required. An empty text means null, as at Stripe.
"""

from . import errors

RANGE = {"gt", "gte", "lt", "lte"}
LISTING = "limit:int starting_after:str ending_before:str created:time"
SEARCH = "query:str! limit:int page:str"
ADDRESS = {"city", "country", "line1", "line2", "postal_code", "state"}
# The keys of nested parameters whose misspelling must not pass in silence.
NESTED = {
    "address": ADDRESS,
    "shipping": {"address", "carrier", "name", "phone", "tracking_number"},
    "automatic_payment_methods": {"enabled", "allow_redirects"},
    "billing_details": {"address", "email", "name", "phone", "tax_id"},
    "mandate_data": {"customer_acceptance"},
}


class Parameters:
    """The parameters that one endpoint takes."""

    def __init__(self, text: str):
        self.types = {"expand": "list"}
        self.required = []
        for word in text.split():
            name, _, kind = word.rstrip("!").partition(":")
            self.types[name] = kind or "str"
            if word.endswith("!"):
                self.required.append(name)

    def read(self, given: dict) -> dict:
        """Return the parameters with their types, or refuse them."""
        for name in given:
            if name not in self.types:
                raise errors.unknown_parameter(name)
        for name in self.required:
            if given.get(name) in (None, ""):
                raise errors.missing_parameter(name)
        return {name: self._read_one(name, value) for name, value in given.items()}

    def _read_one(self, name, value):
        if value == "":
            return None
        kind = self.types[name]
        if "|" in kind:
            return _read_word(name, value, kind.split("|"))
        value = READERS[kind](name, value)
        _check_nested(name, value)
        return value


def _read_word(name, value, words):
    if value not in words:
        raise errors.invalid(f"Invalid {name}: must be one of {', '.join(words)}", name)
    return value


def _read_text(name, value):
    if not isinstance(value, str):
        raise errors.invalid(f"Invalid string: {value}", name)
    return value


def read_integer(name, value):
    """Return a whole number; anything else is refused."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise errors.invalid(
            f"Invalid integer: {value}", name, "parameter_invalid_integer"
        ) from None


def read_boolean(name, value):
    """Return a truth value; Python's own spelling passes, as `requests` sends it."""
    if str(value).lower() not in ("true", "false"):
        raise errors.invalid(f"Invalid boolean: {value}", name)
    return str(value).lower() == "true"


def _read_map(name, value):
    if not isinstance(value, dict):
        raise errors.invalid("Invalid object", name)
    return value


def _read_list(name, value):
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise errors.invalid("Invalid array", name)
    return value


def _read_time(name, value):
    if not isinstance(value, dict):
        return {"gte": read_integer(name, value), "lte": read_integer(name, value)}
    if unknown := set(value) - RANGE:
        raise errors.unknown_parameter(f"{name}[{min(unknown)}]")
    return {key: read_integer(name, bound) for key, bound in value.items()}


def _check_nested(name, value):
    """Refuse what a nested parameter with known keys does not have."""
    if name in NESTED and isinstance(value, dict):
        for key, inner in value.items():
            if key not in NESTED[name]:
                raise errors.unknown_parameter(f"{name}[{key}]")
            _check_nested(key, inner)


READERS = {
    "any": lambda name, value: value,
    "str": _read_text,
    "int": read_integer,
    "bool": read_boolean,
    "map": _read_map,
    "list": _read_list,
    "time": _read_time,
}


def blank_to_null(value):
    """Return a nested parameter with null in place of each empty text."""
    if isinstance(value, dict):
        return {key: blank_to_null(inner) for key, inner in value.items()}
    return None if value == "" else value


def merged(old: dict, new: dict | None) -> dict:
    """Return metadata after an update: an empty value removes its key."""
    if new is None:
        return {}
    result = {**old, **new}
    return {key: value for key, value in result.items() if value not in ("", None)}
