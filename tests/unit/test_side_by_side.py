"""Calls side by side: each is made once, and no answer gets lost."""

import threading
import time

import pytest

from odoo.addons.subscription_billing.tools.side_by_side import run_side_by_side


def answers_of(batches):
    return [answer for batch in batches for answer in batch]


@pytest.mark.parametrize(("count", "threads", "batch"), [(0, 1, 1), (50, 4, 7)])
def test_every_request_is_answered_once(count, threads, batch):
    requests = ((key, key * 2) for key in range(count))
    batches = list(
        run_side_by_side(lambda r: r + 1, requests, threads=threads, batch=batch)
    )
    assert sorted(answers_of(batches)) == [(key, key * 2 + 1) for key in range(count)]
    assert all(len(each) <= batch for each in batches)


def test_an_exception_is_an_answer_of_its_own_request():
    def work(request):
        if request == 1:
            raise TimeoutError("late")
        return request

    requests = [(key, key) for key in range(3)]
    answers = dict(answers_of(run_side_by_side(work, requests, threads=2, batch=3)))
    assert (answers[0], answers[2]) == (0, 2)
    assert isinstance(answers[1], TimeoutError)


def test_no_more_threads_than_allowed_and_the_requests_are_read_by_the_caller():
    at_work, most, readers = set(), [], set()
    lock = threading.Lock()

    def work(_request):
        me = threading.get_ident()
        with lock:
            at_work.add(me)
            most.append(len(at_work))
        time.sleep(0.001)
        with lock:
            at_work.remove(me)

    def requests():
        for key in range(40):
            readers.add(threading.get_ident())
            yield key, key

    list(run_side_by_side(work, requests(), threads=3, batch=5))
    assert max(most) <= 3
    assert readers == {threading.get_ident()}


def test_calls_go_on_while_the_caller_works_on_a_batch():
    begun = threading.Semaphore(0)

    def work(request):
        begun.release()
        return request

    requests = ((key, key) for key in range(20))
    batches = run_side_by_side(work, requests, threads=2, batch=4)
    next(batches)
    for _ in range(6):
        assert begun.acquire(timeout=10)
    assert len(answers_of(batches)) == 16


def test_nothing_begins_after_the_caller_has_stopped():
    done = []
    requests = ((key, key) for key in range(100))
    batches = run_side_by_side(done.append, requests, threads=2, batch=4)
    next(batches)
    batches.close()
    count = len(done)
    assert count < 100
    time.sleep(0.05)
    assert len(done) == count


def test_what_comes_while_calls_go_on_is_asked_for_again():
    def come():
        yield 0, "first"
        yield None
        yield 1, "came later"
        yield None

    batches = run_side_by_side(str, come(), threads=2, batch=5)
    assert list(batches) == [[(0, "first")], [(1, "came later")]]
