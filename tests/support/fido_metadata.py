"""A metadata service of the tests: blobs as the FIDO Alliance signs them (MDS 3 §3.1.7), under a root of their own."""

import base64
import datetime as dt
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from limen.kernel.encoding import b64url
from tests.support.attestation import MODEL_ID

SINCE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
UNTIL = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)


def old_entry(*identifiers: str, **more: Any) -> dict[str, Any]:
    """An entry of a U2F device: found by the keys of its certificates, and without an AAGUID."""
    made = entry(**more)
    statement = {
        **made["metadataStatement"], "protocolFamily": "u2f", "attestationCertificateKeyIdentifiers": list(identifiers)
    }  # fmt: skip
    del made["aaguid"], statement["aaguid"]
    return {**made, "metadataStatement": statement, "attestationCertificateKeyIdentifiers": list(identifiers)}


def entry(aaguid: str = MODEL_ID, *, name: str = "A Key", roots: tuple[bytes, ...] = (), status: str = "FIDO_CERTIFIED",
          **more: Any) -> dict[str, Any]:  # fmt: skip
    """An entry with everything that a statement needs (MDS 3 §3.1.1, Metadata Statement 3.1 §4)."""
    statement = {
        "description": name,
        "aaguid": aaguid,
        "authenticatorVersion": 1,
        "protocolFamily": "fido2",
        "schema": 3,
        "upv": [{"major": 1, "minor": 0}],
        "authenticationAlgorithms": ["secp256r1_ecdsa_sha256_raw"],
        "publicKeyAlgAndEncodings": ["cose"],
        "attestationTypes": ["basic_full"],
        "userVerificationDetails": [[{"userVerificationMethod": "passcode_external"}]],
        "keyProtection": ["hardware", "secure_element"],
        "matcherProtection": ["on_chip"],
        "attachmentHint": ["external"],
        "tcDisplay": [],
        "attestationRootCertificates": [base64.b64encode(root).decode() for root in roots],
        "icon": "data:image/png;base64,AAAA",
    }
    return {
        "aaguid": aaguid,
        "metadataStatement": statement,
        "statusReports": [{"status": status, "effectiveDate": "2024-01-01"}],
        "timeOfLastStatusChange": "2024-01-01",
        **more,
    }


class Service:
    """Who signs blobs: a root, an authority below it, and a certificate that signs."""

    def __init__(self, *, leaf_until: dt.datetime = UNTIL, leaf_is_authority: bool = False) -> None:
        root_key, self.root = _made("A Root", None, is_authority=True)
        middle_key, self._middle = _made("An Authority", (root_key, self.root), is_authority=True)
        self._key, self._leaf = _made(
            "mds.example", (middle_key, self._middle), is_authority=leaf_is_authority, until=leaf_until
        )

    @property
    def pem(self) -> bytes:
        """The root, as an operator has it in a file."""
        return self.root.public_bytes(Encoding.PEM)

    def blob(self, *entries: Any, no: int = 1, due: str = "2080-01-01", alg: str = "ES256", **payload: Any) -> bytes:
        """A signed blob."""
        chain = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in (self._leaf, self._middle)]
        header = {"alg": alg, "typ": "JWT", "x5c": chain}
        said = {"legalHeader": "", "no": no, "nextUpdate": due, "entries": list(entries), **payload}
        message = f"{b64url(json.dumps(header).encode())}.{b64url(json.dumps(said).encode())}"
        r, s = decode_dss_signature(self._key.sign(message.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{message}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}".encode()


def _made(
    name: str,
    by: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None,
    *,
    is_authority: bool,
    until: dt.datetime = UNTIL,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issuer = (key, subject) if by is None else (by[0], by[1].subject)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), SINCE, until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if is_authority:
        builder = builder.add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
        )
    return key, builder.sign(signer, hashes.SHA256())
