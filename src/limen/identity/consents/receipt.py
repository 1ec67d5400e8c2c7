"""A receipt of one decision, in the shape of ISO/IEC TS 27560:2023, as JSON and as a JWS (RFC 7515).

What the standard asks for is made from the record's open fields, and behind it stands the proof: those fields as they
were hashed, the opened personal part, and, once the record has its place, the path to a signed checkpoint. A receipt
therefore verifies without us, and goes on telling what the ledger itself can tell no more after an erasure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from limen.identity.audit.chain import GENESIS
from limen.identity.audit.lines import IsSigned, KeyReader
from limen.identity.audit.verify import Broken
from limen.identity.consents.chain import Checkpoint, signed_bytes
from limen.identity.consents.export import checkpoint_fields, read_checkpoint
from limen.identity.consents.personal import Disclosed
from limen.identity.consents.purposes import Kind, Text, Version, text_hash
from limen.identity.consents.records import ConsentRecord, read_open, record_leaf
from limen.identity.consents.sequence import LedgerSigner
from limen.identity.consents.tree import includes
from limen.kernel.clock import Instant, to_datetime
from limen.kernel.encoding import b64url, canonical_json, framed, from_b64url
from limen.kernel.strict_json import strict_json

SCHEMA: Final = "ISO/IEC TS 27560:2023"
TYPE: Final = "consent-receipt+jws"
"""The ``typ`` of a receipt that is signed."""


@dataclass(frozen=True, slots=True)
class Controller:
    """Who asked: the tenant."""

    issuer: str
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a record stands: its number from 1, the checkpoint over it, and the path between them."""

    seq: int
    checkpoint: Checkpoint
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Material:
    """All that a receipt is made of; ``kind`` and ``version`` are None for an application's access."""

    controller: Controller
    record: ConsentRecord
    kind: Kind | None
    version: Version | None
    disclosed: Disclosed | None = field(repr=False)
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Genuine:
    """A receipt without a fault: of which record, by whom, and whether its place in the ledger is proven.

    ``checkpoint`` is the one that proves it.
    """

    record_id: str
    issuer: str
    is_placed: bool
    kid: str
    checkpoint: Checkpoint | None = field(default=None, compare=False)


def receipt(material: Material, signer: LedgerSigner) -> dict[str, Any]:
    """Return the receipt as a JSON value."""
    record = material.record
    notice = _notice(material)
    said = read_open(record.open_part) or {}
    document = {**_shape(said, notice, _party(material.controller)), "proof": _proof(material, signer)}
    signature = b64url(signer.sign(_signed_bytes(document)))
    return {**document, "proof": {**document["proof"], "signature": signature}}


def _signed_bytes(document: Mapping[str, Any]) -> bytes:
    """Return what the signature in a receipt covers: everything else in it."""
    proof = {name: value for name, value in document["proof"].items() if name != "signature"}
    return framed("limen-consent-receipt-v1", canonical_json({**document, "proof": proof}))


def signed_receipt(document: Mapping[str, Any], signer: LedgerSigner) -> str:
    """Return a receipt as a JWS in compact form."""
    head = b64url(canonical_json({"alg": signer.alg, "kid": signer.kid, "typ": TYPE}))
    signing_input = f"{head}.{b64url(canonical_json(dict(document)))}"
    return f"{signing_input}.{b64url(signer.sign(signing_input.encode()))}"


def _notice(material: Material) -> dict[str, Any]:
    """Return what of the words is kept: of an application's consent page only their hash is."""
    made, version = material.record.decision, material.version
    if version is None or material.kind is None:
        return {}
    locale, text = version.terms.text(made.locale)
    return {
        "title": text.title,
        "text": text.body,
        "language": locale,
        "lawful_basis": version.terms.basis.value,
        "purpose_type": material.kind.value,
    }


def _party(controller: Controller) -> dict[str, str]:
    return {"party_id": controller.issuer, "party_name": controller.name, "party_role": "pii_controller"}


def _shape(said: Mapping[str, Any], notice: Mapping[str, Any], controller: Mapping[str, str]) -> dict[str, Any]:
    """Return the standard's part of a receipt, from a record's open fields, the words and who asked."""
    purpose = {
        "purpose": said["purpose"],
        "purpose_type": notice.get("purpose_type", "application_access"),
        "lawful_basis": notice.get("lawful_basis", "consent"),
        "pii_information": [{"pii_type": item} for item in said["items"]],
        "collection_method": said["method"],
        "recipient_third_parties": [said["party"]] if said["party"] else [],
        "withdrawal_method": f"{controller['party_id']}/account/privacy",
    }
    event = {
        "event_time": _moment(said["at"]),
        "event_state": said["decision"],
        "valid_until": _moment(said["expires_at"]) if said["expires_at"] else None,
        "entity_id": said["customer"],
        "confirmed_age": said["confirmed_age"] or None,
        "age_known_from": said["age_from"] or None,
    }
    shown = {name: notice[name] for name in ("title", "text") if name in notice}
    words = {**shown, "language": said["locale"], "version": said["version"], "sha256": said["text_hash"]}
    return {
        "receipt_metadata": {"schema_version": SCHEMA, "receipt_id": said["id"]},
        "record_metadata": {"schema_version": SCHEMA, "record_id": said["id"], "pii_principal_id": said["customer"]},
        "pii_processing": {"privacy_notice": words, "purposes": [purpose]},
        "party_identification": [dict(controller)],
        "consent_events": [event],
    }


def _moment(at: Instant) -> str:
    return to_datetime(at).isoformat().replace("+00:00", "Z")


def _proof(material: Material, signer: LedgerSigner) -> dict[str, Any]:
    record, shown, proof = material.record, material.disclosed, material.proof
    return {
        "open": record.open_part.decode(),
        "commitment": record.commitment.hex(),
        "personal": {"salt": shown.salt.hex(), "facts": dict(shown.facts)} if shown else None,
        "place": {
            "seq": proof.seq,
            "path": [node.hex() for node in proof.path],
            "checkpoint": checkpoint_fields(proof.checkpoint),
        }
        if proof
        else None,
        "key": {"alg": signer.alg, "jwk": signer.public_jwk, "kid": signer.kid},
    }


def verify_receipt(content: bytes, read_key: KeyReader) -> Genuine | Broken:
    """Verify a receipt, as JSON or as a JWS."""
    is_jws = content.count(b".") == 2 and not content.lstrip().startswith(b"{")
    try:
        body = from_b64url(content.strip().split(b".")[1].decode()) if is_jws else content
        document: Any = strict_json(body)  # whoever reads it reads what was verified
        key = document["proof"]["key"]
        is_signed = read_key(key)
        if is_signed is None:
            return Broken("key", "it is not the ledger's")
        if is_jws and not _is_signed_by(content, key, is_signed):
            return Broken("signature", "it is not that of the ledger key")
        if not is_signed(from_b64url(document["proof"]["signature"]), _signed_bytes(document)):
            return Broken("receipt", "its signature is not that of the ledger key")
        return _verified(document, is_signed)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return Broken("receipt", "it is not a receipt")


def _is_signed_by(content: bytes, key: Mapping[str, Any], is_signed: IsSigned) -> bool:
    signing_input, _, signature = content.strip().rpartition(b".")
    head = msgspec.json.decode(from_b64url(signing_input.split(b".")[0].decode()))
    return head == {"alg": key["alg"], "kid": key["kid"], "typ": TYPE} and is_signed(
        from_b64url(signature.decode()), signing_input
    )


def _verified(document: Mapping[str, Any], is_signed: IsSigned) -> Genuine | Broken:
    proof = document["proof"]
    said = read_open(proof["open"].encode()) or {}
    words = document["pii_processing"]["privacy_notice"]
    purpose = document["pii_processing"]["purposes"][0]
    notice = {**words, "lawful_basis": purpose["lawful_basis"], "purpose_type": purpose["purpose_type"]}
    shape = _shape(said, notice, document["party_identification"][0])
    if shape != {name: value for name, value in document.items() if name != "proof"}:
        return Broken("receipt", "it says something else than the record")
    if "text" in words:
        hashed = text_hash(said["purpose"], said["version"], words["language"], Text(words["title"], words["text"]))
        if hashed.hex() != said["text_hash"]:
            return Broken("privacy_notice", "its words are not those that were hashed")
    commitment, personal = bytes.fromhex(proof["commitment"]), proof["personal"]
    if personal is not None and Disclosed(bytes.fromhex(personal["salt"]), personal["facts"]).commitment != commitment:
        return Broken("personal", "it is not what the record commits to")
    placed = _placed(proof, said["tenant"], is_signed)
    if placed is False:
        return Broken("place", "it is not proven by what is signed")
    issuer = document["party_identification"][0]["party_id"]
    return Genuine(said["id"], issuer, placed is not None, proof["key"]["kid"], placed or None)


def _placed(proof: Mapping[str, Any], tenant: str, is_signed: IsSigned) -> "Checkpoint | Literal[False] | None":
    """Return the checkpoint that proves the record's place; None where the receipt does not say that it has one."""
    place = proof["place"]
    if place is None:
        return None
    checkpoint = read_checkpoint(place["checkpoint"])
    if checkpoint is None or checkpoint.tenant_id != tenant or checkpoint.kid != proof["key"]["kid"]:
        return False
    leaf = record_leaf(proof["open"].encode(), bytes.fromhex(proof["commitment"]))
    path = [bytes.fromhex(node) for node in place["path"]]
    is_in = includes(leaf, (place["seq"] - 1, checkpoint.size), path, checkpoint.root)
    is_proven = is_in and is_signed(checkpoint.signature, signed_bytes(checkpoint)) and checkpoint.head != GENESIS
    return checkpoint if is_proven else False
