"""The figures: processor time of sign-ins on the served process, and what two pages weigh and take."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Final

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
_ROUNDS: Final = 5
_KEYS, _SESSIONS, _VIEWS = 20, 50, 15
_ASSET: Final = re.compile(r'<(?:link rel="[a-z ]+" href|script[^>]+src|img[^>]+src)="(/[^"]+)"')


def figures(bench: Workbench, subject: Subject, *, few: bool) -> list[Figure]:
    """Return all of them, made on one running Limen."""
    os.sched_setaffinity(0, {bench.load_core})
    count = 4 if few else 24
    people = make_customers(subject.server.port, bench.basic("bench-admin"), 2 * count + 1)
    owners = [Owner(subject.server.port, person) for person in people]
    return list(_all(bench, subject, owners, count, few=few))


def _all(bench: Workbench, subject: Subject, owners: list[Owner], count: int, *, few: bool) -> Iterator[Figure]:
    pid = subject.server.pid
    by_key, by_app, busy = owners[:count], owners[count:-1], owners[-1]
    bench.say(f"{count} people make a passkey")
    for owner in by_key:
        browser = owner.begin()
        owner.add_passkey(browser, owner.passkey)
        browser.close()
    rounds = [_spent(pid, owner_walks(by_key, 1 if few else 4)) for _ in range(_ROUNDS)]
    yield _cpu("passkey_sign_in_cpu_ms", rounds, {})
    bench.say(f"{count} people set up an app")
    for owner in by_app:
        owner.add_app()
    hashed = [1000 / loop_rate(bench, "argon2id") for _ in range(3)]
    spent = [_spent(pid, [owner.by_app for owner in by_app[turn::3]]) for turn in range(3)]
    one_hash = middle(hashed) or 0.0
    yield _cpu(
        "totp_sign_in_cpu_ms_beyond_the_hash", [one - one_hash for one in spent], {"hash_ms": round(one_hash, 2)}
    )
    yield from _pages(subject.server.port)
    bench.say(f"one person with {_KEYS} passkeys and {_SESSIONS} sessions")
    yield _account(busy, 3 if few else _KEYS, 3 if few else _SESSIONS)


def owner_walks(owners: Iterable[Owner], times: int) -> list[Callable[[], Browser]]:
    """Return sign-ins by passkey, each owner's *times* in a row of all."""
    return [owner.by_passkey for _ in range(times) for owner in owners]


def _spent(pid: int, walks: list[Callable[[], Browser]]) -> float:
    """Return the processor milliseconds that the server spent on each of *walks*."""
    before = cpu_seconds(tree(pid))
    for walk in walks:
        browser = walk()
        if not arrived(browser):
            message = f"no code: {browser.url} ({browser.status}) {browser.location}"
            raise LostError(message)
    return 1000 * (cpu_seconds(tree(pid)) - before) / len(walks)


def _cpu(name: str, rounds: list[float], more: dict[str, float]) -> Figure:
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
