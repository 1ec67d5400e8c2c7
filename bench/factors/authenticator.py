"""An authenticator in software: one passkey, always verified, as the pages of Limen ask for it."""

import html
import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.entropy import Entropy

_ASKED: Final = re.compile(r'data-passkey="([^"]*)" data-challenge="([^"]*)"')
_SYNCED: Final = 0x01 | 0x04 | 0x08 | 0x10
"""Present, verified, may be copied, is copied (WebAuthn §6.1)."""
_ATTESTED: Final = 0x40


def asked(page: str) -> tuple[dict[str, Any], str]:
    """Return what a page asks an authenticator: the options, and the challenge.

    Raises:
        LookupError: it asks for nothing.
    """
    found = _ASKED.search(page)
    if found is None:
        raise LookupError(page[:400])
    return json.loads(html.unescape(found[1])), found[2]


@dataclass(slots=True)
class Passkey:
    """One credential, for the site at *origin*."""

    origin: str
    entropy: Entropy
    id: bytes = b""
    rp_id: str = ""
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    def make(self, page: str) -> str:
        """Make the credential that *page* asks for; return the browser's answer (WebAuthn §5.1.3, format ``none``)."""
        options, challenge = asked(page)
        self.id = self.entropy.bytes(32)
        self.rp_id, self.handle = options["rp"]["id"], from_b64url(options["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor.encode(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._head(_SYNCED | _ATTESTED) + made}
        answer = {"attestationObject": b64url(cbor.encode(attestation)), "transports": ["internal"]}
        return self._answer(self._client_data("webauthn.create", challenge), answer)

    def speak(self, page: str) -> str:
        """Sign what *page* asks for; return the browser's answer (WebAuthn §5.1.4)."""
        _, challenge = asked(page)
        data, head = self._client_data("webauthn.get", challenge), self._head(_SYNCED)
        signature = self.key.sign(head + sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"authenticatorData": b64url(head), "signature": b64url(signature), "userHandle": b64url(self.handle)}
        return self._answer(data, answer)

    def _head(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(data).encode()

    def _answer(self, data: bytes, response: dict[str, Any]) -> str:
        name = b64url(self.id)
        whole = {"clientDataJSON": b64url(data), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": whole})
