"""An Odoo of the user's is taken when it is the right one, else refused clearly."""

import pytest

from workshop import odoo_source
from workshop.console import Failure


@pytest.fixture
def checkout(tmp_path):
    def make(version):
        (tmp_path / "odoo").mkdir()
        (tmp_path / "odoo" / "release.py").write_text(
            f"version_info = ({version}, FINAL, 0, '')\n"
        )
        (tmp_path / "addons").mkdir()
        return tmp_path

    return make


def use(monkeypatch, home):
    monkeypatch.setenv("ODOO_HOME", str(home))
    return odoo_source.ensure()


def test_a_checkout_is_used(checkout, monkeypatch):
    home = checkout("19, 0, 0")
    source = use(monkeypatch, home)
    assert (source.home, source.version) == (home, "19.0")
    assert home / "addons" in source.addons_paths


def test_the_package_folder_itself_may_be_named(checkout, monkeypatch):
    home = checkout("19, 0, 0")
    assert use(monkeypatch, home / "odoo").home == home


@pytest.mark.parametrize("version", ["18, 0, 0", "'saas~19', 1, 0"])
def test_another_series_is_refused(checkout, monkeypatch, version):
    with pytest.raises(Failure, match=r"19\.0"):
        use(monkeypatch, checkout(version))


def test_a_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    with pytest.raises(Failure, match="ODOO_HOME"):
        use(monkeypatch, tmp_path)
