"""Attacks that are not by password: a farm of sign-ups, and codes that are guessed."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Any, Final

from bench.attacks.browser import Browser
from bench.attacks.people import email_of
from bench.attacks.scenes import REGULARS

_FARMERS: Final = 5


@dataclass
class Tally:
    """What came of it: tries by outcome, what they were after, and whom they got."""

    scene: str
    outcomes: Counter[str] = field(default_factory=Counter)
    got: int = 0
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """Return what is written of it."""
        tries = sum(self.outcomes.values())
        return {
            "scene": self.scene,
            "tries": tries,
            "outcomes": dict(self.outcomes),
            "got": self.got,
            "seconds": round(self.seconds, 1),
        }


def sign_up_farm(port: int, count: int, seconds: float) -> Tally:
    """Draft accounts by script, a few addresses, no patience: what is got is a mail with a code for each."""
    tally, began = Tally("sign-up farm"), perf_counter()
    names = ("farm+{n}@people.example", "farm{n}@mailinator.com", "f.a.r.m{n}@people.example")
    for number in range(count):
        if perf_counter() - began > seconds:
            break
        browser = Browser(port, f"198.18.20.{number % _FARMERS + 1}")
        page = browser.open("/sign-up")
        fields = {
            "email": names[number % len(names)].format(n=number),
            "name": "Farm Hand",
            "password": f"a farm of {number:05} accounts",
            "website": "https://farm.example" if number % 3 == 1 else "",
        }
        outcome, _ = browser.submit(page, fields)
        tally.outcomes["drafted" if outcome == "challenged" else outcome] += 1
        tally.got += outcome == "challenged"
        browser.close()
    tally.seconds = perf_counter() - began
    return tally


def code_guessing(port: int, count: int, seconds: float) -> Tally:
    """Guess mailed codes for a few accounts, journey after journey, from many addresses."""
    tally, began, chance = Tally("code brute force"), perf_counter(), Random(3)
    number, typed = 0, 0
    while typed < count and perf_counter() - began < seconds:
        browser = Browser(port, f"198.19.{number % 250}.7")
        fields = {"email": email_of(REGULARS + number % 4), "intent": "use:email_code"}
        outcome, page = browser.submit(browser.open("/sign-in"), fields)
        number += 1
        if outcome != "challenged":
            tally.outcomes[f"no code: {outcome}"] += 1
            browser.close()
            typed += 1
            continue
        for _ in range(6):
            outcome, page = browser.submit(page, {"code": f"{chance.randrange(10**6):06}"})
            typed += 1
            tally.outcomes[outcome] += 1
            tally.got += outcome == "session"
            if outcome != "wrong":
                break
        browser.close()
    tally.seconds = perf_counter() - began
    return tally
