"""What a merge does, before and after it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from limen.identity.customers.directory import Moves
from limen.identity.customers.records import Customer
from limen.kernel.encoding import b64url, canonical_json, sha256
from limen.kernel.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Wish:
    """Who stays, who goes, and which fields of the one who goes win.

    Attributes:
        is_proven: one person proved afresh that both are theirs: then what names the one who goes, as far as it is
            proven, names the one who stays from now on.
    """

    stays: CustomerId
    goes: CustomerId
    take: frozenset[str] = frozenset()
    is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge comes to.

    Attributes:
        before: the one who stays, as it is.
        after: the same as it will be.
        gone: the one who goes.
        filled: fields that were empty and are taken over.
        taken: fields that differ, of which the one who goes wins.
        kept: fields that differ, of which the one who stays wins.
        withdrawn: purposes (and parties) that the one who stays allows and the one who goes did not: withdrawn.
        ends: how many of each end with the one who goes: factors, applications, passwords.
        moves: what finds the one who stays from now on.
    """

    before: Customer = field(repr=False)
    after: Customer = field(repr=False)
    gone: Customer = field(repr=False)
    filled: Sequence[str]
    taken: Sequence[str]
    kept: Sequence[str]
    withdrawn: Sequence[tuple[str, str]]
    ends: Mapping[str, int]
    moves: Moves = field(default_factory=Moves, repr=False)

    @property
    def digest(self) -> str:
        """Return what stands for all that a preview shows: who, in which versions, and what it comes to."""
        both = [[one.id, one.version] for one in (self.before, self.gone)]
        return b64url(sha256(canonical_json([both, self.facts]))[:16])

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is open of it: names and numbers, no values."""
        return {
            "filled": list(self.filled),
            "taken": list(self.taken),
            "kept": list(self.kept),
            "withdrawn": [f"{purpose}:{party}" if party else purpose for purpose, party in self.withdrawn],
            "ends": dict(self.ends),
        }
