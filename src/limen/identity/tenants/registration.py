"""Who may register clients without an administrator, and what such clients may be (RFC 7591, client-ID documents)."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import msgspec

from limen.kernel.scopes import SCOPE
from limen.kernel.uris import LONGEST, is_absolute_uri

MOST_CLIENTS: Final = (1, 100_000)
UNUSED_DAYS: Final = (1, 366)
_ADMINISTRATIVE: Final = "limen:"
_CREDENTIALS: Final = "account:credentials"
"""Whoever may set up how customers sign in is registered by somebody who answers for it."""
_MOST: Final = 50
_MOST_AUDIENCES: Final = 20
_HOST: Final = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*")

Mode = Literal["off", "token", "statement", "open"]
Grant = Literal[
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:openid:params:grant-type:ciba",
]
Profile = Literal["oauth2.1", "fapi2_security", "fapi2_message_signing", "mcp"]
Text = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 500})]
Scope = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 128})]
Host = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": 253})]
Audience = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST})]
Hosts = Annotated[tuple[Host, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST})]


class StatementIssuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose software statements are believed: by its keys, or by where it publishes them.

    Attributes:
        issuer: what ``iss`` says.
        jwks: its public keys; or
        jwks_uri: where it publishes them.
    """

    issuer: Text
    jwks: dict[str, Any] | None = None
    jwks_uri: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": 2_000})] = ""


class RegistrationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a tenant allows to clients that register themselves.

    Attributes:
        mode: ``off``; ``token``: whoever has an initial access token; ``statement``: whoever has a software statement
            of a trusted issuer; ``open``: everybody.
        scopes: all that such a client may ever ask for; no administrative ones, and not ``account:credentials``.
        grant_types: likewise.
        redirect_hosts: where redirect URIs may lead; empty for anywhere. A dot in front allows sub-domains.
        native_redirects: whether they may lead to loopback or an application's own scheme (RFC 8252).
        profile: what such a client is held to, as its own ``profile`` would; of those that come from then on.
        require_pkce: off, and confidential web applications that register themselves with the scope ``openid`` may ask
            without PKCE where they send a nonce; of those that come from then on, and not of client-ID documents.
        audiences: the resource servers that its tokens may be for, likewise; empty for this server alone.
        statement_issuers: whose software statements are believed, in every mode but ``off``.
        most_clients: how many such clients there may be at once.
        unused_days: a client that nobody has allowed anything goes after so long.
        client_id_documents: whether a client may be named by the https address of its metadata
            (draft-ietf-oauth-client-id-metadata-document).
        document_hosts: where such documents may be; empty for anywhere. A dot in front allows sub-domains.
    """

    mode: Mode = "off"
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST})] = (
        "openid",
        "profile",
        "email",
        "offline_access",
    )
    grant_types: Annotated[tuple[Grant, ...], msgspec.Meta(extra_json_schema={"maxItems": 5})] = (
        "authorization_code",
        "refresh_token",
    )
    redirect_hosts: Hosts = ()
    native_redirects: bool = True
    profile: Profile = "oauth2.1"
    require_pkce: bool = True
    audiences: Annotated[tuple[Audience, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST_AUDIENCES})] = ()
    statement_issuers: Annotated[tuple[StatementIssuer, ...], msgspec.Meta(extra_json_schema={"maxItems": 20})] = ()
    most_clients: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": MOST_CLIENTS[0], "maximum": MOST_CLIENTS[1]})
    ] = 1_000
    unused_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": UNUSED_DAYS[0], "maximum": UNUSED_DAYS[1]})
    ] = 30
    client_id_documents: bool = False
    document_hosts: Hosts = ()


def problems_of(settings: RegistrationSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    for index, scope in enumerate(settings.scopes):
        if scope.startswith(_ADMINISTRATIVE) or scope == _CREDENTIALS:
            yield f"{place}.scopes.{index}", "scopes.beyond_your_authority"
        elif not SCOPE.fullmatch(scope):
            yield f"{place}.scopes.{index}", "scope.invalid"
    for name in ("redirect_hosts", "document_hosts"):
        hosts: tuple[str, ...] = getattr(settings, name)
        if len(hosts) > _MOST or not all(map(_HOST.fullmatch, hosts)):
            yield f"{place}.{name}", "list.invalid"
    for name, (least, most) in {"most_clients": MOST_CLIENTS, "unused_days": UNUSED_DAYS}.items():
        if not least <= getattr(settings, name) <= most:
            yield f"{place}.{name}", "number.out_of_bounds"
    yield from _audiences(settings, f"{place}.audiences")
    yield from _issuers(settings, f"{place}.statement_issuers")


def _audiences(settings: RegistrationSettings, place: str) -> Iterator[tuple[str, str]]:
    if len(settings.audiences) > _MOST_AUDIENCES:
        yield place, "list.too_long"
    for index, audience in enumerate(settings.audiences):
        if not is_absolute_uri(audience):
            yield f"{place}.{index}", "audience.not_absolute"


def _issuers(settings: RegistrationSettings, place: str) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(settings.statement_issuers):
        if (one.jwks is None) == (not one.jwks_uri):
            yield f"{place}.{index}.jwks", "trusted_issuer.keys"
    if settings.mode == "statement" and not settings.statement_issuers:
        yield place, "list.too_short"


def host_is_among(host: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether *host* is one of *hosts*, or below one that begins with a dot."""
    return any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts)
