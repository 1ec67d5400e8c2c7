"""Proof of work by the ALTCHA protocol, version 1: find the number whose hash with a salt is known.

A challenge is the SHA-256 of a salt and a secret number below ``maxnumber``, signed by us; nothing is stored until it
is redeemed, and then only that it was. The salt carries when it ends and what it costs, and closes with ``&``, so that
digits of the number cannot pass for a part of it. Who has no script waits in place of working: a challenge that is old
enough, and was not redeemed, is good without its number, few times for each network.

Where a tenant wants a CAPTCHA vendor's answer, whoever cannot give it proves in its place (*instead*): four times the
work that the risk of the moment asks for, or twice the wait, and so many times for each network. A machine that leaves
the widget out pays more than one that takes the proof of a tenant without a vendor; a person waits some seconds more.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from limen.kernel.clock import SECOND, Clock
from limen.kernel.encoding import b64url
from limen.kernel.entropy import Entropy
from limen.trust.limits import Limit, RateLimiter

ALGORITHM: Final = "SHA-256"
LIFETIME: Final = 1_200
WAIT_SECONDS: Final = 30
_LONGEST: Final = 2_000
_ONCE: Final = Limit(1, 2 * LIFETIME, "proof-once")
INSTEAD: Final = 4
"""So many times the work stands in for a vendor's answer."""
_WAITS_INSTEAD: Final = 2
_OFTEN_INSTEAD: Final = Limit(20, 600, "proof-instead")
_WAITS: Final = Limit(5, 600, "proof-waits")
_WAITS_OF_ALL: Final = Limit(100, 600, "proof-waits-all")


class Challenge(msgspec.Struct, frozen=True):
    """What a browser is asked to solve, in the names of the protocol."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Solution(msgspec.Struct, frozen=True):
    """What a browser answers: the challenge without its bound, and the number; -1 from whoever waited."""

    algorithm: str
    challenge: str
    salt: str
    signature: str
    number: int = -1


_solutions = msgspec.json.Decoder(Solution)


@dataclass(frozen=True, slots=True)
class Proofs:
    """Makes and redeems proofs of one tenant. ``key`` is the tenant's sub-key for them."""

    key: bytes = field(repr=False)
    tenant_id: str
    limiter: RateLimiter
    clock: Clock
    entropy: Entropy

    def ask(self, work: int) -> dict[str, Any]:
        """Return a challenge of *work* hashes at the most."""
        now = self.clock.now() // SECOND
        salt = f"{b64url(self.entropy.bytes(12))}?expires={now + LIFETIME}&asked={now}&work={work}&"
        number = int.from_bytes(self.entropy.bytes(8), "big") % (work + 1)
        digest = _hash(salt, number)
        found: dict[str, Any] = msgspec.to_builtins(Challenge(ALGORITHM, digest, work, salt, self._sign(digest, salt)))
        return found

    async def redeem(self, text: str, work: int, network: str, *, instead: bool = False) -> bool:
        """Tell whether *text* (base64 of JSON) proves at least *work*; then it is used up.

        *instead*: it stands in for a vendor's answer, and takes more.
        """
        solution = _read(text)
        if solution is None or not hmac.compare_digest(
            solution.signature.encode(), self._sign(solution.challenge, solution.salt).encode()
        ):
            return False
        terms = dict(parse_qsl(solution.salt.partition("?")[2]))
        now = self.clock.now() // SECOND
        if int(terms["expires"]) <= now or int(terms["work"]) < work * (INSTEAD if instead else 1):
            return False
        if solution.number < 0:
            least = WAIT_SECONDS * (_WAITS_INSTEAD if instead else 1)
            if now - int(terms["asked"]) < least or not await self._may_wait(network):
                return False
        elif _hash(solution.salt, solution.number) != solution.challenge:
            return False
        if not await self._hit(_ONCE, f":{solution.signature}"):
            return False
        return not instead or await self._hit(_OFTEN_INSTEAD, f":{network}")

    async def _may_wait(self, network: str) -> bool:
        return await self._hit(_WAITS, f":{network}") and await self._hit(_WAITS_OF_ALL)

    async def _hit(self, limit: Limit, what: str = "") -> bool:
        return (await self.limiter.hit(f"{limit.name}:{self.tenant_id}{what}", limit)).allowed

    def _sign(self, digest: str, salt: str) -> str:
        return hmac.digest(self.key, f"{digest}\n{salt}".encode(), "sha256").hex()


def waited(asked: Mapping[str, Any]) -> str:
    """Return what a form carries of a challenge from the first: good for whoever waits, once it is old enough."""
    kept = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(msgspec.json.encode(kept)).decode()


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _read(text: str) -> Solution | None:
    if not text or len(text) > _LONGEST:
        return None
    try:
        return _solutions.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
