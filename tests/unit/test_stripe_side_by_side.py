"""Calls side by side: each request once, each answer handed over, clean ends."""

import threading

import pytest
from odoo.addons.subscription_billing_stripe.gateway.side_by_side import (
    run_side_by_side,
)


def answer(request, closed):
    return request * 10


def test_each_request_is_answered_once():
    found = list(run_side_by_side(range(50), answer, 8))
    assert sorted(found) == [(n, n * 10) for n in range(50)]


def test_nothing_asked_is_nothing_answered():
    assert list(run_side_by_side([], answer, 8)) == []


def test_calls_really_run_side_by_side():
    barrier = threading.Barrier(4, timeout=10)

    def meet(request, closed):
        barrier.wait()
        return request

    assert len(list(run_side_by_side(range(4), meet, 4))) == 4


def test_a_request_is_taken_by_the_caller_only_when_a_thread_is_free():
    taken, here = [], threading.get_ident()

    def requests():
        for n in range(10):
            taken.append((n, threading.get_ident()))
            yield n

    answers = run_side_by_side(requests(), answer, 2)
    next(answers)
    assert len(taken) <= 4
    list(answers)
    assert {ident for _, ident in taken} == {here}
    assert len(taken) == 10


def test_closing_takes_nothing_new_and_waits_for_what_is_under_way():
    begun, ended, go = [], [], threading.Event()

    def work(request, closed):
        begun.append(request)
        if request:
            closed.wait(10)
        ended.append(request)
        return request

    answers = run_side_by_side(iter(range(100)), work, 3)
    assert next(answers) == (0, 0)
    answers.close()
    go.set()
    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 4


def test_what_taking_raises_comes_after_all_answers():
    def requests():
        yield 1
        yield 2
        raise RuntimeError("The database went away.")

    found = []
    with pytest.raises(RuntimeError, match="went away"):
        for pair in run_side_by_side(requests(), answer, 8):
            found.append(pair)  # noqa: PERF402 what came before the error counts
    assert sorted(found) == [(1, 10), (2, 20)]
