"""The pages of a customer with a thousand subscriptions, as a browser waits for them.

    ./run bench portal [--count N] [--rounds N] [--json FILE]

A server of its own answers a customer who is logged in, first with ten subscriptions,
then with all of them. Each page is opened a number of times; the median counts, and the
queries of the last time, as the server's log tells them.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import requests
from odoo import Command, api

from workshop import network, paths

from . import report
from .scene import make_product
from .workbench import BenchmarkError, Workbench, opened, prepared

LOGIN = "customer"
PORT = 8071
#: seconds that the server may take to begin
PATIENCE = 120
FEW = 10
#: what the server logs at the end of a line: queries, and seconds in and out of SQL
LOGGED = re.compile(r'"GET (\S+) HTTP/1\.1" \d+ - (\d+) [\d.]+ [\d.]+')


@dataclass(frozen=True)
class Answer:
    """How a page was answered.

    :param times: in seconds
    :param queries: of the last time, None where the log does not tell
    """

    page: str
    count: int
    times: list[float]
    queries: int | None

    def as_row(self) -> list[str]:
        """Return the row of the table."""
        late = quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]
        milliseconds = [
            f"{seconds * 1000:.0f}" for seconds in (median(self.times), late)
        ]
        return [self.page, str(self.count), *milliseconds, str(self.queries or "")]


# === THE SCENE === #


def make_customer(env: api.Environment):
    """Return a customer with a login."""
    partner = env["res.partner"].create({"name": "Customer", "email": "c@example.com"})
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "login": LOGIN,
            "password": LOGIN,
            "partner_id": partner.id,
            "group_ids": [Command.set(env.ref("base.group_portal").ids)],
        }
    )
    return partner


def make_subscriptions(env: api.Environment, partner, count: int):
    """Return active subscriptions of one customer, on a monthly plan."""
    plan = env["subscription.plan"].create({"name": "Monthly"})
    product = make_product(env, "Service")
    return env["subscription.subscription"].create(
        [
            {
                "partner_id": partner.id,
                "plan_id": plan.id,
                "state": "active",
                "line_ids": [Command.create({"product_id": product.id})],
            }
            for _each in range(count)
        ]
    )


# === THE SERVER === #


@contextmanager
def served(workbench: Workbench, name: str, log: Path) -> Iterator[str]:
    """Run a server on a database; yield its address."""
    port = network.free_port(PORT)
    command = [
        sys.executable, "-m", "odoo", "server", "-c", str(workbench.dbs.config(name)),
        f"--http-port={port}", "--log-level=info", f"--logfile={log}",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=workbench.dbs.variables, cwd=paths.ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/web/login")
        yield url
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=PATIENCE).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise BenchmarkError(f"The server did not begin within {PATIENCE} seconds.")


def log_in(url: str) -> requests.Session:
    """Return a session of the customer."""
    session = requests.Session()
    page = session.get(f"{url}/web/login", timeout=PATIENCE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if not token:
        raise BenchmarkError("The page to log in has no form.")
    session.post(
        f"{url}/web/login",
        data={"login": LOGIN, "password": LOGIN, "csrf_token": token[1]},
        timeout=PATIENCE,
    )
    return session


# === MEASURING === #


def measure(session, url, page, path, count, rounds, log) -> Answer:
    """Open a page some times, after once to warm up."""
    times = []
    for _round in range(rounds + 1):
        start = time.perf_counter()
        answer = session.get(f"{url}{path}", timeout=PATIENCE, allow_redirects=False)
        times.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise BenchmarkError(f"{path} answered {answer.status_code}.")
    return Answer(page, count, times[1:], read_queries(log, path))


def read_queries(log: Path, path: str) -> int | None:
    """Return how many queries a page took the last time."""
    found = [
        int(queries)
        for logged, queries in LOGGED.findall(log.read_text())
        if logged == path
    ]
    return found[-1] if found else None


def measure_all(workbench: Workbench, count: int, rounds: int) -> list[Answer]:
    """Measure the pages with few subscriptions, then with all."""
    name = workbench.copy_ours("portal")
    log = paths.LOGS / "bench-portal-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with opened(name) as env:
        partner = make_customer(env)
        subscriptions = make_subscriptions(env, partner, FEW)
        detail = subscriptions[0].access_url
        env.cr.commit()
        answers = []
        with served(workbench, name, log) as url:
            session = log_in(url)
            for number in (FEW, count):
                make_subscriptions(env, partner, max(number - FEW, 0))
                env.cr.commit()
                workbench.analyze(name)
                answers += [
                    measure(session, url, page, path, number, rounds, log)
                    for page, path in (
                        ("list", "/my/subscriptions"),
                        ("one of them", detail),
                    )
                ]
    return answers


def main(arguments: list[str]) -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="./run bench portal", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    with prepared() as workbench:
        answers = measure_all(workbench, options.count, options.rounds)
    report.print_table(
        ["page", "subscriptions", "median, ms", "95 % within, ms", "queries"],
        [answer.as_row() for answer in answers],
    )
    figures = {
        f"{answer.page}, {answer.count}": {
            "median_ms": median(answer.times) * 1000,
            "queries": answer.queries,
        }
        for answer in answers
    }
    report.save(options.json, "portal", figures)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BenchmarkError as error:
        sys.exit(str(error))
