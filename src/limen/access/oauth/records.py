"""An authorization request that passed every check, and the two ways in which one may fail."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from limen.identity.tenants.assurance import Level
from limen.kernel.errors import Refusal
from limen.kernel.masked import Masked

ResponseMode = Literal["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt"]
"""OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode, JWT Secured Authorization Response Mode §2.3.

``jwt`` alone is resolved when it is asked for.
"""


class RequestedClaims(msgspec.Struct, frozen=True, omit_defaults=True):
    """Names of single claims that were asked for (OpenID Connect Core §5.5), by where they are to be told.

    ``scopes`` are those that cover them.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


class AuthorizationRequest(Masked, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checked request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1); its JSON is stored sealed in the journey.

    Attributes:
        client_id: an active client of the tenant.
        redirect_uri: as presented, and registered for that client.
        scopes: each once, as asked for, all of them allowed to the client.
        code_challenge: base64url of a SHA-256 (RFC 7636 §4.2), the method is always S256; or ``NO_CHALLENGE`` of
            ``access.tokens.records``, where the nonce does instead.
        state: to be sent back as it came; empty where there was none.
        nonce: for the ID token; empty where there was none.
        response_mode: how the answer travels.
        prompt: each once, as asked for; ``none`` stands alone.
        max_age: seconds since the customer last proved who they are; None for no limit.
        login_hint: what the relying party believes the person would type; personal, and proves nothing.
        ui_locales: wished-for languages, best first; whether we speak them is not checked.
        acr_values: wished-for assurance, best first; voluntary (OpenID Connect Core §3.1.2.1).
        id_token_hint_subject: the ``sub`` that must answer, from a hint of ours; empty for anybody.
        resources: the resource servers that are asked for (RFC 8707 §2); empty for those that the client has.
        details: ``authorization_details`` (RFC 9396 §2); may be personal.
        dpop_jkt: thumbprint of the key that the code must be redeemed with (RFC 9449 §10); empty for none.
        claims: single claims beside those of the scopes.
        required_acr: assurance, one of which must be reached; empty for none (OpenID Connect Core §5.5.1.1).
        level: the assurance level that the policy of the tenant, the client and the scopes wants.
        pushed: the pushed request that a code uses up, as base64url of its reference; empty for none.
        waiting: the request that waits for this answer on another device (device grant, CIBA): there is no redirect URI
            then and no challenge; empty for a request whose answer is redirected.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    state: str = ""
    nonce: str = ""
    response_mode: ResponseMode = "query"
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    login_hint: str = ""
    ui_locales: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    id_token_hint_subject: str = ""
    resources: tuple[str, ...] = ()
    details: tuple[dict[str, Any], ...] = ()
    dpop_jkt: str = ""
    claims: RequestedClaims = RequestedClaims()
    required_acr: tuple[str, ...] = ()
    level: Level = 0
    pushed: str = ""
    waiting: str = ""

    def __repr__(self) -> str:
        """Name the client; the rest is personal or secret."""
        return f"AuthorizationRequest(client_id={self.client_id!r})"

    @property
    def to_allow(self) -> tuple[str, ...]:
        """Return the scopes that the customer has to allow: those asked for, and those that cover single claims."""
        return tuple(dict.fromkeys((*self.scopes, *self.claims.scopes)))

    def refused(self, code: str, description: str = "") -> "RedirectRefusal":
        """Return the refusal of this request, to be sent to its redirect URI.

        Args:
            code: a registered error code: ``access_denied``, ``login_required``, ``consent_required``, …
            description: for developers: fixed printable ASCII without quotation mark and backslash (RFC 6749 §4.1.2.1).
        """
        return RedirectRefusal(
            code,
            description=description,
            redirect_uri=self.redirect_uri,
            state=self.state,
            response_mode=self.response_mode,
            client_id=self.client_id,
        )


@dataclass(frozen=True, slots=True)
class PageRefusal(Refusal):
    """Shown to the person as a page and never redirected: no redirect URI is proven (RFC 6749 §4.1.2.1).

    ``code`` is one of :data:`PAGE_CODES`, a message key; ``detail`` is for developers and logs, a fixed phrase.
    """


PAGE_CODES = frozenset(
    {
        "malformed_request",
        "unknown_client",
        "redirect_uri_mismatch",
        "client_mismatch",
        "invalid_request_object",
        "invalid_request_uri",
        "request_over",
    }
)
"""Every code of a :class:`PageRefusal`."""


@dataclass(frozen=True, slots=True)
class RedirectRefusal(Refusal):
    """Sent to a proven redirect URI (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).

    ``code`` and ``description`` are public and reach the relying party.
    """

    description: str = ""
    redirect_uri: str = ""
    state: str = ""
    response_mode: ResponseMode = "query"
    client_id: str = ""
