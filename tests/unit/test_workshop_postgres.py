"""Which server is used, and where our own one can live."""

import os

import pytest

from workshop import postgres


@pytest.mark.parametrize(
    "environ", [{"PGHOST": "db"}, {"PGUSER": "me"}, {"PGPORT": "6543"}]
)
def test_a_named_server_is_used(environ):
    assert postgres.is_external(environ)


@pytest.mark.parametrize("environ", [{}, {"PGHOST": ""}, {"PGDATABASE": "x"}])
def test_without_a_name_it_is_our_own(environ):
    assert not postgres.is_external(environ)


def test_a_private_folder_keeps_other_accounts_out(tmp_path):
    outer = tmp_path / "outer"
    inner = outer / "inner"
    inner.mkdir(parents=True)
    for folder in (inner, *inner.parents):
        if folder.is_relative_to(tmp_path):
            folder.chmod(0o755)
    reachable_before = postgres.is_reachable(inner)
    outer.chmod(0o700)
    assert not postgres.is_reachable(inner)
    outer.chmod(0o711)
    assert postgres.is_reachable(inner) == reachable_before


def test_a_long_path_gets_its_socket_elsewhere(tmp_path):
    deep = tmp_path / ("x" * 120)
    assert postgres._socket_folder(tmp_path) == tmp_path / "socket"
    elsewhere = postgres._socket_folder(deep)
    assert not elsewhere.is_relative_to(deep)
    assert len(os.fsencode(elsewhere)) <= postgres.SOCKET_FOLDER_BYTES


def test_a_folder_with_a_space_or_a_quote_survives_pg_ctl(tmp_path):
    quoted = postgres._shell_quoted(tmp_path / "it's here")
    assert quoted == f"'\"{tmp_path}/it'\\''s here\"'"
