"""A tiny OpenID Provider, honest unless it is told to misbehave; it serves one person who always says yes."""

import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

ISSUER = "http://provider.test"
CLIENT = ("shop", "pretend")


class FakeProvider:
    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256", "use": "sig"})
        self.codes = {}
        self.refresh_tokens = set()
        self.access_tokens = set()
        self.id_claims = {}
        self.userinfo_claims = {}
        self.metadata = {}
        self.callback_iss = ISSUER
        self.broken = ""
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/userinfo", self.userinfo),
            ]
        )

    async def discovery(self, _request):
        if self.broken == "discovery":
            return JSONResponse({}, 500)
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/userinfo",
                "jwks_uri": f"{ISSUER}/jwks",
                "end_session_endpoint": f"{ISSUER}/logout",
                "id_token_signing_alg_values_supported": ["ES256", "none"],
                "authorization_response_iss_parameter_supported": True,
            }
            | self.metadata
        )

    async def jwks(self, _request):
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request):
        query = request.query_params
        assert query["code_challenge_method"] == "S256"
        assert "offline_access" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = dict(query)
        answer = {"code": code, "state": query["state"], "iss": self.callback_iss}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}")

    async def token(self, request):
        basic = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        assert tuple(basic.split(":")) == CLIENT
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.refresh_tokens.remove(form["refresh_token"])
            return self._tokens({})
        asked = self.codes.pop(form["code"])
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert asked["code_challenge"] == challenge
        return self._tokens({"nonce": asked["nonce"]})

    def _tokens(self, extra):
        now = int(time.time())
        subject = {"iss": ISSUER, "sub": "s-1", "aud": CLIENT[0], "iat": now, "exp": now + 300}
        header = {"alg": "ES256", "kid": "k1"}
        access = jwt.encode(header | {"typ": "at+jwt"}, subject | {"jti": secrets.token_urlsafe(8)}, self.key)
        refresh = secrets.token_urlsafe(24)
        self.access_tokens.add(access)
        self.refresh_tokens.add(refresh)
        identity = jwt.encode(header, subject | {"name": "<b>Ada</b>"} | extra | self.id_claims, self.key)
        return JSONResponse(
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": 300,
                "refresh_token": refresh,
                "id_token": identity,
                "scope": "openid profile email offline_access",
            }
        )

    async def userinfo(self, request):
        if request.headers["authorization"].removeprefix("Bearer ") not in self.access_tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({"sub": "s-1", "email": "ada@example.test"} | self.userinfo_claims)
