"""Calls side by side, in threads that hold nothing but their request."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")


def run_side_by_side(
    requests: Iterable[Request],
    call: Callable[[Request, threading.Event], Answer],
    threads: int,
) -> Iterator[tuple[Request, Answer]]:
    """Yield each request with its answer, as the answers come.

    A request is taken from ``requests`` when a thread is free for it, and in the
    thread of whoever asks for the next answer: an iterator may commit that the request
    is about to be sent. What it raises ends the taking, and is raised again when all
    that was under way has been answered.

    Closing the generator starts nothing new and waits for what is under way.

    :param call: what a thread does with a request; its second argument is set once
        nobody waits for answers any more
    """
    waiting = iter(requests)
    closed = threading.Event()
    failure: Exception | None = None
    running: dict[Future[Answer], Request] = {}
    pool = ThreadPoolExecutor(threads, thread_name_prefix="stripe")

    def fill() -> None:
        nonlocal waiting, failure
        try:
            for request in islice(waiting, threads - len(running)):
                running[pool.submit(call, request, closed)] = request
        except Exception as error:  # noqa: BLE001 raised below, after the answers
            waiting, failure = iter(()), error

    try:
        fill()
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            answers = [(running.pop(future), future.result()) for future in done]
            # Before the answers are handed over: writing them takes its time.
            fill()
            yield from answers
        if failure:
            raise failure
    finally:
        closed.set()
        pool.shutdown(wait=True, cancel_futures=True)
