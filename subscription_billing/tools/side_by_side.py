"""Many calls that wait for somebody else, side by side.

The threads get what they need and give back what they were told: they share nothing
with the caller, whose work on one batch of answers goes on while they wait for the
next.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Request = TypeVar("Request")
Answer = TypeVar("Answer")

#: seconds to wait for a batch to become full, after its first answer
PATIENCE = 0.5


def run_side_by_side(
    work: Callable[[Request], Answer],
    requests: Iterable[tuple[Key, Request] | None],
    *,
    threads: int,
    batch: int,
    ahead: int | None = None,
) -> Iterator[list[tuple[Key, Answer | Exception]]]:
    """Yield the answers to requests in batches, as they come.

    What ``work`` raises is an answer, too. ``requests`` is read by the caller's thread,
    no further ahead than the threads can go while a batch is worked on. When the caller
    stops, what has begun is finished, and nothing more begins.

    :param work: called by the threads, once for each request
    :param requests: pairs of a key, which comes back with the answer, and a request;
        None where there is nothing at present: it is asked again after the next answers
    :param threads: how many calls there may be at a time
    :param batch: how many answers to hand over at most
    :param ahead: how many requests may wait for a thread, which begins with them while
        a batch is worked on; as many as make a batch by default
    """
    answers: Queue[tuple[Key, Answer | Exception]] = Queue()
    waiting = iter(requests)
    under_way = 0
    most = threads + (batch if ahead is None else ahead)

    def answer(key: Key, request: Request) -> None:
        try:
            answers.put((key, work(request)))
        except Exception as error:  # noqa: BLE001 - handed over to the caller
            answers.put((key, error))

    pool = ThreadPoolExecutor(threads, thread_name_prefix="side-by-side")
    try:
        while True:
            while under_way < most and (pair := next(waiting, None)):
                pool.submit(answer, *pair)
                under_way += 1
            if not under_way:
                return
            ready = _gather(answers, min(batch, under_way))
            under_way -= len(ready)
            yield ready
    finally:
        pool.shutdown(cancel_futures=True)


def _gather(answers: "Queue[Answer]", count: int) -> list[Answer]:
    """Return the next answers: one at least, no more than ``count``."""
    ready = [answers.get()]
    deadline = time.monotonic() + PATIENCE
    with suppress(Empty):
        while len(ready) < count:
            ready.append(answers.get(timeout=max(0, deadline - time.monotonic())))
    return ready
