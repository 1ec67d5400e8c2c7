"""Customers who come and go: most at their own devices, a few at new ones, now and then with a slip of the finger.

While accounts are made by machine, people make some too: each at home, and as slowly as somebody types.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock, Thread
from time import perf_counter
from typing import Final

from bench.attacks.browser import Browser
from bench.attacks.people import email_of, password_of
from bench.attacks.scenes import REGULARS

NEW_DEVICE: Final = 20
"""Of how many sign-ins one is from a device that is new; at home, but for one in five."""
AWAY: Final = 100
"""Of how many one is from a new device in a network that is new too: what doubt is for, whoever it is. The shares are
exact, so that a figure of a few hundred sign-ins says more than chance does."""
_NAMES: Final = ("ada", "ben", "cleo", "dora", "emil", "finn", "greta", "hugo", "ida", "jan", "karl", "lena", "mara")
LANES: Final = 6
"""Customers who come at a time; each comes by one lane alone, so that a device is used once at a time."""
_SLIP: Final = 0.05
_TYPING: Final = 3.5
"""Seconds that a person takes for the form of a sign-up, at the least."""
_PAUSE: Final = 1.5
"""Seconds between two of a lane. Nobody signs in a dozen times in two minutes: that meets the limit of an account."""


def home_of(number: int) -> str:
    """Return the address where a customer lives."""
    return f"10.{20 + number // 200}.{number % 200}.{number % 200 + 1}"


@dataclass
class Crowd:
    """The regular customers, with the cookies of their devices."""

    port: int
    devices: dict[int, dict[str, str]] = field(default_factory=dict)
    came: int = 0
    disturbed: int = 0
    failed: int = 0
    worked: int = 0
    joined: int = 0
    hindered: int = 0
    _visits: int = 0
    _ends: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def settle(self) -> None:
        """Let everybody sign in once, before anything happens."""
        with ThreadPoolExecutor(LANES) as pool:
            for done in [pool.submit(self._settle, number) for number in range(REGULARS)]:
                done.result()

    def _settle(self, number: int) -> None:
        browser = Browser(self.port, home_of(number))
        outcome = browser.sign_in(email_of(number), password_of(number))
        if outcome != "session":
            message = f"a customer cannot sign in: {outcome}"
            raise RuntimeError(message)
        self.devices[number] = browser.cookies
        browser.close()

    def begin(self, *, joining: bool = False) -> None:
        """Come and go until told to end; with people who make accounts, where they are *joining*."""
        self._ends.clear()
        self.came = self.disturbed = self.failed = self.worked = self._visits = self.joined = self.hindered = 0
        self._threads = [Thread(target=self._come, args=(lane,), daemon=True) for lane in range(LANES)]
        if joining:
            self._threads += [Thread(target=self._join, args=(lane,), daemon=True) for lane in range(LANES)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop coming."""
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _come(self, lane: int) -> None:
        chance = Random(lane)
        while not self._ends.wait(_PAUSE):
            self._visit(chance.randrange(REGULARS // LANES) * LANES + lane, chance)

    def _visit(self, number: int, chance: Random) -> None:
        """Sign in once: disturbed is whoever is asked for more than a password, or kept out."""
        with self._lock:
            self._visits += 1
            visit = self._visits
        is_new, is_away = visit % NEW_DEVICE == 0, visit % AWAY == 0
        address = f"172.16.{chance.randrange(250)}.9" if is_away else home_of(number)
        browser = Browser(self.port, address, cookies={} if is_new else dict(self.devices[number]))
        if chance.random() < _SLIP:
            browser.sign_in(email_of(number), "threshold of a slip", solves=True)
        outcome = browser.sign_in(email_of(number), password_of(number), solves=True)
        with self._lock:
            self.came += 1
            self.disturbed += outcome in {"challenged", "blocked"}
            self.failed += outcome in {"wrong", "refused", "proof"}
            self.worked += browser.worked > 0
        if outcome == "session" and not is_new:
            self.devices[number] = browser.cookies
        browser.close()

    def _join(self, lane: int) -> None:
        """Make one account after the other: hindered is whoever is not sent the code at once."""
        number, since = lane, f"{perf_counter():.0f}"
        while not self._ends.wait(_PAUSE):
            browser = Browser(self.port, f"10.{120 + number // 250}.{number % 250}.9")
            page = browser.open("/sign-up")
            self._ends.wait(_TYPING)
            name = f"{_NAMES[number % len(_NAMES)]}.{_NAMES[number // len(_NAMES) % len(_NAMES)]}{since}"
            fields = {"email": f"{name}@people.example", "name": "Ann Lee", "password": f"threshold of {number} homes"}
            outcome, _ = browser.submit(page, fields)
            browser.close()
            number += LANES
            with self._lock:
                self.joined += 1
                self.hindered += outcome != "challenged"
