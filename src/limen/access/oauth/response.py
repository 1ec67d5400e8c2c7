"""Answers of the authorization endpoint: where they go, and what they carry (RFC 6749 §4.1.2, RFC 9207, JARM)."""

from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.jose.signer import TokenType
from limen.access.oauth.records import AuthorizationRequest, RedirectRefusal
from limen.access.tokens.desk import Desk
from limen.access.tokens.issue import encrypted
from limen.kernel.clock import to_seconds
from limen.kernel.errors import Fault
from limen.kernel.masked import Masked

SIGNED_SECONDS: Final = 300
"""For so long a signed answer is good: ten minutes at the most (JARM §2.1)."""
_SIGNED: Final = ".jwt"
_NOBODY: Final = ClientDocument(client_name="-")


class ResponseTarget(Masked, msgspec.Struct, frozen=True):
    """One answer on its way. ``fields`` may hold a code, so that they are not part of the ``repr``.

    Attributes:
        url: the redirect URI; the form's ``action`` in mode ``form_post``.
        mode: ``query``, ``fragment``: redirect to :attr:`location`; ``form_post``: a page whose form posts ``fields``
            to ``url``.
        fields: the parameters of the answer, not yet encoded.
    """

    url: str
    mode: Literal["query", "fragment", "form_post"]
    fields: dict[str, str]

    def __repr__(self) -> str:
        """Show no code."""
        return f"ResponseTarget({self.url!r}, {self.mode!r})"

    @property
    def is_posted(self) -> bool:
        """Tell whether a form posts the answer."""
        return self.mode == "form_post"

    @property
    def location(self) -> str:
        """Return the value of ``Location``. What the redirect URI's query held stays in front.

        Raises:
            Fault: the mode is ``form_post``, whose fields must never be in a URL.
        """
        if self.is_posted:
            msg = "a form_post answer has no location"
            raise Fault(msg)
        return with_query(self.url, self.fields) if self.mode == "query" else f"{self.url}#{_encoded(self.fields)}"


async def code_response(desk: Desk, request: AuthorizationRequest, code: str) -> ResponseTarget:
    """Return the answer that carries *code*."""
    return await _target(desk, request, {"code": code})


async def error_response(desk: Desk, refusal: RedirectRefusal) -> ResponseTarget:
    """Return the answer that carries *refusal*; a checked request makes one by ``request.refused(code, …)``."""
    described = {"error_description": refusal.description} if refusal.description else {}
    return await _target(desk, refusal, {"error": refusal.code, **described})


def with_query(url: str, fields: dict[str, str]) -> str:
    """Return *url* with *fields* behind what its query holds already. Whatever is in a value, it stays one value."""
    pairs = _encoded(fields)
    if not pairs:
        return url
    if "?" not in url:
        return f"{url}?{pairs}"
    return url + ("" if url.endswith(("?", "&")) else "&") + pairs


def _encoded(fields: dict[str, str]) -> str:
    """Return *fields* as they stand in a URL; their names are words of ours, which need no quoting."""
    return "&".join([f"{name}={quote(value, safe='')}" for name, value in fields.items()])


async def _target(desk: Desk, origin: AuthorizationRequest | RedirectRefusal, fields: dict[str, str]) -> ResponseTarget:
    if origin.state:
        fields["state"] = origin.state
    if origin.response_mode.endswith(_SIGNED):
        fields = {"response": await _signed(desk, origin.client_id, fields)}
    else:
        fields["iss"] = desk.issuer  # RFC 9207 §2: in errors too
    mode: Any = origin.response_mode.removesuffix(_SIGNED)
    return ResponseTarget(origin.redirect_uri, mode, fields)


async def _signed(desk: Desk, client_id: str, fields: dict[str, str]) -> str:
    """Return *fields* as a signed JWT for the client, encrypted where it wants that (JARM §2.1, §2.2)."""
    loaded = await desk.clients(client_id)
    document = loaded.client.document if loaded is not None else _NOBODY
    expires = to_seconds(desk.clock.now()) + SIGNED_SECONDS
    claims = {**fields, "iss": desk.issuer, "aud": client_id, "exp": expires}
    signed = desk.keys.signer(document.authorization_signed_response_alg).sign(claims, TokenType.AUTHORIZATION)
    alg, enc = document.authorization_encrypted_response_alg, document.authorization_encrypted_response_enc
    return encrypted(signed, document, alg, enc)
