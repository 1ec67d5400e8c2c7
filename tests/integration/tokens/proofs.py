"""Proofs of possession as a client makes them (RFC 9449 §4.2), right or wrong in one place."""

from itertools import count
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from limen.kernel.encoding import b64url, canonical_json, sha256

Key = ECKey | OKPKey | RSAKey | OctKey
_number = count(1)


class Prover:
    """Holds a key and a clock; ``base`` is the server's issuer."""

    def __init__(
        self, clock: Any, base: str = "https://id.example", key: Key | None = None, alg: str = "ES256"
    ) -> None:
        self.clock, self.base, self.alg = clock, base, alg
        self.key = key or ECKey.generate_key("P-256")

    @property
    def jkt(self) -> str:
        return str(self.key.thumbprint())

    def proof(
        self, path: str = "/token", method: str = "POST", head: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A proof for one request; a change to ``...`` leaves a member out."""
        header = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.key.as_dict(private=False), **(head or {})}
        claims = {
            "jti": f"j{next(_number)}",
            "htm": method,
            "htu": self.base + path,
            "iat": self.clock.now() // 1_000_000,
            **changes,
        }
        return signed(_without_gaps(header), _without_gaps(claims), self.key)

    def header(self, path: str = "/token", method: str = "POST", **changes: Any) -> dict[str, str]:
        return {"dpop": self.proof(path, method, **changes)}

    def call(self, token: str, path: str = "/userinfo", method: str = "GET", **changes: Any) -> dict[str, str]:
        """The headers of a request to a protected resource."""
        ath = {"ath": b64url(sha256(token.encode()))}
        return {"authorization": f"DPoP {token}", **self.header(path, method, **{**ath, **changes})}


def _without_gaps(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    """A compact JWS, whatever its header says; by ES256 where that names nothing that can sign with *key*."""
    message = f"{b64url(canonical_json(header))}.{b64url(canonical_json(claims))}"
    named = header.get("alg")
    can = isinstance(key, OctKey) or named in ["ES256", "ES384", "EdDSA", "PS256", "RS256"]
    signature = jws.JWSRegistry.algorithms[named if can else "ES256"].sign(message.encode(), key)
    return f"{message}.{b64url(signature)}"
