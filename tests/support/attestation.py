"""Makers of authenticators: roots, certificates and packed statements (WebAuthn §8.2), true ones and forged ones."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fido2 import cbor

MODEL = bytes.fromhex("00112233445566778899aabbccddeeff")
MODEL_ID = "00112233-4455-6677-8899-aabbccddeeff"
_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_SINCE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A Maker"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


class Maker:
    """A maker of authenticators, with a root of its own."""

    def __init__(self, name: str = "A Maker's Root") -> None:
        self.name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(self.name, self._key.public_key(), is_authority=True)
        self.root = self.certificate.public_bytes(Encoding.DER)

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool, aaguid: bytes = b"",
        until: dt.datetime = _UNTIL,
    ) -> x509.Certificate:  # fmt: skip
        made = x509.CertificateBuilder(
            issuer_name=self.name,
            subject_name=subject,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=_SINCE,
            not_valid_after=until,
        ).add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        if aaguid:
            made = made.add_extension(x509.UnrecognizedExtension(_AAGUID, b"\x04\x10" + aaguid), critical=False)
        return made.sign(self._key, hashes.SHA256())

    def attested(
        self, *, aaguid: bytes = MODEL, is_authority: bool = False, until: dt.datetime = _UNTIL
    ) -> dict[str, Any]:
        """What makes ``Authenticator.make`` write a packed statement under this root."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self._sign(_name("A Model"), key.public_key(), is_authority=is_authority, aaguid=aaguid, until=until)

        def statement(made: bytes, hashed: bytes) -> dict[str, Any]:
            signature = key.sign(made + hashed, ec.ECDSA(hashes.SHA256()))
            return {"alg": -7, "sig": signature, "x5c": [leaf.public_bytes(Encoding.DER)]}

        return {"fmt": "packed", "statement": statement}

    def certified(self, key: ec.EllipticCurvePrivateKey) -> "U2f":
        """A device with another's *key*, under a certificate of this root."""
        return U2f(key, self._sign(_name("An Old Model"), key.public_key(), is_authority=False))

    def u2f(self, *, aaguid: bytes = b"") -> "U2f":
        """A device of before FIDO2 under this root; *aaguid* is what its certificate names beside."""
        key = ec.generate_private_key(ec.SECP256R1())
        return U2f(key, self._sign(_name("An Old Model"), key.public_key(), is_authority=False, aaguid=aaguid))


@dataclass(frozen=True)
class U2f:
    """What attests credentials as U2F does (WebAuthn §8.6): one certificate, and nothing that names a model."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def identifier(self) -> str:
        """By what metadata finds it (RFC 5280 §4.2.1.2, method 1)."""
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest.hex()

    def attested(self, *, signer: ec.EllipticCurvePrivateKey | None = None) -> dict[str, Any]:
        """What makes ``Authenticator.make`` write such a statement; by another *signer* it is a forgery."""

        def statement(made: bytes, hashed: bytes) -> dict[str, Any]:
            length = int.from_bytes(made[53:55])
            name, key = made[55 : 55 + length], cbor.decode(made[55 + length :])
            signed = b"\0" + made[:32] + hashed + name + b"\4" + key[-2] + key[-3]
            signature = (signer or self.key).sign(signed, ec.ECDSA(hashes.SHA256()))
            return {"sig": signature, "x5c": [self.certificate.public_bytes(Encoding.DER)]}

        return {"fmt": "fido-u2f", "statement": statement}


def self_attested(private_key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """What makes ``Authenticator.make`` attest itself (§8.2, without ``x5c``)."""

    def statement(made: bytes, hashed: bytes) -> dict[str, Any]:
        return {"alg": -7, "sig": private_key.sign(made + hashed, ec.ECDSA(hashes.SHA256()))}

    return {"fmt": "packed", "statement": statement}
