"""Plain digests, salted or not: LDAP's ``{SSHA}`` and its like, Django's ``sha1$`` and ``md5$``, bare hexadecimal.

All of them are weak. One more form is ours, for exports that keep the parts apart:
``$digest$ALGORITHM$before|after|none|hmac$SALT$DIGEST`` with salt and digest in base64; ``before`` means that the salt
goes first, ``hmac`` that it is the key.
"""

import hashlib
import hmac
import re
from typing import Final

from limen.identity.credentials.legacy.records import (
    MOST_SALT_BYTES,
    Derive,
    OldHash,
    Scheme,
    Trouble,
    b64,
    unb64,
    unhex,
)

SIZES: Final = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
PLACES: Final = ("none", "before", "after", "hmac")
_PREFIX: Final = "$digest$"
_LDAP = re.compile(r"\{(S?)(MD5|SHA|SHA1|SHA224|SHA256|SHA384|SHA512)\}([A-Za-z0-9+/=]+)")
_DJANGO = re.compile(r"(md5|sha1)\$([^$]*)\$([0-9a-f]+)")
_HEX = re.compile(r"[0-9a-fA-F]+")


def _read(text: str) -> OldHash | Trouble | None:
    if (found := _LDAP.fullmatch(text)) is not None:
        name = found[2].lower()
        return _split("sha1" if name == "sha" else name, unb64(found[3]), is_salted=bool(found[1]))
    if (found := _DJANGO.fullmatch(text)) is not None:
        return made(found[1], "before" if found[2] else "none", found[2].encode(), unhex(found[3]))
    if text.startswith(_PREFIX):
        parts = text.removeprefix(_PREFIX).split("$")
        return made(parts[0], parts[1], unb64(parts[2]), unb64(parts[3])) if len(parts) == 4 else Trouble.MALFORMED
    if _HEX.fullmatch(text) is not None:
        name = next((name for name, size in SIZES.items() if 2 * size == len(text)), "")
        return made(name, "none", b"", unhex(text)) if name else Trouble.UNKNOWN
    return Trouble.MALFORMED if text.startswith(("{S", "{MD5}")) else None


def form(algorithm: str, place: str, salt: bytes, digest: bytes) -> str:
    """Return the text of a digest whose parts are known; *place* is one of ``PLACES``."""
    return f"{_PREFIX}{algorithm}${place}${b64(salt)}${b64(digest)}"


def made(algorithm: str, place: str, salt: bytes | None, digest: bytes | None) -> OldHash | Trouble:
    """Return the hash that these parts are."""
    fits = algorithm in SIZES and place in PLACES and digest is not None and len(digest) == SIZES[algorithm]
    if not fits or digest is None or salt is None or len(salt) > MOST_SALT_BYTES or bool(salt) == (place == "none"):
        return Trouble.MALFORMED
    return OldHash("digest", f"{algorithm}:{place}", b64(salt), digest)


def _split(algorithm: str, blob: bytes | None, *, is_salted: bool) -> OldHash | Trouble:
    size = SIZES[algorithm]
    if blob is None or len(blob) < size:
        return Trouble.MALFORMED
    return made(algorithm, "after" if is_salted else "none", blob[size:], blob[:size])


def _derive(cost: str, salt: str) -> Derive | Trouble:
    algorithm, _, place = cost.partition(":")
    plain = unb64(salt)
    if algorithm not in SIZES or place not in PLACES or plain is None:
        return Trouble.MALFORMED

    def derive(raw: bytes) -> bytes:
        if place == "hmac":
            return hmac.digest(plain, raw, algorithm)
        return hashlib.new(algorithm, plain + raw if place == "before" else raw + plain).digest()

    return derive


SCHEME = Scheme("digest", _read, _derive, lambda _: True, decoy="AAAAAAAAAAA")
