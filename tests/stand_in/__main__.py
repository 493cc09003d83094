"""The stand-in as a process of its own: ``python -m tests.stand_in --port 0``."""

import argparse
import signal
import threading

from .stand_in import StandIn


def main():
    """Serve until the process is told to end; print the address as the first line."""
    parser = argparse.ArgumentParser(prog="stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 for any that is free")
    parser.add_argument("--seed", type=int, default=0, help="of ids and secrets")
    parser.add_argument("--latency", type=float, default=0, help="seconds per call")
    parser.add_argument(
        "--deliver", action="store_true", help="post events as they come"
    )
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with StandIn(options.port, options.seed, options.latency) as stand_in:
        if options.deliver:
            stand_in.webhooks.release()
        print(stand_in.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
