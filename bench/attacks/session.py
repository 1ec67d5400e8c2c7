"""One run: an installation, the attacks on it one after the other, and what came of each."""

import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

from bench import servers
from bench.attacks.browser import Browser
from bench.attacks.crowd import Crowd
from bench.attacks.forms import Form
from bench.attacks.people import email_of, password_of
from bench.attacks.result import Result
from bench.attacks.scenes import CUSTOMERS, REGULARS, Scene, Try
from bench.limen.start import executable
from bench.workbench import ROOT

_LIFTED: Final = ("PAGES_PER_ADDRESS", "JOURNEYS_PER_ADDRESS")
"""What the edge refuses never comes this far: here it is to be seen what the guards behind it do."""
_CPU: Final = "process_cpu_seconds_total"
_SETTLED, _IDLE = 20.0, 10.0
"""Seconds until the first runs of the jobs are over; for which an idle server is watched."""
_REFUSALS: Final = 60
_HASHES: Final = "limen_hash_pool_done_total"


@dataclass(frozen=True, slots=True)
class Installation:
    """A Limen with customers, as it is served to the public but for what :data:`_LIFTED` names."""

    folder: Path
    port: int
    core: int

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings."""
        return {
            "LIMEN_DATA_DIR": str(self.folder),
            "LIMEN_DATABASE_URL": f"sqlite:///{self.folder}/limen.db",
            "LIMEN_KEYSTORE_URL": f"sqlite:///{self.folder}/keys.db",
            "LIMEN_ISSUER": f"http://127.0.0.1:{self.port}",
            "LIMEN_INSECURE_HTTP": "1",
            "LIMEN_DEVELOPMENT_MAILBOX": "1",
            "LIMEN_LOG_LEVEL": "error",
            "LIMEN_PROXIES_NETWORKS": "127.0.0.1/32",
            "LIMEN_METRICS_TOKEN": "bench",
            **{f"LIMEN_LIMITS_{name}": "off" for name in _LIFTED},
        }

    def prepare(self) -> None:
        """Make databases and customers."""
        program = executable()
        if program is None:
            raise servers.StartError("there is no limen command beside this interpreter")
        servers.command([str(program), "migrate"], self.environment, ROOT)
        servers.command([sys.executable, "-m", "bench.attacks.people", str(CUSTOMERS)], self.environment, ROOT)

    def serve(self, factor: int) -> servers.Server:
        """Serve it, with a clock that runs *factor* times as fast."""
        words = [sys.executable, "-m", "bench.attacks.child", str(self.port), str(factor)]
        launch = servers.Launch(words, self.port, "/health/ready", self.folder / "serve.log", self.environment, ROOT)
        return servers.start(launch, self.core)

    def metric(self, name: str) -> float:
        """Return the value of a metric without labels."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/metrics", headers={"authorization": "Bearer bench"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(name + " ")).split()[1])


@contextmanager
def _amid(
    installation: Installation, crowd: Crowd, result: Result, factor: int, *, joining: bool = False
) -> Iterator[None]:
    """Serve, and let customers come and go meanwhile; note how they fared."""
    if not crowd.devices:  # their devices are known from long ago: what counts tries begins anew behind them
        before = installation.serve(1)
        try:
            crowd.settle()
        finally:
            before.stop()
    server = installation.serve(factor)
    try:
        hashes, began = installation.metric(_HASHES), perf_counter()
        crowd.begin(joining=joining)
        yield
        crowd.end()
        result.seconds = perf_counter() - began
        result.hashes = round(installation.metric(_HASHES) - hashes)
        result.seen(crowd)
    finally:
        crowd.end()
        server.stop()


def attack(installation: Installation, crowd: Crowd, scene: Scene, count: int, seconds: float) -> Result:
    """Replay *scene*, for so many tries and *seconds* at the most, while the crowd comes and goes."""
    result = Result(scene.name)
    with _amid(installation, crowd, result, scene.factor):
        tries, until = scene.tries(min(count, scene.count)), perf_counter() + seconds
        with ThreadPoolExecutor(scene.lanes) as pool:
            lanes = [pool.submit(_lane, installation.port, scene, tries, until, result) for _ in range(scene.lanes)]
            for lane in lanes:
                lane.result()
    return result


def besiege(installation: Installation, crowd: Crowd, form: Form, count: int, seconds: float) -> Result:
    """Play an attack on a *form*, in the same way."""
    result = Result(form.name)
    with _amid(installation, crowd, result, 1, joining=form.joining):
        form.play(installation.port, count, perf_counter() + seconds, result)
    return result


def _lane(port: int, scene: Scene, tries: Iterator[Try], until: float, result: Result) -> None:
    while perf_counter() < until:
        with result.lock:
            one = next(tries, None)
        if one is None:
            return
        browser = Browser(port, one.address, *([scene.agent] if scene.agent else []))
        outcome = browser.sign_in(one.email, one.password, solves=scene.solves)
        browser.close()
        result.note(browser, outcome, valid=one.is_valid, taken=one.is_valid and outcome == "session")
        sleep(scene.pause)


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of the server, in milliseconds."""

    sign_in: float
    refused: float
    blocked: float
    pages: float
    idle: float

    @property
    def share(self) -> float:
        """Return the dearer refused try beside a sign-in by password, both without the pages before them."""
        return max(self.refused, self.blocked) / self.sign_in


def cost(installation: Installation, rounds: int = 60) -> Cost:
    """Measure a sign-in by password, and a try that is refused before it: the POST alone, and the pages before it.

    An answer may wait for its step (250 ms) while the server minds its jobs: what it spends on those in the same time
    when nobody comes is left out of each.
    """
    server = installation.serve(1)
    sleep(_SETTLED)
    before, began = installation.metric(_CPU), perf_counter()
    sleep(_IDLE)
    idle = (installation.metric(_CPU) - before) / (perf_counter() - began)

    def spent(work: Any, times: int) -> float:
        before, began = installation.metric(_CPU), perf_counter()
        for number in range(times):
            work(number)
        used, took = installation.metric(_CPU) - before, perf_counter() - began
        return (used - idle * took) / times * 1_000

    try:
        browsers = [Browser(installation.port, f"10.{90 + n // 200}.{n % 200}.9") for n in range(rounds)]
        pages: list[str] = []

        def opens(n: int) -> None:
            pages.append(browsers[n].open("/sign-in"))
            browsers[n].close()  # an idle connection is the server's to end

        opening = spent(opens, rounds)

        def right(n: int) -> None:
            number = REGULARS + n
            form = {"email": email_of(number), "password": password_of(number)}
            if browsers[n].submit(pages[n], form)[0] != "session":
                raise RuntimeError("a customer cannot sign in")

        sign_in = spent(right, rounds)
        thieves = [Browser(installation.port, "198.18.9.9") for _ in range(8 + _REFUSALS)]
        for n in range(8):  # from the fifth failure on, work is asked for
            thieves[n].sign_in(f"x{n}@elsewhere.example", f"wrong {n}")
            thieves[n].close()
        asked = [_opened(one) for one in thieves[8:]]
        refused = spent(lambda n: _expect(thieves[8 + n].submit(asked[n], _no_one(n))[0], "proof"), _REFUSALS)
        for n in range(20):
            thieves[0].sign_in(f"z{n}@elsewhere.example", f"wrong {n}", solves=True)
        walls = [Browser(installation.port, "198.18.9.9") for _ in range(_REFUSALS)]
        asked = [_opened(one) for one in walls]
        blocked = spent(lambda n: _expect(walls[n].submit(asked[n], _no_one(n))[0], "blocked"), _REFUSALS)
    finally:
        server.stop()
    return Cost(sign_in, refused, blocked, opening, idle * 1_000)


def _opened(browser: Browser) -> str:
    page = browser.open("/sign-in")
    browser.close()
    return page


def _no_one(number: int) -> dict[str, str]:
    return {"email": f"y{number}@elsewhere.example", "password": f"wrong {number} again"}


def _expect(outcome: str, wanted: str) -> None:
    if outcome != wanted:
        message = f"a try was answered by {outcome}, not {wanted}"
        raise RuntimeError(message)
