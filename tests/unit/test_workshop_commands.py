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


@pytest.mark.parametrize("name", ["demo", "serve", "bench", "lint", "shell", "clean"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_a_command_tells_its_options_and_does_nothing(
    capsys, monkeypatch, name, option
):
    monkeypatch.delattr(command_line.COMMANDS[name], "run")
    assert command_line.main([name, option]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"  {name}")
    assert "Variables" not in told


def test_both_kinds_of_demo_are_told(capsys):
    command_line.main(["demo", "--help"])
    assert "--no-serve" in (told := capsys.readouterr().out)
    assert "demo --stripe" in told
    assert "serve the demo database" not in told


def test_programs_with_a_help_of_their_own_are_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(command_line.COMMANDS["test"], "run", asked.append)
    command_line.main(["test", "--help"])
    assert asked == [["--help"]]
