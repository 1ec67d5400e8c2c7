"""Destinations of the audit stream in a document: planned, made and changed alike."""

from collections.abc import Sequence
from typing import Final

from limen.identity.administrators import Actor
from limen.identity.audit.destinations import Destination
from limen.integration.declarative.document import DeclaredDestination
from limen.integration.declarative.secrets import SecretSource
from limen.integration.streaming.manage import Destinations, opened_secret
from limen.integration.streaming.rules import check, is_moved
from limen.kernel.errors import Invalid, NotFound, Refusal
from limen.kernel.secret import Secret

_TWICE: Final = Invalid("repeated", "another destination is called the same")


async def destination_steps(
    declared: Sequence[DeclaredDestination], index: int, use: Destinations | None, secrets: SecretSource
) -> list[str] | Refusal:
    """Return what :func:`ensure_destination` would do for the one at *index*; *use* is None for a tenant to be made."""
    one = declared[index]
    if any(other.name == one.name for other in declared[:index]):
        return _TWICE
    secret = _secret(one, secrets)
    if isinstance(secret, Refusal):
        return secret
    found = await use.find(one.name) if use is not None else NotFound("audit_destination_not_found")
    kept = isinstance(found, Destination) and bool(found.sealed_secret)
    kept = kept and isinstance(found, Destination) and not is_moved(found.document, one.document())
    refusal = check(one.document(), has_secret=secret is not None or kept)
    if refusal is not None:
        return refusal
    if isinstance(found, Refusal) or use is None:
        return [f"create audit destination {one.name}"]
    document = one.document()
    fields = [name for name in document.__struct_fields__ if getattr(document, name) != getattr(found.document, name)]
    if secret is not None and await _current(use, found) != secret.reveal():
        fields.append("secret")
    return [f"change audit destination {one.name}: {', '.join(fields)}"] if fields else []


async def ensure_destination(
    one: DeclaredDestination, use: Destinations, actor: Actor, secrets: SecretSource
) -> Refusal | None:
    """Make what *one* describes be as it says."""
    secret = _secret(one, secrets)
    if isinstance(secret, Refusal):
        return secret
    found = await use.find(one.name)
    if isinstance(found, Refusal):
        made = await use.create(one.document(), actor, secret=secret)
    else:
        if secret is not None and await _current(use, found) == secret.reveal():
            secret = None
        made = await use.update(
            found.id, lambda _: one.document(), actor, expected_version=found.version, secret=secret
        )
    return made if isinstance(made, Refusal) else None


async def _current(use: Destinations, found: Destination) -> str:
    secret = opened_secret((await use.keyring.tenant(use.tenant.id)).unseal, found)
    return secret.reveal() if secret is not None else ""


def _secret(one: DeclaredDestination, secrets: SecretSource) -> Secret | Invalid | None:
    return secrets.find(one.secret) if one.secret is not None else None
