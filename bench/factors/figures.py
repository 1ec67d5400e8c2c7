"""The figures: processor time of sign-ins on the served process, and what two pages weigh and take."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter, sleep
from typing import Any, Final, Self

from bench.factors.authenticator import Passkey
from bench.factors.browser import Browser, LostError
from bench.factors.people import SECURITY, Owner, arrived
from bench.figures import Figure
from bench.floors.measure import loop_rate
from bench.limen.prepare import make_customers
from bench.load.statistics import middle
from bench.processes import cpu_seconds, tree
from bench.subjects import Subject
from bench.workbench import Workbench
from limen.kernel.entropy import SystemEntropy

CPU_BAR_MS, PAGE_BAR_KB, PAGE_BAR_REQUESTS, ACCOUNT_BAR_MS = 3.0, 50.0, 3, 50.0
_TURNS: Final = 6
"""The first of them warms up, and counts for nothing."""
_AT_ONCE: Final = 16
_SETTLED, _IDLE, _BEHIND = 20.0, 10.0, 2.0
"""Seconds until the first runs of the jobs are over; for which an idle server is watched; for what sign-ins leave to be
done behind them: events, checkpoints of the audit log."""
_KEYS, _SESSIONS, _VIEWS = 20, 50, 15
_ASSET: Final = re.compile(r'<(?:link rel="[a-z ]+" href|script[^>]+src|img[^>]+src)="(/[^"]+)"')


def figures(bench: Workbench, subject: Subject, *, few: bool) -> list[Figure]:
    """Return all of them, made on one running Limen."""
    os.sched_setaffinity(0, {bench.load_core})
    count = 4 if few else 32
    people = make_customers(subject.server.port, bench.basic("bench-admin"), (1 + _TURNS) * count + 1)
    owners = [Owner(subject.server.port, person) for person in people]
    return list(_all(bench, subject, owners, count, few=few))


def _all(bench: Workbench, subject: Subject, owners: list[Owner], count: int, *, few: bool) -> Iterator[Figure]:
    by_key, by_app, busy = owners[:count], owners[count:-1], owners[-1]
    with ThreadPoolExecutor(_AT_ONCE) as people:
        bench.say(f"{len(by_key)} people make a passkey, {len(by_app)} set up an app")
        list(people.map(_with_passkey, by_key))
        list(people.map(Owner.add_app, by_app))
        bench.say("the server settles")
        meter = Meter.settled(subject.server.pid, people, *((1.0, 2.0) if few else (_SETTLED, _IDLE)))
        bench.say(f"sign-ins by passkey, then by app, {_AT_ONCE} people at once")
        yield _by_passkey(meter, by_key * (1 if few else 4))
        yield _by_app(bench, meter, by_app)
    yield from _pages(subject.server.port)
    bench.say(f"one person with {_KEYS} passkeys and {_SESSIONS} sessions")
    yield _account(busy, 3 if few else _KEYS, 3 if few else _SESSIONS)


def _by_passkey(meter: "Meter", owners: list[Owner]) -> Figure:
    rounds = [meter.spent([owner.by_passkey for owner in owners]) for _ in range(_TURNS)]
    return _cpu("passkey_sign_in_cpu_ms", rounds, {"idle_ms_per_second": round(1000 * meter.idle, 1)})


def _by_app(bench: Workbench, meter: "Meter", owners: list[Owner]) -> Figure:
    """Return what is spent beside the hash: each owner signs in in one round, by two codes."""
    hashed, apart = [], []
    for turn in range(_TURNS):
        hashed.append(1000 / loop_rate(bench, "argon2id-own"))
        walks = [partial(owner.by_app, later) for later in range(2) for owner in owners[turn::_TURNS]]
        apart.append(meter.spent(walks) - hashed[-1])
    return _cpu("totp_sign_in_cpu_ms_beyond_the_hash", apart, {"hash_ms": [round(one, 2) for one in hashed[1:]]})


def _with_passkey(owner: Owner) -> None:
    browser = owner.begin()
    owner.add_passkey(browser, owner.passkey)
    browser.close()


@dataclass(frozen=True, slots=True)
class Meter:
    """Reads what sign-ins cost the served processes.

    Attributes:
        pid: the first of those.
        people: who signs in, several at once.
        idle: the processor seconds that they spend in a second in which nobody comes.
    """

    pid: int
    people: Executor
    idle: float

    @classmethod
    def settled(cls, pid: int, people: Executor, settled: float, watched: float) -> Self:
        """Return one, once the first runs of the jobs are over, and a server without visitors was watched."""
        sleep(settled)
        before, began = cpu_seconds(tree(pid)), perf_counter()
        sleep(watched)
        return cls(pid, people, (cpu_seconds(tree(pid)) - before) / (perf_counter() - began))

    def spent(self, walks: Sequence[Callable[[], Browser]]) -> float:
        """Return the processor milliseconds of each of *walks*, with all that is done behind them in a moment more.

        What the server spends in the same time when nobody comes is left out.
        """
        before, began = cpu_seconds(tree(self.pid)), perf_counter()
        for browser in self.people.map(lambda walk: walk(), walks):
            if not arrived(browser):
                message = f"no code: {browser.url} ({browser.status}) {browser.location}"
                raise LostError(message)
        sleep(_BEHIND)
        used, took = cpu_seconds(tree(self.pid)) - before, perf_counter() - began
        return 1000 * (used - self.idle * took) / len(walks)


def _cpu(name: str, rounds: list[float], more: dict[str, Any]) -> Figure:
    rounds = rounds[1:]
    detail = {"rounds": [round(one, 2) for one in rounds], **more}
    return Figure(name, middle(rounds), bar=CPU_BAR_MS, lower_is_better=True, has_peer=False, detail=detail)


def _pages(port: int) -> Iterator[Figure]:
    """Yield what the sign-in page weighs at first, with all that it loads, uncompressed; and how many requests."""
    browser = Browser(port)
    page = browser.get("/sign-in")
    assets = list(dict.fromkeys(_ASSET.findall(page)))
    sizes = {"page": len(page.encode())}
    for asset in assets:
        sizes[asset.rpartition("/")[2]] = len(browser.get(asset).encode())
    browser.close()
    weight = sum(sizes.values()) / 1000
    yield Figure("sign_in_page_kb", weight, bar=PAGE_BAR_KB, lower_is_better=True, has_peer=False, detail=dict(sizes))
    yield Figure("sign_in_page_requests", 1 + len(assets), bar=PAGE_BAR_REQUESTS, lower_is_better=True, has_peer=False)


def _account(owner: Owner, keys: int, sessions: int) -> Figure:
    """Return how long the slowest page of a busy account takes, whole, as its browser sees it."""
    browser = owner.begin()
    owner.add_passkey(browser, owner.passkey)
    browser.close()
    browser = owner.by_passkey("/sign-in")
    for _ in range(keys - 1):
        owner.add_passkey(browser, Passkey(browser.origin, SystemEntropy()))
    for _ in range(sessions - 2):
        owner.by_passkey("/sign-in").close()
    browser.close()  # it was idle for longer than a server keeps a connection: the next page opens one anew
    medians = {}
    for path in ("/account", SECURITY, "/account/devices", "/account/activity"):
        taken = []
        for _ in range(_VIEWS):
            began = perf_counter()
            browser.get(path)
            taken.append(1000 * (perf_counter() - began))
        medians[path] = round(middle(taken) or 0.0, 2)
    browser.close()
    slowest = max(medians.values())
    return Figure("account_page_ms", slowest, bar=ACCOUNT_BAR_MS, lower_is_better=True, has_peer=False, detail=medians)
