"""Arguments are understood, and failures end with one sentence."""

import pytest

from workshop import __main__ as command_line
from workshop import databases
from workshop.commands import bench, test
from workshop.console import Failure


@pytest.mark.parametrize(
    ("arguments", "pure"),
    [
        ([], False),
        (["tests"], False),
        (["-k", "leap"], False),
        (["tests/unit"], True),
        (["tests/unit/test_x.py::test_y", "-x"], True),
        (["tests/unit", "tests/test_renewal.py"], False),
        (["tests/unitary.py"], False),
    ],
)
def test_pure_tests_are_told_from_the_others(arguments, pure):
    assert test.only_pure(arguments) == pure


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (None, [])),
        (["telco"], ("telco", [])),
        (["telco", "--json", "x"], ("telco", ["--json", "x"])),
        (["--json", "x"], (None, ["--json", "x"])),
    ],
)
def test_a_benchmark_is_named_first(arguments, expected):
    assert bench.split(arguments) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "subscription_demo"),
        ({"SUBSCRIPTION_DB_PREFIX": ""}, "subscription_demo"),
        ({"SUBSCRIPTION_DB_PREFIX": "mine"}, "mine_demo"),
    ],
)
def test_databases_take_the_prefix(environ, expected):
    assert databases.name_of("demo", environ) == expected


def test_an_unknown_command_is_named(capsys):
    assert command_line.main(["tset"]) == 2
    assert "tset" in capsys.readouterr().out


def test_a_failure_is_one_sentence_and_no_traceback(capsys, monkeypatch):
    def failing(arguments):
        raise Failure("The mirror does not answer: look at the network.")

    monkeypatch.setattr(command_line.COMMANDS["demo"], "run", failing)
    assert command_line.main(["demo"]) == 1
    captured = capsys.readouterr()
    assert captured.err.strip() == "The mirror does not answer: look at the network."
    assert "Traceback" not in captured.out + captured.err


def test_help_is_the_answer_to_nothing(capsys):
    assert command_line.main([]) == 0
    assert "./run COMMAND" in capsys.readouterr().out
