"""A signature is checked however its key is written: as nearly all are, or by the library that reads any."""

import hashlib
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

from limen.access.passkeys.answers import Answer, ClientData
from limen.access.passkeys.records import Credential
from limen.access.passkeys.site import Site
from limen.access.passkeys.verify import Spoken, spoken
from limen.identity.tenants.passkeys import PasskeySettings
from tests.support.authenticator import SYNCED, Authenticator

SITE = Site("id.example", "Id", ("https://id.example",), b"tag", PasskeySettings())
ES256 = ECDSA(SHA256())
CLIENT = ClientData("webauthn.get", "challenge", "https://id.example")


def canonical(key: dict[int, Any]) -> bytes:
    return cbor.encode(key)


def shuffled(key: dict[int, Any]) -> bytes:
    """The same map, its pairs in another order, which no authenticator sends."""
    pairs = [cbor.encode(name) + cbor.encode(value) for name, value in key.items()]
    return b"\xa5" + b"".join(reversed(pairs))


def said(key: bytes, device: Authenticator, change: bytes = b"") -> Any:
    raw = msgspec.json.encode(CLIENT)
    device.rp_id = SITE.rp_id
    data = device.head(flags=SYNCED)
    signature = device.private_key.sign(data + hashlib.sha256(raw + change).digest(), ES256)
    answer = Answer(b"id", CLIENT, raw, authenticator_data=data, signature=signature, user_handle=b"handle")
    credential = Credential(b"id", key, b"handle", backup_eligible=True, backed_up=True)
    return spoken(SITE, answer, "challenge", credential, verification=True, discovered=True)


@pytest.mark.parametrize("written", [canonical, shuffled])
def test_a_key_signs_for_itself_alone_however_it_is_written(written):
    device = Authenticator()
    key = written(device.cose())
    assert isinstance(said(key, device), Spoken)
    assert said(key, device, b"changed").detail == "InvalidSignature"
    assert said(key, Authenticator()).detail == "InvalidSignature"


@pytest.mark.parametrize("written", [canonical, shuffled])
def test_a_point_beside_the_curve_is_no_key(written):
    device = Authenticator()
    key = device.cose()
    key[-3] = bytes(31) + b"\x01"
    assert said(written(key), device).detail == "ValueError"
