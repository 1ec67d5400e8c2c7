"""A client as FAPI 2.0 wants it: it pushes what it asks for, proves itself by one key and holds tokens by another."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.integration.tokens.kit import Shop
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER, Page, Walker

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", {"kid": "client", "use": "sig"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
_number = count(1)


def kept(members: dict[str, Any]) -> dict[str, Any]:
    """What is not ``...``."""
    return {name: value for name, value in members.items() if value is not ...}


@dataclass
class Strict:
    """``key`` signs assertions and request objects, ``prover`` holds the key of the tokens."""

    shop: Shop
    client_id: str
    prover: Prover
    key: ECKey = field(default_factory=lambda: KEY)

    @classmethod
    async def register(cls, shop: Shop, profile: str = "fapi2_security", **document: Any) -> "Strict":
        """Register one with *profile*; *document* says what is else."""
        given = {
            "profile": profile,
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": JWKS,
            "dpop_bound_access_tokens": True,
            "require_consent": False,
        }
        client_id, _ = await shop.another(**given | document)
        return cls(shop, client_id, Prover(shop.house.clock, base=shop.tenant.issuer))

    @property
    def now(self) -> int:
        return self.shop.house.clock.now() // 1_000_000

    @property
    def issuer(self) -> str:
        return self.shop.tenant.issuer

    def assertion(self, head: dict[str, Any] | None = None, **changes: Any) -> str:
        """A client assertion; a change to ``...`` leaves a claim out."""
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": f"a{next(_number)}",
                  "iat": self.now, "exp": self.now + 60, **changes}  # fmt: skip
        header = {"alg": "ES256", "kid": self.key.kid, **(head or {})}
        return jwt.encode(header, kept(claims), self.key, algorithms=[header["alg"]])

    def proven(self, **changes: Any) -> dict[str, str]:
        """The parameters by which the client proves itself."""
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(**changes)}

    def request_object(self, head: dict[str, Any] | None = None, **changes: Any) -> str:
        """A signed request for a signed answer (RFC 9101, as FAPI 2.0 Message Signing §5.3 wants it)."""
        claims = {"iss": self.client_id, "aud": self.issuer, "nbf": self.now, "exp": self.now + 300}
        claims |= {**self.shop.walker.request(self.client_id), "response_mode": "jwt"} | changes
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "oauth-authz-req+jwt", **(head or {})}
        return jwt.encode(header, kept(claims), self.key, algorithms=[header["alg"]])

    # -------------------------------------------------------------------------------------------- what it asks

    async def push(self, form: dict[str, Any] | None = None, **changes: Any) -> httpx2.Response:
        """Push *form*, or a plain request with *changes*."""
        form = form if form is not None else self.shop.walker.request(self.client_id, **changes)
        return await self.shop.post("/par", {**form, **self.proven()})

    async def pushed(self, form: dict[str, Any] | None = None, **changes: Any) -> str:
        answer = await self.push(form, **changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    async def arrive(self, request_uri: str, walker: Walker | None = None) -> Page:
        asked = urlencode({"client_id": self.client_id, "request_uri": request_uri})
        return await (walker or self.shop.walker).get(f"/authorize?{asked}")

    async def code(self, **changes: Any) -> str:
        page = await self.arrive(await self.pushed(**changes))
        assert "code" in page.answer, page
        return page.answer["code"]

    async def redeem(self, code: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx2.Response:
        """Redeem *code*, with a fresh proof unless *headers* says otherwise."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        headers = self.prover.header() if headers is None else headers
        return await self.shop.post("/token", {**form, **self.proven(), **changes}, headers=headers)

    async def tokens(self, **changes: Any) -> dict[str, Any]:
        answer = await self.redeem(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refresh(self, token: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, **self.proven()}
        return await self.shop.post("/token", {**form, **changes}, headers=headers or self.prover.header())

    async def opened(self, text: str) -> dict[str, Any]:
        """The claims of what the server signed, by its published keys."""
        keys = KeySet.import_key_set((await self.shop.http.get(f"{self.shop.prefix}/jwks")).json())
        return dict(jwt.decode(text, keys, algorithms=["ES256", "PS256", "EdDSA"]).claims)


def response_in(page: Page) -> str:
    """The signed answer in a redirect."""
    parts = urlsplit(page.location)
    return dict(parse_qsl(parts.query, strict_parsing=True))["response"]
