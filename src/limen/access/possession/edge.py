"""The client certificate that the edge of ours hands on, in the one header that it writes (RFC 8705 §6.5, RFC 9440).

Headers reach this only from trusted proxies: whoever else sends them is not heard (``integration.edge.arrival``). Three
spellings are read, told apart by how they begin:

- ``:MIIB…:``, the byte sequence of RFC 9440 §2.1;
- ``-----BEGIN%20CERTIFICATE-----…``, URL-encoded PEM (nginx ``$ssl_client_escaped_cert``);
- ``Hash=…;Cert="…"``, one element of Envoy's ``x-forwarded-client-cert``, written with ``SANITIZE_SET``.
"""

import re
from base64 import b64decode
from binascii import Error as NoBase64
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from limen.access.http import Headers
from limen.access.possession.certificates import ClientCertificate, read_certificate
from limen.kernel.errors import Invalid

VERIFIED: Final = "SUCCESS"
"""What the second header says of a certificate that a certificate authority of ours vouches for (as nginx says it)."""
_LONGEST: Final = 16_384
_ENVOY: Final = re.compile(r'(?:^|;)Cert="?([^";,]+)"?(?=;|$)', re.IGNORECASE)
_CODE: Final = "invalid_request"


class EdgeCertificate(msgspec.Struct, frozen=True, gc=False):
    """A certificate whose key the client holds, and whether a certificate authority of the edge vouches for it."""

    certificate: ClientCertificate
    is_verified: bool


class EdgeCertificates:
    """Reads what the edge hands on."""

    __slots__ = ("_header", "_verified_header")

    def __init__(self, header: str = "", verified_header: str = "") -> None:
        """Read the certificate from *header*, and whether it was verified from *verified_header*; empty: from none."""
        self._header, self._verified_header = header.lower(), verified_header.lower()

    @property
    def are_handed_on(self) -> bool:
        """Tell whether there are any."""
        return bool(self._header)

    @property
    def are_verified(self) -> bool:
        """Tell whether the edge says which of them a certificate authority vouches for."""
        return bool(self._header and self._verified_header)

    def of(self, headers: Headers) -> EdgeCertificate | Invalid | None:
        """Return the certificate that came with a request; None if none did. No input raises."""
        if not self._header:
            return None
        values = headers.get_all(self._header)
        if not values or not values[0]:
            return None
        if len(values) > 1:  # an edge that adds its header to a client's own, instead of replacing it
            return Invalid(_CODE, "more than one client certificate")
        found = _read(values[0]) if len(values[0]) <= _LONGEST else None
        if found is None:
            return Invalid(_CODE, "the client certificate cannot be read")
        said = headers.get_all(self._verified_header) if self._verified_header else ()
        return EdgeCertificate(found, is_verified=list(said) == [VERIFIED])


NO_CERTIFICATES: Final = EdgeCertificates()


@lru_cache(maxsize=256)
def _read(value: str) -> ClientCertificate | None:
    if value.startswith(":"):
        return _byte_sequence(value)
    if value.startswith("-----BEGIN"):
        return read_certificate(unquote_to_bytes(value))
    found = _ENVOY.findall(value) if "," not in value else []
    return read_certificate(unquote_to_bytes(found[0])) if len(found) == 1 else None


def _byte_sequence(value: str) -> ClientCertificate | None:
    if len(value) < 2 or not value.endswith(":"):
        return None
    try:
        return read_certificate(b64decode(value[1:-1], validate=True))
    except (NoBase64, ValueError):
        return None
