"""The outer wrapping of subject keys, by epoch, and the context that binds tenant keys."""

from collections.abc import Iterable
from typing import Final

from limen.identity.keyring.envelope import Place, seal, unseal
from limen.identity.keyring.keyfile import EpochKey
from limen.identity.keyring.store import WrappedSubjectKey
from limen.kernel.encoding import framed
from limen.kernel.entropy import Entropy

_OUTER: Final = "keyring.subject_key.epoch"


def tenant_context(tenant_id: str, version: int) -> bytes:
    """Return what a wrapped tenant key is bound to."""
    return framed("limen.tenant-key:v1", tenant_id, str(version))


def close_outer(row: WrappedSubjectKey, epoch: EpochKey, inner: bytes, entropy: Entropy) -> WrappedSubjectKey:
    """Return *row* with the *inner* wrapping wrapped once more, under *epoch*."""
    return close_all([(row, inner)], epoch, entropy)[0]


def close_all(
    rows: Iterable[tuple[WrappedSubjectKey, bytes]], epoch: EpochKey, entropy: Entropy
) -> list[WrappedSubjectKey]:
    """Return *rows*, each with its inner wrapping wrapped once more, under *epoch*."""
    closed: list[WrappedSubjectKey] = []
    for row, inner in rows:
        wrapped = seal(epoch.wrapping.of(row.tenant_id, row.subject_id), _place(row), inner, entropy)
        closed.append(WrappedSubjectKey(row.tenant_id, row.subject_id, row.version, wrapped, epoch.id, row.created_at))
    return closed


def open_outer(row: WrappedSubjectKey, epoch: EpochKey) -> bytes:
    """Return the inner wrapping; it still needs the tenant key.

    Raises:
        Corrupted: the row was changed or moved, or is under another epoch.
    """
    return unseal(epoch.wrapping.of(row.tenant_id, row.subject_id), _place(row), row.wrapped)


def _place(row: WrappedSubjectKey) -> Place:
    return Place(row.tenant_id, row.subject_id, _OUTER, str(row.version))
