"""Workloads that live on what was prepared before the window: values that are sent once each, and signed proofs."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bench.load.http import form_request
from bench.load.scripts import OK, Ask, Exhausted, Script
from limen.kernel.clock import SECOND, Clock, SystemClock
from limen.kernel.encoding import b64url
from limen.kernel.entropy import SystemEntropy, random_token

_ES256 = ec.ECDSA(SHA256())
_COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What a right answer is: its status and a piece of its body, so that another kind of "no" does not pass."""

    status: int = 200
    holds: str = ""

    def ask(self, request: bytes) -> Ask:
        """Return *request* with this as its only right answer."""
        good = OK if self.status in OK else frozenset({self.status})
        return Ask(request, good=good, holds=self.holds.encode())


class Drawing:
    """Form posts around one value each, drawn by all connections from one store.

    Values are gone once they are drawn (authorization codes), or come round *again* behind all others (device codes).
    """

    renews = False

    def __init__(  # noqa: PLR0913 - as it came through JSON
        self,
        target: str,
        headers: dict[str, str],
        body: str,
        values: list[str],
        answer: dict[str, str | int],
        *,
        again: bool = False,
    ) -> None:
        """Take the path, its headers, a *body* with one ``{}`` in it, the values, and the fields of an ``Answer``."""
        self._head, self._tail = body.split("{}")
        self._target, self._headers, self._again = target, headers, again
        self._values = deque(values)
        self._answer = msgspec.convert(answer, Answer)

    def script(self, index: int) -> Script | None:  # noqa: ARG002 - all connections are alike
        """Return a script that ends with the store."""
        return self._draw() if self._values else None

    def _draw(self) -> Script:
        while self._values:
            value = self._values.popleft()
            if self._again:
                self._values.append(value)
            body = f"{self._head}{value}{self._tail}"
            yield self._answer.ask(form_request(self._target, self._headers, body.encode()))
        message = "what was prepared ran out"
        raise Exhausted(message)

    def state(self) -> list[str]:
        """Return what is left, the next one first."""
        return list(self._values)


class Proving:
    """The same form post over and over, each with a fresh DPoP proof (RFC 9449 section 4.2), signed beforehand."""

    renews = False

    def __init__(  # noqa: PLR0913 - as it came through JSON
        self, target: str, headers: dict[str, str], body: str, url: str, keys: int, proofs: int
    ) -> None:
        """Sign *proofs* for POSTs to *url* now, by *keys* clients' keys in turn: some seconds' work for thousands."""
        answer = Answer(holds='"DPoP"')
        made = signed_proofs(url, keys, proofs, SystemClock())
        self._asks = (
            answer.ask(form_request(target, {**headers, "DPoP": proof}, body.encode())) for proof in list(made)
        )

    def script(self, index: int) -> Script:  # noqa: ARG002 - all connections are alike
        """Return a script that ends with the proofs."""
        return self._prove()

    def _prove(self) -> Script:
        for ask in self._asks:  # noqa: UP028 - what is sent back must not be sent on to the iterator
            yield ask
        message = "the proofs signed beforehand ran out"
        raise Exhausted(message)

    def state(self) -> list[str]:
        """Return nothing: a proof is of no use later."""
        return []


def signed_proofs(url: str, keys: int, count: int, clock: Clock) -> Iterator[str]:
    """Yield *count* proofs for POSTs to *url*, issued now, no two with the same ``jti``."""
    signers = [_Signer(ec.generate_private_key(ec.SECP256R1())) for _ in range(keys)]
    run = random_token(SystemEntropy(), 12)
    for number in range(count):
        issued_at = clock.now() // SECOND
        claims: dict[str, str | int] = {"jti": f"{run}{number}", "htm": "POST", "htu": url, "iat": issued_at}
        yield signers[number % keys].signed(claims)


class _Signer:
    """One client's key and the header that goes with each of its proofs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        numbers = key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", **_coordinates(("x", "y"), (numbers.x, numbers.y))}
        self._key = key
        self._header = b64url(msgspec.json.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}))

    def signed(self, claims: Mapping[str, str | int]) -> str:
        """Return *claims* as a proof."""
        message = f"{self._header}.{b64url(msgspec.json.encode(claims))}"
        pair = decode_dss_signature(self._key.sign(message.encode(), _ES256))
        return f"{message}.{b64url(b''.join(_bytes(number) for number in pair))}"


def _coordinates(names: Sequence[str], numbers: Sequence[int]) -> dict[str, str]:
    return {name: b64url(_bytes(number)) for name, number in zip(names, numbers, strict=True)}


def _bytes(number: int) -> bytes:
    return number.to_bytes(_COORDINATE_BYTES, "big")
