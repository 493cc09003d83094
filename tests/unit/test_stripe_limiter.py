"""So many calls a second and no burst; all threads wait when Stripe asks for it."""

import threading
import time

import pytest
from odoo.addons.subscription_billing_stripe.gateway import RateLimiter

from tests.unit.stripe_cases import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return RateLimiter(10, clock=clock, sleep=clock.sleep)


def starts(limiter, clock, count):
    """Return when each of some calls begins, from now."""
    now, times = clock.now, []
    for _ in range(count):
        limiter.acquire()
        times.append(round(clock.now - now, 6))
    return times


def test_calls_are_spaced_evenly(limiter, clock):
    assert starts(limiter, clock, 4) == [0, 0.1, 0.2, 0.3]


def test_time_that_was_not_used_is_not_saved_up(limiter, clock):
    limiter.acquire()
    clock.sleep(60)
    assert starts(limiter, clock, 3) == [0, 0.1, 0.2]


def test_a_thread_that_wakes_late_does_not_slow_the_others_down(limiter, clock):
    limiter.acquire()
    clock.sleep(0.13)
    assert starts(limiter, clock, 3) == [0, 0.07, 0.17]


def test_a_pause_holds_for_the_next_call(limiter, clock):
    limiter.acquire()
    limiter.pause(5)
    assert starts(limiter, clock, 2) == [5, 5.1]


def test_a_shorter_pause_does_not_end_a_longer_one(limiter, clock):
    limiter.pause(5)
    limiter.pause(1)
    assert starts(limiter, clock, 1) == [5]


def test_a_pause_begun_meanwhile_holds_for_who_is_waiting(clock):
    limiter = RateLimiter(10, clock=clock, sleep=lambda seconds: wait(seconds))
    pauses = [3]

    def wait(seconds):
        clock.sleep(seconds)
        if pauses:
            limiter.pause(pauses.pop())

    limiter.acquire()
    assert starts(limiter, clock, 1) == [3.1]


def test_each_refusal_waits_twice_as_long_up_to_a_limit(limiter, clock):
    waits = []
    for _ in range(7):
        limiter.back_off()
        waits += starts(limiter, clock, 1)
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_refusals_of_calls_side_by_side_count_once(limiter, clock):
    for _ in range(16):
        limiter.back_off()
    assert starts(limiter, clock, 1) == [1]


def test_after_a_call_that_passed_pauses_are_short_again(limiter, clock):
    for _ in range(3):
        limiter.back_off()
        limiter.acquire()
    limiter.recover()
    limiter.back_off()
    assert starts(limiter, clock, 1) == [1]


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_of_nothing_is_refused(rate):
    with pytest.raises(ValueError, match="more than 0"):
        RateLimiter(rate)


def test_threads_share_the_rate():
    """With the real clock: spaced by 5 ms, whoever comes."""
    begin = time.monotonic()
    limiter = RateLimiter(200)
    times, lock = [], threading.Lock()

    def work():
        for _ in range(5):
            limiter.acquire()
            with lock:
                times.append(limiter._clock())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 40
    assert max(times) - begin >= 39 * 0.005 - 1e-6
