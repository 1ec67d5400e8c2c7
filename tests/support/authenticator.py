"""An authenticator in software, which tests can make lie.

What it is asked is what a page says: the options, and the challenge beside them.
"""

import hashlib
import html
import json
import os
import re
import struct
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

from limen.kernel.encoding import b64url, from_b64url

ORIGIN = "https://id.example"
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
SYNCED = UP | UV | BE | BS
BOUND = UP | UV
Change = Callable[[dict[str, Any]], None]


def asked(page: Any) -> tuple[dict[str, Any], str]:
    """What a page asks an authenticator: the options, and the challenge."""
    found = re.search(r'data-passkey="([^"]*)" data-challenge="([^"]*)"', page.text)
    assert found, page
    return json.loads(html.unescape(found[1])), found[2]


def signals(page: Any) -> list[dict[str, Any]]:
    """What a page tells the browser to remember."""
    return [json.loads(html.unescape(one)) for one in re.findall(r'data-passkey-signal="([^"]*)"', page.text)]


class Authenticator:
    """One credential. ``counts``: whether it has a signature counter; ``flags``: what it says of itself."""

    def __init__(self, flags: int = SYNCED, *, counts: bool = False, aaguid: bytes = bytes(16)) -> None:
        self.flags, self.counts, self.aaguid = flags, counts, aaguid
        self.sign_count = 0
        self.rp_id, self.user_handle = "", b""
        self.credential_id = os.urandom(32)
        self.private_key = ec.generate_private_key(ec.SECP256R1())

    # ------------------------------------------------------------------------------------------------ registration

    def make(self, page: Any, *, origin: str = ORIGIN, client: Change | None = None, **changes: Any) -> str:
        """Make a credential for *page*; return the browser's answer. *changes* are of the attestation."""
        options, challenge = asked(page)
        self.rp_id, self.user_handle = options["rp"]["id"], from_b64url(options["user"]["id"])
        return self.registration(challenge, origin=origin, client=client, **changes)

    def registration(
        self, challenge: str, *, origin: str = ORIGIN, client: Change | None = None, **changes: Any
    ) -> str:
        """The answer to a creation, of the present credential."""
        data = self._client_data("webauthn.create", challenge, origin, client)
        made = self.attested(**changes)
        statement = changes.get("statement", lambda _data, _hash: {})(made, hashlib.sha256(data).digest())
        attestation = {"fmt": changes.get("fmt", "none"), "attStmt": statement, "authData": made}
        raw = changes.get("raw", cbor.encode(attestation))
        return self._answer({"attestationObject": b64url(raw), "transports": ["internal", "hybrid"]}, data)

    def attested(self, **changes: Any) -> bytes:
        """The authenticator data of a registration."""
        key = changes.get("key", cbor.encode(self.cose()))
        head = self.head(**{**changes, "flags": changes.get("flags", self.flags) | AT})
        return head + self.aaguid + struct.pack(">H", len(self.credential_id)) + self.credential_id + key

    def cose(self) -> dict[int, Any]:
        """The public key."""
        public = self.private_key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}

    # ---------------------------------------------------------------------------------------------- authentication

    def speak(self, page: Any, *, origin: str = ORIGIN, client: Change | None = None, **changes: Any) -> str:
        """Sign what *page* asks for; return the browser's answer."""
        _, challenge = asked(page)
        return self.assertion(challenge, origin=origin, client=client, **changes)

    def assertion(self, challenge: str, *, origin: str = ORIGIN, client: Change | None = None, **changes: Any) -> str:
        """The answer to a request."""
        self.sign_count += self.counts
        data = self._client_data("webauthn.get", challenge, origin, client)
        head = changes.get("raw", self.head(**changes))
        signed = head + hashlib.sha256(data).digest()
        signature = self.private_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = changes.get("handle", self.user_handle)
        parts = {"authenticatorData": b64url(head), "signature": b64url(changes.get("signature", signature))}
        return self._answer({**parts, **({"userHandle": b64url(handle)} if handle else {})}, data)

    # ------------------------------------------------------------------------------------------------------ its parts

    def head(self, **changes: Any) -> bytes:
        """The authenticator data, without what is attested."""
        rp_id, flags = changes.get("rp_id", self.rp_id), changes.get("flags", self.flags)
        count = changes.get("count", self.sign_count)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", count)

    def _answer(self, response: dict[str, Any], data: bytes) -> str:
        name = b64url(self.credential_id)
        whole = {"clientDataJSON": b64url(data), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": whole})

    def _client_data(self, kind: str, challenge: str, origin: str, change: Change | None) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
        if change is not None:
            change(data)
        return json.dumps(data).encode()
