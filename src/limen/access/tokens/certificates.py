"""Which client a certificate proves, and what it binds (RFC 8705)."""

from typing import Final

from limen.access.clients.records import AuthMethod, Client, ClientDocument
from limen.access.http import HotRequest
from limen.access.possession.certificates import (
    NAME_FIELDS,
    ClientCertificate,
    certificate_thumbprints,
    read_alternative_name,
    read_subject,
)
from limen.access.possession.edge import EdgeCertificate
from limen.access.tokens.desk import Desk
from limen.kernel.errors import Invalid, Refusal, Unauthenticated

_CODE: Final = "invalid_client"


def current_certificate(desk: Desk, request: HotRequest) -> EdgeCertificate | Invalid | None:
    """Return the certificate that came with *request*; one that is over, or not yet valid, is refused."""
    found = desk.certificates.of(request.headers)
    if isinstance(found, EdgeCertificate) and not found.certificate.is_current(desk.clock.now()):
        return Invalid("invalid_request", "the client certificate is expired, or not valid yet")
    return found


async def certificate_refused(desk: Desk, client: Client, request: HotRequest) -> Refusal | None:
    """Return why no certificate proves *client*; None if one does (RFC 8705 §2)."""
    found = current_certificate(desk, request)
    if found is None:
        return Unauthenticated(_CODE, "no client certificate")
    if isinstance(found, Invalid):
        return Unauthenticated(_CODE, found.detail)
    if client.document.token_endpoint_auth_method is AuthMethod.SELF_SIGNED_TLS:
        known = await _is_registered(desk, client, found.certificate)
        return None if known else Unauthenticated(_CODE, "a certificate that is not registered")
    if not found.is_verified:  # its name is what anybody may write into a certificate
        return Unauthenticated(_CODE, "no certificate authority vouches for the certificate")
    fits = is_named(client.document, found.certificate)
    return None if fits else Unauthenticated(_CODE, "a certificate of another name")


async def _is_registered(desk: Desk, client: Client, certificate: ClientCertificate) -> bool:
    """Tell whether the client's keys have *certificate*; those at a ``jwks_uri`` are asked for again if not."""
    if certificate.thumbprint in certificate_thumbprints(client.document.jwks):
        return True
    renewed = await desk.clients.renewed(client.client_id) if client.document.jwks_uri else None
    return renewed is not None and certificate.thumbprint in certificate_thumbprints(renewed.client.document.jwks)


def is_named(document: ClientDocument, certificate: ClientCertificate) -> bool:
    """Tell whether *certificate* bears the one name that is registered (RFC 8705 §2.1.2)."""
    if document.tls_client_auth_subject_dn:
        return certificate.subject == read_subject(document.tls_client_auth_subject_dn)
    for field, kind in NAME_FIELDS.items():
        text: str = getattr(document, field)
        if text:
            return read_alternative_name(kind, text) in certificate.alternative_names
    return False
