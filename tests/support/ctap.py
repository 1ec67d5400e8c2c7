"""A security key on the other end of a cable that is not there: CTAP 2, as far as python-fido2's client speaks it.

The client is the judge here: it reads the options, asks for the PIN or not, checks the RP ID against the origin, makes
the client data and the JSON that a browser would. The device only keeps one discoverable credential and signs.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import STATUS, CtapDevice
from fido2.hid import CAPABILITY, CTAPHID

_MAKE, _GET, _INFO, _OK = 0x01, 0x02, 0x04, b"\x00"
_UP, _UV, _AT = 0x01, 0x04, 0x40


class VirtualKey(CtapDevice):
    """``verifies``: whether it asks its user for a finger."""

    def __init__(self, *, verifies: bool = True) -> None:
        self.verifies, self.count = verifies, 0
        self.credential_id = os.urandom(32)
        self.private_key = ec.generate_private_key(ec.SECP256R1())
        self.user: Mapping[str, Any] = {}

    @property
    def capabilities(self) -> int:
        return CAPABILITY.CBOR

    @classmethod
    def list_devices(cls) -> Iterator["VirtualKey"]:
        yield cls()

    def call(
        self,
        cmd: int,
        data: bytes = b"",
        event: Event | None = None,
        on_keepalive: Callable[[STATUS], None] | None = None,
    ) -> bytes:
        """Answer one command."""
        del event, on_keepalive
        assert cmd == CTAPHID.CBOR
        asked = cbor.decode(data[1:]) if len(data) > 1 else {}
        answers = {_MAKE: self._made, _GET: self._spoken, _INFO: self._info}
        return _OK + cbor.encode(answers[data[0]](asked))

    def _info(self, _: Mapping[int, Any]) -> dict[int, Any]:
        options = {"rk": True, "up": True, **({"uv": True} if self.verifies else {})}
        return {1: ["FIDO_2_0"], 3: bytes(16), 4: options, 6: [1]}

    def _made(self, asked: Mapping[int, Any]) -> dict[int, Any]:
        self.user = asked[3]
        key = cbor.encode(dict(ES256.from_cryptography_key(self.private_key.public_key())))
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + key
        return {1: "none", 2: self._data(asked[2]["id"], asked.get(7, {}), _AT) + attested, 3: {}}

    def _spoken(self, asked: Mapping[int, Any]) -> dict[int, Any]:
        data = self._data(asked[1], asked.get(5, {}), 0)
        signature = self.private_key.sign(data + asked[2], ec.ECDSA(hashes.SHA256()))
        descriptor = {"type": "public-key", "id": self.credential_id}
        return {1: descriptor, 2: data, 3: signature, 4: {"id": self.user["id"]}}

    def _data(self, rp_id: str, options: Mapping[str, bool], flags: int) -> bytes:
        self.count += 1
        flags |= _UP | (_UV if options.get("uv") else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)
