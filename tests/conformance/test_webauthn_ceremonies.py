"""Web Authentication Level 3, §7.1 (registering a credential) and §7.2 (verifying an assertion), step by step.

What stands over HTTP (pages, challenges, the store) is in ``tests/integration/journeys/test_passkey*.py``.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import cbor2
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from limen.access.passkeys.answers import Answer, Unreadable, read_answer
from limen.access.passkeys.records import Credential
from limen.access.passkeys.site import Site
from limen.access.passkeys.trust import MODEL_REFUSED, Metadata, Model
from limen.access.passkeys.verify import Registered, Spoken, registered, spoken
from limen.identity.tenants.passkeys import PasskeySettings
from limen.kernel.encoding import b64url
from limen.kernel.errors import Refusal
from tests.support.attestation import MODEL, MODEL_ID, Maker, U2f, self_attested
from tests.support.authenticator import AT, BE, BOUND, BS, ED, ORIGIN, SYNCED, UP, UV, Authenticator

CHALLENGE = b64url(bytes(range(32)))
HANDLE = b"a user handle of thirty-two byte"
SITE = Site("id.example", "Limen", (ORIGIN, "https://limen.example"), b"\0" * 8, PasskeySettings())
_GIVEN = json.loads(Path(__file__).with_name("webauthn_vectors.json").read_text())
VECTORS = [pytest.param(one, id=one["name"]) for one in _GIVEN["vectors"]]
AUTHORITY = bytes.fromhex(_GIVEN["attestation_ca"])
EXAMPLE = Site("example.org", "Example", ("https://example.org",), b"\0" * 8, PasskeySettings())


def fresh(flags: int = SYNCED, **more: Any) -> Authenticator:
    key = Authenticator(flags, **more)
    key.rp_id, key.user_handle = SITE.rp_id, HANDLE
    return key


def register(text: str, site: Site = SITE, metadata: Metadata | None = None, **more: Any) -> Registered | Refusal:
    more = {"verification": True, **more}
    return registered(site, read_answer(text), CHALLENGE, HANDLE, metadata or Metadata(), **more)


def made(key: Authenticator, /, **changes: Any) -> Registered:
    done = register(key.registration(CHALLENGE, **changes))
    assert isinstance(done, Registered), done
    return done


def authenticate(key: Authenticator, credential: Credential, text: str = "", **more: Any) -> Spoken | Refusal:
    more = {"verification": True, "discovered": True, **more}
    return spoken(SITE, read_answer(text or key.assertion(CHALLENGE)), CHALLENGE, credential, **more)


def said(key: Authenticator, /, **changes: Any) -> Spoken | Refusal:
    """What becomes of an assertion with *changes*, by a credential that was registered as it should be."""
    more = {name: changes.pop(name) for name in ("verification", "discovered") if name in changes}
    return authenticate(key, made(key).credential, key.assertion(CHALLENGE, **changes), **more)


def with_site(**changes: Any) -> Site:
    return dataclasses.replace(SITE, settings=msgspec.structs.replace(SITE.settings, **changes))


def client(**changes: Any) -> Any:
    return lambda data: data.update(changes)


# ---------------------------------------------------------------------------------------- §16, the published vectors


def _answer(vector: dict[str, Any], part: dict[str, str]) -> Answer:
    name = b64url(bytes.fromhex(vector["credential_id"]))
    members = {
        "clientDataJSON": "client_data",
        "attestationObject": "attestation",
        "authenticatorData": "authenticator_data",
        "signature": "signature",
    }
    response = {to: b64url(bytes.fromhex(part[of])) for to, of in members.items() if of in part}
    return read_answer(json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response}))


def _challenge(part: dict[str, str]) -> str:
    return b64url(bytes.fromhex(part["challenge"]))


@pytest.mark.parametrize("vector", VECTORS)
def test_s16_a_published_credential_registers_and_signs_in(vector: dict[str, Any]) -> None:
    one, two = vector["registration"], vector["authentication"]
    done = registered(EXAMPLE, _answer(vector, one), _challenge(one), HANDLE, verification=False)
    assert isinstance(done, Registered), done
    assert done.credential.public_key == bytes.fromhex(vector["public_key"])
    back = spoken(EXAMPLE, _answer(vector, two), _challenge(two), done.credential, verification=False, discovered=False)
    assert isinstance(back, Spoken), back


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("member", ["authenticator_data", "client_data", "signature", "challenge"])
def test_s16_with_one_bit_changed_it_does_not(vector: dict[str, Any], member: str) -> None:
    two = vector["authentication"]
    changed = bytearray.fromhex(two[member])
    changed[-2] ^= 1
    two = {**two, member: changed.hex()}
    known = Credential(
        bytes.fromhex(vector["credential_id"]), bytes.fromhex(vector["public_key"]), HANDLE, backup_eligible=True
    )
    try:
        answer = _answer(vector, two)
    except Unreadable:  # the client data is no JSON any more
        return
    assert isinstance(
        spoken(EXAMPLE, answer, _challenge(two), known, verification=False, discovered=False), Refusal
    )  # fmt: skip


def test_s16_the_attested_one_is_proven_by_the_published_authority_alone() -> None:
    vector = next(one for one in _GIVEN["vectors"] if one["name"] == "packed-es256")
    site = dataclasses.replace(EXAMPLE, settings=PasskeySettings(attestation="required"))
    part, model = vector["registration"], "876ca4f5-2071-c3e9-b255-09ef2cdf7ed6"
    answer, challenge = _answer(vector, part), _challenge(part)
    known = Metadata({model: Model("Example", (AUTHORITY,))})
    done = registered(site, answer, challenge, HANDLE, known, verification=False)
    assert isinstance(done, Registered), done
    assert done.credential.attested
    other = Metadata({model: Model("Example", (Maker().root,))})
    refused = registered(site, answer, challenge, HANDLE, other, verification=False)
    assert isinstance(refused, Refusal)
    assert refused.code == MODEL_REFUSED


# --------------------------------------------------------------------------------------- §7.1, registering a credential


def test_s7_1_a_credential_registers() -> None:
    key = fresh()
    done = made(key)
    assert done.credential.id == key.credential_id
    assert done.credential.handle == HANDLE
    assert (done.credential.backup_eligible, done.credential.backed_up) == (True, True)
    assert (done.counter, done.user_verified, done.user_present) == (0, True, True)


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        ("7 type", client(type="webauthn.get")),
        ("8 challenge", client(challenge=b64url(bytes(32)))),
        ("8 challenge, padded", client(challenge=CHALLENGE + "=")),
        ("9 origin", client(origin="https://id.example.evil")),
        ("9 origin, plain http", client(origin="http://id.example")),
        ("9 origin, other port", client(origin="https://id.example:8443")),
        ("9 origin, a subdomain", client(origin="https://www.id.example")),
        ("10 cross-origin frame", client(crossOrigin=True)),
        ("11 top origin", client(topOrigin="https://evil.example")),
    ],
)
def test_s7_1_steps_7_to_11_where_it_was_made(step: str, changes: Any) -> None:
    assert isinstance(register(fresh().registration(CHALLENGE, client=changes)), Refusal), step


def test_s7_1_step_9_a_related_origin_is_expected() -> None:
    assert isinstance(register(fresh().registration(CHALLENGE, origin="https://limen.example")), Registered)


def _shared() -> bytes:
    """Values that refer to each other (tags 28 and 29): three hundred bytes that would become a gigabyte."""
    depth = 40
    first = b"\xd8\x1c\x81\x00"
    rest = b"".join(b"\xd8\x1c\x82" + b"\xd8\x1d\x18" + bytes([i]) + b"\xd8\x1d\x18" + bytes([i]) for i in range(depth))
    return b"\x98" + bytes([depth + 1]) + first + rest


def _wrapped(key: Authenticator, **more: Any) -> bytes:
    return cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": key.attested(), **more})


BROKEN = {
    "empty": lambda key: b"",
    "no CBOR": lambda key: b"\xff" * 40,
    "no map": lambda key: cbor2.dumps([1, 2, 3]),
    "cut off": lambda key: _wrapped(key)[:-1],
    "something behind it": lambda key: _wrapped(key) + b"\0",
    "no authenticator data": lambda key: cbor2.dumps({"fmt": "none", "attStmt": {}}),
    "authenticator data is text": lambda key: _wrapped(key, authData="text"),
    "authenticator data twice": lambda key: b"\xa4" + _wrapped(key)[1:] + cbor2.dumps("authData") + b"\x41\x00",
    "authenticator data too short": lambda key: _wrapped(key, authData=bytes(36)),
    "deep": lambda key: _wrapped(key, more=0)[:-1] + b"\x81" * 9_000 + b"\0",
    "indefinite": lambda key: b"\xbf" + _wrapped(key)[1:] + b"\xff",
    "a tag": lambda key: _wrapped(key, more=0)[:-1] + b"\xc1\x00",
    "a huge number of items": lambda key: _wrapped(key, more=0)[:-1] + b"\x9b" + b"\xff" * 8,
    "a fraction": lambda key: _wrapped(key, more=1.5),
    "shared values": lambda key: _wrapped(key, more=0)[:-1] + _shared(),
    "shared values in the key": lambda key: _wrapped(key, authData=key.attested(key=_shared())),
    "shared values in an extension": lambda key: _wrapped(
        key, authData=key.attested(flags=SYNCED | AT | ED) + b"\xa1\x61a" + _shared()
    ),
    "something behind the key": lambda key: _wrapped(key, authData=key.attested() + b"\0"),
    "an id longer than it is": lambda key: _wrapped(key, authData=key.attested()[:53] + b"\xff\xff" + bytes(40)),
    "a format that is not known": lambda key: _wrapped(key, fmt="made-up"),
    "a format that is no text": lambda key: _wrapped(key, fmt=7),
    "a statement that is none": lambda key: _wrapped(key, attStmt=7),
    "a chain that is none": lambda key: _wrapped(key, fmt="packed", attStmt={"alg": -7, "sig": b"x", "x5c": [7]}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_s7_1_step_13_what_is_no_attestation_object_is_refused(what: str) -> None:
    key = fresh()
    assert isinstance(register(key.registration(CHALLENGE, raw=BROKEN[what](key))), Refusal)


def test_s7_1_step_13_extensions_of_an_authenticator_are_read_over() -> None:
    key = fresh(SYNCED | ED)
    raw = key.attested() + cbor2.dumps({"credProtect": 2})
    assert isinstance(register(key.registration(CHALLENGE, raw=_wrapped(key, authData=raw))), Registered)


def test_s7_1_step_14_the_rp_id_is_ours() -> None:
    assert isinstance(register(fresh().registration(CHALLENGE, rp_id="example.com")), Refusal)


@pytest.mark.parametrize("conditional", [False, True])
def test_s7_1_step_15_somebody_is_present_but_where_the_browser_made_it_by_itself(conditional: bool) -> None:
    done = register(fresh(BE | BS).registration(CHALLENGE), conditional=conditional)
    assert isinstance(done, Registered if conditional else Refusal)
    if isinstance(done, Registered):
        assert (done.user_present, done.user_verified) == (False, False)


@pytest.mark.parametrize("verification", [False, True])
def test_s7_1_step_16_the_user_is_verified_where_that_is_a_must(verification: bool) -> None:
    done = register(fresh(UP).registration(CHALLENGE), verification=verification)
    assert isinstance(done, Refusal if verification else Registered)


def test_s7_1_step_17_what_may_not_be_copied_is_not_backed_up() -> None:
    assert isinstance(register(fresh(BOUND | BS).registration(CHALLENGE)), Refusal)


def _rsa(bits: int, exponent: int = 65_537) -> bytes:
    numbers = rsa.generate_private_key(exponent, bits).public_key().public_numbers()
    return cbor2.dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(bits // 8, "big"), -2: exponent.to_bytes(3, "big")})


def _ed25519(algorithm: int = -8) -> bytes:
    return cbor2.dumps(
        {1: 1, 3: algorithm, -1: 6, -2: ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()}
    )


def _p384(algorithm: int) -> bytes:
    numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    x, y = (one.to_bytes(48, "big") for one in (numbers.x, numbers.y))
    return cbor2.dumps({1: 2, 3: algorithm, -1: 2, -2: x, -3: y})


@pytest.mark.parametrize("key", [_ed25519(), _rsa(2_048)], ids=["Ed25519", "RSA"])
def test_s7_1_step_20_what_was_offered_is_taken(key: bytes) -> None:
    assert made(fresh(), key=key).credential.public_key == key


_REFUSED = {
    "ES384": _p384(-35),
    "P-384 that calls itself ES256": _p384(-7),
    "Ed25519 that calls itself ES256": _ed25519(-7),
    "RSA of 1,024 bits": _rsa(1_024),
    "a point that is on no curve": cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\1" * 32}),
    "a compressed point": cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: True}),
    "no algorithm": cbor2.dumps({1: 2, -1: 1, -2: b"\1" * 32, -3: b"\1" * 32}),
    "a symmetric key": cbor2.dumps({1: 4, 3: 5, -1: b"\1" * 32}),
    "no map": b"\x04",
    "RS1": cbor2.dumps({1: 3, 3: -65535, -1: b"\xff" * 256, -2: b"\1\0\1"}),
}


@pytest.mark.parametrize(("what", "key"), _REFUSED.items(), ids=_REFUSED)
def test_s7_1_step_20_what_was_not_offered_or_is_no_key_is_refused(what: str, key: bytes) -> None:
    assert isinstance(register(fresh().registration(CHALLENGE, key=key)), Refusal), what


def test_s7_1_step_22_a_statement_that_its_own_certificate_did_not_sign_is_refused() -> None:
    forged = Maker().attested()
    lie = {**forged, "statement": lambda data, hashed: forged["statement"](data, bytes(32))}
    assert isinstance(register(fresh().registration(CHALLENGE, **lie)), Refusal)


def test_s7_1_step_22_none_says_nothing() -> None:
    lie = {"statement": lambda _data, _hash: {"sig": b"x", "alg": -7}}
    assert isinstance(register(fresh().registration(CHALLENGE, **lie)), Refusal)


MAKER = Maker()
KNOWN = Metadata({MODEL_ID: Model("A Key", (MAKER.root,))})


def attest(key: Authenticator, written: dict[str, Any], metadata: Metadata = KNOWN, **settings: Any) -> Any:
    site = with_site(**settings)
    return register(key.registration(CHALLENGE, **written), site, metadata, verification=bool(key.flags & UV))


def test_s7_1_step_24_a_model_that_the_metadata_knows_is_proven() -> None:
    done = attest(fresh(BOUND, aaguid=MODEL), MAKER.attested(), attestation="required")
    assert isinstance(done, Registered), done
    assert (done.credential.attested, done.credential.name, done.credential.aaguid) == (True, "A Key", MODEL_ID)


FORGERIES: dict[str, tuple[bytes, dict[str, Any], Metadata]] = {
    "no attestation": (MODEL, {}, KNOWN),
    "a foreign root of the same name": (MODEL, Maker().attested(), KNOWN),
    "a certificate for another model": (MODEL, MAKER.attested(aaguid=bytes(16)), KNOWN),
    "an authority's certificate": (MODEL, MAKER.attested(is_authority=True), KNOWN),
    "a model that is not known": (bytes(15) + b"\1", MAKER.attested(aaguid=bytes(15) + b"\1"), KNOWN),
    "a model that is not sound": (
        MODEL, MAKER.attested(), Metadata({MODEL_ID: Model("A Key", (MAKER.root,), is_sound=False)})
    ),
    "no metadata": (MODEL, MAKER.attested(), Metadata()),
    "a model without roots": (MODEL, MAKER.attested(), Metadata({MODEL_ID: Model("A Key")})),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
@pytest.mark.parametrize("attestation", ["preferred", "required"])
def test_s7_1_step_24_a_forgery_proves_nothing(what: str, attestation: str) -> None:
    aaguid, statement, metadata = FORGERIES[what]
    done = attest(fresh(BOUND, aaguid=aaguid), statement, metadata, attestation=attestation)
    if attestation == "required":
        assert isinstance(done, Refusal)
        assert done.code == MODEL_REFUSED
    else:
        assert isinstance(done, Registered), done
        assert not done.credential.attested


def test_s7_1_step_24_whoever_attests_itself_is_not_proven() -> None:
    key = fresh(BOUND, aaguid=MODEL)
    assert isinstance(attest(key, self_attested(key.private_key), attestation="required"), Refusal)
    done = attest(key, self_attested(key.private_key), attestation="preferred")
    assert isinstance(done, Registered), done
    assert not done.credential.attested


OLD = MAKER.u2f()
CERTIFIED = Metadata(certified={OLD.identifier: Model("An Old Key", (MAKER.root,), in_hardware=True)})


@pytest.mark.parametrize("named", [b"", MODEL], ids=["names no model", "names one"])
def test_s8_6_u2f_is_proven_by_the_key_of_its_certificate(named: bytes) -> None:
    old = MAKER.u2f(aaguid=named)
    known = Metadata(certified={old.identifier: Model("An Old Key", (MAKER.root,), in_hardware=True)})
    done = attest(fresh(UP), old.attested(), known, attestation="required")
    assert isinstance(done, Registered), done
    assert (done.credential.attested, done.credential.name, done.credential.aaguid) == (True, "An Old Key", "")
    assert done.credential.evidence(0, user_verified=False).key_bound


U2F_FORGERIES: dict[str, tuple[U2f, Metadata]] = {
    "a certificate that the metadata does not name": (MAKER.u2f(), CERTIFIED),
    "the named key under a foreign root": (Maker().certified(OLD.key), CERTIFIED),
    "an entry with the root of somebody else": (OLD, Metadata(certified={OLD.identifier: Model("X", (Maker().root,))})),
    "an entry without roots": (OLD, Metadata(certified={OLD.identifier: Model("X")})),
    "one that is not sound": (OLD, Metadata(certified={OLD.identifier: Model("X", (MAKER.root,), is_sound=False)})),
    "no metadata": (OLD, Metadata()),
    "an AAGUID of zeros, which no entry has": (
        OLD, Metadata({"00000000-0000-0000-0000-000000000000": Model("X", (MAKER.root,))})
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", U2F_FORGERIES)
def test_s8_6_a_forgery_of_u2f_proves_nothing(what: str) -> None:
    device, metadata = U2F_FORGERIES[what]
    refused = attest(fresh(UP), device.attested(), metadata, attestation="required")
    assert isinstance(refused, Refusal)
    assert refused.code == MODEL_REFUSED
    done = attest(fresh(UP), device.attested(), metadata, attestation="preferred")
    assert isinstance(done, Registered), done
    assert not done.credential.evidence(0, user_verified=True).key_bound


def test_s8_6_what_the_certificates_key_did_not_sign_is_no_statement() -> None:
    forged = OLD.attested(signer=ec.generate_private_key(ec.SECP256R1()))
    refused = attest(fresh(UP), forged, CERTIFIED, attestation="preferred")
    assert isinstance(refused, Refusal)
    assert refused.code != MODEL_REFUSED


def test_s8_6_u2f_names_no_model() -> None:
    refused = attest(fresh(UP, aaguid=MODEL), OLD.attested(), CERTIFIED, attestation="preferred")
    assert isinstance(refused, Refusal)


def test_s7_1_step_24_a_model_may_be_denied_or_be_the_only_one() -> None:
    key, attested = fresh(BOUND, aaguid=MODEL), MAKER.attested()
    assert isinstance(attest(key, attested, attestation="required", denied_models=(MODEL_ID,)), Refusal)
    assert isinstance(attest(key, attested, attestation="required", allowed_models=(MODEL_ID,)), Registered)
    assert isinstance(attest(fresh(BOUND), attested, attestation="required", allowed_models=(MODEL_ID,)), Refusal)


def test_s7_1_step_25_an_id_of_1023_bytes_is_the_longest() -> None:
    key = fresh()
    key.credential_id = bytes(1_023)
    assert made(key).credential.id == bytes(1_023)
    key.credential_id = bytes(1_024)
    with pytest.raises(Unreadable):
        register(key.registration(CHALLENGE))


def test_s7_1_the_id_is_the_one_that_the_authenticator_made() -> None:
    key, other = fresh(), fresh()
    text = key.registration(CHALLENGE, raw=_wrapped(other))
    assert isinstance(register(text), Refusal)


# ----------------------------------------------------------------------------------------- §7.2, verifying an assertion


def test_s7_2_a_credential_signs_in() -> None:
    done = said(fresh(counts=True))
    assert isinstance(done, Spoken), done
    assert (done.counter, done.user_verified) == (1, True)


@pytest.mark.parametrize(
    ("handle", "discovered", "counts"),
    [
        (HANDLE, True, True),
        (b"", True, False),  # nobody was named before: the answer has to
        (b"", False, True),
        (b"somebody else's", True, False),
        (b"somebody else's", False, False),
    ],
)
def test_s7_2_step_6_the_user_handle_is_the_owners(handle: bytes, discovered: bool, counts: bool) -> None:
    done = said(fresh(), handle=handle, discovered=discovered)
    assert isinstance(done, Spoken if counts else Refusal)


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        ("10 type", {"client": client(type="webauthn.create")}),
        ("11 challenge", {"client": client(challenge=b64url(bytes(32)))}),
        ("12 origin", {"origin": "https://evil.example"}),
        ("12 origin, none", {"client": client(origin="null")}),
        ("13 cross-origin frame", {"client": client(crossOrigin=True)}),
        ("14 top origin", {"client": client(topOrigin="https://evil.example")}),
        ("15 rp id", {"rp_id": "evil.example"}),
        ("16 nobody present", {"flags": UV | BE | BS}),
        ("17 user not verified", {"flags": UP | BE | BS}),
        ("18 backed up though it may not be", {"flags": UP | UV | BS}),
        ("19 may not be copied any more", {"flags": BOUND}),
        ("21 signature", {"signature": bytes(64)}),
        ("21 no signature", {"signature": b""}),
        ("authenticator data cut off", {"raw": bytes(36)}),
        ("authenticator data too long", {"raw": bytes(37) + b"\0"}),
    ],
)
def test_s7_2_steps_10_to_21(step: str, changes: dict[str, Any]) -> None:
    assert isinstance(said(fresh(), **changes), Refusal), step


def test_s7_2_step_17_where_a_pin_is_no_must_its_absence_is_noted() -> None:
    done = said(fresh(), flags=UP | BE | BS, verification=False)
    assert isinstance(done, Spoken)
    assert not done.user_verified


def test_s7_2_step_19_what_was_bound_to_a_device_stays_so() -> None:
    assert isinstance(said(fresh(BOUND), flags=UP | UV | BE), Refusal)


def test_s7_2_step_21_another_key_does_not_speak_for_this_one() -> None:
    key, other = fresh(), fresh()
    known = made(key).credential
    other.credential_id = key.credential_id
    assert isinstance(authenticate(other, known), Refusal)


def test_s7_2_step_21_extensions_are_signed_and_read_over_and_may_not_be_a_bomb() -> None:
    key = fresh()
    known = made(key).credential
    for extension, kind in ((cbor2.dumps({"uvm": [[2, 4, 2]]}), Spoken), (b"\xa1\x61a" + _shared(), Refusal)):
        raw = key.head(flags=SYNCED | ED) + extension
        assert isinstance(authenticate(key, known, key.assertion(CHALLENGE, raw=raw)), kind)


def test_s7_2_step_24_what_is_backed_up_now_is_remembered() -> None:
    key = fresh(UP | UV | BE)
    assert not made(key).credential.backed_up
    done = said(key, flags=SYNCED)
    assert isinstance(done, Spoken)
    assert done.credential.backed_up
