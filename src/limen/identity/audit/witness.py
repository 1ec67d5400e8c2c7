"""A witness's copy of a checkpoint: one line of JSON that verifies without a database.

Whoever holds such lines elsewhere holds the database to them. A line carries the public key, so that the signature can
be checked by anybody; whether the key is the right one is told by the lines that were kept before.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.identity.audit.checkpoints import Checkpoint
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.ids import TenantId


class WitnessLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One checkpoint of one tenant. Bytes are base64url; ``heads`` is the signed list as it was written."""

    tenant: str
    issuer: str
    number: int
    at: int
    heads: str
    root: str
    previous: str
    kid: str
    signature: str
    public_key: dict[str, str]
    version: int = 1


def written(issuer: str, checkpoint: Checkpoint, public_key: Mapping[str, str]) -> bytes:
    """Return the line of *checkpoint*, without an end of line."""
    return msgspec.json.encode(
        WitnessLine(
            tenant=str(checkpoint.tenant_id),
            issuer=issuer,
            number=checkpoint.number,
            at=checkpoint.at,
            heads=checkpoint.heads.decode(),
            root=b64url(checkpoint.root),
            previous=b64url(checkpoint.previous),
            kid=checkpoint.kid,
            signature=b64url(checkpoint.signature),
            public_key=dict(public_key),
        )
    )


def read(line: bytes) -> tuple[WitnessLine, Checkpoint] | None:
    """Return what a line holds, or None where it is no witness's line."""
    try:
        found: Any = msgspec.json.decode(line, type=WitnessLine)
        checkpoint = Checkpoint(
            TenantId(found.tenant),
            found.number,
            found.at,
            found.heads.encode(),
            from_b64url(found.root),
            from_b64url(found.previous),
            found.kid,
            from_b64url(found.signature),
        )
    except (msgspec.DecodeError, ValueError):
        return None
    return (found, checkpoint) if found.version == 1 else None
