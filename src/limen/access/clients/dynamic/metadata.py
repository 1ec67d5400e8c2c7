"""Registration requests and answers: RFC 7591's JSON, to and from a ``ClientDocument``.

A client sets those fields of the document whose names are registered with IANA for it; what is ours (audiences,
consent, disabled, …) an administrator sets. Members that we do not know are passed over (RFC 7591 §2).
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from limen.access.clients.fields import public_fields
from limen.access.clients.pkce import demanded, is_on_the_web
from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import check_redirect_uri, is_loopback_uri
from limen.identity.tenants.registration import host_is_among
from limen.kernel.errors import Invalid

METADATA: Final = "invalid_client_metadata"
REDIRECTS: Final = "invalid_redirect_uri"
UNSTATED_NAME: Final = "Application"

_OURS: Final = frozenset(
    {
        "scopes",  # "scope" there
        "audiences",
        "claims",
        "authorization_details_types",
        "access_token_signed_response_alg",
        "require_consent",
        "callback_leads_on",
        "rotate_refresh_tokens",
        "profile",
        "require_pkce",
        "disabled",
        "token_exchange",
    }
)
"""Fields that no client sets for itself, whatever they are called elsewhere."""
_STANDARD: Final = re.compile(
    r"redirect_uris|token_endpoint_auth_(?:method|signing_alg)|grant_types|application_type|client_name|client_uri"
    r"|logo_uri|tos_uri|policy_uri|jwks|jwks_uri|software_id|software_version|sector_identifier_uri|subject_type"
    r"|(?:id_token|userinfo|introspection|authorization)_(?:signed_response_alg|encrypted_response_(?:alg|enc))"
    r"|request_object_(?:signing_alg|encryption_(?:alg|enc))|default_max_age|require_auth_time|default_acr_values"
    r"|initiate_login_uri|request_uris|tls_client_certificate_bound_access_tokens|dpop_bound_access_tokens"
    r"|tls_client_auth_(?:subject_dn|san_(?:dns|uri|ip|email))|require_signed_request_object"
    r"|require_pushed_authorization_requests|post_logout_redirect_uris|(?:front|back)channel_logout_uri"
    r"|(?:front|back)channel_logout_session_required|backchannel_token_delivery_mode"
    r"|backchannel_client_notification_endpoint|backchannel_authentication_request_signing_alg"
    r"|backchannel_user_code_parameter"
)
"""IANA, OAuth Dynamic Client Registration Metadata."""

REGISTRABLE: Final = tuple(
    field.name for field in public_fields(ClientDocument) if _STANDARD.fullmatch(field.name) and field.name not in _OURS
)
"""What a client may say of itself."""

_DEFAULTS: Final = {
    field.name: field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    for field in msgspec.structs.fields(ClientDocument)
} | {"grant_types": ("authorization_code",)}  # RFC 7591 §2
_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)


def read_metadata(sent: Mapping[str, Any], base: ClientDocument, scopes: tuple[str, ...]) -> ClientDocument | Invalid:
    """Return *base* with what a client *sent* of itself, and with the defaults where it says nothing.

    *scopes* are all that it may have; it gets those that it asks for, or all (RFC 7591 §2 lets a server choose). What
    *base* lets it do without, it gets as far as what it says of itself allows.
    """
    given = {name: sent[name] for name in REGISTRABLE if sent.get(name) is not None}
    refusal = _unknown_response_types(sent)
    wanted = _scopes(sent.get("scope"), scopes)
    if refusal is not None or isinstance(wanted, Invalid):
        return refusal or wanted  # type: ignore[return-value]  # one of them is an Invalid
    members = msgspec.to_builtins(base) | {
        name: msgspec.to_builtins(_DEFAULTS[name]) for name in REGISTRABLE if name != "client_name"
    }
    members |= given | {"scopes": wanted}
    members["client_name"] = given.get("client_name") or _name(given)
    try:
        document = msgspec.convert(members, ClientDocument)
    except (msgspec.ValidationError, RecursionError) as error:
        found = _PLACE.fullmatch(str(error))
        place = (found["where"] or "") if found else ""
        return refused({re.sub(r"\[(?:\d+|\.\.\.)\]", "", place) or "client_metadata": "type.invalid"})
    needs_pkce = document.require_pkce or demanded(document) is not None or not is_on_the_web(document)
    return msgspec.structs.replace(document, require_pkce=needs_pkce)


def shown_metadata(document: ClientDocument) -> dict[str, Any]:
    """Return what is registered as RFC 7591 §3.2.1 writes it, defaults included; what is empty is left out."""
    members = msgspec.to_builtins(document)
    shown = {name: members[name] for name in REGISTRABLE if members[name] not in ("", None, [])}
    code = "authorization_code" in document.grant_types
    return shown | {"scope": " ".join(document.scopes), "response_types": ["code"] if code else []}


def check_redirects(document: ClientDocument, hosts: tuple[str, ...], *, native: bool) -> Invalid | None:
    """Refuse redirect URIs beyond what a tenant allows to such clients: its *hosts*, and *native* ones or not."""
    for index, uri in enumerate(document.redirect_uris):
        parts = urlsplit(uri) if check_redirect_uri(uri) is None else None
        if parts is None:
            continue  # told by the rules that everybody is held to
        if not native and (parts.scheme != "https" or is_loopback_uri(uri)):
            return refused({f"redirect_uris.{index}": "redirect_uri.native"})
        if hosts and parts.scheme == "https" and not host_is_among(parts.hostname or "", hosts):
            return refused({f"redirect_uris.{index}": "redirect_uri.host_not_allowed"})
    return None


def refused(fields: dict[str, str]) -> Invalid:
    """Refuse *fields* with the code that RFC 7591 §3.2.2 has for them."""
    code = REDIRECTS if any(name.startswith("redirect_uris") for name in fields) else METADATA
    return Invalid(code, ", ".join(fields), fields)


def _unknown_response_types(sent: Mapping[str, Any]) -> Invalid | None:
    named = sent.get("response_types")
    if named is None or named in (["code"], []):
        return None
    return refused({"response_types": "response_types.unsupported"})


def _scopes(wanted: Any, allowed: tuple[str, ...]) -> list[str] | Invalid:
    if wanted is None:
        return list(allowed)
    if not isinstance(wanted, str):
        return refused({"scope": "type.invalid"})
    named = wanted.split()
    chosen = [scope for scope in allowed if scope in named]
    return chosen if chosen or not named else refused({"scope": "scope.not_allowed"})


def _name(given: Mapping[str, Any]) -> str:
    """Return what a nameless client is called: the host that it redirects to, which says most about it."""
    uris = given.get("redirect_uris")
    first = uris[0] if isinstance(uris, list) and uris else ""
    try:
        host = urlsplit(first).hostname if isinstance(first, str) else None
    except ValueError:
        host = None
    return (host or UNSTATED_NAME)[:100]
