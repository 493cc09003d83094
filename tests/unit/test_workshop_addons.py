"""Addons are found by their manifest, and known by what a database depends on."""

import pytest

from workshop import addons


@pytest.fixture
def repository(tmp_path):
    def add(name, manifest):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__manifest__.py").write_text(repr(manifest))
        return folder

    add("b_addon", {"depends": ["a_addon", "sale"]})
    add("a_addon", {"depends": ["account"]})
    add("old_addon", {"installable": False})
    (tmp_path / "no_addon").mkdir()
    return tmp_path


def test_only_installable_addons_are_found(repository):
    assert [addon.name for addon in addons.find(repository)] == ["a_addon", "b_addon"]


def test_the_foundation_leaves_out_our_own(repository):
    assert addons.foundation(addons.find(repository)) == {"account", "sale"}


@pytest.mark.parametrize("file", ["models/thing.py", "views/thing.xml", "data.csv"])
def test_the_fingerprint_changes_with_what_a_database_holds(repository, file):
    assert changes_fingerprint(repository, file)


@pytest.mark.parametrize(
    "file", ["tests/test_x.py", "static/src/x.js", "readme/USAGE.rst", "models/x.pyc"]
)
def test_the_fingerprint_ignores_what_it_does_not(repository, file):
    assert not changes_fingerprint(repository, file)


def changes_fingerprint(repository, file):
    """Tell whether the fingerprint of an addon changes with a new file."""
    addon = addons.find(repository)[0]
    before = addon.fingerprint()
    path = addon.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("content")
    return addon.fingerprint() != before
