"""How a client shows that it holds a key (RFC 9449 §5.2, RFC 8705 §2, §3.4)."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.rules.keys import has_keys
from limen.access.clients.rules.problem import Problems
from limen.access.jose.foreign import ASSERTION_ALGORITHMS, MAC_ALGORITHMS
from limen.access.possession.certificates import (
    NAME_FIELDS,
    SUBJECT_FIELD,
    certificate_thumbprints,
    read_alternative_name,
    read_subject,
)


def possession(document: ClientDocument) -> Problems:
    """A method has the one name or key that it needs, and tokens are bound in one way."""
    yield from _algorithm(document)
    yield from _names(document)
    method = document.token_endpoint_auth_method
    if method == AuthMethod.SELF_SIGNED_TLS:
        if not has_keys(document):
            yield "jwks", "jwks.required"
        elif document.jwks is not None and not certificate_thumbprints(document.jwks):
            yield "jwks", "jwks.no_certificate"
    if document.dpop_bound_access_tokens and document.tls_client_certificate_bound_access_tokens:
        yield "dpop_bound_access_tokens", "possession.both"


def _algorithm(document: ClientDocument) -> Problems:
    alg, method = document.token_endpoint_auth_signing_alg, document.token_endpoint_auth_method
    known = {AuthMethod.PRIVATE_KEY_JWT: ASSERTION_ALGORITHMS, AuthMethod.SECRET_JWT: frozenset(MAC_ALGORITHMS)}
    if alg and method in known and alg not in known[method]:
        yield "token_endpoint_auth_signing_alg", "authentication.algorithm"


def _names(document: ClientDocument) -> Problems:
    given = [name for name in (SUBJECT_FIELD, *NAME_FIELDS) if getattr(document, name)]
    if document.token_endpoint_auth_method == AuthMethod.TLS and len(given) != 1:
        yield SUBJECT_FIELD, "certificate.one_name"  # RFC 8705 §2.1.2
    if document.tls_client_auth_subject_dn and read_subject(document.tls_client_auth_subject_dn) is None:
        yield SUBJECT_FIELD, "certificate.name"
    for name, kind in NAME_FIELDS.items():
        text: str = getattr(document, name)
        if text and read_alternative_name(kind, text) is None:
            yield name, "certificate.name"
