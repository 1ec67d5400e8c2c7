"""A ledger as a file that verifies without us: one line of canonical JSON for each thing, a signed header first.

::

    {"type":"ledger", …}        who, how many records and checkpoints, the hash of each text, the public keys; signed
    {"type":"text", …}          the words of each version in each language
    {"type":"record", …}        in the order of the chain
    {"type":"checkpoint", …}    behind the last record that it covers; the last line, where there is a record

A record's personal part stays away; its commitment is there. Each line ends in a line feed. That a line is *the*
canonical JSON of what it says leaves no byte that could be changed unnoticed.
"""

from collections.abc import Mapping
from typing import Any, Final

from limen.identity.audit.lines import line
from limen.identity.consents.chain import Checkpoint, Place
from limen.identity.consents.purposes import Purpose, Text, Version, text_hash
from limen.identity.consents.records import ConsentRecord
from limen.identity.consents.sequence import LedgerSigner
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, canonical_json, framed, from_b64url
from limen.kernel.ids import TenantId

VERSION: Final = 1


def header(
    about: dict[str, str], last: Checkpoint | None, texts: list[bytes], signer: LedgerSigner, at: Instant
) -> bytes:
    """Return the first line: of an export *about* a tenant and its issuer, up to the checkpoint *last*."""
    fields = {
        **about,
        "at": at,
        "checkpoints": last.number if last else 0,
        "keys": [{"alg": signer.alg, "jwk": signer.public_jwk, "kid": signer.kid}],
        "kid": signer.kid,
        "records": last.size if last else 0,
        "root": last.root.hex() if last else "",
        "texts": [text.hex() for text in texts],
        "type": "ledger",
        "v": VERSION,
    }
    return line({**fields, "signature": b64url(signer.sign(header_bytes(fields)))})


def header_bytes(fields: dict[str, Any]) -> bytes:
    """Return what the signature in a header covers: everything else in it."""
    return framed("limen-consents-export-v1", canonical_json({k: v for k, v in fields.items() if k != "signature"}))


def texts_of(purpose: Purpose, version: Version) -> list[tuple[bytes, bytes]]:
    """Return the hash and the line of each text of a version."""
    return [_text(purpose.name, version.number, locale, text) for locale, text in sorted(version.terms.texts.items())]


def _text(name: str, number: int, locale: str, text: Text) -> tuple[bytes, bytes]:
    hashed = text_hash(name, number, locale, text)
    said = {"body": text.body, "locale": locale, "purpose": name, "title": text.title, "version": number}
    return hashed, line({**said, "hash": hashed.hex(), "type": "text"})


def record_line(place: Place, record: ConsentRecord) -> bytes:
    """Return the line of a record at its place."""
    return line(
        {
            "commitment": record.commitment.hex(),
            "hash": place.hash.hex(),
            "open": record.open_part.decode(),
            "seq": place.seq,
            "type": "record",
        }
    )


def checkpoint_fields(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as exports and receipts show it."""
    return {
        "at": checkpoint.at,
        "head": checkpoint.head.hex(),
        "kid": checkpoint.kid,
        "number": checkpoint.number,
        "previous": checkpoint.previous.hex(),
        "root": checkpoint.root.hex(),
        "signature": b64url(checkpoint.signature),
        "size": checkpoint.size,
        "tenant": str(checkpoint.tenant_id),
        "type": "checkpoint",
    }


def read_checkpoint(fields: Mapping[str, Any]) -> Checkpoint | None:
    """Return the checkpoint that *fields* are, or None where they are none."""
    try:
        found = Checkpoint(
            tenant_id=TenantId(fields["tenant"]),
            number=fields["number"],
            at=fields["at"],
            size=fields["size"],
            root=bytes.fromhex(fields["root"]),
            head=bytes.fromhex(fields["head"]),
            previous=bytes.fromhex(fields["previous"]),
            kid=fields["kid"],
            signature=from_b64url(fields["signature"]),
        )
        is_typed = type(fields["kid"]) is str and all(type(fields[name]) is int for name in ("number", "at", "size"))
        return found if is_typed and checkpoint_fields(found) == fields else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
