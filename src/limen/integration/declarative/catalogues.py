"""Resource servers and types of ``authorization_details`` in a document: planned, made and changed alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from limen.access.resources.catalogue import Catalogue
from limen.access.resources.records import D
from limen.identity.administrators import Actor
from limen.kernel.errors import Invalid, NotFound, Refusal


@dataclass(frozen=True, slots=True)
class Declared(Generic[D]):
    """What a document says of one kind. ``catalogue`` is None for a tenant that does not exist yet."""

    noun: str
    documents: Sequence[D]
    catalogue: Catalogue[D] | None


async def steps(declared: Declared[D], index: int, document: D) -> list[str] | Refusal:
    """Return what :func:`ensure` would do for *document*, the one at *index*."""
    if any(one.label == document.label for one in declared.documents[:index]):
        return _twice(declared.noun)
    catalogue = declared.catalogue
    found = await catalogue.find(document.label) if catalogue is not None else NotFound("not_found")
    if isinstance(found, Refusal) or catalogue is None:
        return [f"create {declared.noun} {document.label}"]
    fields = [name for name in document.__struct_fields__ if getattr(document, name) != getattr(found.document, name)]
    return [f"change {declared.noun} {document.label}: {', '.join(fields)}"] if fields else []


async def ensure(catalogue: Catalogue[D], document: D, actor: Actor) -> Refusal | None:
    """Make what *document* describes be as it says."""
    found = await catalogue.find(document.label)
    if isinstance(found, Refusal):
        made = await catalogue.create(document, actor)
    else:
        made = await catalogue.update(found.id, lambda _: document, actor, expected_version=found.version)
    return made if isinstance(made, Refusal) else None


def _twice(noun: str) -> Refusal:
    return Invalid("repeated", f"another {noun} is called the same")
