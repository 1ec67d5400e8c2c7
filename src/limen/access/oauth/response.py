"""Answers of the authorization endpoint: where they go, and what they carry (RFC 6749 §4.1.2, RFC 9207)."""

from dataclasses import dataclass, field
from urllib.parse import quote

from limen.access.oauth.records import AuthorizationRequest, RedirectRefusal, ResponseMode
from limen.access.tokens.desk import Desk
from limen.kernel.errors import Fault


@dataclass(frozen=True, slots=True)
class ResponseTarget:
    """One answer on its way. ``fields`` may hold a code, so that they are not part of the ``repr``.

    Attributes:
        url: the redirect URI; the form's ``action`` in mode ``form_post``.
        mode: ``query``: redirect to :attr:`location`; ``form_post``: a page whose form posts ``fields`` to ``url``.
        fields: the parameters of the answer, not yet encoded.
    """

    url: str
    mode: ResponseMode
    fields: dict[str, str] = field(repr=False)

    @property
    def location(self) -> str:
        """Return the value of ``Location``, for mode ``query``. What the redirect URI's query held stays in front.

        Raises:
            Fault: the mode is ``form_post``, whose fields must never be in a URL.
        """
        if self.mode != "query":
            msg = "a form_post answer has no location"
            raise Fault(msg)
        return with_query(self.url, self.fields)


def code_response(desk: Desk, request: AuthorizationRequest, code: str) -> ResponseTarget:
    """Return the answer that carries *code*."""
    return _target(desk, request, {"code": code})


def error_response(desk: Desk, refusal: RedirectRefusal) -> ResponseTarget:
    """Return the answer that carries *refusal*; a checked request makes one by ``request.refused(code, …)``."""
    described = {"error_description": refusal.description} if refusal.description else {}
    return _target(desk, refusal, {"error": refusal.code, **described})


def with_query(url: str, fields: dict[str, str]) -> str:
    """Return *url* with *fields* behind what its query holds already. Whatever is in a value, it stays one value."""
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in fields.items())
    if not pairs:
        return url
    if "?" not in url:
        return f"{url}?{pairs}"
    return url + ("" if url.endswith(("?", "&")) else "&") + pairs


def _target(desk: Desk, origin: AuthorizationRequest | RedirectRefusal, fields: dict[str, str]) -> ResponseTarget:
    if origin.state:
        fields["state"] = origin.state
    fields["iss"] = desk.issuer  # RFC 9207 §2: in errors too
    return ResponseTarget(origin.redirect_uri, origin.response_mode, fields)
