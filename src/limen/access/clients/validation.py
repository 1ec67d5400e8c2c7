"""What may be registered about a client (RFC 7591 §2, with the rules of RFC 9700)."""

import re
from collections.abc import Iterator, Sequence

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.redirect_uris import MOST, check_redirect_uri, check_web_uri, is_absolute_uri
from limen.access.jose.foreign import ClientKeys
from limen.kernel.errors import Invalid, Refusal

CODE = "invalid_client_metadata"
"""RFC 7591 §3.2.2."""

LONGEST_NAME = 100
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
_MOST_SCOPES = 100
_MOST_AUDIENCES = 20
Problem = tuple[str, str]
"""Where (``redirect_uris.0``) and what (a message key)."""


def validate(document: ClientDocument) -> Invalid | None:
    """Return everything that is wrong with *document*, by field; None if it may be registered."""
    problems = dict(
        (
            *_names(document),
            *_addresses(document),
            *_grants(document),
            *_lists(document),
            *_keys(document),
        )
    )
    return Invalid(CODE, ", ".join(problems), problems) if problems else None


def validate_client_id(client_id: str) -> Invalid | None:
    """Refuse a given ``client_id`` that would need escaping anywhere."""
    if _CLIENT_ID.fullmatch(client_id):
        return None
    return Invalid(CODE, "client_id", {"client_id": "client_id.invalid"})


def _names(document: ClientDocument) -> Iterator[Problem]:
    name = document.client_name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        yield "client_name", "client_name.invalid"


def _addresses(document: ClientDocument) -> Iterator[Problem]:
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        uris: tuple[str, ...] = getattr(document, field)
        yield from _each(field, uris, most=MOST)
        for index, uri in enumerate(uris[:MOST]):
            problem = check_redirect_uri(uri)
            if problem:
                yield f"{field}.{index}", problem
    for field in ("client_uri", "logo_uri"):
        address: str = getattr(document, field)
        problem = check_web_uri(address) if address else None
        if problem:
            yield field, problem


def _grants(document: ClientDocument) -> Iterator[Problem]:
    grants = document.grant_types
    yield from _each("grant_types", grants, most=3)
    if not grants:
        yield "grant_types", "grant_types.empty"
    if "authorization_code" in grants and not document.redirect_uris:
        yield "redirect_uris", "redirect_uris.required"
    if "refresh_token" in grants and "authorization_code" not in grants:
        yield "grant_types", "grant_types.refresh_alone"
    if "client_credentials" in grants and document.token_endpoint_auth_method is AuthMethod.NONE:
        yield "grant_types", "grant_types.public_client"  # RFC 6749 §4.4


def _lists(document: ClientDocument) -> Iterator[Problem]:
    yield from _each("scopes", document.scopes, most=_MOST_SCOPES)
    for index, scope in enumerate(document.scopes[:_MOST_SCOPES]):
        if not _SCOPE.fullmatch(scope):
            yield f"scopes.{index}", "scope.invalid"
    yield from _each("audiences", document.audiences, most=_MOST_AUDIENCES)
    for index, audience in enumerate(document.audiences[:_MOST_AUDIENCES]):
        if not is_absolute_uri(audience):
            yield f"audiences.{index}", "audience.not_absolute"


def _keys(document: ClientDocument) -> Iterator[Problem]:
    if document.jwks is None:
        if document.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT:
            yield "jwks", "jwks.required"
    elif isinstance(ClientKeys.parse(document.jwks), Refusal):
        yield "jwks", "jwks.invalid"


def _each(field: str, values: Sequence[str], *, most: int) -> Iterator[Problem]:
    if len(values) > most:
        yield field, "list.too_long"
    elif len(set(values)) != len(values):
        yield field, "list.repeated"
