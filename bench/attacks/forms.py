"""Attacks that are not by password: farms of sign-ups, and codes that are guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from time import perf_counter, sleep
from typing import Final

from bench.attacks.browser import Browser
from bench.attacks.people import email_of
from bench.attacks.result import Result
from bench.attacks.scenes import REGULARS

_FARMERS: Final = 5
_TYPED: Final = 6
"""Codes that are typed in one journey, at the most: one more than it takes."""
_PAUSE: Final = 0.1
"""Seconds between two tries: long enough altogether for customers to come and go in between."""


@dataclass(frozen=True, slots=True)
class Form:
    """An attack on a form.

    Attributes:
        name: of it.
        play: tries so often (port, count, until when), and notes what came of it.
        joining: whether people make accounts meanwhile, whom it could disturb.
    """

    name: str
    play: Callable[[int, int, float, Result], None]
    joining: bool = False


def _farm(port: int, count: int, until: float, result: Result, *, solves: bool) -> None:
    """Draft accounts by script, from a few addresses: what is taken is a mail with a code, one step from an account."""
    names = ("farm+{n}@people.example", "farm{n}@mailinator.com", "f.a.r.m{n}@people.example")
    for number in range(count):
        if perf_counter() > until:
            break
        browser = Browser(port, f"198.18.20.{number % _FARMERS + 1}")
        page = browser.open("/sign-up")
        fields = {
            "email": names[number % len(names)].format(n=number),
            "name": "Farm Hand",
            "password": f"a farm of {number:05} accounts",
            "website": "https://farm.example" if number % 3 == 1 else "",
        }
        outcome, page = browser.submit(page, fields)
        if outcome == "proof" and solves:
            outcome, page = browser.submit(page, {**fields, "proof": browser.solved(page)})
        result.note(browser, outcome, taken=outcome == "challenged")
        result.mailed += outcome == "challenged"
        browser.close()
        sleep(_PAUSE)


def sign_up_farm(port: int, count: int, until: float, result: Result) -> None:
    """Draft accounts without any patience."""
    _farm(port, count, until, result, solves=False)


def farm_that_works(port: int, count: int, until: float, result: Result) -> None:
    """Draft accounts, and do the work that is asked for."""
    _farm(port, count, until, result, solves=True)


def code_guessing(port: int, count: int, until: float, result: Result) -> None:
    """Guess mailed codes for a few accounts, journey after journey, from many addresses."""
    chance, number = Random(3), 0
    while result.tries < count and perf_counter() < until:
        browser = Browser(port, f"198.19.{number % 250}.7")
        fields = {"email": email_of(REGULARS + number % 4), "intent": "use:email_code"}
        outcome, page = browser.submit(browser.open("/sign-in"), fields)
        number += 1
        if outcome != "challenged":
            result.note(browser, "refused" if outcome == "wrong" else outcome)
        else:
            result.mailed += 1
            for _ in range(_TYPED):
                outcome, page = browser.submit(page, {"code": f"{chance.randrange(10**6):06}"})
                result.note(browser, outcome, taken=outcome == "session")
                if outcome != "wrong":
                    break
        browser.close()
        sleep(_PAUSE)


FORMS: Final = (
    Form("sign-up farm", sign_up_farm, joining=True),
    Form("sign-up farm that works", farm_that_works, joining=True),
    Form("code brute force", code_guessing),
)
