"""What the FIDO Alliance says of models: the blob of its Metadata Service (MDS 3), verified and read entry by entry.

An entry that cannot be read is left out, and fails no other. Older devices (U2F) say no model when they register: their
entries name the keys of the certificates that attest them instead. Those of UAF speak no WebAuthn and are passed over.
"""

import base64
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError
from fido2.mds3 import AuthenticatorStatus, MetadataBlobPayloadEntry, StatusReport

from limen.access.passkeys.trust import Blob, Metadata, Model
from limen.kernel.clock import SECOND, Instant
from limen.kernel.encoding import from_b64url

LONGEST_BLOB: Final = 33_554_432
"""Bytes. The Alliance's own had about nine million in 2026, most of them icons."""
_ALGORITHMS: Final = frozenset({"ES256", "RS256"})
_PARTS: Final = 3
_HALF: Final = 32
_UNSOUND: Final = frozenset(
    {
        AuthenticatorStatus.REVOKED,
        AuthenticatorStatus.USER_VERIFICATION_BYPASS,
        AuthenticatorStatus.ATTESTATION_KEY_COMPROMISE,
        AuthenticatorStatus.USER_KEY_REMOTE_COMPROMISE,
        AuthenticatorStatus.USER_KEY_PHYSICAL_COMPROMISE,
    }
)
"""Statuses by which a model is trusted no more (MDS 3 §3.1.4)."""
_IDENTIFIERS: Final = "attestationCertificateKeyIdentifiers"
_HARDWARE: Final = frozenset({"hardware", "tee", "secure_element"})
_SOFTWARE: Final = "software"
"""Where private keys are kept (FIDO Registry of Predefined Values §3.2)."""
_PICTURES: Final = ("icon", "iconDark", "providerLogoLight", "providerLogoDark")


class BadMetadata(ValueError):
    """A blob that is refused as a whole; the text says why, in our words."""


class _Header(msgspec.Struct, frozen=True):
    alg: str
    x5c: tuple[str, ...]


class _Payload(msgspec.Struct, frozen=True, rename="camel"):
    no: int
    next_update: dt.date
    entries: tuple[Any, ...]


def read_blob(data: bytes, roots: Sequence[x509.Certificate], at: Instant) -> Blob:
    """Return what a blob says whose signer leads to one of *roots*, as certificates stood *at* an instant.

    Takes a second for the Alliance's: not on an event loop.

    Raises:
        BadMetadata: it is no blob, or nobody who is trusted signed it.
    """
    if len(data) > LONGEST_BLOB:
        raise BadMetadata("it is too long")
    parts = data.strip().split(b".")
    if len(parts) != _PARTS:
        raise BadMetadata("it is no JWT")
    try:
        header = msgspec.json.decode(from_b64url(parts[0].decode("ascii")), type=_Header)
        signature = from_b64url(parts[2].decode("ascii"))
        chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in header.x5c]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadMetadata("its header cannot be read") from None
    _check_signer(chain, roots, at)
    _check_signature(header.alg, chain[0], parts[0] + b"." + parts[1], signature)
    try:
        payload = msgspec.json.decode(from_b64url(parts[1].decode("ascii")), type=_Payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadMetadata("its content cannot be read") from None
    metadata, left_out = _metadata(payload.entries)
    due = dt.datetime.combine(payload.next_update, dt.time(), dt.UTC)
    return Blob(payload.no, int(due.timestamp()) * SECOND, metadata, left_out)


def _check_signer(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: Instant) -> None:
    """Refuse a chain that leads to none of *roots*. Whose name it has is left open: a mirror signs nothing itself."""
    if not chain or not roots:
        raise BadMetadata("nobody signed it")
    authority = ExtensionPolicy.webpki_defaults_ca()
    leaf = ExtensionPolicy.permit_all().may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _no_authority)
    instant = dt.datetime.fromtimestamp(at // SECOND, dt.UTC)
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(instant.replace(tzinfo=None))
        .extension_policies(ca_policy=authority, ee_policy=leaf)
        .build_client_verifier()
    )
    try:
        verifier.verify(chain[0], list(chain[1:]))
    except VerificationError:
        raise BadMetadata("its signer does not lead to a trusted root") from None


def _no_authority(_policy: object, _certificate: x509.Certificate, limits: x509.BasicConstraints | None) -> None:
    if limits is not None and limits.ca:
        msg = "an authority signs certificates, and no metadata"
        raise ValueError(msg)


def _check_signature(algorithm: str, signer: x509.Certificate, message: bytes, signature: bytes) -> None:
    """Refuse what *signer* did not sign. ``fido2`` expects a signature of an authenticator here; a JWT has another."""
    if algorithm not in _ALGORITHMS:
        raise BadMetadata("its algorithm is not known")
    key = signer.public_key()
    try:
        if algorithm == "RS256" and isinstance(key, RSAPublicKey):
            key.verify(signature, message, PKCS1v15(), SHA256())
            return
        if algorithm == "ES256" and isinstance(key, EllipticCurvePublicKey) and len(signature) == 2 * _HALF:
            halves = (int.from_bytes(half) for half in (signature[:_HALF], signature[_HALF:]))
            key.verify(encode_dss_signature(*halves), message, ECDSA(SHA256()))
            return
    except InvalidSignature:
        pass
    raise BadMetadata("its signature is wrong")


def _metadata(entries: Sequence[Any]) -> tuple[Metadata, int]:
    """Return what is known of models. Where one is named twice, what speaks against it stands."""
    models: dict[str, Model] = {}
    certified: dict[str, Model] = {}
    left_out = 0
    for entry in entries:
        try:
            aaguid, identifiers, model = _entry(entry)
        except Exception:  # noqa: BLE001 - whatever a parser says of one entry concerns that entry alone
            left_out += 1
            continue
        for names, found in (((aaguid,) if aaguid else (), models), (identifiers, certified)):
            for name in names:
                before = found.get(name)
                found[name] = model if before is None or before.is_sound else before
    return Metadata(models, certified), left_out


def _entry(entry: Any) -> tuple[str, tuple[str, ...], Model]:
    """Return an entry's AAGUID or nothing, the key identifiers of certificates that attest it alone, and its model."""
    statement = entry.get("metadataStatement") or {}
    if not {"aaguid", _IDENTIFIERS} & set(entry):
        return "", (), Model("")
    plain = {key: value for key, value in statement.items() if key not in _PICTURES}
    read = MetadataBlobPayloadEntry.from_dict({**entry, "metadataStatement": plain} if statement else entry)
    known = read.metadata_statement
    roots = tuple(bytes(root) for root in known.attestation_root_certificates) if known is not None else ()
    for root in roots:
        x509.load_der_x509_certificate(root)
    name = known.description if known is not None else ""
    kept = frozenset(known.key_protection) if known is not None else frozenset()
    in_hardware = bool(kept & _HARDWARE) and _SOFTWARE not in kept
    identifiers = tuple(one.hex() for one in read.attestation_certificate_key_identifiers or ())
    aaguid = str(read.aaguid) if read.aaguid else ""
    return aaguid, identifiers, Model(name, roots, _is_sound(read.status_reports), in_hardware)


def _is_sound(reports: Sequence[StatusReport]) -> bool:
    """Tell whether nothing was ever said against a model. Of an update nobody knows which device has it."""
    return not any(report.status in _UNSOUND for report in reports)
