"""The attacks: who tries what, from where, and when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.attacks.people import email_of, password_of

CUSTOMERS: Final = 400
REGULARS: Final = 120
"""Of the customers, how many come and go while others attack; the attackers have stolen passwords of the rest."""
_SEED: Final = 20_261_129


@dataclass(frozen=True, slots=True)
class Try:
    """One try: an address of mail, a password, where it comes from, and whether the pair is a right one."""

    email: str
    password: str
    address: str
    is_valid: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """An attack by password.

    Attributes:
        name: of it.
        tries: makes so many tries.
        count: how many at the most.
        solves: whether the attacker works on what pages ask for.
        agent: what the attacker's browser calls itself; empty: what everybody's does.
        lanes: how many tries are under way at a time.
        pause: seconds between two tries of a lane.
        factor: how much faster the house's clock runs.
    """

    name: str
    tries: Callable[[int], Iterator[Try]]
    count: int
    solves: bool = False
    agent: str = ""
    lanes: int = 16
    pause: float = 0.0
    factor: int = 1


def _address(number: int) -> str:
    """Return one of many addresses, hardly two in a network."""
    return f"{11 + number // 60_000}.{number * 31 % 251}.{number % 241}.{number % 239 + 1}"


def _pairs(count: int, address: Callable[[int], str], first: int = 0, share: float = 0.01) -> Iterator[Try]:
    """Yield stolen pairs, of which *share* are right, in a random order; each account once.

    The right ones are of customers from the *first* on, so that no scene finds what another left behind.
    """
    chance = Random(_SEED)
    right = max(1, round(count * share))
    numbers = list(range(REGULARS + first, CUSTOMERS))
    for index in chance.sample(range(count), count):
        if index < right:
            number = numbers[index % len(numbers)]
            yield Try(email_of(number), password_of(number), address(index), is_valid=True)
        else:
            yield Try(f"victim-{index:06}@elsewhere.example", f"stolen {index * 31 % 99_991:05}", address(index))


def one_address(count: int) -> Iterator[Try]:
    """Stuff from one address."""
    return _pairs(count, lambda _: "198.18.7.7")


def many_addresses(count: int) -> Iterator[Try]:
    """Stuff from as many addresses as there are tries."""
    return _pairs(count, _address)


def few_addresses_an_hour(count: int) -> Iterator[Try]:
    """Stuff as slowly as to be seen over the day alone."""
    return _pairs(count, lambda number: _address(20_000 + number), first=110)


def browsers_that_work(count: int) -> Iterator[Try]:
    """Stuff with browsers that do what pages ask of them."""
    return _pairs(count, lambda number: _address(40_000 + number), first=120)


def spraying(count: int) -> Iterator[Try]:
    """Try a few common passwords on every account, from two hundred addresses; one in a hundred accounts has one."""
    chance = Random(_SEED)
    words = ("Winter2026! winter", "threshold of doors", "welcome to the shop", "letmein letmein", "password password")
    for index in range(count):
        word, number = words[index * len(words) // count], index % CUSTOMERS
        is_right = (
            number >= REGULARS and number % 100 == 0 and index * len(words) // count == number // 100 % len(words)
        )
        password = password_of(number) if is_right else word
        yield Try(email_of(number), password, _address(chance.randrange(200)), is_valid=is_right)


SCENES: Final = (
    Scene("stuffing, one address", one_address, 400),
    Scene("stuffing, an address a try", many_addresses, 10_000, lanes=24),
    Scene("spraying", spraying, 1_000),
    Scene("slow stuffing over half a day", few_addresses_an_hour, 360, lanes=1, factor=900),
    Scene("headless browsers that work", browsers_that_work, 400, solves=True, agent="HeadlessChrome/142.0", lanes=4),
)
