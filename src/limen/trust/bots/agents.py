"""Verified good bots: agents that sign what they send, with a key that the operator has on file.

HTTP Message Signatures (RFC 9421) in the profile of Web Bot Auth (draft-meunier-web-bot-auth-architecture): a signature
with the tag ``web-bot-auth`` over ``@authority``, by an Ed25519 key that is named by its thumbprint (RFC 7638), good
for a short time. What says so in its user agent alone is verified of nobody.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from limen.kernel.clock import MINUTE, SECOND, Clock, Instant
from limen.kernel.encoding import b64url, canonical_json, from_b64url, sha256

_log = structlog.get_logger("limen.threats")
TAG: Final = "web-bot-auth"
LONGEST_LIFE: Final = 3_600
_SKEW: Final = 60
_LONGEST: Final = 4_096
_KEY: Final = r"[a-z*][a-z0-9_\-.*]*"
_INPUT: Final = re.compile(
    rf'({_KEY})=(\((?:"[a-z0-9@-]+"(?: "[a-z0-9@-]+")*)?\)'
    rf'(?:;{_KEY}=(?:-?[0-9]{{1,15}}|"[\x20-\x21\x23-\x5b\x5d-\x7e]{{0,500}}"))*)'
)
"""One member of ``Signature-Input``: components without parameters; of parameters integers and plain strings."""
_SIGNATURE: Final = re.compile(rf"({_KEY})=:([A-Za-z0-9+/]*={{0,2}}):")
_BETWEEN: Final = re.compile(r"[ \t]*,[ \t]*")
_PARAMETER: Final = re.compile(rf';({_KEY})=(?:(-?[0-9]+)|"([^"]*)")')
_COMPONENT: Final = re.compile(r'"([a-z0-9@-]+)"')
_Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]


class BadDirectory(Exception):
    """A directory that is none; its words name the place."""


class _Jwk(msgspec.Struct, frozen=True):
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str


class _Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Name
    keys: tuple[_Jwk, ...]


class _Directory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agents: tuple[_Agent, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """An agent, and one of its keys."""

    name: str
    key: Ed25519PublicKey


Directory = Mapping[str, Known]
"""A key's thumbprint to whose it is."""
NOBODY: Final[Directory] = {}


def read_directory(text: bytes) -> Directory:
    """Return the agents of a file: ``{"agents": [{"name": …, "keys": [a JWK, …]}]}``.

    Raises:
        BadDirectory: it is none, and why.
    """
    try:
        read = msgspec.json.decode(text, type=_Directory)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDirectory(str(error)) from None
    found: dict[str, Known] = {}
    for agent in read.agents:
        for index, jwk in enumerate(agent.keys):
            try:
                key = Ed25519PublicKey.from_public_bytes(from_b64url(jwk.x))
            except (ValueError, binascii.Error):
                msg = f"key {index} of {agent.name} is no Ed25519 key"
                raise BadDirectory(msg) from None
            name = b64url(sha256(canonical_json({"crv": jwk.crv, "kty": jwk.kty, "x": jwk.x})))
            if name in found:
                msg = f"key {index} of {agent.name} is there twice"
                raise BadDirectory(msg)
            found[name] = Known(agent.name, key)
    return found


class AgentShelf:
    """A directory in a file that somebody may replace. A damaged one leaves the last good one in force."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Read *path* when it is first asked for."""
        self._path, self._clock = path, clock
        self._held: Directory = NOBODY
        self._stamp: tuple[int, int, int] | None = None
        self._looked: Instant = 0

    def current(self) -> Directory:
        """Return the newest good directory. Looks at the file once a minute."""
        now = self._clock.now()
        if self._looked and now < self._looked + MINUTE:
            return self._held
        self._looked = now
        try:
            stat = self._path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._stamp = stamp
                self._held = read_directory(self._path.read_bytes())
        except (OSError, BadDirectory) as error:
            why = str(error) if isinstance(error, BadDirectory) else type(error).__name__
            _log.error("threats.agents_refused", why=why, stance="the last good one stays")
        return self._held


@dataclass(frozen=True, slots=True)
class Sent:
    """What of a request a signature may cover.

    ``header`` returns a field by its lower-case name, several joined as RFC 9421 §2.1 has it; empty for none.
    """

    authority: str
    header: Callable[[str], str]
    method: str = ""
    path: str = ""

    def component(self, name: str) -> str:
        """Return the value of a component (RFC 9421 §2); empty where there is none, or it is not known here."""
        derived = {"@authority": self.authority, "@method": self.method, "@path": self.path}
        return derived.get(name, "") if name.startswith("@") else self.header(name)


def signed_by(sent: Sent, directory: Directory, now: Instant) -> str:
    """Return which agent of *directory* signed a request; empty for none."""
    given, signatures = sent.header("signature-input"), sent.header("signature")
    if not given or not directory or len(given) > _LONGEST or len(signatures) > _LONGEST:
        return ""
    inputs, made = dict(_members(_INPUT, given)), dict(_members(_SIGNATURE, signatures))
    for label, signed in inputs.items():
        listed, parameters = _parsed(signed)
        known = directory.get(str(parameters.get("keyid", "")))
        if known is None or label not in made or not _is_ours(listed, parameters, sent, now // SECOND):
            continue
        lines = [f'"{name}": {sent.component(name)}' for name in listed]
        base = "\n".join([*lines, f'"@signature-params": {signed}'])
        if all(map(sent.component, listed)) and _holds(known.key, made[label], base):
            return known.name
    return ""


def _members(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """Return the members of a dictionary (RFC 8941 §3.2); none where anything in it is not as we read it."""
    found: list[tuple[str, str]] = []
    at = 0
    while True:
        member = pattern.match(text, at)
        if member is None:
            return []
        found.append((member[1], member[2]))
        if member.end() == len(text):
            return found
        between = _BETWEEN.match(text, member.end())
        if between is None:
            return []
        at = between.end()


def _parsed(signed: str) -> tuple[list[str], dict[str, int | str]]:
    inside, _, after = signed.partition(")")
    values = {one[1]: int(one[2]) if one[2] else one[3] for one in _PARAMETER.finditer(after)}
    return _COMPONENT.findall(inside), values


def _is_ours(listed: list[str], parameters: Mapping[str, int | str], sent: Sent, seconds: int) -> bool:
    """Tell whether a signature is of the profile, covers what it must, and is good now."""
    created, expires = parameters.get("created"), parameters.get("expires")
    if parameters.get("tag") != TAG or parameters.get("alg", "ed25519") != "ed25519":
        return False
    if not isinstance(created, int) or not isinstance(expires, int):
        return False
    covers = "@authority" in listed and len(set(listed)) == len(listed)
    names_agent = "signature-agent" in listed or not sent.header("signature-agent")
    return covers and names_agent and created <= seconds + _SKEW and seconds < expires <= created + LONGEST_LIFE


def _holds(key: Ed25519PublicKey, signature: str, base: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), base.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
