"""The hierarchy of a user agent: the whole string, browser, system, class of device.

Coarse on purpose: what is counted has to be the same from one sign-in to the next, and browsers have frozen what they
say of themselves. A table of marks, the most particular first, does for that; nothing here says more than it has seen.
"""

import re
from functools import lru_cache
from typing import Final

from limen.trust.risk.records import AGENT, BROWSER, CLASS, SYSTEM

LONGEST: Final = 400
_BROWSERS: Final = (
    ("edg", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("opera", r"(?:OPR|OPT)/(\d+)"),
    ("samsung", r"SamsungBrowser/(\d+)"),
    ("firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("chrome", r"(?:Chrome|CriOS|Chromium)/(\d+)"),
    ("safari", r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari"),
)
_SYSTEMS: Final = (
    ("windows", r"Windows NT (\d+)"),
    ("ios", r"(?:iPhone|iPad)[^)]*OS (\d+)"),
    ("macos", r"Mac OS X (\d+)"),
    ("android", r"Android (\d+)"),
    ("chromeos", r"CrOS \S+ (\d+)"),
    ("linux", r"Linux()"),
)
_AUTOMATA: Final = re.compile(r"bot|crawl|spider|headless|curl/|python|httpx|wget|okhttp", re.IGNORECASE)
_TABLET: Final = re.compile(r"iPad|Tablet")
_MOBILE: Final = re.compile(r"Mobi|iPhone|iPod")


@lru_cache(4_096)
def agent_values(user_agent: str) -> dict[str, str]:
    """Return the levels of *user_agent* and their values; none where it says nothing. Not to be changed."""
    text = user_agent[:LONGEST]
    if not text:
        return {}
    return {AGENT: text, BROWSER: _first(_BROWSERS, text), SYSTEM: _first(_SYSTEMS, text), CLASS: _class(text)}


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    for name, pattern in table:
        found = re.search(pattern, text)
        if found is not None:
            return f"{name} {found[1]}".strip()
    return "other"


def _class(text: str) -> str:
    if _AUTOMATA.search(text):
        return "automaton"
    if _TABLET.search(text) or ("Android" in text and not _MOBILE.search(text)):
        return "tablet"
    return "mobile" if _MOBILE.search(text) else "desktop"
