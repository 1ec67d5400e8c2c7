"""How a client is answered: signed, encrypted, by which ``sub``, with which claims (OpenID Connect Registration §2)."""

from typing import Final

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import check_web_uri
from limen.access.clients.rules.keys import has_keys
from limen.access.clients.rules.problem import Problems
from limen.access.clients.sector import hosts_of
from limen.access.jose.encryption import EncryptionKeys
from limen.identity.tenants.claims import problems_of

_ANSWERS: Final = ("id_token", "authorization", "userinfo", "introspection")


def responses(document: ClientDocument) -> Problems:
    """What is encrypted has a key to encrypt to; what is pairwise has one sector; claims are not reserved."""
    yield from _encryption(document)
    yield from _sector(document)
    yield from problems_of(document.claims, "claims")


def _encryption(document: ClientDocument) -> Problems:
    keys = EncryptionKeys.parse(document.jwks) if document.jwks is not None else None
    for answer in _ANSWERS:
        alg: str = getattr(document, f"{answer}_encrypted_response_alg")
        enc: str = getattr(document, f"{answer}_encrypted_response_enc")
        if enc and not alg:
            yield f"{answer}_encrypted_response_enc", "encryption.incomplete"
        if alg and document.jwks is not None and (keys is None or not keys.has_one_for(alg)):
            yield "jwks", "jwks.no_encryption_key"
        elif alg and not has_keys(document):
            yield "jwks", "jwks.required"


def _sector(document: ClientDocument) -> Problems:
    uri = document.sector_identifier_uri
    if uri:
        problem = check_web_uri(uri)
        if problem or not uri.startswith("https:"):
            yield "sector_identifier_uri", problem or "sector.insecure"
    elif document.subject_type == "pairwise":
        hosts = hosts_of(document.redirect_uris)
        if len(hosts) != 1:  # OpenID Connect Core §8.1: several hosts need an address that names them
            yield "sector_identifier_uri", "sector.required"
