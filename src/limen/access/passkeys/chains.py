"""Chains of attestation certificates: from the one that signed to a root that the metadata names for the model.

``webauthn`` has verified the statement with the first certificate of the chain already, whoever made that. What it
leaves out of WebAuthn §8.2.1 is done here.
"""

from collections.abc import Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from webauthn.helpers import parse_attestation_object, parse_cbor
from webauthn.helpers.exceptions import InvalidCertificateChain
from webauthn.helpers.validate_certificate_chain import validate_certificate_chain

_AAGUID: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
"""``id-fido-gen-ce-aaguid``: which model a certificate attests, where its maker uses one root for several."""
_OCTET_STRING: Final = b"\x04\x10"


def leads_to(attestation: bytes, roots: Sequence[bytes], *, names_none: bool = False) -> bool:
    """Tell whether the statement in *attestation* (CBOR) was made under one of *roots* (DER).

    *names_none*: what registers says no model (U2F), so that there is none that its certificate has to name.
    """
    chain = _chain(attestation)
    if not chain or not roots:  # self-attestation proves nothing of the model (§6.5.4)
        return False
    try:
        leaf = x509.load_der_x509_certificate(chain[0])
        made = parse_attestation_object(attestation).auth_data.attested_credential_data
        if made is None or not (names_none or _is_for(leaf, made.aaguid)):
            return False
        if chain[0] in roots:  # metadata may name the certificate itself (FIDO Metadata Statement §4)
            return True
        return not _is_authority(leaf) and validate_certificate_chain(
            x5c=chain, pem_root_certs_bytes=[_pem(root) for root in roots]
        )
    except (ValueError, InvalidCertificateChain, x509.DuplicateExtension):
        return False


def key_identifier(attestation: bytes) -> str:
    """Return the identifier of the key that signed the statement (RFC 5280 §4.2.1.2, method 1), in hexadecimal.

    Metadata finds by it what has no AAGUID (MDS 3 §3.1.1). Empty where there is no certificate that can be read.
    """
    chain = _chain(attestation)
    try:
        key = x509.load_der_x509_certificate(chain[0]).public_key()
        return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()
    except (IndexError, ValueError, UnsupportedAlgorithm):
        return ""


def _chain(attestation: bytes) -> list[bytes]:
    statement: Any = parse_cbor(attestation)
    chain = statement.get("attStmt", {}).get("x5c", ())
    return [bytes(one) for one in chain if isinstance(one, bytes)]


def _is_for(leaf: x509.Certificate, aaguid: bytes) -> bool:
    """Tell whether a certificate that names a model names this one."""
    try:
        named = leaf.extensions.get_extension_for_oid(_AAGUID)
    except x509.ExtensionNotFound:
        return True
    value = named.value
    is_this = isinstance(value, x509.UnrecognizedExtension) and value.value == _OCTET_STRING + aaguid
    return is_this and not named.critical


def _is_authority(leaf: x509.Certificate) -> bool:
    try:
        return bool(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _pem(root: bytes) -> bytes:
    return x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM)
