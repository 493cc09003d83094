"""No case of the oracle is missing, and none is dropped in silence."""

import re
from collections import Counter
from pathlib import Path

from .oracle_cases import CASES, PATHS, PREFIXES

TESTS = Path(__file__).parents[1]
NUMBERS = {
    "A": [*range(1, 9), *range(10, 18), 19, 20, 22, 23, 24, 25, 27, 28, 29, 32, 33, 34],
    "B": [1, 2, 3, 5, 6, 7, 8, 10, 11],
    "C": [1, 2, 3, 4, 5, 7],
    "D": [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 15, 16, 18, 19, 20, 21, 22],
    "E": [1, 2, 3, 4, 5, 7, 9, 11, 12, 14, 17, 18, 19, 20, 21, 23, 24, 25],
    "F": [1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 14, 15, 17, 18, 19, 21, 22],
    "G": [1, 3, 4],
    "I": [1, 2, 3, 5, 6, 8, 9, 10, 11],
}
USES = re.compile(r"\b(?:each|of_kind)\(kinds\.(\w+)\)")


def test_oracle_cases_are_complete():
    numbers = [f"{letter}{n}" for letter, found in NUMBERS.items() for n in found]
    assert list(dict.fromkeys(case.number for case in CASES)) == numbers


def test_each_kind_of_case_is_run_by_exactly_one_test():
    files = [*TESTS.glob("test_oracle_*.py"), *TESTS.glob("unit/test_oracle_*.py")]
    uses = Counter(kind for file in files for kind in USES.findall(file.read_text()))
    assert uses == Counter({type(case).__name__ for case in CASES})


def test_each_number_asks_one_question():
    kinds = {case.number: type(case) for case in CASES}
    assert all(type(case) is kinds[case.number] for case in CASES)


def test_rows_are_told_apart():
    assert max(Counter(case.id for case in CASES).values()) == 1


def test_each_case_says_who_says_so():
    for case in CASES:
        word = case.source.split()[0].rstrip(",")
        assert word in {*PREFIXES, *PATHS} or "." in word, case.id


def test_what_ours_answers_otherwise_is_explained():
    for case in CASES:
        assert bool(case.differs) == (case.theirs is not None), case.id
        ours = {name: value for name, value in vars(case).items() if name != "theirs"}
        assert case.theirs is None or case.theirs not in ours.values(), case.id
