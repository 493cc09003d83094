"""Translations fit the texts that they translate."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("subscription_*/i18n/*.po"))
#: what code fills in, and what a page is made of
SLOTS = re.compile(
    r"%\(\w+\)[a-z]|%%|%[sd]|\{\{.*?\}\}|</?\w+(?:\s+[\w-]+=\"[^\"]*\")*\s*/?>",
    re.DOTALL,
)
#: words that accuse a customer, or frighten one
HARSH = re.compile(r"gestohlen|verloren|betrug|betrüg", re.IGNORECASE)
#: what is the same in German
SAME = {
    ", in",
    '<span class="visually-hidden">:</span>',
    "Code",
    "Name",
    "PDF",
    "Status",
}
#: views that customers do not see
BACK_OFFICE = re.compile(r"_view_(form|list|search|kanban|pivot|graph)")
pytestmark = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)


def _read(path):
    """Return a translation and the template that it is of."""
    return polib.pofile(path), polib.pofile(path.with_name(f"{path.parts[-3]}.pot"))


def _get_slots(text):
    """Return what must be the same in each language, with how often it occurs."""
    return Counter(" ".join(slot.split()) for slot in SLOTS.findall(text))


def test_it_names_its_language(path):
    translation, _template = _read(path)
    assert translation.metadata["Language"] == path.stem


def test_every_text_is_one_of_the_addon(path):
    translation, template = _read(path)
    places = {entry.msgid: set(entry.occurrences) for entry in template}
    for entry in translation:
        assert entry.msgid in places
        assert set(entry.occurrences) <= places[entry.msgid], entry.msgid


def test_every_text_is_there_once_and_translated(path):
    translation, _template = _read(path)
    texts = Counter(entry.msgid for entry in translation)
    assert set(texts.values()) == {1}
    assert all(entry.msgstr and not entry.fuzzy for entry in translation)


def test_what_is_filled_in_is_the_same(path):
    translation, _template = _read(path)
    for entry in translation:
        assert _get_slots(entry.msgstr) == _get_slots(entry.msgid), entry.msgid


def test_no_customer_is_accused(path):
    translation, _template = _read(path)
    assert not [entry.msgstr for entry in translation if HARSH.search(entry.msgstr)]


def test_what_the_customers_of_the_portal_read_is_there(path):
    translation, template = _read(path)
    if path.parts[-3] == "subscription_portal":
        known = {entry.msgid for entry in translation}
        shown = {e.msgid for e in template if any(map(_is_shown, e.occurrences))}
        assert shown <= known | SAME, shown - known - SAME


def _is_shown(occurrence):
    """Return whether a customer reads what stands there: a page, what one says, or an
    e-mail."""
    place = occurrence[0]
    return (
        "/controllers/" in place
        or re.search(r"mail\.template,(subject|body_html)", place)
        or ("ir.ui.view," in place and not BACK_OFFICE.search(place))
    )
