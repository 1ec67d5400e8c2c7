"""Which assurance a tenant wants, and for which scopes more, or fresher (NIST SP 800-63B-4)."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

from limen.kernel.scopes import SCOPE

MOST_SECONDS: Final = 366 * 86_400
MOST_DAYS: Final = 3_650
_MOST: Final = 50

Level = Literal[0, 1, 2, 3]
"""An authenticator assurance level; 0 for none, which a mailed code is enough for."""


class ScopeAssurance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scope wants of whoever grants it.

    Attributes:
        scope: its name.
        level: the least level; 0 for any.
        max_age: how old the proof may be, in seconds; 0 for however old.
    """

    scope: Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 128})]
    level: Level = 0
    max_age: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": MOST_SECONDS})] = 0


class AssuranceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which assurance sign-ins reach.

    Attributes:
        level: of every sign-in. With 2 everybody has to have a second factor, or a passkey. There is no 3: whoever
            has no attested hardware could not even reach the account page.
        max_age: how old the proof may be, in seconds, when an application asks; 0 for however old.
        scopes: what single scopes want beyond that, of every client that asks for them.
        offer_days: whoever signed in by password alone, and has nothing beside it, is asked whether they want an
            authenticator app, and after a no not again for so long; 0 for never asking. A passkey is asked about first.
    """

    level: Literal[0, 1, 2] = 0
    max_age: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": MOST_SECONDS})] = 0
    scopes: Annotated[tuple[ScopeAssurance, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST})] = ()
    offer_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": MOST_DAYS})] = 0


def problems_of(settings: AssuranceSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    if not 0 <= settings.level <= 2:
        yield f"{field}.level", "number.out_of_bounds"
    if not 0 <= settings.max_age <= MOST_SECONDS:
        yield f"{field}.max_age", "number.out_of_bounds"
    if not 0 <= settings.offer_days <= MOST_DAYS:
        yield f"{field}.offer_days", "number.out_of_bounds"
    if len(settings.scopes) > _MOST:
        yield f"{field}.scopes", "list.too_long"
    if len({wanted.scope for wanted in settings.scopes}) < len(settings.scopes):
        yield f"{field}.scopes", "list.repeated"
    for index, wanted in enumerate(settings.scopes[:_MOST]):
        if not SCOPE.fullmatch(wanted.scope):
            yield f"{field}.scopes.{index}.scope", "scope.invalid"
        if not 0 <= wanted.level <= 3 or not 0 <= wanted.max_age <= MOST_SECONDS:
            yield f"{field}.scopes.{index}", "number.out_of_bounds"
