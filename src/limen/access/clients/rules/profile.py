"""What a profile asks of a client's registration (FAPI 2.0 Security Profile §5.3.2.1, §5.3.3.1; RFC 9700 §2.2.2)."""

from typing import Final

from limen.access.clients.records import FAPI, AuthMethod, ClientDocument
from limen.access.clients.rules.problem import Problems

_STRONG: Final = frozenset({AuthMethod.PRIVATE_KEY_JWT, AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS})
_SIGNING: Final = frozenset({"", "PS256", "ES256", "EdDSA", "Ed25519"})
_SIGNED: Final = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "backchannel_authentication_request_signing_alg",
    "access_token_signed_response_alg",
    "id_token_signed_response_alg",
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
)
"""What a JWT is signed with, by the client or for it (FAPI 2.0 Security Profile §5.4.1)."""


def profile(document: ClientDocument) -> Problems:
    """A client that can never meet its profile is not registered."""
    if document.profile not in FAPI:
        return
    if document.token_endpoint_auth_method not in _STRONG:
        yield "token_endpoint_auth_method", "profile.fapi2.5_3_2_1.client_authentication"
    if not (document.dpop_bound_access_tokens or document.tls_client_certificate_bound_access_tokens):
        yield "dpop_bound_access_tokens", "profile.fapi2.5_3_2_1.sender_constraint"
    for name in _SIGNED:
        if getattr(document, name) not in _SIGNING:
            yield name, "profile.fapi2.5_4_1.algorithm"
