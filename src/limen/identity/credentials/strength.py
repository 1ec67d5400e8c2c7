"""How guessable a password is: zxcvbn's matching and scoring, kept from its sharp edges.

zxcvbn is imported on first use (16 MB of dictionaries), on a hash thread. Its front function keeps the last caller's
personal words in a module global, so that two threads would read each other's; it raises above 72 characters; and a
crafted text of 72 look-alike signs keeps it busy for four seconds. This module calls the functions below that one and
bounds what they see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

MAXIMUM_JUDGED = 72
"""Code points that are looked at: a longer password is at least as strong as its beginning."""

BEST_SCORE = 4
_GOOD_SCORE = 3
_MOST_SUBSTITUTIONS = 8  # readings of look-alike signs; each costs a pass over all dictionaries
_PRIVATE_USE = 0xE000
_PERSONAL = "context"
_NAMES = frozenset({"surnames", "male_names", "female_names"})
_HINTS = {
    "spatial": "password.hint.keyboard",
    "repeat": "password.hint.repeat",
    "sequence": "password.hint.sequence",
    "regex": "password.hint.date",
    "date": "password.hint.date",
}


@dataclass(frozen=True, slots=True)
class Strength:
    """What is known of a password's strength.

    Attributes:
        score: 0 (fewer than 10³ guesses), 1 (10⁶), 2 (10⁸), 3 (10¹⁰) or 4.
        is_common: the whole password, case aside, is among the 30,000 commonest.
        uses_context: a context word is part of the easiest way to guess it.
        hints: message keys that say what would make it stronger; empty from score 3.
    """

    score: int
    is_common: bool
    uses_context: bool
    hints: tuple[str, ...]


def estimate(password: str, context: Sequence[str] = ()) -> Strength:
    """Return the strength of *password* (not empty) for a guesser who knows the folded *context* words.

    Costs up to about 100 ms of processor time: run it on the hash pool.
    """
    # Imported here and not above: an idle server that never sees a new password does not pay for the dictionaries.
    from zxcvbn import matching, scoring  # noqa: PLC0415

    common: Mapping[str, int] = matching.RANKED_DICTIONARIES["passwords"]
    ranks = {word: rank for rank, word in enumerate(context, 1)}
    judged = _with_few_readings(password[:MAXIMUM_JUDGED], matching)
    found = matching.omnimatch(judged, {**matching.RANKED_DICTIONARIES, _PERSONAL: ranks})
    result = scoring.most_guessable_match_sequence(judged, found)
    sequence = cast("list[dict[str, Any]]", result["sequence"])
    score = _score(result["guesses"])
    return Strength(
        score=score,
        is_common=password.lower() in common,
        uses_context=any(match.get("dictionary_name") == _PERSONAL for match in sequence),
        hints=_hints(sequence) if score < _GOOD_SCORE else (),
    )


def _score(guesses: float) -> int:
    return sum(guesses >= limit for limit in (1e3, 1e6, 1e8, 1e10))


def _with_few_readings(text: str, matching: ModuleType) -> str:
    """Return *text* with surplus look-alike signs (``4`` for ``a``) replaced by signs that look like nothing.

    Each keeps a replacement of its own, so that repeats are still seen and none are invented.
    """
    lookalikes = {sign for signs in matching.L33T_TABLE.values() for sign in signs}
    kept = ""
    surplus: dict[int, int] = {}
    for sign in dict.fromkeys(text):
        if sign not in lookalikes:
            continue
        table = matching.relevant_l33t_subtable(kept + sign, matching.L33T_TABLE)
        if len(matching.enumerate_l33t_subs(table)) > _MOST_SUBSTITUTIONS:
            surplus[ord(sign)] = _PRIVATE_USE + len(surplus)
        else:
            kept += sign
    return text.translate(surplus)


def _hints(sequence: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return what to say of the longest guessable part, the general advice last."""
    longest = max(sequence, key=lambda match: len(match["token"]))
    hints: list[str] = []
    if longest["pattern"] == "dictionary":
        hints.append(_dictionary_hint(longest["dictionary_name"]))
        if longest.get("l33t"):
            hints.append("password.hint.substitution")
        if longest.get("reversed"):
            hints.append("password.hint.reversed")
    elif hint := _HINTS.get(longest["pattern"]):
        hints.append(hint)
    return (*hints, "password.hint.add_words")


def _dictionary_hint(name: str) -> str:
    if name == _PERSONAL:
        return "password.hint.context"
    if name == "passwords":
        return "password.hint.common"
    return "password.hint.name" if name in _NAMES else "password.hint.word"
