"""How a client asks: pushed, signed, encrypted, by which profile (RFC 9101 §10.5, RFC 9126 §6, FAPI 2.0)."""

from typing import Final

from limen.access.clients.records import FAPI, AuthMethod, ClientDocument
from limen.access.clients.redirect_uris import check_fetchable
from limen.access.clients.rules.keys import has_keys
from limen.access.clients.rules.problem import Problems

_MOST: Final = 50


def requests(document: ClientDocument) -> Problems:
    """What is signed has keys to verify it by; what is fetched can be fetched; a profile can be kept."""
    signs = document.require_signed_request_object or bool(document.request_object_signing_alg)
    if (signs or document.request_uris) and not has_keys(document):
        yield "jwks", "jwks.required"
    if document.request_object_encryption_enc and not document.request_object_encryption_alg:
        yield "request_object_encryption_enc", "encryption.incomplete"
    for index, uri in enumerate(document.request_uris[:_MOST]):
        problem = check_fetchable(uri)
        if problem:
            yield f"request_uris.{index}", problem
    for index, value in enumerate(document.default_acr_values):
        if value.split() != [value]:
            yield f"default_acr_values.{index}", "text.characters"
    if document.profile in FAPI:
        yield from _fapi(document)


def _fapi(document: ClientDocument) -> Problems:
    """FAPI 2.0 Security Profile §5.3.2: confidential, and no redirect in the clear."""
    if document.token_endpoint_auth_method is AuthMethod.NONE:
        yield "token_endpoint_auth_method", "profile.confidential"
    for index, uri in enumerate(document.redirect_uris[:_MOST]):
        if not uri.startswith("https:"):
            yield f"redirect_uris.{index}", "profile.https"
    if document.profile == "fapi2_message_signing" and not has_keys(document):
        yield "jwks", "jwks.required"
