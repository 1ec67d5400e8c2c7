"""Hashes of other systems: read, kept, checked on the bytes that were typed, replaced; bounded, and never weak."""

import hashlib
import struct
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.legacy import digests, firebase
from limen.identity.credentials.legacy.records import OldHash, Trouble
from limen.identity.credentials.legacy.table import SCHEMES, KeptHash, decoy, is_kept, label_of, read
from limen.identity.credentials.phc import StoredHash
from limen.identity.credentials.prepare import raw_bytes
from limen.identity.credentials.records import PASSWORD_FIELD, StoredPassword, seal_password
from limen.identity.credentials.verify import check_password
from limen.kernel.errors import Corrupted
from limen.kernel.ids import CustomerId

WHO = CustomerId("cus_00000000000000000000000001")
SIGNER = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
RFC_7914 = (
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
)
RFC_7914_PBKDF2 = (
    "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
    "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
)

STRONG = [
    (
        "firebase/scrypt README",
        firebase.form(
            (8, 14),
            SIGNER,
            "Bw==",
            "42xEC+ixf3L2lw==",
            "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        ),
        "user1password",
    ),
    ("RFC 7914 §12", f"scrypt:1024:8:16$NaCl${RFC_7914}", "password"),
    ("RFC 7914 §11", f"pbkdf2:sha256:80000$NaCl${RFC_7914_PBKDF2}", "Password"),
    (
        "phc-winner-argon2 test.c, version 1.0",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        "password",
    ),
    (
        "phc-winner-argon2 test.c",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "password",
    ),
    (
        "Django tests/auth_tests/test_hashers.py, of 1.9",
        "pbkdf2_sha256$20000$seasalt$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0=",
        "lètmein",
    ),
]
WEAK = [
    ("crypt_blowfish wrapper.c", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    ("crypt_blowfish, as LDAP", "{CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
    (
        "RFC 6070",
        "$pbkdf2$4096$c2FsdA$" + b64encode(bytes.fromhex("4b007901b765489abead49d926f721d065a429c1")).decode(),
        "password",
    ),
    (
        "passlib.hash.pbkdf2_sha256",
        "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
        "password",
    ),
    ("passlib.hash.ldap_salted_sha1", "{SSHA}pKqkNr1tq3wtQqk+UcPyA3HnA2NsU5NJ", "password"),
    ("Apache HTTP Server, password formats", "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", "myPassword"),
    ("Django tests/auth_tests/test_hashers.py", "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "lètmein"),
    ("Django tests/auth_tests/test_hashers.py", "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3", "lètmein"),
    ("Django tests/auth_tests/test_hashers.py", "88a434c88cca4e900f7874cd98123f43", "lètmein"),
    ("phpass test.php", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    ("FIPS 180-4, SHA-512 of abc", hashlib.sha512(b"abc").hexdigest(), "abc"),
    (
        "RFC 4231, test case 2, the key as salt",
        digests.form(
            "sha256",
            "hmac",
            b"Jefe",
            bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        "what do ya want for nothing?",
    ),
]


def kept(text: str) -> KeptHash:
    found = read(text)
    if isinstance(found, OldHash):
        return KeptHash.of(found)
    assert isinstance(found, str), found
    return KeptHash.parse(found)


def naked(secret: bytes, target: StoredHash) -> bytes:
    raise AssertionError("nothing is wrapped here")


@pytest.mark.parametrize(("source", "text", "password"), STRONG + WEAK, ids=[row[0] for row in STRONG + WEAK])
def test_known_answers_of_other_systems_match_and_nothing_else_does(source, text, password):
    found = kept(text)
    assert found.matches(password.encode(), naked), source
    assert not found.matches(password.encode() + b"!", naked)
    assert not found.matches(b"", naked)


@pytest.mark.parametrize(("source", "text", "password"), STRONG, ids=[row[0] for row in STRONG])
def test_a_strong_hash_is_kept_as_it_is_and_reads_back(source, text, password):
    found = read(text)
    assert isinstance(found, str)
    assert is_kept(found)
    assert KeptHash.parse(found).text() == found == read(found), source
    assert len(label_of(found)) <= 64
    assert password not in repr(KeptHash.parse(found))


@pytest.mark.anyio
@pytest.mark.parametrize(("source", "text", "password"), WEAK, ids=[row[0] for row in WEAK])
async def test_a_weak_hash_is_stored_under_argon2id_and_its_digest_nowhere(hasher, argon2, source, text, password):
    old = read(text)
    assert isinstance(old, OldHash), source
    stored = await hasher.keep(old)
    assert isinstance(stored, str)
    assert "|$argon2id$" in stored
    assert b64encode(old.digest).decode().rstrip("=") not in stored
    assert label_of(stored).endswith("+")
    assert read(stored) == stored
    argon2.asked.clear()
    assert (await hasher.verify(stored, b"", password.encode())).matches
    assert not (await hasher.verify(stored, b"", b"wrong")).matches
    assert len(argon2.asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "scrypt:131072:8:17$NaCl$" + "a" * 64,
        "pbkdf2_sha256$1000000000$seasalt$" + "A" * 43 + "=",
        "pbkdf2_sha256$" + "9" * 400 + "$seasalt$" + "A" * 43 + "=",
        "$pbkdf2-sha1$1000001$c2FsdA$" + "A" * 48,  # two blocks
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=999999999,p=1$c29tZXNhbHQ$" + "A" * 43,
        "$P$VIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
        firebase.form((8, 21), SIGNER, "Bw==", "42xEC+ixf3L2lw==", SIGNER),
        "{bcrypt}plain:2b:31," + "." * 22 + "|AAAA",
        "$aspnet$" + b64encode(struct.pack(">BIII", 1, 1, 2_000_001, 16) + bytes(48)).decode(),
    ],
)
def test_what_costs_too_much_is_refused_before_anything_is_computed(text):
    assert read(text) is Trouble.TOO_COSTLY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "{limen}plain",
        "{bcrypt}",
        "$2b$12$short",
        "$argon2id$",
        "pbkdf2_sha256$1$$",
        "{SSHA}AAAA",
        "é" * 32,
        "{digest}md5:none,|" + "A" * 22 + "$",
        "a" * 5000,
        "$digest$md4$none$$AAAA",
        "{digest}md5:none,|$argon2id$v=19",
    ],
)
def test_what_is_no_hash_is_refused(text):
    assert read(text) in {Trouble.MALFORMED, Trouble.UNKNOWN}


def test_asp_net_core_identity_of_both_versions():
    salt = bytes(range(16))
    second = b"\0" + salt + hashlib.pbkdf2_hmac("sha1", b"pass", salt, 1_000, 32)
    third = struct.pack(">BIII", 1, 2, 100_000, 16) + salt + hashlib.pbkdf2_hmac("sha512", b"pass", salt, 100_000, 32)
    for blob in (second, third):
        assert kept("$aspnet$" + b64encode(blob).decode()).matches(b"pass", naked)


def test_bcrypt_reads_72_bytes_as_it_always_did_and_django_reads_all_of_them_by_sha256():
    setting = b"$2b$10$" + b"." * 22
    import bcrypt  # noqa: PLC0415

    plain = bcrypt.hashpw(b"x" * 72, setting).decode()
    assert kept(plain).matches(b"x" * 90, naked)
    over = bcrypt.hashpw(hashlib.sha256(b"x" * 90).hexdigest().encode(), setting).decode()
    assert kept("bcrypt_sha256$" + over).matches(b"x" * 90, naked)
    assert not kept("bcrypt_sha256$" + over).matches(b"x" * 72, naked)


def test_a_weak_hash_does_not_come_in_naked_by_the_form_in_which_we_keep_it():
    assert isinstance(read("{digest}md5:none,|" + "A" * 22), OldHash)
    assert isinstance(read("{bcrypt}plain:2b:04," + "." * 22 + "|" + "A" * 31), OldHash)


@pytest.mark.anyio
async def test_our_own_hash_leaves_and_comes_back_as_ours(hasher: PasswordHasher):
    ours = await hasher.hash(b"prepared")
    assert read("{limen}" + ours) == ours
    assert label_of(ours) == ""
    assert isinstance(read(ours), OldHash)  # without the mark another system's, over bytes as they were typed


@given(st.text(max_size=80))
@settings(max_examples=300)
def test_no_text_breaks_the_reader(text):
    found = read(text)
    assert isinstance(found, str | OldHash | Trouble)


@given(st.sampled_from([row[1] for row in STRONG + WEAK]), st.integers(0, 300), st.characters())
@settings(max_examples=300)
def test_a_hash_with_one_sign_changed_is_refused_or_is_another(text, place, sign):
    changed = text[: place % len(text)] + sign + text[place % len(text) + 1 :]
    found = read(changed)
    if isinstance(found, str):
        assert KeptHash.parse(found).text() == found


@given(st.text(min_size=1, max_size=60))
def test_what_is_stored_is_read_strictly(text):
    for name in SCHEMES:
        with pytest.raises(Corrupted):
            KeptHash.parse(f"{{{name}}}{text}|")


class OpenVault:
    """Seals nothing."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        assert (field, record) == (PASSWORD_FIELD, WHO)
        return plaintext

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes | None:
        return envelope


async def stored(hasher: PasswordHasher, text: str) -> StoredPassword:
    found = read(text)
    return seal_password(OpenVault(), WHO, await hasher.keep(found) if isinstance(found, OldHash) else found, 1)


def django(password: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"sea", 10_000)
    return f"pbkdf2_sha256$10000$sea${b64encode(digest).decode()}"


@pytest.mark.anyio
async def test_the_right_password_is_checked_as_typed_and_comes_back_prepared(hasher):
    typed = "lets\u00a0me\u0301in"  # PRECIS makes a plain space of the one and joins the others
    row = await stored(hasher, django(typed))
    assert row.label == "pbkdf2:sha256:10000:32"
    check = await check_password(hasher, row, OpenVault(), typed)
    assert check.matches
    assert (await hasher.verify(check.rehash, "lets m\u00e9in".encode())).matches
    assert not (await check_password(hasher, row, OpenVault(), "lets m\u00e9in")).matches


@pytest.mark.anyio
async def test_what_we_would_not_take_as_a_password_signs_in_and_keeps_its_hash(hasher):
    typed = "tab\tbed"
    check = await check_password(hasher, await stored(hasher, django(typed)), OpenVault(), typed)
    assert (check.matches, check.rehash) == (True, None)
    assert raw_bytes("nul\0") == b""
    for never in ("nul\0", "x" * 1_025, ""):
        assert not (await check_password(hasher, await stored(hasher, django(never)), OpenVault(), never)).matches


@pytest.mark.anyio
@pytest.mark.parametrize("password", ["right one", "wrong one"])
async def test_a_check_of_an_old_hash_is_one_job_of_the_pool_as_for_nobody(hasher, pool, password):
    row = await stored(hasher, django("right one"))
    before = pool.done
    check = await check_password(hasher, row, OpenVault(), password)
    assert pool.done - before == 1 + (check.rehash is not None)


@pytest.mark.anyio
async def test_how_long_a_check_takes_is_measured_by_one_for_nobody(hasher, argon2):
    for _, text, _ in STRONG[:1] + WEAK:
        assert decoy(kept(text).label) is not None
    assert decoy("rot13:1") is None
    assert await hasher.seconds("pbkdf2:sha256:10000:32+") == 0  # by a clock that stands still
    assert len(argon2.asked) == 1
