"""Client certificates and the headers in which edges hand them on."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

from limen.kernel.encoding import b64url, sha256

NOW = datetime.fromtimestamp(1_800_000_000, UTC)
SUBJECT = "CN=shop,OU=Payments,O=Shop Ltd,C=GB"


class Certificate:
    """A certificate that signs itself: whether an authority vouches for one is for the edge to say."""

    def __init__(self, subject: str = SUBJECT, *, days: tuple[int, int] = (-1, 30), **names: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name.from_rfc4514_string(subject)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(7).not_valid_before(NOW + timedelta(days=days[0]))
        builder = builder.not_valid_after(NOW + timedelta(days=days[1]))
        alternatives = [_NAMES[kind](value) for kind, value in names.items()]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        self.der, self.pem = made.public_bytes(Encoding.DER), made.public_bytes(Encoding.PEM).decode()

    @property
    def thumbprint(self) -> str:
        return b64url(sha256(self.der))

    @property
    def jwks(self) -> dict[str, Any]:
        """A JWK set with the certificate by value (RFC 7517 §4.7)."""
        key = ECKey.import_key(self.key)
        return {"keys": [{**key.as_dict(private=False), "x5c": [b64encode(self.der).decode()]}]}

    @property
    def jwks_by_name(self) -> dict[str, Any]:
        """A JWK set with the certificate's thumbprint (RFC 7517 §4.9)."""
        key = ECKey.import_key(self.key)
        return {"keys": [{**key.as_dict(private=False), "x5t#S256": self.thumbprint}]}

    @property
    def structured(self) -> str:
        """As RFC 9440 writes it."""
        return f":{b64encode(self.der).decode()}:"

    @property
    def escaped(self) -> str:
        """As nginx writes ``$ssl_client_escaped_cert``."""
        return quote(self.pem, safe="")

    @property
    def envoy(self) -> str:
        """As Envoy writes ``x-forwarded-client-cert``."""
        return f'By=spiffe://edge;Hash={self.der.hex()[:64]};Cert="{quote(self.pem, safe="")}";Subject="CN=shop"'


def handed_on(certificate: Certificate, verified: str = "SUCCESS") -> dict[str, str]:
    """The headers in which an edge hands on a certificate, and what it found."""
    return {"client-cert": certificate.structured, "x-ssl-client-verify": verified}


_NAMES = {
    "dns": x509.DNSName,
    "uri": x509.UniformResourceIdentifier,
    "email": x509.RFC822Name,
    "ip": lambda value: x509.IPAddress(ip_address(value)),
}
