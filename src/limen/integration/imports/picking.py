"""Taking members out of what was decoded: of the right type, or not at all."""

import binascii
from base64 import b32decode
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from limen.access.factors.records import LONGEST_NAME, TotpSecret
from limen.access.factors.totp import DIGITS, STEP_SECONDS, Totp
from limen.kernel.clock import SECOND, Instant

LONGEST_TEXT: Final = 2_048
_LEAST_SECRET, _MOST_SECRET = 10, 128
_TRUE: Final = frozenset(("true", "1", "yes", "t"))
_FALSE: Final = frozenset(("false", "0", "no", "f", ""))
_ALGORITHMS: Final = {
    "SHA1": "SHA1",
    "SHA256": "SHA256",
    "SHA512": "SHA512",
    "HMACSHA1": "SHA1",
    "HMACSHA256": "SHA256",
}


class Unfit(Exception):
    """A member will not do."""

    def __init__(self, field: str, code: str) -> None:
        """Name the member and what is wrong with it; never its value."""
        super().__init__(field, code)
        self.field, self.code = field, code


class Members:
    """What an object has, by name; what nobody asked for is what was left out."""

    __slots__ = ("_asked", "_given")

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Hold *given*."""
        self._given, self._asked = given, set[str]()

    def left(self, known: Collection[str] = ()) -> tuple[str, ...]:
        """Return the names of members that hold something and were not asked for, less those that say nothing."""
        left = (name for name, value in self._given.items() if name not in self._asked and name not in known and value)
        return tuple(sorted(name[:64] for name in left if name.isprintable()))

    def value(self, name: str) -> Any:
        """Return a member as it is, or None."""
        self._asked.add(name)
        return self._given.get(name)

    def text(self, name: str) -> str:
        """Return a text, or an empty one where there is none."""
        value = self.value(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Unfit(name, "type.wrong")
        if len(value) > LONGEST_TEXT:
            raise Unfit(name, "text.too_long")
        return value

    def text_if_any(self, name: str) -> str:
        """Return a text; an empty one where there is none, and where it is something else, which is left."""
        return self.text(name) if isinstance(self._given.get(name), str) else ""

    def flag(self, name: str) -> bool:
        """Return a boolean, or one that is spelt as a word; false where there is none."""
        value = self.value(name)
        if isinstance(value, bool) or value is None:
            return bool(value)
        word = value.strip().lower() if isinstance(value, str) else ""
        if not isinstance(value, str) or word not in _TRUE | _FALSE:
            raise Unfit(name, "type.wrong")
        return word in _TRUE

    def object(self, name: str) -> "Members":
        """Return an object, empty where there is none."""
        value = self.value(name)
        if value is not None and not isinstance(value, dict):
            raise Unfit(name, "type.wrong")
        return Members(value or {})

    def objects(self, name: str) -> list["Members"]:
        """Return a list of objects, empty where there is none."""
        value = self.value(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
            raise Unfit(name, "type.wrong")
        return [Members(one) for one in value or ()]

    def number(self, name: str, default: int) -> int:
        """Return a whole number that is not negative."""
        value = self.value(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
            raise Unfit(name, "type.wrong")
        return value

    def moment(self, name: str, *, unit: Instant = SECOND // 1000) -> Instant:
        """Return an instant: a number of *unit* since 1970, or RFC 3339 text; 0 where there is none."""
        value = self.value(name)
        if value is None or value == "":
            return 0
        if isinstance(value, int | str) and not isinstance(value, bool):
            text = str(value)
            if text.isascii() and text.isdecimal() and len(text) < 16:
                return int(text) * unit
            try:
                at = datetime.fromisoformat(text)
            except ValueError:
                raise Unfit(name, "instant.invalid") from None
            return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * SECOND)
        raise Unfit(name, "type.wrong")


def decoded(raw: bytes) -> Members:
    """Return the object that *raw* is.

    Raises:
        Unfit: it is no JSON object, or not in UTF-8.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Unfit("", "encoding.broken" if _is_broken(raw) else "json.invalid") from None
    if not isinstance(value, dict):
        raise Unfit("", "type.wrong")
    return Members(value)


def app(field: str, secret: str | bytes, algorithm: str = "SHA1", shape: tuple[int, int] = (6, 30)) -> TotpSecret:
    """Return an authenticator app; a *secret* of text is in base32; *shape* is digits and seconds.

    Raises:
        Unfit: it is none, or one whose codes Limen does not know.
    """
    known = _ALGORITHMS.get(algorithm.upper().replace("-", ""))
    if known is None or shape != (DIGITS, STEP_SECONDS):
        raise Unfit(field, "totp.unsupported")
    if isinstance(secret, str):
        plain = secret.replace(" ", "").rstrip("=").upper()
        try:
            secret = b32decode(plain + "=" * (-len(plain) % 8))
        except (binascii.Error, ValueError):
            raise Unfit(field, "totp.invalid") from None
    if not _LEAST_SECRET <= len(secret) <= _MOST_SECRET:
        raise Unfit(field, "totp.invalid")
    return TotpSecret(Totp(secret, known))  # type: ignore[arg-type]  # the values of the table are its names


def named(secret: TotpSecret, name: str) -> TotpSecret:
    """Return *secret* with the name that its owner gave it, where it will do."""
    return msgspec.structs.replace(secret, name=name if len(name) <= LONGEST_NAME and name.isprintable() else "")


def _is_broken(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False
