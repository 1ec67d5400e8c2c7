"""What a page's script tells of the browser and of the one who uses it, where the tenant wants that.

A few coarse words, made in the browser: a hash of what the browser says of itself, how fast somebody types and how
evenly, whether they point by mouse or by hand, and how far away they are. Nothing of what was typed, how long it was,
when, or where somebody pointed ever leaves the page. It comes as a field of the form, so that anybody can say anything
in it: what is not one of the words is as if it were not there, and what it says weighs little.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from limen.identity.tenants.risk import RiskSettings
from limen.trust.risk.keys import Epoch
from limen.trust.risk.records import POINTER, PRINT, ROUND_TRIP, TYPING

LONGEST: Final = 200
TYPINGS: Final = ("none", "even", "fast", "brisk", "usual", "slow")
"""How the keys followed each other: too few to say, as evenly as a machine, or by their median distance."""
POINTERS: Final = ("none", "touch", "mouse", "jump")
"""By what somebody pointed; a mouse that is elsewhere at once, and was never on its way, jumps."""
ROUND_TRIPS: Final = ("10", "25", "50", "100", "200", "400", "more")
"""Milliseconds of the handshake of the connection, at the most."""
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {TYPING: TYPINGS, POINTER: POINTERS, ROUND_TRIP: ROUND_TRIPS}
_PRINT: Final = re.compile(r"[0-9a-f]{32}")
_WANTED: Final = ("fingerprint", "behaviour", "round_trip")


def asked_of_page(settings: RiskSettings, epoch: Epoch) -> dict[str, str] | None:
    """Return what a page is to tell (``asks``, names of settings) and what it hashes with; None where nothing."""
    if settings.mode == "off" or not epoch.is_counted:
        return None
    asks = [name for name in _WANTED if getattr(settings, name)]
    return {"asks": " ".join(asks), "salt": epoch.salt if settings.fingerprint else ""} if asks else None


def manner_of(text: str) -> str:
    """Return what of a form's field is worth keeping: nothing where it is too long to be ours."""
    return text if len(text) <= LONGEST else ""


def manner_values(text: str, settings: RiskSettings, epoch: Epoch) -> dict[str, str]:
    """Return the levels that *text* tells of, as far as the tenant wants them, and their values."""
    return dict(_told(dict(parse_qsl(text)), settings, epoch)) if text else {}


def is_driven(text: str, settings: RiskSettings) -> bool:
    """Tell whether *text* says that a program drives the browser, as browsers must (W3C WebDriver §4)."""
    return settings.behaviour and dict(parse_qsl(text)).get("driven") == "yes"


def _told(said: Mapping[str, str], settings: RiskSettings, epoch: Epoch) -> Iterator[tuple[str, str]]:
    wanted = {TYPING: settings.behaviour, POINTER: settings.behaviour, ROUND_TRIP: settings.round_trip}
    for level, words in _WORDS.items():
        if wanted[level] and said.get(level) in words:
            yield level, said[level]
    print_ = said.get(PRINT, "")
    if settings.fingerprint and epoch.is_counted and _PRINT.fullmatch(print_):
        yield PRINT, f"{epoch.number}.{epoch.hash((PRINT, print_)).hex()}"
