"""Who signs as a good bot: what holds, what does not, and what becomes of a directory that is damaged."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from limen.access.jose.jwk import public_jwk, thumbprint
from limen.kernel.clock import SECOND
from limen.trust.bots.agents import AgentShelf, BadDirectory, Sent, _holds, read_directory, signed_by

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JWK = public_jwk(KEY)
SIGNED = '"date" "@method" "@path" "@authority" "content-type" "content-length"'
NOW = 1_800_000_000
GOOD = {"created": NOW - 5, "expires": NOW + 55, "keyid": thumbprint(JWK), "tag": "web-bot-auth"}


def file_of(*keys, name="helper"):
    return json.dumps({"agents": [{"name": name, "keys": list(keys)}]}).encode()


def request(components=("@authority",), authority="id.example", headers=None, *, key=KEY, **changes):
    """The fields of a request that *key* signed."""
    terms = {**GOOD, **changes}
    listed = " ".join(f'"{name}"' for name in components)
    given = "".join(
        f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
        for name, value in terms.items() if value is not None
    )  # fmt: skip
    headers = headers or {}
    said = {"@authority": authority, "@method": "POST", "@path": "/sign-up", **headers}
    base = "\n".join([*(f'"{name}": {said[name]}' for name in components), f'"@signature-params": ({listed}){given}'])
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {**headers, "signature-input": f"sig1=({listed}){given}", "signature": f"sig1=:{signature}:"}


def who(fields):
    sent = Sent("id.example", lambda name: fields.get(name, ""), "POST", "/sign-up")
    return signed_by(sent, read_directory(file_of(JWK)), NOW * SECOND)


@pytest.mark.parametrize(
    "fields",
    [
        request(),
        request(("@authority", "@method", "@path")),
        request(("@authority", "signature-agent"), headers={"signature-agent": '"https://helper.example"'}),
        request(alg="ed25519", nonce="bm9uY2U"),
    ],
)
def test_whoever_signs_as_the_profile_has_it_is_verified(fields):
    assert who(fields) == "helper"


def test_of_several_signatures_the_one_that_is_ours_counts():
    fields = request()
    fields["signature-input"] = f'other=("date");created=1;keyid="x", {fields["signature-input"]}'
    fields["signature"] = f"other=:AAAA: , {fields['signature']}"
    assert who(fields) == "helper"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        request(authority="elsewhere.example"),
        request(key=Ed25519PrivateKey.from_private_bytes(bytes(32))),
        request(tag="something"),
        request(tag=None),
        request(alg="rsa-v1_5-sha256"),
        request(keyid="nobody"),
        request(expires=NOW),
        request(expires=NOW + 3_600),  # an hour and five seconds
        request(created=NOW + 61, expires=NOW + 90),
        request(created=None),
        request(("@method",)),
        request(("@authority", "@authority")),
        {**request(), "signature-agent": '"https://helper.example"'},  # sent, and not covered
        {**request(), "signature": ""},
        {**request(), "signature": "sig1=:!!:"},
        {**request(), "signature-input": request()["signature-input"] + ";x"},
        {**request(), "signature-input": request()["signature-input"].replace('"@authority"', '"@authority";req')},
        {**request(), "signature-input": "sig1=" + "(" * 5_000},
    ],
)
def test_anything_else_is_signed_by_nobody(fields):
    assert who(fields) == ""


def test_a_component_that_is_not_known_here_is_signed_by_nobody():
    assert who(request(("@authority", "@query"), headers={"@query": "?a=b"})) == ""


def test_the_vector_of_rfc_9421_b_2_6_holds():
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs="))
    lines = (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        f'"@signature-params": ({SIGNED});created=1618884473;keyid="test-key-ed25519"',
    )
    base = "\n".join(lines)
    signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert _holds(key, signature, base)
    assert not _holds(key, signature, base + " ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "truncated"),
        (file_of({**JWK, "x": "AA"}), "key 0 of helper is no Ed25519 key"),
        (file_of({**JWK, "x": "!"}), "key 0 of helper is no Ed25519 key"),
        (file_of(JWK, JWK), "key 1 of helper is there twice"),
        (file_of({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "kty"),
        (file_of(JWK, name="No Name"), "name"),
    ],
)
def test_a_directory_that_is_none_is_refused_whole_with_the_place_named(text, said):
    with pytest.raises(BadDirectory, match=said):
        read_directory(text)


def test_a_damaged_file_leaves_the_last_good_one(tmp_path: Path, clock):
    file = tmp_path / "agents.json"
    shelf = AgentShelf(file, clock)
    assert shelf.current() == {}
    file.write_bytes(file_of(JWK))
    assert shelf.current() == {}  # looked at once a minute
    clock.advance(61)
    assert set(shelf.current()) == {thumbprint(JWK)}
    file.write_bytes(b"{}")
    clock.advance(61)
    assert set(shelf.current()) == {thumbprint(JWK)}
