"""Client certificates as far as they name and bind a client (RFC 8705 §2, §3).

That the client holds the key is proven by TLS, at the edge; that a certificate authority vouches for it, too. What is
left is to read it.
"""

import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from limen.kernel.clock import SECOND, Instant
from limen.kernel.encoding import b64url, sha256

Subject = tuple[frozenset[tuple[str, str]], ...]
"""A distinguished name: relative names in order, each a set of attribute type (dotted) and value."""
AlternativeName = tuple[str, str]
"""Kind (``dns``, ``uri``, ``ip``, ``email``) and value."""

SUBJECT_FIELD: Final = "tls_client_auth_subject_dn"
NAME_FIELDS: Final = {
    "tls_client_auth_san_dns": "dns",
    "tls_client_auth_san_uri": "uri",
    "tls_client_auth_san_ip": "ip",
    "tls_client_auth_san_email": "email",
}
"""Client metadata (RFC 8705 §2.1.2): the name that a certificate must bear; alternative ones by their kind."""
_GAP: Final = re.compile(r"(?<!\\), +")
_TYPES: Final = {
    "CN": NameOID.COMMON_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}
_ATTRIBUTES: Final = {spelt: oid for name, oid in _TYPES.items() for spelt in (name, name.lower(), name.upper())}
"""RFC 4514 §3 and what certificates of clients also bear (such as eIDAS ones); any other by its number."""
_UNREADABLE: Final = (
    ValueError,
    TypeError,  # a name of bits (X.520) where text belongs
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a certificate says. ``thumbprint`` is base64url of SHA-256 of its DER: the ``x5t#S256`` (RFC 8705 §3.1)."""

    thumbprint: str
    not_before: Instant
    not_after: Instant
    subject: Subject
    alternative_names: frozenset[AlternativeName]

    def is_current(self, now: Instant) -> bool:
        """Tell whether *now* is within its time."""
        return self.not_before <= now <= self.not_after


def read_certificate(data: bytes) -> ClientCertificate | None:
    """Return what the certificate in *data*, DER or one PEM block, says; None if it cannot be read. No input raises."""
    try:
        is_pem = data.lstrip().startswith(b"-----BEGIN")
        if is_pem and data.count(b"-----BEGIN") != 1:
            return None
        found = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
        return ClientCertificate(
            thumbprint=b64url(sha256(found.public_bytes(Encoding.DER))),
            not_before=int(found.not_valid_before_utc.timestamp()) * SECOND,
            not_after=int(found.not_valid_after_utc.timestamp()) * SECOND,
            subject=_subject(found.subject),
            alternative_names=_alternative_names(found),
        )
    except _UNREADABLE:
        return None


def read_subject(text: str) -> Subject | None:
    """Return the distinguished name that RFC 4514 *text* spells; None if it spells none, or an empty one.

    Spaces behind a comma, as older tools write them (RFC 2253 §4), mean nothing: no value begins with one.
    """
    try:
        return _subject(x509.Name.from_rfc4514_string(_GAP.sub(",", text), _ATTRIBUTES)) or None
    except ValueError:
        return None


def read_alternative_name(kind: str, text: str) -> AlternativeName | None:
    """Return a subject alternative name in the spelling in which they are compared; None if *text* is none."""
    if kind == "ip":
        try:
            return kind, ip_address(text).compressed
        except ValueError:
            return None
    if kind == "dns":
        return kind, text.lower()
    if kind == "email":
        local, _, domain = text.rpartition("@")
        return (kind, f"{local}@{domain.lower()}") if local and domain else None
    return kind, text


def certificate_thumbprints(jwks: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the thumbprints of the certificates in a JWK set: ``x5c`` or ``x5t#S256`` (RFC 7517 §4)."""
    members = (jwks or {}).get("keys")
    keys = [key for key in members if isinstance(key, dict)] if isinstance(members, list) else []
    return frozenset(found for key in keys if (found := _thumbprint_of(key)))


def _thumbprint_of(key: Mapping[str, Any]) -> str:
    chain, named = key.get("x5c"), key.get("x5t#S256")
    if isinstance(chain, list) and chain and isinstance(chain[0], str):
        try:
            return b64url(sha256(b64decode(chain[0], validate=True)))
        except (NoBase64, ValueError):
            return ""
    return named if isinstance(named, str) else ""


def _subject(name: x509.Name) -> Subject:
    """Return *name* as it is compared: letters without case, white space as one (RFC 5280 §7.1, RFC 4518 §2)."""
    return tuple(frozenset((one.oid.dotted_string, _folded(one.value)) for one in relative) for relative in name.rdns)


def _folded(value: str | bytes) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value.hex()


def _alternative_names(certificate: x509.Certificate) -> frozenset[AlternativeName]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(found for name in extension.value if (found := _alternative_name(name)) is not None)


def _alternative_name(name: x509.GeneralName) -> AlternativeName | None:
    if isinstance(name, x509.DNSName):
        return read_alternative_name("dns", name.value)
    if isinstance(name, x509.UniformResourceIdentifier):
        return read_alternative_name("uri", name.value)
    if isinstance(name, x509.RFC822Name):
        return read_alternative_name("email", name.value)
    return read_alternative_name("ip", str(name.value)) if isinstance(name, x509.IPAddress) else None
