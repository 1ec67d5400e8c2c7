"""Days of birth as OpenID Connect Core §5.1 writes them: ``YYYY-MM-DD``, ``YYYY``, or ``0000-MM-DD`` without a year."""

import re
from datetime import date
from typing import Final, NamedTuple

_BIRTHDATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")
_LEAP: Final = 2_000
"""Stands for the year that somebody leaves out: their day may be 29 February."""


class Birthdate(NamedTuple):
    """What is said of a birth; 0 for what is not: the year, or the month and the day together."""

    year: int
    month: int
    day: int


def birthdate_of(text: str) -> Birthdate | None:
    """Return what *text* says; None where it is no such date."""
    found = _BIRTHDATE.fullmatch(text)
    if found is None:
        return None
    said = Birthdate(*(int(part or 0) for part in found.groups()))
    if found[2] is None:
        return said if said.year else None
    try:
        date(said.year or _LEAP, said.month, said.day)
    except ValueError:
        return None
    return said
