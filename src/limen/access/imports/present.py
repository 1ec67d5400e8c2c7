"""Who of a batch is there already: in the database, in batches that are not committed yet, or earlier in the file."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.access.imports.judge import Judged
from limen.access.imports.records import Batch, Refused
from limen.access.imports.store import ImportStore
from limen.identity.customers.identifiers import EMAIL, IDENTITY, NUMBER, USERNAME, named_by
from limen.identity.keyring import TenantVault
from limen.kernel.ids import CustomerId

EXTERNAL: Final = "import"
"""The kind of contact under which the other system's identifier finds a customer."""
EXTERNAL_NORMALISATION: Final = "import-id-1"
_CLASHES: Final[Mapping[str, tuple[str, str]]] = {
    EMAIL: ("email", "email.taken"),
    NUMBER: ("phone", "phone.taken"),
    USERNAME: ("username", "username.taken"),
    IDENTITY: ("identities", "identity.taken"),
}
"""What a row is refused for where somebody else has what names its customer: the field and the code."""
_UNDER_WAY: Final = 4
"""Batches that are not committed yet while one more is looked up: each of the stages has one."""


@dataclass(frozen=True, slots=True)
class Names:
    """The blind indexes of a row: of all that names the customer, the primary address first, and of the old name."""

    all: tuple[tuple[str, bytes], ...]
    external: bytes | None


@dataclass(slots=True)
class Taken:
    """Blind indexes that batches take, which nobody who looks into the database may see yet."""

    names: set[tuple[str, bytes]] = field(default_factory=set)
    externals: set[bytes] = field(default_factory=set)

    def add(self, other: "Taken") -> None:
        """Take in what another holds."""
        self.names |= other.names
        self.externals |= other.externals


class UnderWay:
    """What the batches take that are not committed yet; in a rehearsal no batch ever is."""

    def __init__(self, *, is_rehearsal: bool) -> None:
        """Begin with nothing under way."""
        self._last: deque[Taken] = deque(maxlen=0 if is_rehearsal else _UNDER_WAY)
        self._all = Taken()

    def taken(self) -> Taken:
        """Return all of it together."""
        if not self._last.maxlen:
            return self._all
        together = Taken()
        for one in self._last:
            together.add(one)
        return together

    def add(self, new: "Sequence[tuple[Judged, Names]]") -> None:
        """Take note of one batch more, and of who is *new* in it."""
        one = Taken(
            {name for _, names in new for name in names.all},
            {names.external for _, names in new if names.external is not None},
        )
        if self._last.maxlen:
            self._last.append(one)
        else:
            self._all.add(one)


@dataclass(frozen=True, slots=True)
class Present:
    """What the database has of a batch's names: whose they are by kind, and which old names are there."""

    owners: Mapping[str, Mapping[bytes, CustomerId]]
    externals: Collection[bytes]


def named(judged: Sequence[Judged], tenant: TenantVault) -> list[tuple[Judged, Names]]:
    """Return *judged* with the blind indexes of each."""
    return [(one, _names(one, tenant)) for one in judged]


async def look_up(store: ImportStore, batch: Sequence[tuple[Judged, Names]]) -> Present:
    """Return what of a batch's names is there, in a statement for each kind."""
    wanted: dict[str, set[bytes]] = {}
    for kind, blind in (name for _, each in batch for name in each.all):
        wanted.setdefault(kind, set()).add(blind)
    owners = {kind: await store.owners(kind, some) for kind, some in wanted.items()}
    return Present(owners, await store.owners(EXTERNAL, {each.external for _, each in batch if each.external}))


def newcomers(
    rows: Sequence[tuple[Judged, Names]], present: Present, batch: Batch, before: Taken
) -> list[tuple[Judged, Names]]:
    """Return who of *rows* is nobody's yet; count and refuse the others."""
    taken = {(kind, blind) for kind, owners in present.owners.items() for blind in owners}
    taken |= {name for _, each in rows for name in each.all if name in before.names}
    externals = {*present.externals, *(each.external for _, each in rows if each.external in before.externals)}
    new = []
    for one, each in rows:
        owner = present.owners.get(EMAIL, {}).get(each.all[0][1])
        is_theirs = each.external is None or owner == one.row.external_id  # our own export names them by our own
        clash = next((kind for kind, blind in each.all if (kind, blind) in taken), None)
        if each.external in externals or (is_theirs and each.all[0] in taken):
            batch.present += 1
        elif clash is not None:
            batch.refused.append(Refused(one.row.row, one.row.line, *_CLASHES[clash]))
        else:
            new.append((one, each))
        taken.update(each.all)
        if each.external is not None:
            externals.add(each.external)
    return new


def _names(one: Judged, tenant: TenantVault) -> Names:
    external = one.row.external_id
    return Names(
        tuple((kind, tenant.blind(kind, text)) for kind, text, _ in named_by(one.profile)),
        tenant.blind(EXTERNAL, external) if external else None,
    )
