"""Slow work is done once, and an interruption leaves nothing half-made."""

import pytest

from workshop import markers


def test_keys_tell_parts_apart():
    assert markers.key_of("a", "bc") != markers.key_of("ab", "c")
    assert markers.key_of("a") == markers.key_of("a")


def test_the_key_of_files_changes_with_name_and_content(tmp_path):
    file = tmp_path / "a"
    file.write_text("1")
    first = markers.key_of_files([file], tmp_path)
    file.write_text("2")
    second = markers.key_of_files([file], tmp_path)
    renamed = file.rename(tmp_path / "b")
    assert len({first, second, markers.key_of_files([renamed], tmp_path)}) == 3


def test_a_folder_is_made_once_for_a_key(tmp_path):
    folder, calls = tmp_path / "tool", []
    assert markers.make_folder(folder, "k1", calls.append)
    assert not markers.make_folder(folder, "k1", calls.append)
    assert markers.make_folder(folder, "k2", calls.append)
    assert len(calls) == 2
    assert markers.is_made(folder, "k2")


def test_an_interrupted_folder_is_made_anew(tmp_path):
    folder = tmp_path / "tool"

    def interrupted(unfinished):
        (unfinished / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        markers.make_folder(folder, "k", interrupted)
    assert not folder.exists()
    markers.make_folder(folder, "k", lambda unfinished: None)
    assert not (folder / "half").exists()


def test_a_failed_renewal_keeps_what_was_there(tmp_path):
    folder = tmp_path / "tool"
    markers.make_folder(folder, "old", lambda unfinished: (unfinished / "x").touch())

    def failing(unfinished):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        markers.make_folder(folder, "new", failing)
    assert markers.is_made(folder, "old")
    assert (folder / "x").exists()
